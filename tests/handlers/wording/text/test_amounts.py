"""Of none, of one and of two of something each sentence reads as people say it."""

import re

import pytest
from msgspec.structs import replace

from approvals.deeds import Deeds, Place
from approvals.policy.model import Entitlement
from approvals.ports.examining import Diagnosis
from approvals.uses.drifting import Drift
from handlers.wording import deeds, drift
from handlers.wording.diagnoses import DIAGNOSES, told
from handlers.wording.reading.choosing import choose
from handlers.wording.refusing import limits
from handlers.wording.text.amounts import many
from handlers.wording.text.lines import plain
from tests.support.world import policy

FIXED = {"slack.scopes.ok", "events.more"}
"""Whose number is the same always, and more than one."""


def of_calls(calls: int, **found: int) -> list[str]:
    place = Place(resource="projects/payments-prod", calls=calls, cut=True, **found)  # type: ignore[arg-type]
    return [plain(line) for line in deeds.said(Deeds(looks=2, places=(place,)))]


def of_a_folder(below: int) -> str:
    place = Place(resource="folders/200", calls=2, below=below, beyond=True)
    return plain(deeds.said(Deeds(looks=2, places=(place,)))[-1])


def of_drift(count: int) -> str:
    return drift.looked_at(Drift(found=(), covered=count, groups=count))


def offered(places: int) -> list[Entitlement]:
    one = policy().entitlements["admin"]
    (target,) = one.targets
    return [
        replace(one, id=f"admin-{n}", title="Admin", targets=(replace(target, resource=f"projects/shop-{n}"),))
        for n in range(places)
    ]


@pytest.mark.parametrize(("count", "said"), [(0, "0 calls"), (1, "1 call"), (2, "2 calls"), (1200, "1,200 calls")])
def test_what_has_a_plural_with_an_s(count: int, said: str) -> None:
    assert many(count, "call") == said


@pytest.mark.parametrize(("count", "said"), [(0, "0 entries"), (1, "1 entry"), (2, "2 entries")])
def test_what_has_another_plural(count: int, said: str) -> None:
    assert many(count, "entry", "entries") == said


@pytest.mark.parametrize(
    ("calls", "denied", "said"),
    [
        (1, 0, "1 call in Cloud Audit Logs."),
        (1, 1, "1 call in Cloud Audit Logs, which was denied."),
        (2, 1, "2 calls in Cloud Audit Logs, 1 of them denied."),
        (2, 2, "2 calls in Cloud Audit Logs, 2 of them denied."),
    ],
)
def test_calls_that_were_denied(calls: int, denied: int, said: str) -> None:
    assert of_calls(calls, denied=denied)[0] == said


@pytest.mark.parametrize(("calls", "said"), [(1, "the first one is counted."), (2, "the first 2 are counted.")])
def test_calls_of_which_there_are_more(calls: int, said: str) -> None:
    assert of_calls(calls)[-1] == f"There are more entries: {said}"


@pytest.mark.parametrize(
    ("below", "said"), [(1, "the first project below it"), (2, "the first 2 projects below it")]
)
def test_projects_of_which_there_are_more(below: int, said: str) -> None:
    assert said in of_a_folder(below)


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (1, "1 of 1 covered resource and in 1 of 1 group"),
        (2, "2 of 2 covered resources and in 2 of 2 groups"),
    ],
)
def test_what_was_looked_at_for_drift(count: int, said: str) -> None:
    assert of_drift(count) == said


@pytest.mark.parametrize(("most", "said"), [(1, "1 request waiting"), (2, "2 requests waiting")])
def test_the_most_that_may_wait(most: int, said: str) -> None:
    assert said in limits.all_waiting(most)


@pytest.mark.parametrize(
    ("places", "said"),
    [
        (1, "is offered on project shop-0, not on"),
        (5, "project shop-4, not on"),
        (6, "project shop-4 and 1 more, not on"),
    ],
)
def test_where_something_is_offered_says_that_there_is_more(places: int, said: str) -> None:
    assert said in choose(offered(places), what="Admin", where="elsewhere").problem


@pytest.mark.parametrize("code", sorted(code for code in DIAGNOSES if "{count}" in " ".join(DIAGNOSES[code])))
@pytest.mark.parametrize("count", [0, 1])
def test_no_diagnosis_says_one_things_or_all_none(code: str, count: int) -> None:
    words = " ".join(told(Diagnosis(part="a part", verdict="ok", code=code, facts={"count": f"{count}"})))

    assert code in FIXED or not re.search(r"\b1 \w+s\b|\ball [01]\b", words), words
