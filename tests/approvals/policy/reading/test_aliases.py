"""Accounts of issuers as aliases: each leads to one person, and one of no issuer to nobody."""

import pytest

from approvals.policy.reading.document import PolicyError
from approvals.refusals.errors import Refused
from tests.approvals.policy.actions import policy

DOMAINS = "{domains: [example.com]}"
TENANT = "0B9F5A3E-1111-4222-8333-444455556666"


def aliases(written: str) -> str:
    return "{domains: [example.com], aliases: " + written + "}"


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("{bob@example.com: ['oktb:00u1']}", "unknown-issuer"),
        ("{bob@example.com: ['okta:']}", "bad-alias"),
        ("{bob@example.com: ['okta:0 0']}", "bad-alias"),
        ("{bob@example.com: ['okta:ü']}", "bad-alias"),
        ("{bob@example.com: ['okta:00u1'], carol@example.com: ['okta:00u1']}", "alias-twice"),
        ("{bob@example.com: ['okta:00u1', 'okta:00u1']}", "alias-twice"),
        ("{'okta:00u1': [bob@example.com]}", "bad-address"),
    ],
)
def test_an_alias_that_could_not_be_one_persons_is_refused(written: str, code: str) -> None:
    with pytest.raises(PolicyError) as refused:
        policy((DOMAINS, aliases(written)))
    assert [problem.code for problem in refused.value.problems] == [code]


def test_an_account_of_an_issuer_is_somebodys_and_no_address_of_theirs() -> None:
    rules = policy((DOMAINS, aliases("{bob@example.com: ['okta:00uA|b@c', b.jones@example.com]}"))).identity
    assert rules.aliases["okta:00uA|b@c"] == "bob@example.com"
    assert rules.addresses("bob@example.com") == ("bob@example.com", "b.jones@example.com")
    with pytest.raises(Refused):
        rules.primary("okta:00uA|b@c")


def test_capitals_of_entras_ids_mean_nothing_and_those_of_others_do() -> None:
    written = f"{{bob@example.com: ['okta:{TENANT}/{TENANT}', 'okta:00uAb']}}"
    found = policy((DOMAINS, aliases(written))).identity.aliases
    assert set(found) == {f"okta:{TENANT}/{TENANT}".lower(), "okta:00uAb"}


def test_a_sandboxs_issuer_is_on_this_machine() -> None:
    local = "http://127.0.0.1:8090/oidc"
    found = policy(("https://example.okta.com/oauth2/default", local)).issuers["okta"]
    assert (found.issuer, found.kind) == (local, "oidc")
