"""What an operation costs at most, known before it runs; and what an answer did cost, by the same measure.

An object costs 1 and a list its number of objects, times what is selected in each:

| field | objects |
| --- | --- |
| an object, a connection, its `pageInfo` | 1 |
| `nodes` and `edges` of a connection, each | its `first` or `last`, else `DEFAULT_PAGE` |
| a list by ids | as many as there are ids |
| another list | its `first`, else the size that its field declares (`LISTED`), else `DEFAULT_PAGE` |
| a list of introspection | `INTROSPECTED`: it comes from memory |
| a mutation | `MUTATION` more |
| a subscription | `SUBSCRIPTION` more, once for all of its events |

Fields of one response key are one field. Where a type is abstract, the dearest of its types counts.
The price of an operation is a formula of its variables, worked out once per document.
"""

from leora_gql.server.cost.price import Price, exceeding, measured, objects_in
from leora_gql.server.cost.reading import INTROSPECTED, MAX_WORK, MUTATION, SUBSCRIPTION, formula
from leora_gql.server.cost.terms import Formula

__all__ = [
    "INTROSPECTED",
    "MAX_WORK",
    "MUTATION",
    "SUBSCRIPTION",
    "Formula",
    "Price",
    "exceeding",
    "formula",
    "measured",
    "objects_in",
]
