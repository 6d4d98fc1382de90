"""The ASGI application: its routes, and what lives as long as it does."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Mapping, Sequence

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Lifespan, Receive, Scope, Send

from leora_gql.auth.authenticator import Authenticator
from leora_gql.db.connect import open_pools
from leora_gql.schema import printed_schema, product_schema
from leora_gql.server.explorer import explorer_routes
from leora_gql.server.health import Health, healthz
from leora_gql.server.http import GraphQLEndpoint
from leora_gql.server.invoices import PATH as INVOICE_PATH
from leora_gql.server.invoices import InvoicePdfs
from leora_gql.server.live import STATE, Live
from leora_gql.server.operation import Operations
from leora_gql.server.websocket import WebSocketEndpoint
from leora_gql.settings import Settings

PATH = "/graphql"


class Application(Starlette):
    """Starlette, but for GraphQL's own path: each request there would pay for a router that has nothing to decide.

    `graphql` gives the application for each type of scope (`http`, `websocket`) that is served at the path.
    """

    def __init__(
        self,
        graphql: Mapping[str, ASGIApp],
        *,
        routes: Sequence[BaseRoute],
        middleware: Sequence[Middleware],
        lifespan: Lifespan[Application],
    ) -> None:
        super().__init__(routes=routes, middleware=middleware, lifespan=lifespan)
        self._graphql = {kind: _within(app, middleware) for kind, app in graphql.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        graphql = self._graphql.get(scope["type"])
        if graphql is not None and scope["path"] == scope.get("root_path", "") + PATH:
            await graphql(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def create_app(settings: Settings) -> Application:
    """The application for a database that is there, migrated and with its policies applied."""
    pools = open_pools(settings)
    auth = Authenticator(settings, pools)
    schema = product_schema()
    operations = Operations(
        schema._schema,  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  it has no public name
        settings=settings,
        pools=pools,
        auth=auth,
    )
    live = Live(settings)
    health = Health(pools)

    @contextlib.asynccontextmanager
    async def lifespan(_: Application) -> AsyncGenerator[dict[str, Live]]:
        await auth.start()
        try:
            yield {STATE: live}
        finally:
            await live.close()
            await operations.close()
            await auth.close()
            await pools.close()

    return Application(
        {
            "http": GraphQLEndpoint(operations, settings=settings, auth=auth, live=live),
            "websocket": WebSocketEndpoint(operations, settings=settings, auth=auth, live=live),
        },
        routes=[
            Route("/healthz", healthz),
            Route("/readyz", health.readyz),
            Route("/schema.graphql", _schema_text),
            Route(INVOICE_PATH, InvoicePdfs(settings, pools, auth, operations.limiter).__call__),
            Route("/", _to_graphql),
            Route(f"{PATH}/", _to_graphql, methods=("GET", "POST")),
            *explorer_routes(),
        ],
        middleware=_middleware(settings),
        lifespan=lifespan,
    )


def _within(app: ASGIApp, middleware: Sequence[Middleware]) -> ASGIApp:
    for layer, args, kwargs in reversed(middleware):
        app = layer(app, *args, **kwargs)
    return app


def _middleware(settings: Settings) -> list[Middleware]:
    """Nothing at all unless browsers of other origins may call."""
    if not settings.cors_origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=list(settings.cors_origins),
            allow_methods=["GET", "POST"],
            allow_headers=[
                "authorization",
                "content-type",
                "idempotency-key",
                "if-none-match",
                "x-graphql-document-id",
                "x-request-id",
                "x-tenant-slug",
            ],
            expose_headers=["etag", "retry-after", "x-request-id"],
        )
    ]


async def _schema_text(_: Request) -> Response:
    return PlainTextResponse(printed_schema(), headers={"Cache-Control": "no-cache"})


async def _to_graphql(_: Request) -> Response:
    return RedirectResponse(PATH)
