"""Tokens as vendors make them: what is unsafe in each is refused, and who it is about is taken by the rule."""

import logging
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from approvals.refusals.errors import Refused
from handlers.identity.issuers import Issuers
from handlers.identity.oidc import People
from handlers.seldom import Seldom
from tests.support.builders import NOW
from tests.support.vendors import GOLDEN, PAYMENTS, POLICY, Golden, Vendors, golden, vendors

GOOD = [each for each in GOLDEN if each.person is not None]
BAD = [each for each in GOLDEN if each.person is None]


@pytest.fixture(scope="module")
def everyone() -> Iterator[Vendors]:
    with vendors() as served:
        yield served


class Log(Seldom):
    """What the log says of a refusal, each time."""

    def __init__(self) -> None:
        super().__init__(logging.getLogger("countersign.door"))
        self.said: list[str] = []

    def warn(self, _: str, text: str) -> None:
        self.said.append(text)


@pytest.fixture(scope="module")
def log() -> Log:
    return Log()


@pytest.fixture(scope="module")
def people(everyone: Vendors, log: Log) -> People:
    issuers = Issuers(everyone.fetch, clock=lambda: NOW)
    return People(policy=lambda: POLICY, issuers=issuers, proxy_key=lambda _: None, seldom=log)


def refused(people: People, log: Log, token: str) -> str:
    """The log's word for a refusal, or the code where it is the policy that knows nobody of the kind."""
    log.said.clear()
    with pytest.raises(Refused) as refusal:
        people.person(PAYMENTS, token, now=NOW)
    assert refusal.value.kind == "token"
    return " ".join([refusal.value.code, *log.said])


@pytest.mark.parametrize("token", BAD, ids=lambda each: each.name)
def test_what_is_unsafe_is_refused_by_its_rule(people: People, everyone: Vendors, log: Log, token: Golden) -> None:
    assert token.refused in refused(people, log, everyone.mint(token))


@pytest.mark.parametrize("token", GOOD, ids=lambda each: each.name)
def test_whom_a_vendors_token_is_about(people: People, everyone: Vendors, token: Golden) -> None:
    assert people.person(PAYMENTS, everyone.mint(token), now=NOW) == token.expected(NOW)


SPOILT: dict[str, tuple[dict[str, Any], str]] = {
    "out of date": ({"exp": -31}, "out of date"),
    "without an end": ({"exp": None}, "lacks a claim"),
    "that lives for days": ({"exp": 200_000}, "longer than a day"),
    "that ends before it begins": ({"iat": 20, "exp": 10}, "longer than a day"),
    "of the future": ({"iat": 31}, "future"),
    "that does not count yet": ({"nbf": 31}, "future"),
    "of a sign-in to come": ({"auth_time": 31}, "future"),
    "for others as well": ({"aud": ["payments", "somebody-else"]}, "audience"),
    "for others": ({"aud": "somebody-else"}, "audience"),
    "for nobody": ({"aud": []}, "lacks a claim"),
    "by another client": ({"azp": "somebody-else"}, "client"),
    "by two clients": ({"azp": "payments", "cid": "somebody-else"}, "client"),
    "by another issuer": ({"iss": "https://evil.example"}, "issuer"),
    "by an issuer of nearly this name": ({"iss": "https://example.okta.com/"}, "issuer"),
    "that names nobody": ({"sub": None, "oid": None, "uid": None}, "token"),
    "of events": ({"events": {}}, "events"),
    "of this service's own": ({"knd": "receipt"}, "own"),
    "of a kind that proves nobody": ({"typ": "Logout"}, "kind"),
}


@pytest.mark.parametrize("spoilt", SPOILT)
@pytest.mark.parametrize("token", GOOD, ids=lambda each: each.name)
def test_a_vendors_token_that_is_spoilt_is_refused(
    people: People, everyone: Vendors, log: Log, token: Golden, spoilt: str
) -> None:
    changes, why = SPOILT[spoilt]
    if changes.get("aud") == ["payments", "somebody-else"]:
        changes = {"aud": [token.claims["aud"], "somebody-else"]}
    assert why in refused(people, log, everyone.mint(token, **changes))


@pytest.mark.parametrize("token", GOOD, ids=lambda each: each.name)
def test_a_vendors_token_that_somebody_else_signed_is_refused(
    people: People, everyone: Vendors, log: Log, token: Golden
) -> None:
    forged = everyone.sign(everyone.claims(token), {"kid": "RS256", **token.header}, alg="RS256", by="others")
    assert "signature" in refused(people, log, forged)


@pytest.mark.parametrize("alg", ["RS256", "PS256", "ES256", "EdDSA"])
def test_a_key_of_each_kind_verifies_by_its_own_algorithm(people: People, everyone: Vendors, alg: str) -> None:
    token = everyone.mint(golden("keycloak 26 id"), alg=alg)
    assert people.person(PAYMENTS, token, now=NOW).principal == "bob@example.com"


