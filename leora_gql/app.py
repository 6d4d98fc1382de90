"""The ASGI application: its routes, and what lives as long as it does."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from leora_gql.auth.authenticator import Authenticator
from leora_gql.db.connect import open_pools
from leora_gql.schema import printed_schema, product_schema
from leora_gql.server.explorer import explorer_routes
from leora_gql.server.health import Health, healthz
from leora_gql.server.http import GraphQLEndpoint
from leora_gql.server.request import DOCUMENT_HEADER
from leora_gql.settings import Settings

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
"""All of them: which ones GraphQL takes, and what the others are told, is the endpoint's to say."""


def create_app(settings: Settings) -> Starlette:
    """The application for a database that is there, migrated and with its policies applied."""
    pools = open_pools(settings)
    auth = Authenticator(settings, pools)
    schema = product_schema()
    graphql = GraphQLEndpoint(
        schema._schema,  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  it has no public name
        settings=settings,
        pools=pools,
        auth=auth,
    )
    health = Health(pools)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        await auth.start()
        try:
            yield
        finally:
            await graphql.close()
            await auth.close()
            await pools.close()

    return Starlette(
        routes=[
            Route("/graphql", graphql.handle, methods=METHODS),
            Route("/healthz", healthz),
            Route("/readyz", health.readyz),
            Route("/schema.graphql", _schema_text),
            Route("/", _to_graphql),
            *explorer_routes(),
        ],
        middleware=_middleware(settings),
        lifespan=lifespan,
    )


def _middleware(settings: Settings) -> list[Middleware]:
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
                "x-tenant-slug",
                "x-request-id",
                "idempotency-key",
                DOCUMENT_HEADER,
            ],
            expose_headers=["x-request-id", "retry-after"],
        )
    ]


async def _schema_text(_: Request) -> Response:
    return PlainTextResponse(printed_schema(), headers={"Cache-Control": "no-cache"})


async def _to_graphql(_: Request) -> Response:
    return RedirectResponse("/graphql")
