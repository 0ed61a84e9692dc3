"""What a window's own chain counts: another call is never used, and one of them that is gone is missed."""

from collections.abc import Iterable, Sequence

import msgspec
import pytest

from approvals.auditing.audits import Inspection, anchor
from approvals.chaining import chained
from approvals.chains import Held
from approvals.ports.store import Store
from approvals.refusals.errors import Refused
from approvals.requests import Request
from approvals.uses.errands import Errand
from countersign_client.chain import Entry
from tests.contracts.stores.test_tampering_with_windows import DIGEST, FORGED, NONE, Lived, call, faults, lived
from tests.support.refunds import Speaker
from tests.support.tool_callers import Call

__all__ = ["lived"]


def used(lived: Lived, request: Request) -> Request:
    """Use an approval as its own application would."""
    world, action = lived.world, call(request)
    speaker = Speaker(world.policy.applications[action.application])
    errand = Errand(action=action.action, parameters=action.parameters, data=action.data)
    return world.uses.acting.consume(speaker, request.id, errand, key="use 1", now=world.clock())


@pytest.mark.parametrize("how", FORGED)
def test_what_the_audit_would_name_is_never_used(lived: Lived, store: Store, how: str) -> None:
    forge, _ = FORGED[how]
    change = forge(lived)
    store.create(change, key="forged")

    with pytest.raises(Refused) as refused:
        used(lived, change.request)

    assert refused.value.code in ("window.over", "terms.changed", "action")
    assert used(lived, lived.taken).state == "used"


def test_a_call_is_found_in_its_window_however_many_came_after_it(lived: Lived) -> None:
    """And whatever else did, such as the use of the first one."""
    later = lived.callers.ask(Call(number=4))
    used(lived, lived.opener)

    assert [used(lived, each).state for each in (later, lived.taken)] == ["used", "used"]


class Lacking:
    """A store in which a call is gone with its chain, or another record has its name."""

    def __init__(self, lived: Lived, *, instead: Held | None) -> None:
        self._lived, self._instead = lived, instead
        self._store = lived.world.store

    def chains(self) -> Iterable[str]:
        gone = self._lived.taken.id if self._instead is None else ""
        return [each for each in self._store.chains() if each != gone or not each]

    def entries(self, chain: str) -> Sequence[Entry]:
        return self._store.entries(chain)

    def held(self, chain: str) -> Held:
        if chain != self._lived.taken.id:
            return self._store.held(chain)
        return self._store.held(NONE) if self._instead is None else self._instead


@pytest.mark.parametrize("is_gone", [True, False])
def test_a_call_that_its_window_counts_and_that_is_none_is_named_before_it_is_anchored(
    lived: Lived, *, is_gone: bool
) -> None:
    lacking = Lacking(lived, instead=None if is_gone else lived.world.store.held(lived.single.id))

    found = {each.chain: each.text for each in Inspection(lacking).faults()}

    counts = f"the window of {lived.opener.id} counts it as its call 2"
    said = f"the request is missing: {counts}" if is_gone else f"{counts}, and it says nothing of that"
    assert found == {lived.taken.id: said}


def test_a_call_that_is_gone_and_was_anchored_is_named_once(lived: Lived) -> None:
    anchor(lived.world.store, now=lived.world.clock())

    found = [(each.chain, each.text) for each in Inspection(Lacking(lived, instead=None)).faults()]

    assert found == [(lived.taken.id, "the request is missing: the installation's chain knew it")]


@pytest.mark.parametrize("what", [{}, 3, "a/b"])
def test_a_count_that_names_no_request_is_named_and_the_audit_goes_on(
    lived: Lived, store: Store, what: object
) -> None:
    """Fails where whoever can write into a store can keep the audit from naming anything else in it."""
    opener, forge = lived.opener, FORGED["of one call"][0]
    assert opener.window is not None
    counted = msgspec.structs.replace(opener.window, taken=3)
    detail = {"number": 3, "request": what, "digest": DIGEST}
    actor = opener.account.partition("/")[0]
    store.commit(
        chained(opener, now=opener.updated, actor=actor, action="window.taken", detail=detail, window=counted)
    )
    other = forge(lived)
    store.create(other, key="forged")

    found = faults(store)

    assert found.keys() == {opener.id, lived.taken.id, other.request.id}
    assert "does not say what 'window.taken' has to say" in found[opener.id]
