"""What is digested of an action: all that it will be done with, and for whom; of a secret a salted digest."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from approvals.people.persons import OnBehalf
from approvals.policy.model import Requirement, Stage
from approvals.reviews import typed
from approvals.targets import ActionCall, Given, IamRoles
from approvals.terms.covered import CoveredError, cover, read
from approvals.terms.records import Asked, Terms, without_text
from countersign_client.canonical import canonical
from tests.support.builders import NOW, PERSON, REFUND, action_terms

REPLACE = msgspec.structs.replace


def asked(terms: Terms) -> Asked:
    return Asked(request="r-0123456789", revision=1, requester="alice@example.com", terms=terms)


def of_call(**changes: Any) -> Terms:
    return action_terms(targets=(REPLACE(REFUND, **changes),))


def of_person(**changes: Any) -> Terms:
    return action_terms(person=REPLACE(PERSON, **changes))


def of_amount(**changes: Any) -> Terms:
    first, *others = REFUND.parameters
    return of_call(parameters=(REPLACE(first, **changes), *others))


CHANGED: Mapping[str, Terms] = {
    "application": of_call(application="store"),
    "action": REPLACE(of_call(action="payout"), entitlement="payout"),
    "title": action_terms(title="Refund nothing"),
    "name": of_amount(name="sum"),
    "label": of_amount(label="Sum"),
    "type": of_amount(type="string"),
    "value": of_amount(value="250.01 EUR"),
    "order": of_call(parameters=REFUND.parameters[::-1]),
    "parameter": of_call(parameters=REFUND.parameters[:2]),
    "key": of_call(key="order/A-18"),
    "data": of_call(data='{"channel":"mail"}'),
    "metadata": of_call(metadata={"system": "other"}),
    "risk": of_call(risk="None"),
    "principal": of_person(principal="gwen@example.com"),
    "proven": of_person(proven="asserted"),
    "issuer": of_person(issuer="partners"),
    "subject": of_person(subject="00u-gwen"),
    "claims": of_person(claims={"type": ("contractor",)}),
    "unknown": of_person(unknown=("groups",)),
    "acr": of_person(acr=""),
    "amr": of_person(amr=("pwd",)),
    "auth_time": of_person(auth_time=None),
    "token": of_person(expires=NOW),
    "justification": action_terms(justification=typed("INC-43", salt="s" * 16)),
    "expires": action_terms(expires=NOW + timedelta(hours=9)),
    "use_by": action_terms(duration=timedelta(minutes=11)),
    "requirement": action_terms(requirement=Requirement(kind="allow")),
    "stages": action_terms(requirement=Requirement(kind="stages", stages=(Stage(approvers=("user:a@x",)),))),
    "policy": action_terms(policy="sha256:" + "b" * 64),
}


@pytest.mark.parametrize("part", CHANGED)
def test_every_part_of_an_action_changes_the_digest(part: str) -> None:
    assert cover(asked(CHANGED[part])).digest != cover(asked(action_terms())).digest


@pytest.mark.parametrize("part", CHANGED)
def test_what_is_covered_can_be_read_back(part: str) -> None:
    one = asked(CHANGED[part])

    assert read(cover(one).text) == without_text(one)


def test_neither_a_secret_nor_its_salt_is_covered() -> None:
    text = cover(asked(action_terms())).text

    assert "No. 4111" not in text
    assert "c" * 16 not in text
    assert REFUND.parameters[2].value in text


def test_another_salt_of_the_same_secret_is_another_action() -> None:
    other = of_call(parameters=(Given(name="card", label="Card", type="secret", value="sha256:" + "0" * 64),))

    assert cover(asked(other)).digest != cover(asked(action_terms())).digest


UNFIT: Mapping[str, Terms] = {
    "two actions": action_terms(targets=(REFUND, REFUND)),
    "an action beside roles": action_terms(targets=(REFUND, IamRoles(resource="projects/p", roles=("roles/r",)))),
    "for nobody": action_terms(person=None),
    "of another name": action_terms(entitlement="payments-admin"),
}


@pytest.mark.parametrize("what", UNFIT)
def test_what_is_not_one_action_for_one_person_has_no_digest(what: str) -> None:
    with pytest.raises(ValueError, match="not one action"):
        cover(asked(UNFIT[what]))


Spoil = Callable[[dict[str, Any]], Any]
SPOILT: Mapping[str, Spoil] = {
    "a member more": lambda found: found.update(more=1),
    "a member less": lambda found: found["targets"][0].pop("risk"),
    "a salt": lambda found: found["targets"][0]["parameters"][0].update(salt="s"),
    "two actions": lambda found: found["targets"].append(found["targets"][0]),
    "no action": lambda found: found["targets"].clear(),
    "another word shown": lambda found: found["shown"][2].__setitem__(1, "25.00 EUR"),
    "a line more": lambda found: found["shown"].append(["Note", "harmless"]),
    "a line less": lambda found: found["shown"].pop(),
    "nothing that was shown": lambda found: found.pop("shown"),
    "another amount than shown": lambda found: found["targets"][0]["parameters"][0].update(value="2500.00 EUR"),
    "another kind": lambda found: found["requirement"].update(kind="self"),
    "another type": lambda found: found["targets"][0]["parameters"][0].update(type="float"),
    "another proof": lambda found: found["person"].update(proven="believed"),
}


@pytest.mark.parametrize("how", SPOILT)
def test_an_object_that_says_more_or_less_is_not_read(how: str) -> None:
    found = msgspec.json.decode(cover(asked(action_terms())).text)
    SPOILT[how](found)

    with pytest.raises(CoveredError):
        read(canonical(found).decode())


def test_every_field_of_an_action_and_its_person_is_covered() -> None:
    """A field that comes to be added is either covered or stands here by name."""
    covered = msgspec.json.decode(cover(asked(action_terms())).text)

    assert set(OnBehalf.__struct_fields__) == set(covered["person"])
    assert set(Given.__struct_fields__) - {"salt"} == set(covered["targets"][0]["parameters"][0])
    assert {"kind", *ActionCall.__struct_fields__} == set(covered["targets"][0])


def test_what_people_are_shown_is_part_of_what_is_covered() -> None:
    shown = msgspec.json.decode(cover(asked(action_terms())).text)["shown"]

    assert ["Amount", "250.00 EUR"] in shown
    assert ["Card", "•••• (not shown)"] in shown
