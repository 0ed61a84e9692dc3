"""People whom the proxy asserts, and people whom an application names by its own word."""

import base64
import logging
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from approvals.people.persons import OnBehalf
from approvals.people.principals import Gate
from approvals.policy.model import Policy
from approvals.refusals.errors import Refused
from handlers.identity.issuers import Issuers
from handlers.identity.oidc import Asserted, People
from handlers.seldom import Seldom
from tests.support.assertions import AUDIENCE as OURS
from tests.support.assertions import Proxy
from tests.support.builders import NOW
from tests.support.vendors import IAP_AUDIENCE, PAYMENTS, POLICY

PROXY = Proxy()
NAMING = msgspec.structs.replace(PAYMENTS, may_assert=True)


def people(policy: Policy = POLICY) -> People:
    keys = {PROXY.kid: PROXY.key.public_key()}

    def nothing(*_: Any, **__: Any) -> Any:
        raise AssertionError("nobody else is asked")

    return People(
        policy=lambda: policy,
        issuers=Issuers(nothing, clock=lambda: NOW),
        proxy_key=keys.get,
        seldom=Seldom(logging.getLogger("countersign.door")),
    )


def gated(**gate: Any) -> Policy:
    identity = msgspec.structs.replace(POLICY.identity, web=Gate(**gate))
    return msgspec.structs.replace(POLICY, identity=identity)


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": OURS},
        {"aud": [IAP_AUDIENCE]},
        {"exp": int(NOW.timestamp()) - 31},
        {"iss": "https://evil.example"},
        {"email": "bob@elsewhere.example"},
        {"email": "bob@gmail.com", "hd": None},
        {"hd": None},
        {"hd": "evil.example"},
        {"email": "robot@shop.iam.gserviceaccount.com"},
    ],
)
def test_an_assertion_that_the_pages_would_not_take_proves_nobody(changes: dict[str, Any]) -> None:
    with pytest.raises(Refused, match=r"token\.person"):
        people().behind_proxy(PAYMENTS, PROXY.mint(**({"aud": IAP_AUDIENCE} | changes)), now=NOW)


def test_the_pages_gates_hold_for_assertions_that_applications_bring() -> None:
    assertion = PROXY.mint(aud=IAP_AUDIENCE)
    level = "accessPolicies/1/accessLevels/"
    let_in = people(gated(access_levels=(f"{level}managed",)))
    assert let_in.behind_proxy(PAYMENTS, assertion, now=NOW).principal == "bob@example.com"
    with pytest.raises(Refused, match=r"token\.person"):
        people(gated(access_levels=(f"{level}another",))).behind_proxy(PAYMENTS, assertion, now=NOW)


@pytest.mark.parametrize("assertion", ["", "a.b.c", "é", Proxy("other").mint(aud=IAP_AUDIENCE)])
def test_what_the_proxy_did_not_sign_proves_nobody(assertion: str) -> None:
    with pytest.raises(Refused, match=r"token\.person"):
        people().behind_proxy(PAYMENTS, assertion, now=NOW)


def test_an_application_that_is_not_behind_the_proxy_brings_no_assertion() -> None:
    bare = msgspec.structs.replace(PAYMENTS, brings=PAYMENTS.brings[:-1])
    with pytest.raises(Refused, match=r"token\.person"):
        people().behind_proxy(bare, PROXY.mint(aud=IAP_AUDIENCE), now=NOW)


def test_an_assertion_is_no_token() -> None:
    with pytest.raises(Refused, match=r"token\.person"):
        people().person(PAYMENTS, PROXY.mint(aud=IAP_AUDIENCE, email_verified=True), now=NOW)


def test_any_number_of_bad_assertions_are_one_line_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    several = people()
    for number in range(20):
        head = base64.urlsafe_b64encode(b"{" + b" " * number).decode().rstrip("=")
        with pytest.raises(Refused):
            several.behind_proxy(PAYMENTS, f"{head}.e30.", now=NOW)
    assert len(caplog.records) == 1


def test_the_proxy_says_who_somebody_is_and_not_what_they_are() -> None:
    assert people().behind_proxy(PAYMENTS, PROXY.mint(aud=IAP_AUDIENCE), now=NOW) == OnBehalf(
        principal="bob@example.com",
        proven="iap",
        issuer="iap",
        subject="accounts.google.com:118133858486581853996",
        claims={"org": ("example.com",)},
        unknown=("department", "groups", "roles", "type"),
    )


@pytest.mark.parametrize(
    ("application", "told", "code"),
    [
        (PAYMENTS, Asserted(email="bob@example.com"), "token.asserted"),
        (NAMING, Asserted(email=""), "token.unknown"),
        (NAMING, Asserted(email="bob"), "token.unknown"),
        (NAMING, Asserted(email="bob@elsewhere.example"), "token.unknown"),
        (NAMING, Asserted(email="robot@shop.iam.gserviceaccount.com"), "token.unknown"),
        (NAMING, Asserted(email="bob@example.com", auth_time=NOW + timedelta(seconds=31)), "token.person"),
    ],
)
def test_an_applications_word_is_no_more_than_the_policy_lets_it_be(
    application: Any, told: Asserted, code: str
) -> None:
    with pytest.raises(Refused) as refused:
        people().asserted(application, told, now=NOW)
    assert refused.value.code == code


def test_what_an_application_says_of_a_person_stands_as_its_word() -> None:
    told = Asserted(
        email="Bob.Old@example.com",
        claims={"type": "Contractor", "groups": ("finance",), "department": "x" * 300},
        auth_time=NOW - timedelta(minutes=5),
        acr="phr",
        amr=("hwk",),
    )
    assert people().asserted(NAMING, told, now=NOW) == OnBehalf(
        principal="bob@example.com",
        proven="asserted",
        claims={"type": ("contractor",), "groups": ("finance",)},
        unknown=("department",),
        acr="phr",
        amr=("hwk",),
        auth_time=NOW - timedelta(minutes=5),
    )
