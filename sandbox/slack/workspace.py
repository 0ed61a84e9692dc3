"""The workspace as tests and the page use it."""

from collections.abc import Callable
from typing import Any, TypeVar

from starlette.routing import BaseRoute

from sandbox.slack.acts import Acts
from sandbox.slack.api import Api
from sandbox.slack.faults import Faults
from sandbox.slack.methods import Methods
from sandbox.slack.outward import Answer, Outward
from sandbox.slack.payloads import Payloads
from sandbox.slack.records import Json, Message, Outcome, View
from sandbox.slack.socket import Connections
from sandbox.slack.state import State
from sandbox.world import Channel, Person, World

Found = TypeVar("Found")


class Slack:
    """One Slack workspace with one installed app.

    People are named by id, name or address (`alice`), channels by id or `#access`; a person's name as the
    channel means the direct messages between that person and the bot.
    """

    def __init__(
        self, world: World, *, signing_secret: str, bot_token: str, app_token: str, clock: Callable[[], float]
    ) -> None:
        self.faults = Faults()
        self.state = State(world, clock=clock)
        self.sockets = Connections(app_id=world.bot.app_id)
        self.outward = Outward(signing_secret=signing_secret, clock=clock, sockets=self.sockets)
        self.payloads = Payloads(self.state)
        self.acts = Acts(self.state, self.outward, self.payloads)
        self.methods = Methods(self.state, self.payloads, scopes=world.bot.scopes)
        self.api = Api(self.methods, self.faults, self.sockets, bot_token=bot_token, app_token=app_token)

    def routes(self) -> list[BaseRoute]:
        """Routes below `/slack`."""
        return self.api.routes() + self.sockets.routes()

    # looking

    def messages(self, channel: str, *, seen_by: str | None = None) -> list[Message]:
        """A conversation, oldest first; without `seen_by` every person's ephemeral messages too."""
        return self.state.messages(self._where(channel).id, seen_by=seen_by)

    def view(self, who: str) -> Json | None:
        """The modal that the person has open, as a payload would hold it."""
        view = self.state.top(who)
        return self.payloads.view(view, {}) if view else None

    def home(self, who: str) -> Json | None:
        """The Home tab that was published to the person, as a payload would hold it."""
        view = self.state.homes.get(self.state.person(who).id)
        return self.payloads.view(view, {}) if view else None

    def wait(self, found: Callable[[], Found], *, seconds: float = 60) -> Found:
        """The first true value of `found`, asked at each change and every 50 ms. Raises `TimeoutError`."""
        return self.state.wait(found, seconds=seconds)

    # acting as a person

    def command(self, who: str, line: str, *, channel: str = "#access") -> Outcome:
        """Type a slash command such as `/jit help`."""
        return self.acts.command(who, line, channel=self._where(channel).id)

    def press(
        self, who: str, action_id: str, *, message: Message | str | None = None, block_id: str | None = None
    ) -> Outcome:
        """Press a button of the newest message that shows it to this person, or of the message (or ts) given."""
        return self.acts.press(who, action_id, message=message, block_id=block_id)

    def open_home(self, who: str, *, tab: str = "home") -> Outcome:
        """Enter the app's Home."""
        return self.acts.open_home(who, tab=tab)

    def press_at_home(
        self, who: str, action_id: str, *, block_id: str | None = None, home: View | None = None
    ) -> Outcome:
        """Press a button of the Home tab, or of `home`, which is how it was seen before."""
        return self.acts.press_at_home(who, action_id, block_id=block_id, home=home)

    def shortcut(self, who: str, callback_id: str, *, message: Message | str) -> Outcome:
        """Choose a shortcut in the menu of a message."""
        return self.acts.shortcut(who, callback_id, message=message)

    def choose(self, who: str, block_id: str, value: str, *, values: Json | None = None) -> Outcome:
        """As `Acts.choose`."""
        return self.acts.choose(who, block_id, value, values=values)

    def press_in_view(self, who: str, action_id: str, *, block_id: str | None = None) -> Outcome:
        """Press a button of the open modal."""
        return self.acts.press_in_view(who, action_id, block_id=block_id)

    def suggest(self, who: str, action_id: str, query: str = "") -> Outcome:
        """Type into an external select; the outcome's `options` are what the app offers."""
        return self.acts.suggest(who, action_id, query)

    def submit(self, who: str, values: Json | None = None) -> Outcome:
        """Submit the open modal: values by block id, an option by its value."""
        return self.acts.submit(who, values)

    def close(self, who: str, *, clear: bool = False) -> Outcome:
        """Close the open modal, or all of them."""
        return self.acts.close(who, clear=clear)

    def say(self, who: str, text: str, *, channel: str = "#access") -> Outcome:
        """Write a plain message."""
        return self.acts.say(who, text, channel=self._where(channel).id)

    # acting as Slack, or as someone who pretends to be

    def event(self, event: Json) -> Outcome:
        """Send an event of the Events API."""
        return self.acts.event(event)

    def post(self, body: bytes, *, headers: dict[str, str] | None = None) -> Answer:
        """Send raw bytes to the app: signed, or with exactly the `headers` given (forged, old, replayed)."""
        return self.outward.post(body, headers=headers)

    def signed(self, body: bytes) -> dict[str, str]:
        """The headers that make `body` genuine now."""
        return self.outward.signed(body)

    # changing the world as an administrator does

    def change_person(self, who: str, **changes: Any) -> Person:
        """For example `deleted=True`, `email_confirmed=False`, `team_id="T0OTHER"`."""
        return self.state.change_person(who, **changes)

    def change_channel(self, which: str, **changes: Any) -> Channel:
        """For example `is_ext_shared=True`, `is_archived=True`."""
        return self.state.change_channel(which, **changes)

    def revoke(self, token: str) -> None:
        """Revoke one of the app's tokens; connections that were opened by it are closed."""
        self.api.revoked.add(token)
        if token == self.api.app_token:
            self.sockets.drop()

    def restore(self, token: str) -> None:
        """Let the token work again, which in Slack is another one."""
        self.api.revoked.discard(token)

    def _where(self, channel: str) -> Channel:
        named = {person.name for person in self.state.people.values()}
        return self.state.open_direct(channel) if channel in named else self.state.channel(channel)
