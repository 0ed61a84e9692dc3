"""A window of several calls on every store: of many calls at once as many as were approved."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from approvals.auditing.audits import Inspection
from approvals.policy.tools import CallWindow
from approvals.ports.store import Store
from approvals.uses.votes import Press
from tests.contracts.stores.places import Place
from tests.contracts.stores.takers import take
from tests.support.agents import DELETE, Assistant
from tests.support.direct import Wire
from tests.support.spawned import answers
from tests.support.tool_callers import Call, ToolCallers
from tests.support.world import BOB, World

USES = 5
SEVERAL = msgspec.structs.replace(DELETE, window=CallWindow(lasts=timedelta(minutes=30), uses=USES))


def test_it_is_never_overshot_by_many_at_once(tmp_path: Path, wire: Wire, store: Store) -> None:
    world = World(tmp_path, granter=wire, store=store)
    with closing(Assistant(world, action=SEVERAL)) as assistant, closing(assistant.beside()) as beside:
        first = assistant.read(assistant.asks().json["id"])
        press = Press(
            token=world.tokens.mint(first, act="review", now=world.clock()), verdict="approve", window=True
        )
        world.uses.deciding.review(world.identity(BOB), press, now=world.clock())
        beside.get("/v1/actions")

        def ask(number: int) -> dict[str, Any]:
            found: dict[str, Any] = (assistant, beside)[number % 2].asks(arguments={"number": number}).json
            return found

        with ThreadPoolExecutor(4) as pool:
            said = list(pool.map(ask, range(12)))
        # Whoever lost every race asks again, and still gets none too many.
        said += [ask(number) for number, each in enumerate(said) if "state" not in each]

        taken = [each for each in said if each.get("state") == "approved"]
        assert sorted(each["within"]["number"] for each in taken) == list(range(2, USES + 1))
        window = world.store.request(first.id).window
        assert window is not None
        assert (window.taken, window.left) == (USES, 0)
        assert list(Inspection(store).faults()) == []


def test_of_two_processes_at_once_twenty_calls_stand_and_every_other_one_is_asked_for(
    tmp_path: Path, wire: Wire, place: Place
) -> None:
    twenty = CallWindow(lasts=timedelta(minutes=30), uses=20)
    with closing(World(tmp_path, granter=wire, store=place.open())) as world:
        callers = ToolCallers(world, window=twenty)
        first = callers.ask(Call(number=0))
        callers.approve(first)

        taking = [
            partial(take, place, tmp_path / str(each), twenty, first=100 * each, calls=12) for each in (1, 2)
        ]
        said = [call for each in answers(*taking) for call in each]

        assert sorted(number for state, number in said if state == "approved") == list(range(2, 21))
        assert [state for state, number in said if number is None] == ["pending"] * 5
        window = world.read(first).window
        assert window is not None
        assert (window.taken, window.left) == (20, 0)
        assert list(Inspection(world.store).faults()) == []
