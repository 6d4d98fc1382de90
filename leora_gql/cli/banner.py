"""What `leora dev` prints once the server answers: where it is, who can sign in, and a first query."""

from __future__ import annotations

import http
import http.client
import time

from rich.console import Console

from leora_gql.demo import ACCOUNTS, PASSWORD
from leora_gql.settings import Settings

_out = Console(highlight=False, soft_wrap=True)


def announce(settings: Settings, started: float) -> None:
    """Say where everything is, once the server answers."""
    host = "localhost" if settings.host in {"0.0.0.0", "::", "127.0.0.1"} else settings.host  # noqa: S104
    while not _answers(settings):
        time.sleep(0.1)
    url = f"http://{host}:{settings.port}/graphql"
    query = '{"query":"{ customers(first: 3) { totalCount nodes { name } } }"}'
    sign_in = (
        f'{{"query":"mutation {{ signIn(input: {{email: \\"{ACCOUNTS[0].email}\\",'
        f' password: \\"{PASSWORD}\\"}}) {{ accessToken }} }}"}}'
    )
    _out.print(f"\n[bold green]Ready[/] in {time.monotonic() - started:.1f} s")
    _out.print(f"  GraphQL and GraphiQL  {url}")
    _out.print(f"  Schema                http://{host}:{settings.port}/schema.graphql")
    _out.print(f"\nSign in with the password [bold]{PASSWORD}[/]:")
    for account in ACCOUNTS:
        _out.print(f"  {account.audience.lower():<7} {account.email:<26} {account.tenant}")
    _out.print("\nTry it:")
    for line in (
        f"  TOKEN=$(curl -s {url} -H 'content-type: application/json' \\",
        f'    -d \'{sign_in}\' | sed \'s/.*"accessToken":"\\([^"]*\\)".*/\\1/\')',
        f"  curl -s {url} -H 'content-type: application/json' -H \"authorization: Bearer $TOKEN\" \\",
        f"    -d '{query}'",
    ):
        _out.print(line, markup=False)
    _out.print("\nCtrl-C stops everything.")


def _answers(settings: Settings) -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104
    connection = http.client.HTTPConnection(host, settings.port, timeout=30)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()
