"""`leora documents`: manifests in, checked; out again."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from leora_gql.cli.main import main

ME = "query Me { viewer { __typename } }"
VERSION = "query Version { apiVersion }"
APOLLO = {
    "format": "apollo-persisted-query-manifest",
    "version": 1,
    "operations": [
        {"id": "a1", "name": "Me", "type": "query", "body": ME},
        {"id": "b2", "name": "Version", "type": "query", "body": VERSION},
    ],
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path / "documents"


class Leora:
    """Runs `leora documents …` in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *words: object, code: int = 0) -> str:
        """What it prints; its exit code must be as expected."""
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(["documents", *map(str, words)])
        printed = self._capsys.readouterr()
        assert ended.value.code == code, printed
        return printed.err if code else printed.out


@pytest.fixture
def leora(capsys: pytest.CaptureFixture[str]) -> Leora:
    return Leora(capsys)


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """The file that a build tool wrote."""
    return tmp_path / "portal-2.1.json"


@pytest.mark.parametrize("manifest", [{"a1": ME, "b2": VERSION}, APOLLO], ids=["codegen and Relay", "Apollo"])
def test_a_manifest_is_loaded_listed_and_removed(
    leora: Leora, written: Path, folder: Path, manifest: object
) -> None:
    written.write_text(json.dumps(manifest))
    assert "portal-2.1: 2 documents, from now on trusted" in leora("load", written)
    assert json.loads((folder / "portal-2.1.json").read_text()) == {"a1": ME, "b2": VERSION}
    assert stat.S_IMODE((folder / "portal-2.1.json").stat().st_mode) == 0o644
    assert [file.name for file in folder.iterdir()] == ["portal-2.1.json"]
    assert leora("list").splitlines() == ["portal-2.1  2 documents", f"1 manifests in {folder}."]
    assert leora("list", "portal-2.1").splitlines() == ["a1  query Me", "b2  query Version"]
    assert "2 documents fit the schema." in leora("check")
    assert "portal-2.1: 2 documents removed." in leora("remove", "portal-2.1")
    assert list(folder.iterdir()) == []


def test_releases_stand_side_by_side_and_the_same_name_replaces(
    leora: Leora, written: Path, folder: Path
) -> None:
    written.write_text(json.dumps({"a1": ME}))
    leora("load", written)
    written.write_text(json.dumps({"a1": ME, "b2": VERSION}))
    leora("load", written, "--name", "portal-2.2")
    written.write_text(json.dumps({"b2": VERSION}))
    leora("load", written)
    assert json.loads((folder / "portal-2.1.json").read_text()) == {"b2": VERSION}
    assert leora("list").splitlines()[:2] == ["portal-2.1  1 documents", "portal-2.2  2 documents"]


def test_all_problems_are_named_and_nothing_is_loaded(leora: Leora, written: Path, folder: Path) -> None:
    written.write_text(json.dumps({"good": ME, "unknown": "{ nope neither }", "broken": "{ viewer "}))
    told = leora("load", written, code=1)
    assert "nothing was changed" in told
    assert "unknown (1:3): Cannot query field 'nope'" in told
    assert "unknown (1:8): Cannot query field 'neither'" in told
    assert "broken (1:10): Syntax Error" in told
    assert "good" not in told
    assert not folder.exists()


def test_an_id_keeps_its_text(leora: Leora, written: Path, folder: Path) -> None:
    written.write_text(json.dumps({"a1": ME}))
    leora("load", written)
    written.write_text(json.dumps({"a1": VERSION}))
    told = leora("load", written, "--name", "other", code=1)
    assert "a1: the manifest portal-2.1 has another text for it" in told
    assert not (folder / "other.json").exists()


def test_what_no_longer_fits_the_schema_is_found(leora: Leora, folder: Path) -> None:
    folder.mkdir()
    (folder / "old.json").write_text(json.dumps({"a1": ME, "b2": "{ goneField }"}))
    assert "old: b2 (1:3): Cannot query field 'goneField'" in leora("check", code=1)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "is not JSON"),
        ("[]", "is no manifest"),
        ("{}", "holds no documents"),
        ('{"a": 1}', "has no text for the id a"),
        ('{"": "{ apiVersion }"}', "holds an id that has not 1 to 256 characters"),
        (
            '{"format": "other", "version": 1, "operations": []}',
            "is not of the format apollo-persisted-query",
        ),
        (
            json.dumps({**APOLLO, "version": 2}),
            "is not of the format apollo-persisted-query-manifest, version 1",
        ),
        (json.dumps({**APOLLO, "operations": [{"body": ME}]}), "has an operation without an id"),
        (json.dumps({**APOLLO, "operations": [{"id": "a1"}]}), "has no text for the id a1"),
        (
            json.dumps({**APOLLO, "operations": [{"id": "a", "body": ME}, {"id": "a", "body": VERSION}]}),
            "has two texts for the id a",
        ),
    ],
)
def test_a_file_that_is_no_manifest_is_refused(leora: Leora, written: Path, content: str, why: str) -> None:
    written.write_text(content)
    assert why in leora("load", written, code=1)


def test_what_is_not_there_is_told(leora: Leora, tmp_path: Path) -> None:
    assert "cannot be read: No such file" in leora("load", tmp_path / "none.json", code=1)
    assert "There is no manifest gone" in leora("remove", "gone", code=1)
    assert "There is no manifest ../secrets" in leora("list", "../secrets", code=1)
    assert "0 manifests in" in leora("list")


def test_a_name_that_is_no_files_is_refused(leora: Leora, written: Path) -> None:
    written.write_text(json.dumps({"a1": ME}))
    assert "../up cannot be a manifest's name" in leora("load", written, "--name", "../up", code=1)
