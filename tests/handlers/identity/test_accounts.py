"""Whose assertions count: our own organisation's people, with what the policy asks for, and nobody else."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from approvals.people.accounts import How, Purpose, person_of
from approvals.people.principals import Externals, Gate, IdentityRules
from approvals.refusals.errors import NotFound, Refused
from handlers.identity.accounts import IapAccount, IapAccounts, account_of
from handlers.identity.iap import Assertion, Assertions
from handlers.identity.keys import PublishedKeys
from tests.support.assertions import AUDIENCE, KeyPage, Proxy, headers
from tests.support.builders import NOW
from tests.support.doubles import Clock
from tests.support.world import refused

PROXY = Proxy()
ASSERTED: dict[str, Assertion] = {}
"""What was last read of each account that came."""

RULES = IdentityRules(domains=("example.com",))
LEVEL = "accessPolicies/1/accessLevels/managed"
SAML = IdentityRules(domains=("example.com",), gcip=Externals(providers=("saml.corp",), tenants=("tenant-1",)))
PREFIX = "securetoken.google.com/shop-prod/tenant-1:"


def come(rules: IdentityRules = RULES, **changes: Any) -> IapAccount:
    """Somebody comes by the proxy."""
    keys = PublishedKeys("https://keys", send=KeyPage(PROXY).send, clock=lambda: NOW)
    found = Assertions([AUDIENCE], find=keys.find).read(headers(PROXY.mint(**changes)), now=NOW)
    account = account_of(found, rules)
    ASSERTED[account.ref] = found
    return account


def come_from_outside(rules: IdentityRules = SAML, **changes: Any) -> IapAccount:
    """Somebody comes whom another provider vouches for."""
    firebase = {"sign_in_provider": "saml.corp", "tenant": "tenant-1", "sign_in_attributes": {"role": "admin"}}
    given = {"auth_time": int(NOW.timestamp()) - 60, "email": "bob@example.com", "email_verified": True}
    inside = {key: changes.pop(key) for key in list(changes) if key in ("sign_in_provider", "tenant")}
    gcip = {**given, "firebase": {**firebase, **inside}, **changes}
    return come(rules, hd=None, email=f"{PREFIX}bob@example.com", sub=f"{PREFIX}gZG0", gcip=gcip)


def person(account: IapAccount, rules: IdentityRules = RULES, *, purpose: Purpose = "decide") -> str:
    return person_of(account, rules, purpose=purpose, how=account.how, now=NOW)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"hd": None}, "organisation"),
        ({"hd": "example.org"}, "organisation"),
        ({"hd": "sub.example.com"}, "organisation"),
        ({"email": "bob@example.org"}, "foreign_domain"),
        ({"email": "bot@shop-prod.iam.gserviceaccount.com", "hd": None}, "service_account"),
        ({"email": "bot@shop-prod.iam.gserviceaccount.com"}, "service_account"),
        ({"email": f"{PREFIX}bob@example.com"}, "address"),
        ({"email": "accounts.google.com:bob@example.com"}, "address"),
        ({"email": "bob@example.com, eve@example.com"}, "address"),
    ],
)
def test_an_account_of_nobodys_or_of_others_is_refused(changes: dict[str, Any], code: str) -> None:
    for purpose in ("request", "decide"):
        with refused(code):
            person(come(**changes), purpose=purpose)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"email_verified": False}, "external.address"),
        ({"email": ""}, "external.address"),
        ({"sign_in_provider": ""}, "external.address"),
        ({"sign_in_provider": "saml.other"}, "external.provider"),
        ({"sign_in_provider": "SAML.corp"}, "external.provider"),
        ({"sign_in_provider": "password"}, "external.provider"),
        ({"tenant": "tenant-2"}, "external.provider"),
        ({"tenant": ""}, "external.provider"),
        ({"email": "bob@example.org"}, "foreign_domain"),
        ({"email": f"{PREFIX}bob@example.com"}, "address"),
    ],
)
def test_an_identity_from_outside_counts_only_as_the_policy_lists_it(changes: dict[str, Any], code: str) -> None:
    with refused(code):
        person(come_from_outside(**changes), SAML)


def test_without_a_list_nobody_from_outside_counts() -> None:
    with refused("external.provider"):
        person(come_from_outside(), RULES)


def test_where_no_tenant_is_listed_only_those_of_none_count() -> None:
    rules = IdentityRules(domains=("example.com",), gcip=Externals(providers=("saml.corp",)))

    assert person(come_from_outside(tenant=""), rules) == "bob@example.com"
    with refused("external.provider"):
        person(come_from_outside(), rules)


def test_who_counts_is_a_person_by_the_address_that_was_confirmed() -> None:
    assert person(come()) == "bob@example.com"
    assert person(come(email="Bob@Example.com")) == "bob@example.com"
    assert person(come_from_outside(), SAML) == "bob@example.com"


@pytest.mark.parametrize("purpose", ["request", "decide"])
def test_a_level_that_the_policy_asks_for_must_hold(purpose: Purpose) -> None:
    other = "accessPolicies/1/accessLevels/office"
    rules = IdentityRules(domains=("example.com",), web=Gate(access_levels=(LEVEL, other)))

    assert person(come(google={"access_levels": [LEVEL, other]}), rules, purpose=purpose) == "bob@example.com"
    for levels in ([], [LEVEL], [LEVEL + "2", other]):
        with refused("web.level"):
            person(come(google={"access_levels": levels}), rules, purpose=purpose)


@pytest.mark.parametrize("purpose", ["request", "decide"])
def test_an_attribute_that_the_policy_asks_for_must_be_claimed(purpose: Purpose) -> None:
    rules = msgspec.structs.replace(SAML, web=Gate(attributes={"role": ("admin", "lead")}))

    assert person(come_from_outside(rules), rules, purpose=purpose) == "bob@example.com"
    for asked in ({"role": ("lead",)}, {"department": ("admin",)}, {"role": ()}):
        stricter = msgspec.structs.replace(SAML, web=Gate(attributes=asked))
        with refused("web.attribute"):
            person(come_from_outside(stricter), stricter, purpose=purpose)
    with refused("web.attribute"):
        person(come(rules), rules, purpose=purpose)


def test_of_what_a_provider_claims_only_what_the_policy_asks_for_is_kept() -> None:
    assert come_from_outside().how.attributes == {}


def test_the_proof_says_what_was_known_and_no_second_factor() -> None:
    assert come().how == How(levels=(LEVEL,), organisation="example.com", read_at=NOW)
    assert come_from_outside().how == How(
        levels=(LEVEL,),
        provider="saml.corp",
        tenant="tenant-1",
        auth_time=NOW - timedelta(seconds=60),
        read_at=NOW,
    )


def test_what_the_proxy_asks_of_google_accounts_is_none_of_an_external_identitys() -> None:
    for account, known in ((come(), 600), (come_from_outside(), 0)):
        again = account_of(ASSERTED[account.ref], SAML, within=600).how
        assert (again.auth_within, again.auth_time) == (known, account.how.auth_time)


def test_a_proof_grows_old_and_then_decides_nothing() -> None:
    clock, came = Clock(), come()
    accounts = IapAccounts(clock=clock)

    clock.advance(3600)
    later = accounts.account(came.ref, timeout=1.0)
    assert person_of(later, RULES, purpose="decide", how=came.how, now=clock()) == "bob@example.com"
    clock.advance(1)
    with refused("proof.old"):
        later = accounts.account(came.ref, timeout=1.0)
        person_of(later, RULES, purpose="decide", how=came.how, now=clock())


def test_a_clock_that_went_back_makes_no_proof_fresh() -> None:
    clock, came = Clock(NOW - timedelta(hours=2)), come()

    later = IapAccounts(clock=clock).account(came.ref, timeout=1.0)

    with refused("proof.old"):
        person_of(later, RULES, purpose="decide", how=came.how, now=clock())


@pytest.mark.parametrize("purpose", ["request", "decide"])
def test_without_any_proof_nobody_asks_and_nobody_decides(purpose: Purpose) -> None:
    bare = IapAccounts(clock=lambda: NOW).account(come().ref, timeout=1.0)

    with refused("organisation"):
        person(bare, purpose=purpose)


@pytest.mark.parametrize("ref", ["iap:", "iap:/bob@example.com", "iap:118", "slack:T1/U1", "iap:118/"])
def test_what_is_no_reference_is_nobody(ref: str) -> None:
    with pytest.raises(NotFound):
        IapAccounts(clock=lambda: NOW).account(ref, timeout=1.0)


def test_a_subject_with_slashes_keeps_its_place_in_the_reference() -> None:
    came = come_from_outside()

    assert came.ref == "iap:securetoken.google.com%2Fshop-prod%2Ftenant-1:gZG0/bob@example.com"
    assert IapAccounts(clock=lambda: NOW).account(came.ref, timeout=1.0).email == "bob@example.com"


def test_an_address_with_a_slash_is_nobody_else_s() -> None:
    came = come(email="eve/bob@example.com")

    assert IapAccounts(clock=lambda: NOW).account(came.ref, timeout=1.0).email == "eve/bob@example.com"


def test_two_subjects_are_two_accounts() -> None:
    assert come().ref != come(sub="accounts.google.com:2").ref


def test_what_is_refused_has_a_sentence() -> None:
    with pytest.raises(Refused) as caught:
        person(come(hd="example.org"))
    assert caught.value.reason.facts == {"domain": "example.org"}
