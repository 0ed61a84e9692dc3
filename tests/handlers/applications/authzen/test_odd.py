"""Whatever stands in the place of a member is answered in words, never by an error of ours, and allows nothing."""

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from handlers.applications import site
from tests.support.front import AGENT, EVALUATION, REQUESTS, Front
from tests.support.world import ALICE

DEEP: Any = json.loads("[" * 300 + "]" * 300)
ODD: tuple[Any, ...] = (
    *(None, 0, -1.5, 2**60, "\u202e", "x" * 2_000, [[]], {"": None}, {"act": {"act": 1}}),
    *("\ud800", {"\udfff": 1}, DEEP),
)
WHOLE = {
    "subject": {
        "type": "user",
        "id": ALICE,
        "properties": {"act": {**AGENT, "act": {"sub": "b"}}, "groups": ["a"]},
    },
    "client": {"id": "c", "actor": {"id": AGENT["sub"], "issuer": AGENT["iss"], "act": {"sub": "b"}}},
    "requested_access": {"requested_until": "2026-12-01T00:00:00Z", "emergency": True},
}


def places(found: Any) -> Iterator[tuple[Any, ...]]:
    """The way to every member, however deep."""
    members = found.items() if isinstance(found, dict) else ()
    for name, value in members:
        yield (name,)
        yield from ((name, *rest) for rest in places(value))


def changed(body: dict[str, Any], place: tuple[Any, ...], value: Any) -> dict[str, Any]:
    made = deepcopy(body)
    at = made
    for name in place[:-1]:
        at = at[name]
    at[place[-1]] = value
    return made


@pytest.fixture
def patient(front: Front, monkeypatch: pytest.MonkeyPatch) -> Iterator[Front]:
    """The same doors, where as many calls may come as there are."""
    monkeypatch.setattr(site, "BURST", 100_000)
    made = front.beside()
    yield made
    made.close()


@pytest.mark.parametrize("what", ["question", "submission", "again"])
def test_whatever_stands_in_a_member_is_answered_and_allows_nothing(patient: Front, what: str) -> None:
    question = patient.question() | WHOLE
    body, target = question, EVALUATION
    if what != "question":
        body, target = patient.submission(question), REQUESTS
    if what == "again":
        approval = patient.approval(patient.submit(body).json["task"]["id"])
        body, target = patient.again(approval, subject=WHOLE["subject"]), EVALUATION

    for turn, place in enumerate(list(places(body))):
        # Of a use nobody needs to be proven anew.
        if what == "again" and place[:2] in (("context",), ("context", "on_behalf_of")):
            continue
        for odd in ODD[turn % 3 :: 3]:
            said = patient.send(target, json.dumps(changed(body, place, odd)).encode())
            if said.status == 202:  # that denial has been answered
                body = patient.submission(question)
            assert said.status in (200, 202, 400, 401), (place, odd, said.json)
            assert said.json.get("decision", False) is False, (place, odd)
            assert said.status in (200, 202) or said.json["detail"]
