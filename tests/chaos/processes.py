"""What the other processes of the races do; a module of its own so that they can import it."""

from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path

from approvals.refusals.errors import Refused
from approvals.reviews import Verdict
from tests.contracts.stores.places import Place
from tests.support.clouds import google_with
from tests.support.direct import direct_iam
from tests.support.pages import Visitors
from tests.support.world import World


def world_in(folder: Path, place: Place) -> World:
    """A world of this process's own on the keys in the folder and the store at the place."""
    return World(folder, granter=direct_iam(google_with()), store=place.open())


def press_all(
    *,
    folder: Path,
    place: Place,
    ids: list[str],
    person: str,
    verdict: Verdict,
    start: Barrier,
    answer: Connection,
    form: str = "",
) -> None:
    """Press on each request, all processes at the same moment; answer with what came of each press.

    With a `form` it is that form of a page which is sent for each, else a card is pressed.
    """
    world = world_in(folder, place)
    pages = Visitors(world)
    outcomes: list[str] = []
    for name in ids:
        request = world.store.request(name)
        start.wait(60)
        try:
            by_page = form and pages.vote(person, request, verdict, form=form)
            reviewed = by_page or world.press(person, request, verdict)
            outcomes.append("repeated" if reviewed.repeated else reviewed.request.state)
        except Refused as refusal:
            outcomes.append(refusal.kind)
    world.close()
    answer.send(outcomes)