def test_several_audiences_serve_where_the_policy_lists_all_of_them(people: People, everyone: Vendors) -> None:
    token = everyone.mint(golden("keycloak 24 access"), aud=["payments-api", "payments"])
    assert people.person(PAYMENTS, token, now=NOW).principal == "bob@example.com"


def test_one_person_is_one_by_whichever_token_of_the_vendor(people: People, everyone: Vendors) -> None:
    for several in (("okta id", "okta custom access"), ("entra id v2", "entra access v2", "entra access v1")):
        found = {people.person(PAYMENTS, everyone.mint(golden(each)), now=NOW).subject for each in several}
        assert len(found) == 1
    subs = {golden(each).claims["sub"] for each in ("entra id v2", "entra access v2", "entra access v1")}
    assert len(subs) == 3, "or Entra's sub would do"


@pytest.mark.parametrize(
    ("rule", "subject"),
    [
        (("employee_id",), "E-7"),
        (("realm", "employee_id"), "staff/E-7"),
        (("employee_id", "absent"), None),
        (("absent",), None),
        (("number",), None),
        (("path",), None),
    ],
)
def test_a_policy_s_own_rule_takes_all_of_its_claims_or_nobody(
    everyone: Vendors, rule: tuple[str, ...], subject: str | None
) -> None:
    keycloak = msgspec.structs.replace(POLICY.issuers["keycloak"], principal=rule)
    issuers = {**POLICY.issuers, "keycloak": keycloak}
    ruled = People(
        policy=lambda: msgspec.structs.replace(POLICY, issuers=issuers),
        issuers=Issuers(everyone.fetch, clock=lambda: NOW),
        proxy_key=lambda _: None,
        seldom=Log(),
    )
    claims: dict[str, Any] = {"employee_id": "E-7", "realm": "staff", "number": 7, "path": "staff/E-7"}
    token = everyone.mint(golden("keycloak 26 id"), **claims)
    if subject is None:
        with pytest.raises(Refused):
            ruled.person(PAYMENTS, token, now=NOW)
        return
    assert ruled.person(PAYMENTS, token, now=NOW).subject == subject


def test_an_alias_counts_before_an_address(people: People, everyone: Vendors) -> None:
    token = everyone.mint(golden("entra id v2"), email="carol@example.com", xms_edov=True)
    assert people.person(PAYMENTS, token, now=NOW).principal == "bob@example.com"


def test_the_nonce_that_was_given_must_be_in_the_token(people: People, everyone: Vendors) -> None:
    token = everyone.mint(golden("okta id"), nonce="n-1")
    assert people.person(PAYMENTS, token, nonce="n-1", now=NOW).principal == "bob@example.com"
    for wanted, brought in (("n-2", "n-1"), ("n-1", None), ("", "n-1")):
        with pytest.raises(Refused):
            people.person(PAYMENTS, everyone.mint(golden("okta id"), nonce=brought), nonce=wanted, now=NOW)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Employee", {"type": ("employee",)}),
        (["contractor"], {"type": ("contractor",)}),
        ("FTE", None),
        ("", None),
        (["employee", "guest"], None),
        (7, None),
        ({"is": "employee"}, None),
        ("x" * 300, None),
        (None, {}),
    ],
)
def test_what_a_person_is_is_one_of_three_words_or_unknown(
    people: People, everyone: Vendors, said: object, told: dict[str, tuple[str, ...]] | None
) -> None:
    found = people.person(PAYMENTS, everyone.mint(golden("okta id"), employee_type=said, groups=None), now=NOW)
    assert (found.claims, found.unknown) == ((told, ()) if told is not None else ({}, ("type",)))


def test_more_groups_than_anybody_has_are_unknown(people: People, everyone: Vendors) -> None:
    found = people.person(PAYMENTS, everyone.mint(golden("okta id"), groups=["g"] * 501), now=NOW)
    assert found.unknown == ("groups",)


def test_only_the_log_says_which_rule_refused_a_token_and_nothing_of_the_token(
    everyone: Vendors, caplog: pytest.LogCaptureFixture
) -> None:
    seldom = Seldom(logging.getLogger("countersign.door"))
    issuers = Issuers(everyone.fetch, clock=lambda: NOW)
    people = People(policy=lambda: POLICY, issuers=issuers, proxy_key=lambda _: None, seldom=seldom)
    token = everyone.mint(golden("okta id"), exp=-31)
    for _ in range(3):
        with pytest.raises(Refused, match=r"token\.person"):
            people.person(PAYMENTS, token, now=NOW)
    assert [record.message for record in caplog.records] == ["payments: a person's token is out of date (exp)"]
