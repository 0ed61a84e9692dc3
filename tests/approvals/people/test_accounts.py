"""Whose address counts here, whatever channel an account is of."""

from datetime import timedelta

import msgspec
import pytest

from approvals.people.accounts import Account, Purpose, person_of
from approvals.people.principals import EVIDENCE_AGE, IdentityRules
from approvals.refusals.errors import Refused, Unavailable
from tests.support.builders import NOW
from tests.support.lobby import BADGE, Lobby

RULES = IdentityRules(domains=("example.com", "example.org"), aliases={"a.smith@example.com": "alice@example.com"})


def person(email: str, rules: IdentityRules = RULES, *, purpose: Purpose = "decide") -> str:
    account: Account = Lobby(lambda: NOW).enter(email)
    return person_of(account, rules, purpose=purpose, how=BADGE, now=NOW)


@pytest.mark.parametrize("purpose", ["request", "decide"])
@pytest.mark.parametrize(
    ("email", "code"),
    [
        ("", "address"),
        ("alice@example.net", "foreign_domain"),
        ("alice@sub.example.com", "foreign_domain"),
        ("alice@example.com.example.net", "foreign_domain"),
        ("robot@shop.iam.gserviceaccount.com", "service_account"),
        ("1234@developer.gserviceaccount.com", "service_account"),
    ],
)
def test_whose_address_does_not_count_is_refused(purpose: Purpose, email: str, code: str) -> None:
    with pytest.raises(Refused) as refusal:
        person(email, purpose=purpose)
    assert refusal.value.code == code


def test_a_service_account_is_refused_even_from_a_domain_that_counts() -> None:
    rules = IdentityRules(domains=("shop.iam.gserviceaccount.com",))
    with pytest.raises(Refused) as refusal:
        person("robot@shop.iam.gserviceaccount.com", rules)
    assert refusal.value.code == "service_account"


def test_without_any_domain_nobody_counts() -> None:
    with pytest.raises(Refused):
        person("alice@example.com", IdentityRules(domains=()))


def test_an_account_is_the_person_whose_alias_it_has() -> None:
    assert person("A.Smith@example.com") == "alice@example.com"


def test_an_answer_older_than_a_minute_is_not_believed() -> None:
    def at(age: timedelta) -> str:
        account = msgspec.structs.replace(Lobby(lambda: NOW).enter("alice@example.com"), read_at=NOW - age)
        return person_of(account, RULES, purpose="decide", how=BADGE, now=NOW)

    assert at(EVIDENCE_AGE) == "alice@example.com"
    with pytest.raises(Unavailable):
        at(EVIDENCE_AGE + timedelta(microseconds=1))
