"""Transmitters in the policy file: whatever cannot work is named at its place, and such a one is not heard."""

import pytest

from approvals.policy.loosening import differences, looser
from approvals.policy.model import Policy
from approvals.policy.parties import Transmitter
from approvals.policy.reading.document import PolicyError
from approvals.policy.reading.parse import draft, parse
from tests.approvals.policy.files import changed

ONE = """\
  - id: okta
    issuer: https://example.okta.com
    jwks_uri: https://example.okta.com/oauth2/v1/keys
    audience: https://approvals.example.com/signals
"""
OTHER = ONE.replace("okta", "other")


def text(section: str) -> str:
    return changed(("groups:\n", f"signals:\n{section}groups:\n")) if section else changed()


def read(section: str) -> Policy:
    return parse(text(section), source="policy.yaml")


@pytest.mark.parametrize(
    ("section", "code"),
    [
        ("  okta: {}\n", "wrong-type"),
        ("  - okta\n", "wrong-type"),
        (ONE.replace("    audience: https://approvals.example.com/signals\n", ""), "missing-key"),
        (ONE.replace("    issuer: https://example.okta.com\n", ""), "missing-key"),
        (ONE.replace("    jwks_uri: https://example.okta.com/oauth2/v1/keys\n", ""), "missing-key"),
        (ONE.replace("  - id: okta\n", "  - kind: okta\n"), "unknown-key"),
        (ONE.replace("id: okta", "id: Okta Org"), "bad-id"),
        (ONE.replace("issuer: https", "issuer: http"), "bad-url"),
        (ONE.replace("issuer: https://example.okta.com", "issuer: https://okta"), "bad-url"),
        (ONE.replace("jwks_uri: https", "jwks_uri: http"), "bad-url"),
        (ONE.replace("jwks_uri: https://example.okta.com", "jwks_uri: https://10.0.0.1"), "bad-url"),
        (ONE.replace("https://approvals.example.com/signals", "two words"), "bad-audience"),
        (ONE.replace("https://approvals.example.com/signals", "[a, b]"), "wrong-type"),
        (ONE + ONE, "duplicate-id"),
        (ONE + ONE.replace("id: okta", "id: other"), "issuer-twice"),
    ],
)
def test_a_transmitter_that_cannot_be_heard_is_named(section: str, code: str) -> None:
    with pytest.raises(PolicyError) as refused:
        read(section)

    assert code in {each.code for each in refused.value.problems}


def test_one_that_is_wrong_hides_no_other() -> None:
    found = draft(text(ONE + OTHER.replace("issuer: https", "issuer: http")), source="policy.yaml")

    assert list(found.policy.signals) == ["okta"]


def test_it_is_read_as_it_is_written() -> None:
    assert read(ONE).signals == {
        "okta": Transmitter(
            id="okta",
            issuer="https://example.okta.com",
            jwks_uri="https://example.okta.com/oauth2/v1/keys",
            audience="https://approvals.example.com/signals",
        )
    }


@pytest.mark.parametrize(
    ("now", "was", "is_looser"),
    [
        (ONE, "", False),
        (ONE + OTHER, ONE, False),
        (ONE, ONE, False),
        ("", ONE, True),
        (ONE, ONE + OTHER, True),
        (ONE.replace("oauth2/v1/keys", "keys"), ONE, True),
        (ONE.replace("/signals", "/other"), ONE, True),
    ],
)
def test_who_may_take_away_is_no_looser_and_who_no_longer_does_is(now: str, was: str, is_looser: bool) -> None:
    assert looser(differences(read(now), before=read(was))) is is_looser
