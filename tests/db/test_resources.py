"""Migrations and policies are found in a checkout and in an installed package."""

from pathlib import Path

import pytest

from leora_gql.db import resources


def test_a_checkout_uses_its_own_folders() -> None:
    root = Path(__file__).resolve().parents[2]
    assert resources.folder("migrations") == root / "migrations"


def test_an_installed_package_uses_its_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "site-packages" / "leora_gql"
    (tmp_path / "site-packages" / "policies").mkdir(parents=True)  # somebody else's
    monkeypatch.setattr(resources, "PACKAGE", package)
    assert resources.folder("policies") == package / "policies"
