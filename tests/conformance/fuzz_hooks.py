"""schemathesis hooks: custom scalars, and the check `no_5xx` (HTTP status only).

The built-in check not_a_server_error also fails on any GraphQL error that names a path, unless the error says that it
is the client's fault: extensions.code one of BAD_USER_INPUT, BAD_REQUEST, GRAPHQL_VALIDATION_FAILED, GRAPHQL_PARSE_FAILED,
OPERATION_RESOLUTION_FAILURE, PERSISTED_QUERY_NOT_FOUND.  A server that labels its errors so can run the stronger check.
"""

import os

import schemathesis
from hypothesis import strategies as st
from schemathesis.graphql import nodes

TEXT = st.text(max_size=20).map(nodes.String)
for name in filter(None, os.environ.get("TEXT_SCALARS", "JSON,Decimal").split(",")):
    schemathesis.graphql.scalar(name, TEXT)


@schemathesis.check
def no_5xx(ctx, response, case):
    assert response.status_code < 500, f"HTTP {response.status_code}"
