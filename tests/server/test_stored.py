"""Stored operations: automatic persisted queries, trusted documents, and who may run what."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from graphql import get_introspection_query

from leora_gql.app import create_app
from leora_gql.auth.permissions import Audience
from leora_gql.demo import PASSWORD
from leora_gql.errors import BadUserInput, Forbidden, OperatorError, PersistedQueryNotFound
from leora_gql.server import stored
from leora_gql.server.request import OperationRequest
from leora_gql.server.stored import Resolved, StoredOperations
from leora_gql.server.trusted import Manifests
from leora_gql.settings import Settings, load_settings
from tests.api import ADMIN, BUYER, SIGN_IN, Answer, Api

VERSION = "{ apiVersion }"
VIEWER = "query Me { viewer { __typename } }"
GRAPHQL = "application/graphql-response+json"

Start = Callable[..., AbstractAsyncContextManager[Api]]


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def apollo(text: str) -> dict[str, Any]:
    """What Apollo's clients send as extensions."""
    return {"persistedQuery": {"version": 1, "sha256Hash": sha256(text)}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "documents"


def trust(folder: Path, documents: dict[str, str], *, name: str = "app") -> None:
    Manifests(folder).write(name, json.dumps(documents).encode())


@pytest.fixture
def start(settings: Settings, folder: Path, tokens: dict[str, str]) -> Start:
    """Starts the product with these settings; its callers are signed in already."""

    @asynccontextmanager
    async def begin(**given: object) -> AsyncGenerator[Api]:
        app = create_app(settings.model_copy(update={"documents_dir": folder, **given}))
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://leora.test") as client:
                yield Api(client, tokens)

    return begin


async def get(api: Api, parameters: dict[str, str], **headers: str) -> Answer:
    response = await api.client.get("/graphql", params=parameters, headers=headers)
    return Answer(response.status_code, response.json(), response.headers)


class TestAutomaticPersistedQueries:
    @pytest.mark.parametrize(("accept", "status"), [("application/json", 200), (GRAPHQL, 400), (None, 200)])
    async def test_an_unknown_hash_asks_for_the_text(self, api: Api, accept: str | None, status: int) -> None:
        headers = {} if accept is None else {"accept": accept}
        answer = await api.send({"extensions": apollo("{ nobodyHasSentThis }")}, **headers)
        assert answer.status == status
        assert answer.headers["cache-control"] == "no-store"
        (error,) = answer.errors
        assert "data" not in answer.body
        assert error["message"] == "PersistedQueryNotFound"
        assert error["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"

    async def test_a_text_with_its_hash_can_be_named_from_then_on(self, api: Api) -> None:
        first = await api.send({"query": VERSION, "extensions": apollo(VERSION)})
        then = await api.send({"extensions": apollo(VERSION)})
        named = await api.send({"documentId": f"sha256:{sha256(VERSION)}"})
        assert first.body == then.body == named.body
        assert "apiVersion" in then.data

    async def test_it_works_by_get_too(self, api: Api) -> None:
        hashed = {"extensions": json.dumps(apollo(VERSION))}
        assert (await get(api, hashed)).codes == ["PERSISTED_QUERY_NOT_FOUND"]
        assert "apiVersion" in (await get(api, {"query": VERSION, **hashed})).data
        assert "apiVersion" in (await get(api, hashed)).data

    async def test_a_mutation_by_its_hash_is_not_for_get(self, api: Api) -> None:
        text = "mutation { signOut { __typename } }"
        await api.send({"query": text, "extensions": apollo(text)})
        refused = await get(api, {"extensions": json.dumps(apollo(text))})
        assert (refused.status, refused.headers["allow"]) == (405, "POST")

    async def test_variables_and_permissions_are_the_callers_own(self, api: Api) -> None:
        text = "query One($n: Int!) { customers(first: $n) { nodes { name creditLimit } } }"
        await api.send({"query": text, "extensions": apollo(text)})
        hashed = {"extensions": apollo(text), "variables": {"n": 1}}
        assert (await api.send(hashed)).codes == ["UNAUTHENTICATED"]
        staff = await api.send(hashed, authorization=f"Bearer {await api.token(ADMIN)}")
        buyer = await api.send(hashed, authorization=f"Bearer {await api.token(BUYER)}")
        assert (staff.codes, buyer.codes) == ([], ["FORBIDDEN"])
        assert len(staff.data["customers"]["nodes"]) == len(buyer.data["customers"]["nodes"]) == 1

    async def test_a_hash_of_another_text_is_refused_and_not_kept(self, api: Api) -> None:
        lie = {"query": VIEWER, "extensions": apollo("{ apiVersion  }")}
        assert (await api.send(lie)).codes == ["BAD_USER_INPUT"]
        del lie["query"]
        assert (await api.send(lie)).codes == ["PERSISTED_QUERY_NOT_FOUND"]

    @pytest.mark.parametrize("text", ["{ noSuchField }", "{ viewer "])
    async def test_a_text_that_does_not_fit_is_not_kept(self, api: Api, text: str) -> None:
        assert (await api.send({"query": text, "extensions": apollo(text)})).errors
        assert (await api.send({"extensions": apollo(text)})).codes == ["PERSISTED_QUERY_NOT_FOUND"]

    @pytest.mark.parametrize(
        "persisted",
        [
            {"version": 2, "sha256Hash": sha256(VERSION)},
            {"version": 1},
            {"version": 1, "sha256Hash": 7},
            "x",
            [],
        ],
    )
    async def test_a_malformed_hash_is_told(self, api: Api, persisted: object) -> None:
        answer = await api.send({"query": VERSION, "extensions": {"persistedQuery": persisted}})
        assert answer.codes == ["BAD_USER_INPUT"]


def keep(operations: StoredOperations, text: str) -> None:
    """What becomes of a text that came with its hash and fits the schema."""
    operations.register(Resolved(text, register_as=sha256(text)))


def knows(operations: StoredOperations, text: str) -> bool:
    try:
        resolved = operations.resolve(OperationRequest(persisted_hash=sha256(text)), None)
    except PersistedQueryNotFound:
        return False
    return resolved == Resolved(text, stored=True)


class TestMemory:
    def test_what_was_used_longest_ago_is_forgotten_first(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        operations = StoredOperations(settings)
        monkeypatch.setattr(stored, "MAX_BYTES", 10_000)
        texts = [f"{{ field{number:03} }}" + " " * 1000 for number in range(20)]
        for text in texts:
            keep(operations, text)
            assert knows(operations, texts[0])
        assert not knows(operations, texts[1])
        assert knows(operations, texts[-1])
        assert operations._size <= 10_000
        assert sum(map(len, operations._texts.values())) <= 10_000

    def test_a_huge_text_is_not_kept_and_displaces_nothing(self, settings: Settings) -> None:
        operations = StoredOperations(settings)
        keep(operations, VERSION)
        huge = VERSION + " " * stored.MAX_DOCUMENT
        keep(operations, huge)
        assert not knows(operations, huge)
        assert knows(operations, VERSION)

    def test_texts_count_by_the_memory_that_they_take(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(stored, "MAX_DOCUMENT", 4000)
        operations = StoredOperations(settings)
        wide = '{ node(id: "🍷") { id } }' + " " * 1000
        keep(operations, wide)
        assert not knows(operations, wide)


class TestTrustedDocuments:
    @pytest.mark.parametrize("parameter", ["documentId", "doc_id", "id"])
    async def test_a_document_is_named_in_the_body_or_the_address(
        self, start: Start, folder: Path, parameter: str
    ) -> None:
        trust(folder, {"md5-of-something": VERSION})
        async with start() as api:
            assert "apiVersion" in (await api.send({parameter: "md5-of-something"})).data
            assert "apiVersion" in (await get(api, {parameter: "md5-of-something"})).data
            assert (await api.send({parameter: "another"})).codes == ["PERSISTED_QUERY_NOT_FOUND"]

    async def test_a_document_is_named_by_a_header(self, start: Start, folder: Path) -> None:
        trust(folder, {"abc": VERSION})
        async with start() as api:
            assert "apiVersion" in (await api.send({}, x_graphql_document_id="abc")).data

    async def test_a_document_is_named_by_apollos_hash_whatever_its_id(
        self, start: Start, folder: Path
    ) -> None:
        trust(folder, {"abc": VERSION})
        async with start(portal_documents="trusted", staff_documents="trusted") as api:
            by_hash = await api.send({"extensions": apollo(VERSION)})
            by_id = await api.send({"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "abc"}}})
            prefixed = await api.send({"documentId": f"sha256:{sha256(VERSION)}"})
            assert by_hash.body == by_id.body == prefixed.body
            assert "apiVersion" in by_hash.data

    async def test_a_request_that_names_nothing_is_none(self, api: Api) -> None:
        for body in ({}, {"query": "  "}, {"documentId": ""}, {"extensions": {}}):
            assert (await api.send(body)).status == 400

    def test_the_folder_is_followed(self, settings: Settings, folder: Path) -> None:
        now = 1000.0
        given = settings.model_copy(update={"documents_dir": folder})
        operations = StoredOperations(given, clock=lambda: now)
        assert not knows(operations, VERSION)
        trust(folder, {"abc": VERSION})
        now += 0.9
        assert not knows(operations, VERSION), "the folder is looked at once a second"
        now += 0.1
        assert knows(operations, VERSION)
        trust(folder, {"abc": VIEWER})
        now += 1
        assert (knows(operations, VERSION), knows(operations, VIEWER)) == (False, True)
        Manifests(folder).remove("app")
        now += 1
        assert not knows(operations, VIEWER)

    def test_what_is_damaged_or_ambiguous_does_not_run(self, settings: Settings, folder: Path) -> None:
        trust(folder, {"good": VERSION, "twice": VERSION}, name="one")
        trust(folder, {"twice": VIEWER}, name="two")
        (folder / "broken.json").write_text("{")
        (folder / ".hidden.json").write_text(json.dumps({"hidden": VERSION}))
        (folder / "notes.txt").write_text(json.dumps({"text": VERSION}))
        operations = StoredOperations(settings.model_copy(update={"documents_dir": folder}))
        assert operations.resolve(OperationRequest(document_id="good"), None).query == VERSION
        for document in ("twice", "hidden", "text"):
            with pytest.raises(PersistedQueryNotFound):
                operations.resolve(OperationRequest(document_id=document), None)


RUNS: dict[str, dict[str, bool]] = {
    "any": {"text": True, "hashed": True, "trusted": True, "trusted text": True, "known hash": True},
    "apq": {"text": False, "hashed": True, "trusted": True, "trusted text": True, "known hash": True},
    "trusted": {"text": False, "hashed": False, "trusted": True, "trusted text": True, "known hash": False},
}
REQUESTS = {
    "text": OperationRequest(query=VIEWER),
    "hashed": OperationRequest(query=VIEWER, persisted_hash=sha256(VIEWER)),
    "trusted": OperationRequest(document_id="version"),
    "trusted text": OperationRequest(query=VERSION),
    "known hash": OperationRequest(persisted_hash=sha256(VIEWER)),
}


def allowed(operations: StoredOperations, audience: Audience | None) -> dict[str, bool]:
    """Which of the requests an audience may run."""
    keep(operations, VIEWER)
    found: dict[str, bool] = {}
    for name, request in REQUESTS.items():
        try:
            operations.resolve(request, audience)
            found[name] = True
        except (Forbidden, PersistedQueryNotFound):
            found[name] = False
    return found


class TestPolicies:
    @pytest.mark.parametrize("policy", list(RUNS))
    def test_an_audience_runs_what_its_setting_says(
        self, settings: Settings, folder: Path, policy: str
    ) -> None:
        trust(folder, {"version": VERSION})
        given = settings.model_copy(update={"documents_dir": folder, "portal_documents": policy})
        operations = StoredOperations(given)
        assert allowed(operations, Audience.PORTAL) == RUNS[policy]
        assert allowed(operations, Audience.STAFF) == RUNS["any"]

    @pytest.mark.parametrize(
        ("portal", "staff", "explorer", "effective"),
        [
            ("trusted", "any", "off", "trusted"),
            ("apq", "any", "off", "apq"),
            ("any", "any", "off", "any"),
            ("trusted", "any", "on", "any"),
            ("trusted", "apq", "on", "apq"),
        ],
    )
    def test_nobody_counts_as_the_stricter_unless_graphiql_has_to_sign_in(
        self, settings: Settings, folder: Path, portal: str, staff: str, explorer: str, effective: str
    ) -> None:
        trust(folder, {"version": VERSION})
        policies = {"portal_documents": portal, "staff_documents": staff, "explorer": explorer}
        operations = StoredOperations(settings.model_copy(update={"documents_dir": folder, **policies}))
        assert allowed(operations, None) == RUNS[effective]

    def test_a_text_of_another_document_does_not_pass_as_a_trusted_one(
        self, settings: Settings, folder: Path
    ) -> None:
        trust(folder, {"version": VERSION})
        given = {"documents_dir": folder, "portal_documents": "trusted"}
        operations = StoredOperations(settings.model_copy(update=given))
        with pytest.raises(Forbidden):
            operations.resolve(OperationRequest(query=VIEWER, document_id="version"), Audience.PORTAL)
        with pytest.raises(BadUserInput):
            operations.resolve(OperationRequest(query=VIEWER, persisted_hash="version"), Audience.PORTAL)

    async def test_a_portal_app_that_is_trusted_runs_nothing_else(
        self, api: Api, start: Start, folder: Path
    ) -> None:
        trust(folder, {"version": VERSION, "in": SIGN_IN % "portalSignIn"})
        for account in (BUYER, ADMIN):
            await api.token(account)
        async with start(portal_documents="trusted", explorer="off") as trusting:
            assert not (await trusting(VIEWER, as_=ADMIN)).errors
            assert not (await trusting(VERSION, as_=BUYER)).errors
            for text in (VIEWER, f"{VERSION} ", get_introspection_query()):
                refused = await trusting(text, as_=BUYER)
                assert (refused.codes, "data" in refused.body) == (["FORBIDDEN"], False)
            given = {"input": {"email": BUYER, "password": PASSWORD}}
            signed_in = await trusting.send({"documentId": "in", "variables": given})
            assert signed_in.data["portalSignIn"]["accessToken"]
            assert (await trusting(SIGN_IN % "signIn", given)).codes == ["FORBIDDEN"]

    @pytest.mark.parametrize("name", ["PORTAL_DOCUMENTS", "STAFF_DOCUMENTS"])
    def test_a_wrong_policy_is_explained(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        monkeypatch.setenv(name, "some")
        with pytest.raises(OperatorError, match=f"{name} should be 'any', 'apq' or 'trusted'"):
            load_settings(_env_file=None, data_dir=settings.data_dir)
