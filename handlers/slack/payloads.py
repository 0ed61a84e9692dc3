"""The parts of Slack's payloads that we read, as typed records: ids only, never names or addresses."""

from collections.abc import Mapping
from typing import Any

import msgspec

from approvals.refusals.errors import CountersignError
from countersign_client import shapes

KEEP = "keep"
"""The choice that an older request goes on waiting."""


class Malformed(CountersignError):
    """A payload does not have the shape that Slack documents."""


class Member(msgspec.Struct, frozen=True):
    id: str = ""
    team_id: str | None = None


class Team(msgspec.Struct, frozen=True):
    id: str = ""


class Channel(msgspec.Struct, frozen=True):
    id: str = ""


class Container(msgspec.Struct, frozen=True):
    thread_ts: str | None = None


class Option(msgspec.Struct, frozen=True):
    value: str = ""


class Action(msgspec.Struct, frozen=True):
    action_id: str = ""
    action_ts: str = ""
    value: str | None = None
    selected_option: Option | None = None


class Shown(msgspec.Struct, frozen=True):
    """The message that a button stands in, or whose shortcut was chosen, as Slack holds it."""

    blocks: tuple[dict[str, Any], ...] = ()
    text: str = ""
    ts: str = ""
    thread_ts: str = ""
    app_id: str = ""

    def offers(self, action_id: str, value: str) -> bool:
        """It has a button of this action that carries this value."""
        held = [each for block in self.blocks for each in (*block.get("elements", ()), block.get("accessory"))]
        return any(
            isinstance(each, dict) and each.get("action_id") == action_id and each.get("value") == value
            for each in held
        )


class Input(msgspec.Struct, frozen=True):
    """What stands in one input of a form, whichever kind of input it is."""

    value: str | None = None
    selected_option: Option | None = None
    selected_options: tuple[Option, ...] = ()
    selected_date: str | None = None

    def text(self) -> str:
        """What was typed or chosen; empty when nothing was."""
        chosen = self.selected_option.value if self.selected_option is not None else self.selected_date
        return chosen or self.value or ""


class State(msgspec.Struct, frozen=True):
    values: dict[str, dict[str, Input]] = {}


class View(msgspec.Struct, frozen=True):
    """A form, or a Home tab, as Slack sends it; `private_metadata` is what the app wrote into it."""

    id: str = ""
    type: str = ""
    hash: str = ""
    private_metadata: str = ""
    state: State = State()

    def replaces(self) -> str:
        """The id of the request that is to be replaced; empty where the form did not ask, or both may wait."""
        chosen = (held["older"].text() for held in self.state.values.values() if "older" in held)
        return next((value for value in chosen if value != KEEP), "")

    def chosen(self, name: str) -> tuple[int, ...] | None:
        """The numbers of the boxes that are ticked; None where the form has no such boxes. Raises `Malformed`."""
        if name not in self.state.values:
            return None
        ticked = self.state.values[name].get(name, Input()).selected_options
        if not all(each.value.isascii() and each.value.isdigit() and len(each.value) < 4 for each in ticked):
            raise Malformed("boxes that this app has not offered")
        return tuple(int(each.value) for each in ticked)

    def field(self, name: str) -> str:
        """What stands in the input whose block and action carry this name."""
        return self.state.values.get(name, {}).get(name, Input()).text()


class Payload(msgspec.Struct, frozen=True):
    """A slash command (`user_id`, `team_id`, `text`) or an interaction (`type`, `user`, `team`)."""

    type: str = ""
    api_app_id: str = ""
    user: Member | None = None
    team: Team | None = None
    user_id: str = ""
    team_id: str | None = None
    is_enterprise_install: bool | str = False
    channel: Channel | None = None
    container: Container | None = None
    message: Shown | None = None
    trigger_id: str = ""
    response_url: str = ""
    command: str = ""
    text: str = ""
    value: str | None = None
    actions: tuple[Action, ...] = ()
    view: View | None = None

    @property
    def at_home(self) -> bool:
        """It comes from the app's Home tab, which is in no channel."""
        return self.view is not None and self.view.type == "home"

    def is_of_home(self) -> bool:
        """What was pressed is the Home tab's own, and no request's."""
        return bool(self.actions) and self.actions[0].action_id.startswith("home_")

    @property
    def person(self) -> str:
        """The id of whoever acted."""
        return self.user.id if self.user is not None else self.user_id

    @property
    def person_team(self) -> str:
        """The team of whoever acted, as Slack says it; empty when it does not."""
        return (self.user.team_id if self.user is not None else self.team_id) or ""

    @property
    def installed_team(self) -> str:
        """The team that the app acts in."""
        return (self.team.id if self.team is not None else self.team_id) or ""

    def pressed(self) -> str:
        """The value of the pressed button."""
        return (self.actions[0].value or "") if self.actions else ""

    def chosen(self) -> str:
        """The value of the option that was chosen in a list."""
        option = self.actions[0].selected_option if self.actions else None
        return option.value if option is not None else ""

    def moment(self) -> str:
        """When that was, as Slack counts: a text that sorts as the time does."""
        return self.actions[0].action_ts if self.actions else ""

    def pressed_there(self) -> str:
        """The same, of a button that Slack itself says stands in the message. Raises `Malformed`."""
        action, value = self.actions[0].action_id if self.actions else "", self.pressed()
        if not value or self.message is None or not self.message.offers(action, value):
            raise Malformed("a button that its message does not have")
        return value


class _Event(msgspec.Struct, frozen=True):
    type: str = ""
    user: str = ""
    tab: str = ""
    view: View | None = None


class _Callback(msgspec.Struct, frozen=True):
    """What the Events API puts around an event. It names the installation's team, and no other."""

    event: _Event
    team_id: str = ""
    is_enterprise_install: bool = False


def opened(body: Mapping[str, Any]) -> Payload | None:
    """Who came to the Home tab, and what they saw there; None for another tab. Raises `Malformed`."""
    try:
        found = shapes.convert(body, _Callback)
    except (msgspec.ValidationError, TypeError) as error:
        raise Malformed(f"unexpected event: {error}") from error
    if found.event.tab != "home":
        return None
    return Payload(
        type=found.event.type,
        user=Member(id=found.event.user, team_id=found.team_id),
        team=Team(id=found.team_id),
        is_enterprise_install=found.is_enterprise_install,
        view=found.event.view,
    )


def read(body: Mapping[str, Any]) -> Payload:
    """Read a payload. Raises `Malformed`."""
    try:
        return shapes.convert(body, Payload)
    except (msgspec.ValidationError, TypeError) as error:
        raise Malformed(f"unexpected payload: {error}") from error
