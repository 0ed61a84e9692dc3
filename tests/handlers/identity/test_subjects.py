"""Whom a Security Event Token means (RFC 9493): one person of the policy, or nobody."""

from typing import Any

import pytest

from tests.handlers.identity.test_secevent import ALICE, SESSION, claims, read

SUBJECTS: dict[str, tuple[dict[str, Any], str]] = {
    "an address": (ALICE, "alice@example.com"),
    "an address in capitals": ({"format": "email", "email": "Alice@Example.com"}, "alice@example.com"),
    "an alias": ({"format": "email", "email": "a.archer@example.com"}, "alice@example.com"),
    "an account": ({"format": "account", "uri": "acct:alice@example.com"}, "alice@example.com"),
    "a foreign address": ({"format": "email", "email": "alice@evil.example"}, ""),
    "what is no address": ({"format": "email", "email": "alice"}, ""),
    "an account of an issuer": (
        {"format": "iss_sub", "iss": "https://example.okta.com/oauth2/default", "sub": "00u1"},
        "alice@example.com",
    ),
    "nobody of an issuer": (
        {"format": "iss_sub", "iss": "https://example.okta.com/oauth2/default", "sub": "00u2"},
        "",
    ),
    "the same of another issuer": ({"format": "iss_sub", "iss": "https://idp.example.com", "sub": "00u1"}, ""),
    "a complex one": (
        {"format": "complex", "user": ALICE, "session": {"format": "opaque", "id": "s"}},
        "alice@example.com",
    ),
    "a complex one as before 1.0": (
        {"user": ALICE, "tenant": {"format": "opaque", "id": "t"}},
        "alice@example.com",
    ),
    "a session of nobody": ({"format": "complex", "session": {"format": "opaque", "id": "s"}}, ""),
    "a whole tenant": ({"format": "complex", "tenant": {"format": "opaque", "id": "t"}}, ""),
    "aliases of one person": (
        {"format": "aliases", "identifiers": [ALICE, {"format": "phone_number", "phone_number": "+1"}]},
        "alice@example.com",
    ),
    "aliases of two people": (
        {"format": "aliases", "identifiers": [ALICE, {"format": "email", "email": "bob@example.com"}]},
        "",
    ),
    "an opaque id": ({"format": "opaque", "id": "alice@example.com"}, ""),
    "a format of another time": ({"format": "did", "url": "did:example:123"}, ""),
}


@pytest.mark.parametrize("subject", SUBJECTS)
@pytest.mark.parametrize("inside", [False, True], ids=["sub_id", "in the event"])
def test_a_subject_means_one_person_of_the_policy_or_nobody(subject: str, inside: bool) -> None:
    given, person = SUBJECTS[subject]
    text = claims(sub_id=None, events={SESSION: {"subject": given}}) if inside else claims(sub_id=given)

    assert read(text).person == person
