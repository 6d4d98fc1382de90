"""Secrets at rest: only their own key and tenant open them."""

from __future__ import annotations

from uuid import UUID

import pytest

from leora_gql.auth.sealing import seal, unseal

KEY, TENANT = b"k" * 32, UUID(int=1)


def test_what_is_sealed_comes_out_again_and_looks_different_each_time() -> None:
    one, other = seal(b"whsec", key=KEY, tenant=TENANT), seal(b"whsec", key=KEY, tenant=TENANT)
    assert one != other
    assert b"whsec" not in one
    assert unseal(one, key=KEY, tenant=TENANT) == unseal(other, key=KEY, tenant=TENANT) == b"whsec"


@pytest.mark.parametrize(("key", "tenant"), [(b"x" * 32, TENANT), (KEY, UUID(int=2))])
def test_another_key_or_tenant_opens_nothing(key: bytes, tenant: UUID) -> None:
    with pytest.raises(ValueError, match="another key"):
        unseal(seal(b"whsec", key=KEY, tenant=TENANT), key=key, tenant=tenant)


def test_a_changed_byte_or_something_else_is_refused() -> None:
    sealed = bytearray(seal(b"whsec", key=KEY, tenant=TENANT))
    sealed[-1] ^= 1
    for text in (bytes(sealed), b"", b"plain", sealed[:5]):
        with pytest.raises(ValueError, match="sealed"):
            unseal(bytes(text), key=KEY, tenant=TENANT)
