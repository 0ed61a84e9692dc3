"""Step-up: only a new sign-in that was asked for answers, for the one call that it was asked for, and once."""

import base64
import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from approvals.people.persons import OnBehalf, signed_in
from approvals.refusals.errors import Refused
from handlers.identity.issuers import Issuers
from handlers.identity.oidc import Brought, People
from handlers.identity.stepup import LIFE, StepUps, challenge
from handlers.seldom import Seldom
from tests.support.builders import NOW
from tests.support.vendors import ISSUERS, PAYMENTS, POLICY, Vendors, golden, vendors

CALL, OTHER = ("payments", "sha256:1"), ("payments", "sha256:2")
WANTED: dict[str, Any] = {"acr": ("phr", "urn:okta:loa:2fa:any"), "max_age": 300}


class Kept:
    """Implements `Memory`."""

    def __init__(self) -> None:
        self.held: dict[str, str] = {}

    def recall(self, name: str) -> str | None:
        return self.held.get(name)

    def remember(self, name: str, value: str) -> None:
        self.held[name] = value

    def forget(self, name: str) -> None:
        self.held.pop(name, None)


@pytest.fixture(scope="module")
def okta() -> Iterator[Vendors]:
    with vendors() as served:
        yield served


@pytest.fixture(scope="module")
def people(okta: Vendors) -> People:
    return People(
        policy=lambda: POLICY,
        issuers=Issuers(okta.fetch, clock=lambda: NOW),
        proxy_key=lambda _: None,
        seldom=Seldom(logging.getLogger("countersign.door")),
    )


@pytest.fixture(scope="module")
def steps() -> StepUps:
    return StepUps(Kept())


def bring(people: People, okta: Vendors, nonce: str, **changes: Any) -> Brought:
    token = okta.mint(golden("okta id"), nonce=nonce, **({"auth_time": -5} | changes))
    return people.brought(PAYMENTS, token, now=NOW)


def nonce(steps: StepUps, *call: str, ago: timedelta = timedelta(0)) -> str:
    return steps.demand(*(call or CALL), **WANTED, now=NOW - ago).nonce


REFUSED: dict[str, dict[str, Any]] = {
    "signed in by less": {"acr": "urn:okta:loa:1fa:any"},
    "which does not say by what": {"acr": None},
    "signed in too long ago": {"auth_time": -301},
    "which does not say when": {"auth_time": None},
}


@pytest.mark.parametrize("how", REFUSED)
def test_a_token_of_somebody_is_no_answer(people: People, okta: Vendors, steps: StepUps, how: str) -> None:
    brought = bring(people, okta, nonce(steps), **REFUSED[how])
    assert not steps.answers(brought, *CALL, **WANTED, now=NOW)


def test_a_strong_token_that_nobody_asked_for_is_no_answer(people: People, okta: Vendors, steps: StepUps) -> None:
    made_elsewhere = nonce(StepUps(Kept()))
    late, early = nonce(steps, ago=LIFE + timedelta(minutes=1)), nonce(steps, ago=timedelta(minutes=-2))
    for each in ("", "n-1", made_elsewhere, nonce(steps, *OTHER), late, early, nonce(steps)[:-1] + "_"):
        assert not steps.answers(bring(people, okta, each), *CALL, **WANTED, now=NOW)


def test_a_new_sign_in_of_this_call_is_the_answer(people: People, okta: Vendors, steps: StepUps) -> None:
    for ago in (timedelta(0), LIFE - timedelta(minutes=1)):
        assert steps.answers(bring(people, okta, nonce(steps, ago=ago)), *CALL, **WANTED, now=NOW)


def test_two_calls_that_are_alike_are_asked_for_the_same_and_others_are_not(steps: StepUps) -> None:
    assert nonce(steps) == nonce(steps)
    assert len({nonce(steps), nonce(steps, *OTHER), nonce(steps, ago=timedelta(minutes=1))}) == 3


def test_another_instance_takes_the_answer(people: People, okta: Vendors) -> None:
    kept = Kept()
    asked = nonce(StepUps(kept))
    assert StepUps(kept).answers(bring(people, okta, asked), *CALL, **WANTED, now=NOW)


def test_a_step_up_token_is_spent_for_its_call_and_refused_for_another(
    people: People, okta: Vendors, steps: StepUps
) -> None:
    brought = bring(people, okta, nonce(steps))
    mark = steps.spent(brought, *CALL, now=NOW)
    assert mark is not None
    assert mark.name.startswith("stepup:okta-org:")
    assert mark.until >= NOW + timedelta(seconds=golden("okta id").claims["exp"])
    for call, now in ((OTHER, NOW), (CALL, NOW + LIFE + timedelta(minutes=1))):
        with pytest.raises(Refused, match=r"token\.person"):
            steps.spent(brought, *call, now=now)


def test_an_ordinary_token_is_not_spent(people: People, okta: Vendors, steps: StepUps) -> None:
    for each in ("", "n-1", nonce(StepUps(Kept()))):
        assert steps.spent(bring(people, okta, each), *CALL, now=NOW) is None


def test_two_spellings_of_one_token_have_one_mark(people: People, okta: Vendors, steps: StepUps) -> None:
    claims = okta.claims(golden("keycloak 26 id"), nonce=nonce(steps))
    twice = [okta.sign(claims, {"kid": "ES256"}, alg="ES256") for _ in range(2)]
    assert twice[0] != twice[1], "each signature of this kind is another one"
    marks = {people.brought(PAYMENTS, each, now=NOW).mark for each in twice}
    assert len(marks) == 1


def test_a_demand_is_said_as_rfc_9470_has_it(steps: StepUps) -> None:
    demand = steps.demand(*CALL, acr=("phr", "mfa"), max_age=300, now=NOW)
    said = challenge(demand, issuer=ISSUERS["okta"])
    assert said.header == ('Bearer error="insufficient_user_authentication", acr_values="phr mfa", max_age="300"')
    assert said.step_up == {"acr": ["phr", "mfa"], "max_age": 300, "nonce": demand.nonce}
    bare = challenge(msgspec.structs.replace(demand, acr=(), max_age=None), issuer=None)
    assert bare.header == 'Bearer error="insufficient_user_authentication"'


def test_a_demand_is_said_to_entra_as_entra_has_it(steps: StepUps) -> None:
    demand = steps.demand(*CALL, acr=("c1",), max_age=None, now=NOW)
    header = challenge(demand, issuer=ISSUERS["entra"]).header
    assert 'error="insufficient_claims"' in header
    assert "/11111111-2222-4333-8444-555555555555/oauth2/v2.0/authorize" in header
    claims = json.loads(base64.b64decode(header.partition('claims="')[2].rstrip('"'), validate=True))
    assert claims["access_token"] == {"acrs": {"essential": True, "value": "c1"}}
    # What has only an age to demand has no context to ask Entra for.
    aged = msgspec.structs.replace(demand, acr=(), max_age=60)
    assert challenge(aged, issuer=ISSUERS["entra"]).header.endswith('max_age="60"')


@pytest.mark.parametrize(
    ("acr", "good"), [("c1", True), ("c2 c1", True), ("c2", False), ("c11", False), ("", False)]
)
def test_one_of_several_contexts_is_enough(acr: str, good: bool) -> None:
    person = OnBehalf(principal="bob@example.com", proven="token", acr=acr)
    assert signed_in(person, acr=("c1",), max_age=None, now=NOW) is good
