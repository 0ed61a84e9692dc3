"""Everything that the workspace remembers, behind one lock."""

import secrets
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec

from sandbox.slack.records import Hook, Json, Message, SlackError, Trigger, View
from sandbox.world import Channel, Person, World

TRIGGER_SECONDS = 3
HOOK_SECONDS = 30 * 60
HOOK_USES = 5
VIEW_STACK = 3
SLACKBOT = "USLACKBOT"

Found = TypeVar("Found")


class State:
    """People, conversations, messages and modals; every change wakes those who `wait`."""

    def __init__(self, world: World, *, clock: Callable[[], float]) -> None:
        self.world = world
        self.clock = clock
        self.version = 0
        self.lock = threading.Condition(threading.RLock())
        bot = world.bot
        self.people = {person.id: person for person in world.people}
        self.people[bot.user_id] = Person(id=bot.user_id, name=bot.name, real_name=bot.real_name, is_bot=True)
        # Slack says of its own bot that it is none.
        self.people[SLACKBOT] = Person(id=SLACKBOT, name="slackbot", real_name="Slackbot")
        self.channels = {channel.id: channel for channel in world.channels}
        self.kept: dict[tuple[str, str], Message] = {}
        self.views: dict[str, list[View]] = {}
        self.homes: dict[str, View] = {}
        self.triggers: dict[str, Trigger] = {}
        self.hooks: dict[str, Hook] = {}
        self._last = 0

    # waiting

    def changed(self) -> None:
        """Count a change and wake the waiting."""
        with self.lock:
            self.version += 1
            self.lock.notify_all()

    def wait(self, found: Callable[[], Found], *, seconds: float = 60) -> Found:
        """The first true value of `found`, asked at each change here and every 50 ms. Raises `TimeoutError`."""
        end = time.monotonic() + seconds
        while True:
            version = self.version
            # Not under the lock: `found` may ask this very server.
            if value := found():
                return value
            if time.monotonic() > end:
                raise TimeoutError(f"nothing came within {seconds} s")
            with self.lock:
                if self.version == version:
                    self.lock.wait(timeout=0.05)

    # people and conversations

    def person(self, who: str) -> Person:
        """By id, name or address. Raises `SlackError` `user_not_found`."""
        if who in self.people:
            return self.people[who]
        named = [p for p in self.people.values() if who and who.lower() in (p.name, p.email.lower())]
        if not named:
            raise SlackError("user_not_found")
        return named[0]

    def channel(self, which: str) -> Channel:
        """By id or `#name`; a person's id is that person's direct messages. Raises `channel_not_found`."""
        if which in self.channels:
            return self.channels[which]
        if which in self.people:
            return self.open_direct(which)
        named = [c for c in self.channels.values() if c.name and c.name == which.removeprefix("#")]
        if not named:
            raise SlackError("channel_not_found")
        return named[0]

    def change_person(self, who: str, **changes: Any) -> Person:
        """Change a member as an administrator would, for example `deleted=True`."""
        with self.lock:
            person = msgspec.structs.replace(self.person(who), **changes)
            self.people[person.id] = person
            self.changed()
            return person

    def change_channel(self, which: str, **changes: Any) -> Channel:
        """Change a conversation, for example `is_ext_shared=True` or its `members`."""
        with self.lock:
            channel = msgspec.structs.replace(self.channel(which), **changes)
            self.channels[channel.id] = channel
            self.changed()
            return channel

    def open_direct(self, who: str) -> Channel:
        """The direct messages between a person and the bot."""
        with self.lock:
            person = self.person(who)
            channel = Channel(id=f"D0{person.id[2:]}", name="", members=(person.id, self.world.bot.user_id))
            if channel.id not in self.channels:
                self.channels[channel.id] = channel
                self.changed()
            return channel

    # messages

    def new_ts(self) -> str:
        """A message's time and name: seconds with a counter, never twice."""
        with self.lock:
            self._last = max(self._last + 1, int(self.clock() * 1_000_000))
            return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"

    def keep(self, message: Message) -> Message:
        """Store a new message or a new version of one."""
        with self.lock:
            message = msgspec.structs.replace(message, blocks=with_ids(message.blocks))
            self.kept[message.channel, message.ts] = message
            self.changed()
            return message

    def drop(self, message: Message) -> None:
        """Delete a message."""
        with self.lock:
            self.kept.pop((message.channel, message.ts), None)
            self.changed()

    def find(self, channel: str, ts: str) -> Message:
        """One message. Raises `SlackError` `message_not_found`."""
        message = self.kept.get((channel, ts))
        if message is None:
            raise SlackError("message_not_found")
        return message

    def messages(self, channel: str, *, seen_by: str | None = None) -> list[Message]:
        """Oldest first; ephemeral ones only for the person who sees them, or all of them for nobody."""
        with self.lock:
            where = self.channel(channel).id
            reader = self.person(seen_by).id if seen_by else None
            held = [m for m in self.kept.values() if m.channel == where]
        return sorted((m for m in held if reader is None or m.to in ("", reader)), key=lambda m: m.ts)

    # modals

    def view(self, view_id: str) -> View:
        """An open modal by id or `external_id`. Raises `SlackError` `not_found`."""
        for view in (view for stack in self.views.values() for view in stack):
            if view_id and view_id in (view.id, view.sent.get("external_id")):
                return view
        raise SlackError("not_found")

    def top(self, who: str) -> View | None:
        """The modal that the person has before them."""
        stack = self.views.get(self.person(who).id)
        return stack[-1] if stack else None

    def open_view(self, user: str, sent: Json, *, push: bool) -> View:
        """Put a modal before a person, over the others or in their place. Raises `push_limit_reached`."""
        with self.lock:
            stack = self.views.get(user, []) if push else []
            if len(stack) >= VIEW_STACK:
                raise SlackError("push_limit_reached")
            view_id = "V0" + secrets.token_hex(5).upper()
            root, previous = (stack[0].id, stack[-1].id) if stack else (view_id, "")
            sent = sent | {"blocks": list(with_ids(sent["blocks"]))}
            view = View(id=view_id, user=user, hash=self._hash(), root=root, previous=previous, sent=sent)
            self.views[user] = [*stack, view]
            self.changed()
            return view

    def update_view(self, view: View, sent: Json) -> View:
        """Show other content in the same modal, under a new hash."""
        with self.lock:
            sent = sent | {"blocks": list(with_ids(sent["blocks"]))}
            new = msgspec.structs.replace(view, sent=sent, hash=self._hash())
            self.views[view.user] = [new if one.id == view.id else one for one in self.views[view.user]]
            self.changed()
            return new

    def publish(self, user: str, sent: Json) -> View:
        """Show a Home tab to a person, in the place of the one that they had."""
        with self.lock:
            sent = sent | {"blocks": list(with_ids(sent["blocks"]))}
            held = self.homes.get(user)
            view_id = held.id if held else "V0" + secrets.token_hex(5).upper()
            view = View(id=view_id, user=user, hash=self._hash(), root=view_id, sent=sent)
            self.homes[user] = view
            self.changed()
            return view

    def close_views(self, view: View, *, every: bool) -> None:
        """Take away a modal, or the whole stack that it stands in."""
        with self.lock:
            stack = self.views.get(view.user, [])
            self.views[view.user] = [] if every else [one for one in stack if one.id != view.id]
            self.changed()

    def _hash(self) -> str:
        return f"{int(self.clock())}.{secrets.token_hex(4)}"

    # triggers and response URLs

    def new_trigger(self, user: str, *, view: str = "") -> str:
        """A fresh `trigger_id` for what the person just did."""
        with self.lock:
            trigger_id = f"{int(self.clock() * 1000)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
            self.triggers[trigger_id] = Trigger(user=user, made=self.clock(), view=view)
            return trigger_id

    def use_trigger(self, trigger_id: object) -> Trigger:
        """Spend a trigger. Raises `invalid_trigger_id`, `exchanged_trigger_id` or `expired_trigger_id`."""
        with self.lock:
            trigger = self.triggers.get(str(trigger_id))
            if trigger is None:
                raise SlackError("invalid_trigger_id")
            if trigger.made < 0:
                raise SlackError("exchanged_trigger_id")
            if self.clock() - trigger.made > TRIGGER_SECONDS:
                raise SlackError("expired_trigger_id")
            self.triggers[str(trigger_id)] = msgspec.structs.replace(trigger, made=-1)
            return trigger

    def new_hook(self, user: str, channel: str, *, ts: str = "") -> str:
        """The path of a fresh `response_url`."""
        with self.lock:
            name = f"{self.world.workspace.id}/{secrets.randbelow(10**12)}/{secrets.token_urlsafe(18)}"
            self.hooks[name] = Hook(user=user, channel=channel, ts=ts, made=self.clock())
            return name

    def use_hook(self, name: str) -> Hook:
        """Count a use. Raises `SlackError` `used_url` or `expired_url`."""
        with self.lock:
            hook = self.hooks.get(name)
            if hook is None or self.clock() - hook.made > HOOK_SECONDS:
                raise SlackError("expired_url")
            if hook.uses >= HOOK_USES:
                raise SlackError("used_url")
            self.hooks[name] = msgspec.structs.replace(hook, uses=hook.uses + 1)
            return hook


def with_ids(blocks: Sequence[Json]) -> tuple[Json, ...]:
    """The blocks with the `block_id` that Slack makes for those that come without."""
    return tuple(block if "block_id" in block else block | {"block_id": secrets.token_hex(3)} for block in blocks)
