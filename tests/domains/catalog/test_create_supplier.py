"""Adding a supplier: the row and its edge, slugs, every refusal, who may, and all or nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.api import ADMIN, BUYER, MANAGER, OTHER_ADMIN, REP, Api
from tests.graph.principals import Runner

CREATE = """
mutation ($input: CreateSupplierInput!) {
  createSupplier(input: $input) {
    supplier {
      id name slug contactName contactEmail contactPhone status version
      address { line1 line2 city region postalCode country }
      products { totalCount nodes { id } }
    }
    supplierEdge { cursor node { id name } }
    userErrors { code message field }
  }
}
"""
TWO = """
mutation ($first: CreateSupplierInput!, $second: CreateSupplierInput!) {
  first: createSupplier(input: $first) { supplier { name } userErrors { code field } }
  second: createSupplier(input: $second) { supplier { name } userErrors { code field } }
}
"""
FOLLOWING = "query ($after: String) { suppliers(first: 100, after: $after) { nodes { id name } } }"


async def create(api: Api, as_: str = ADMIN, **given: Any) -> dict[str, Any]:
    """The payload of an answer without errors."""
    return (await api.data(CREATE, {"input": given}, as_=as_))["createSupplier"]


async def suppliers(runner: Runner) -> list[dict[str, Any]]:
    """Every supplier there is, in any tenant."""
    return await runner.sql("SELECT tenant_id, id, name, slug, version FROM leora.suppliers ORDER BY id")


async def test_it_gives_the_supplier_as_given(api: Api) -> None:
    address = {"line1": "1 Rue de la Paix", "city": "Reims", "region": "Marne", "country": "France"}
    payload = await create(
        api,
        name="  Maison Example ",
        slug="maison-example",
        contactName="Ada",
        contactEmail="ada@example.test",
        contactPhone="+33 3 26",
        address={**address, "line2": " "},
        status="INACTIVE",
    )
    supplier = payload["supplier"]
    assert supplier == {
        "id": supplier["id"],
        "name": "Maison Example",
        "slug": "maison-example",
        "contactName": "Ada",
        "contactEmail": "ada@example.test",
        "contactPhone": "+33 3 26",
        "status": "INACTIVE",
        "version": 1,
        "address": {**address, "line2": None, "postalCode": None},
        "products": {"totalCount": 0, "nodes": []},
    }
    assert payload["userErrors"] == []


async def test_what_is_left_out_has_its_default(api: Api) -> None:
    supplier = (await create(api, name="Left Out"))["supplier"]
    assert supplier["slug"] == "left-out"
    assert supplier["status"] == "ACTIVE"
    assert supplier["address"] is None
    assert supplier["contactEmail"] is None


async def test_it_is_there_afterwards_for_its_own_tenant_only(api: Api) -> None:
    key = (await create(api, name="Here To Stay"))["supplier"]["id"]
    query = "query ($id: ID!) { supplier(id: $id) { name } }"
    assert await api.data(query, {"id": key}, as_=REP) == {"supplier": {"name": "Here To Stay"}}
    assert await api.data(query, {"id": key}, as_=OTHER_ADMIN) == {"supplier": None}


async def test_the_edge_continues_the_list(api: Api) -> None:
    edge = (await create(api, name="An Edge"))["supplierEdge"]
    later = (await create(api, name="A Later One"))["supplier"]
    assert edge["node"]["name"] == "An Edge"
    after = await api.data(FOLLOWING, {"after": edge["cursor"]}, as_=ADMIN)
    names = [node["name"] for node in after["suppliers"]["nodes"]]
    assert later["name"] in names
    assert "An Edge" not in names


async def test_derived_slugs_of_one_name_are_numbered(api: Api) -> None:
    made = [(await create(api, name="Château d'Yquem & Fils"))["supplier"]["slug"] for _ in range(3)]
    assert made == ["chateau-d-yquem-fils", "chateau-d-yquem-fils-2", "chateau-d-yquem-fils-3"]


async def test_a_name_without_letters_that_a_slug_can_have_gets_one_all_the_same(api: Api) -> None:
    slug = (await create(api, name="株式会社"))["supplier"]["slug"]
    assert slug.startswith("supplier")


async def test_twenty_of_one_name_at_once_all_get_slugs_of_their_own(crowd: Runner) -> None:
    writer = await crowd.principal(ADMIN)
    given = {"input": {"name": "Twenty At Once"}}
    made = await asyncio.gather(*(crowd.data(CREATE, writer, given) for _ in range(20)))
    assert {payload["createSupplier"]["supplier"]["slug"] for payload in made} == {
        "twenty-at-once",
        *(f"twenty-at-once-{number}" for number in range(2, 21)),
    }


async def test_of_two_that_give_one_slug_at_once_one_is_refused(crowd: Runner) -> None:
    writer = await crowd.principal(ADMIN)
    given = {"input": {"name": "Race", "slug": "the-race"}}
    made = await asyncio.gather(*(crowd.data(CREATE, writer, given) for _ in range(2)))
    assert sorted(len(payload["createSupplier"]["userErrors"]) for payload in made) == [0, 1]


LONG_WHEN_STORED = dict.fromkeys(("line1", "line2", "city", "region", "postalCode", "country"), '"' * 200)
"""PostgreSQL writes each of these characters with two."""

REFUSED: list[tuple[dict[str, Any], list[tuple[str, list[str]]]]] = [
    ({"name": " "}, [("REQUIRED", ["name"])]),
    ({"name": ""}, [("REQUIRED", ["name"])]),
    ({"name": "x" * 201}, [("TOO_LONG", ["name"])]),
    ({"name": "A", "slug": "No Spaces"}, [("INVALID", ["slug"])]),
    ({"name": "A", "slug": "-a"}, [("INVALID", ["slug"])]),
    ({"name": "A", "slug": "a--b"}, [("INVALID", ["slug"])]),
    ({"name": "A", "slug": "a\nb"}, [("INVALID", ["slug"])]),
    ({"name": "A", "slug": "a" * 101}, [("TOO_LONG", ["slug"])]),
    ({"name": "A", "contactName": "x" * 201}, [("TOO_LONG", ["contactName"])]),
    ({"name": "A", "contactEmail": "nobody"}, [("INVALID", ["contactEmail"])]),
    ({"name": "A", "contactEmail": f"{'x' * 251}@a.b"}, [("TOO_LONG", ["contactEmail"])]),
    ({"name": "A", "contactPhone": "1" * 41}, [("TOO_LONG", ["contactPhone"])]),
    ({"name": "A", "address": {"city": "x" * 201}}, [("TOO_LONG", ["address", "city"])]),
({"name": "A", "address": LONG_WHEN_STORED}, [("INVALID", ["address"])]),
    ({"name": "", "slug": "A", "contactPhone": "1" * 41},
     [("REQUIRED", ["name"]), ("INVALID", ["slug"]), ("TOO_LONG", ["contactPhone"])]),
]  # fmt: skip


@pytest.mark.parametrize(("given", "expected"), REFUSED)
async def test_a_bad_input_is_refused_at_its_field(
    api: Api, runner: Runner, given: dict[str, Any], expected: list[tuple[str, list[str]]]
) -> None:
    before = await suppliers(runner)
    payload = await create(api, **given)
    assert [(error["code"], error["field"]) for error in payload["userErrors"]] == expected
    assert all(error["message"] for error in payload["userErrors"])
    assert (payload["supplier"], payload["supplierEdge"]) == (None, None)
    assert await suppliers(runner) == before


async def test_a_given_slug_that_is_taken_is_a_duplicate(api: Api, runner: Runner) -> None:
    await create(api, name="First", slug="taken")
    before = await suppliers(runner)
    payload = await create(api, name="Second", slug="taken")
    assert payload["userErrors"] == [
        {"code": "DUPLICATE", "message": "Another supplier has that slug.", "field": ["slug"]}
    ]
    assert await suppliers(runner) == before
    assert (await create(api, OTHER_ADMIN, name="Elsewhere", slug="taken"))["userErrors"] == []


@pytest.mark.parametrize("account", [REP, BUYER])
async def test_who_may_not_change_the_catalogue_is_forbidden(api: Api, runner: Runner, account: str) -> None:
    before = await suppliers(runner)
    answer = await api(CREATE, {"input": {"name": " "}}, as_=account)
    assert answer.data == {"createSupplier": None}
    assert [(error["path"], error["extensions"]["requiredPermission"]) for error in answer.errors] == [
        (["createSupplier"], "catalog.manage")
    ]
    assert answer.codes == ["FORBIDDEN"]
    assert await suppliers(runner) == before


async def test_nobody_is_unauthenticated(api: Api, runner: Runner) -> None:
    before = await suppliers(runner)
    answer = await api(CREATE, {"input": {"name": "Nobody's"}})
    assert (answer.codes, answer.data) == (["UNAUTHENTICATED"], {"createSupplier": None})
    assert await suppliers(runner) == before


async def test_managers_may(api: Api) -> None:
    assert (await create(api, MANAGER, name="The Manager's"))["userErrors"] == []


async def test_who_may_create_but_not_see_is_told_that_it_was_done(runner: Runner) -> None:
    blind = await runner.principal(ADMIN, frozenset({"catalog.manage"}))
    query = 'mutation { createSupplier(input: {name: "Unseen"}) { supplier { name } userErrors { code } } }'
    answer = await runner.run(query, blind)
    assert answer["data"] == {"createSupplier": {"supplier": None, "userErrors": []}}
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]
    assert "Unseen" in {row["name"] for row in await suppliers(runner)}


async def test_several_mutations_of_one_operation_all_happen(api: Api) -> None:
    done = await api.data(TWO, {"first": {"name": "Both One"}, "second": {"name": "Both Two"}}, as_=ADMIN)
    assert done == {
        "first": {"supplier": {"name": "Both One"}, "userErrors": []},
        "second": {"supplier": {"name": "Both Two"}, "userErrors": []},
    }


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("bad", [{"name": " "}, {"name": "Taken", "slug": "taken-before"}])
async def test_one_refused_undoes_the_others(
    api: Api, runner: Runner, bad: dict[str, Any], turned: bool
) -> None:
    await create(api, name="Taken Before")
    before = await suppliers(runner)
    good: dict[str, Any] = {"name": "Good"}
    first, second = (bad, good) if turned else (good, bad)
    done = await api.data(TWO, {"first": first, "second": second}, as_=ADMIN)
    refused, undone = ("first", "second") if turned else ("second", "first")
    assert done[undone] == {"supplier": None, "userErrors": [{"code": "ROLLED_BACK", "field": None}]}
    assert done[refused]["userErrors"][0]["code"] in {"REQUIRED", "DUPLICATE"}
    assert await suppliers(runner) == before


async def test_an_error_undoes_the_others(api: Api, runner: Runner) -> None:
    before = await suppliers(runner)
    answer = await api(
        """mutation {
          good: createSupplier(input: {name: "Good"}) { supplier { name } userErrors { code } }
          signOut { signedOut }
        }""",
        as_=ADMIN,
    )
    assert answer.codes == ["BAD_USER_INPUT"]
    assert await suppliers(runner) == before


async def test_fragments_aliases_and_directives_change_nothing(api: Api, runner: Runner) -> None:
    before = len(await suppliers(runner))
    done = await api.data(
        """mutation ($no: Boolean!) {
          __typename
          ...Root
          left: createSupplier(input: {name: "Left"}) @skip(if: true) { userErrors { code } }
        }
        fragment Root on Mutation {
          again: createSupplier(input: {name: "Fragments"}) { ...Made }
          again: createSupplier(input: {name: "Fragments"}) { supplier { id @include(if: $no) slug } }
        }
        fragment Made on CreateSupplierPayload { supplier { name } }""",
        {"no": False},
        as_=ADMIN,
    )
    assert done == {
        "__typename": "Mutation",
        "again": {"supplier": {"name": "Fragments", "slug": "fragments"}},
    }
    assert len(await suppliers(runner)) == before + 1
