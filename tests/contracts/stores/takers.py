"""Processes that take calls from one window at the same moment; a module of its own so that they can import it."""

from contextlib import closing
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path

from approvals.policy.tools import CallWindow
from approvals.refusals.errors import Conflict
from approvals.requests import Request
from tests.contracts.stores.places import Place
from tests.support.clouds import google_with
from tests.support.direct import direct_iam
from tests.support.tool_callers import Call, ToolCallers
from tests.support.world import World


def take(
    place: Place, folder: Path, window: CallWindow, *, first: int, calls: int, start: Barrier, answer: Connection
) -> None:
    """Ask for so many calls, numbered from `first`; answer with the state of each and its number in the window."""
    folder.mkdir()
    with closing(World(folder, granter=direct_iam(google_with()), store=place.open())) as world:
        callers = ToolCallers(world, window=window)
        start.wait(240)
        found = [asked(callers, number) for number in range(first, first + calls)]
    answer.send([(each.state, each.terms.within and each.terms.within.number) for each in found])


def asked(callers: ToolCallers, number: int) -> Request:
    """Ask, and again under the same key for as long as others are faster, as a client does that is told 409."""
    while True:
        try:
            return callers.ask(Call(number=number), key=f"call {number}")
        except Conflict:
            continue
