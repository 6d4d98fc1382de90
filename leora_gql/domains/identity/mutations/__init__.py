"""The identity domain's mutations: sessions, and who may do what."""

from leora_gql.domains.identity.mutations.access import AccessMutations
from leora_gql.domains.identity.mutations.sessions import SessionMutations

__all__ = ["AccessMutations", "SessionMutations"]
