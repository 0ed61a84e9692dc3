"""The Home tab as tests look at it, and what stands on it."""

from collections.abc import Callable
from typing import Any

import msgspec

from approvals.freezes import freezing
from approvals.requests import Request
from sandbox.slack.records import View
from tests.handlers.slack.bed import Bed
from tests.support.shown import view_words

Json = dict[str, Any]


def at_home(bed: Bed, who: str, *, until: Callable[[Json], object] = bool) -> Json:
    """The tab as it is once it is drawn, and fits."""

    def drawn() -> Json | None:
        found = bed.box.slack.home(who)
        return found if found is not None and until(found) else None

    found = bed.box.slack.wait(drawn)
    assert found is not None
    return found


def opened(bed: Bed, who: str) -> Json:
    """Open the tab, and wait until it is drawn for that."""
    before = bed.box.slack.home(who)
    assert bed.box.slack.open_home(who).ok
    return at_home(bed, who, until=lambda found: before is None or found["hash"] != before["hash"])


def text(home: Json) -> str:
    return view_words(home)


def below(home: Json, title: str) -> str:
    """What stands below a heading."""
    blocks = home["blocks"]
    titles = [one["text"]["text"] if one["type"] == "header" else "" for one in blocks]
    return view_words(home | {"blocks": blocks[titles.index(title) :]})


def offered(home: Json) -> set[str]:
    return {
        one["action_id"]
        for block in home["blocks"]
        for one in [*block.get("elements", []), block.get("accessory", {})]
        if one.get("type") == "button"
    }


def seen(bed: Bed, who: str) -> View:
    return bed.box.slack.state.homes[bed.box.slack.state.person(who).id]


def told(bed: Bed, who: str) -> str:
    """What stands over the tab."""
    view = bed.box.slack.wait(lambda: bed.box.slack.view(who))
    assert view is not None
    return view_words(view)


def person(bed: Bed, who: str) -> str:
    return bed.box.slack.state.person(who).id


def of_another(bed: Bed, who: str, *, presses: str) -> View:
    """The tab of somebody, in the payload of somebody else."""
    return msgspec.structs.replace(seen(bed, who), user=person(bed, presses))


def waits(bed: Bed) -> Request:
    """A request of alice's, on bob's tab."""
    request = bed.file("alice")
    opened(bed, "bob")
    return request


def is_decided(bed: Bed) -> None:
    bed.press("bob", "approve", bed.draw(bed.requests()[0]))


def is_frozen(bed: Bed) -> None:
    freezing.freeze(bed.store, by="operator", why=None, now=bed.clock())
    bed.clock.ahead += 30
