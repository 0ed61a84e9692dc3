"""What agents did wrong would be found: a run without its approval, or twice; a window that counts too many."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from approvals.receipts import issue
from approvals.requests import Request
from chaos import calls, uses
from chaos.alone import Notary
from chaos.calls import Outcome, Ran
from chaos.uses import Told
from countersign_client.keys import Keys, read_keys
from countersign_client.receipts import Receipt
from tests.support.clouds import cloud, wire
from tests.support.direct import Wire
from tests.support.tool_callers import Call, ToolCallers
from tests.support.world import BOB, World

__all__ = ["cloud", "wire"]

TOOL = "delete_account"
APPROVERS = frozenset({BOB})


class Lived(NamedTuple):
    """A request whose approval was for three calls, the two others, and what each receipt is; all are used."""

    world: World
    requests: Sequence[Request]
    receipts: Mapping[int, str]
    keys: Keys

    @property
    def opener(self) -> Request:
        return self.requests[0]

    @property
    def taken(self) -> Sequence[Request]:
        return self.requests[1:]

    def ran(self, number: int, **changes: Any) -> Ran:
        """The run of a call."""
        good = {"name": TOOL, "arguments": {"number": number}, "receipt": self.receipts[number]}
        return Ran(**(good | changes))

    def shown(self, *numbers: int) -> list[Receipt]:
        return calls.proven([self.ran(each) for each in numbers], self.keys)[0]


@pytest.fixture
def lived(tmp_path: Path, wire: Wire) -> Lived:
    world = World(tmp_path, granter=wire)
    callers, notary = ToolCallers(world), Notary()
    made = [Call(number=each) for each in range(3)]
    opener = callers.ask(made[0])
    callers.approve(opener)
    asked = [opener, *(callers.ask(each) for each in made[1:])]
    for request, call in zip(asked, made, strict=True):
        callers.use(request, call)
    requests = [world.read(each) for each in asked]
    now = datetime.now(UTC)
    receipts = {
        number: issue(each, held=world.store.held(each.id), signer=notary, now=now)
        for number, each in enumerate(requests)
    }
    return Lived(world, requests, receipts, read_keys(msgspec.json.encode(notary.keys())))


def what(number: int) -> str:
    return calls.named(TOOL, {"number": number})


def test_what_ran_once_by_its_own_receipt_is_right(lived: Lived) -> None:
    ran = [lived.ran(each) for each in range(3)]
    receipts, wrong = calls.proven(ran, lived.keys)
    told = [Outcome(what=what(each), told="ran", request=lived.requests[each].id) for each in range(3)]
    told += [Outcome(what=what(3), told="not"), Outcome(what=what(0), told="unknown")]
    told += [Outcome(what=what(4), told="denied", request="r-0000000000")]

    assert wrong == []
    assert [each.request for each in receipts] == [each.id for each in lived.requests]
    assert list(calls.repeated(ran, receipts)) == []
    assert list(calls.misreported(told, ran, receipts)) == []


def test_a_run_without_a_receipt_or_by_that_of_another_call_is_found(lived: Lived) -> None:
    wrong = [
        lived.ran(0, receipt=""),
        lived.ran(0, arguments={"number": 1}),
        lived.ran(0, arguments={"number": 0, "all": True}),
        lived.ran(0, name="delete_everything"),
        lived.ran(0, receipt=lived.receipts[0][:-4] + "AAAA"),
    ]
    assert [len(calls.proven([each], lived.keys)[1]) for each in wrong] == [1] * len(wrong)


def test_a_second_run_is_found_whatever_it_ran_by(lived: Lived) -> None:
    once, twice = lived.ran(0), [lived.ran(0), lived.ran(0)]
    other = lived.ran(0, receipt=lived.receipts[1])

    assert list(calls.repeated([once], lived.shown(0))) == []
    assert len(list(calls.repeated(twice, lived.shown(0, 0)))) == 2
    assert len(list(calls.repeated([once, other], lived.shown(0, 1)))) == 1
    assert len(list(calls.repeated([once, lived.ran(1)], lived.shown(0, 0)))) == 1


@pytest.mark.parametrize(
    ("told", "request_id", "number"),
    [("ran", "of its own", 2), ("ran", "", 0), ("ran", "r-0000000000", 0), ("not", "", 0), ("denied", "", 0)],
)
def test_an_answer_that_is_not_so_is_found(lived: Lived, told: Any, request_id: str, number: int) -> None:
    ran = [lived.ran(0), lived.ran(1)]
    by = lived.requests[number].id if request_id == "of its own" else request_id

    assert list(calls.misreported([Outcome(what=what(number), told=told, request=by)], ran, lived.shown(0, 1)))


def overshot(lived: Lived, opener: Request, taken: Sequence[Request]) -> list[str]:
    return list(calls.overshot(opener, lived.world.store.entries(opener.id), taken))


def test_a_window_of_as_many_calls_as_were_approved_is_right(lived: Lived) -> None:
    assert overshot(lived, lived.opener, lived.taken) == []
    assert list(calls.choosing(lived.opener, APPROVERS)) == []
    assert calls.by_window(lived.requests) == {lived.opener.id: list(lived.taken)}


def test_a_window_that_counts_too_many_too_few_or_others_is_found(lived: Lived) -> None:
    opener, (second, third) = lived.opener, lived.taken
    assert opener.window is not None
    assert third.terms.within is not None
    again = msgspec.structs.replace(third.terms.within, number=2)
    twin = msgspec.structs.replace(third, terms=msgspec.structs.replace(third.terms, within=again))

    for taken in ((second,), (second, third, third), (second, twin), (third, second, twin), ()):
        assert overshot(lived, opener, taken)
    for changes in ({"uses": 2}, {"uses": 4, "taken": 4}, {"taken": 2}):
        window = msgspec.structs.replace(opener.window, **changes)
        assert overshot(lived, msgspec.structs.replace(opener, window=window), lived.taken)
    assert overshot(lived, msgspec.structs.replace(opener, window=None), lived.taken)
    assert overshot(lived, third, [second])


def test_a_window_that_nobody_chose_or_somebody_else_opened_is_found(lived: Lived) -> None:
    opener = lived.opener
    single = [msgspec.structs.replace(each, window=False) for each in opener.reviews]

    assert list(calls.choosing(msgspec.structs.replace(opener, reviews=tuple(single)), APPROVERS))
    assert list(calls.choosing(msgspec.structs.replace(opener, decision=None), APPROVERS))
    assert list(calls.choosing(msgspec.structs.replace(opener, requester=BOB), APPROVERS))
    assert list(calls.choosing(opener, frozenset({"carol@example.com"})))


def test_a_call_of_a_window_that_does_not_cover_it_is_found(lived: Lived) -> None:
    opener, (second, third) = lived.opener, lived.taken
    assert opener.window is not None
    entries = lived.world.store.entries(second.id)
    told = Told(request=second.id, key="use 1", proof="a")
    shorter = msgspec.structs.replace(opener.window, until=opener.filed)
    others: Sequence[Request | None] = (
        None,
        third,
        msgspec.structs.replace(opener, digest=third.digest),
        msgspec.structs.replace(opener, requester=BOB),
        msgspec.structs.replace(opener, decision=None),
        msgspec.structs.replace(opener, window=None),
        msgspec.structs.replace(opener, window=msgspec.structs.replace(opener.window, taken=1)),
        msgspec.structs.replace(opener, window=shorter),
    )

    assert list(uses.unapproved(told, second, entries, approvers=APPROVERS, opener=opener)) == []
    for other in others:
        assert list(uses.unapproved(told, second, entries, approvers=APPROVERS, opener=other))


def answer(text: str, **more: Any) -> Mapping[str, Any]:
    return {"id": 1, "result": {"content": [{"type": "text", "text": text}], "isError": True} | more}


def test_answers_of_the_proxy_are_read_as_they_are_meant(lived: Lived) -> None:
    shown = {"_meta": {"countersign/receipt": lived.receipts[1]}, "isError": False}
    cases: list[tuple[Mapping[str, Any], Any, str]] = [
        (answer("done", **shown), "ran", lived.requests[1].id),
        (answer("done", isError=False), "ran", ""),
        (answer("It was sent once, and no answer came. Whether it ran is not known."), "unknown", ""),
        (answer("Nothing has run (r-1): the service is not there."), "not", ""),
        (answer('Nothing has run. It was denied by Bob: "no" (r-0123456789).'), "denied", "r-0123456789"),
        (answer("Nothing has run. The request was withdrawn (r-0123456789)."), "not", ""),
        (answer("which tools need an approval is not known: Countersign does not answer"), "nothing", ""),
        ({"id": 1, "error": {"code": -32000, "message": "no"}}, "nothing", ""),
    ]
    for said, told, request in cases:
        assert calls.read(said, "x", keys=lived.keys) == Outcome(what="x", told=told, request=request)
