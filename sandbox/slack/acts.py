"""What people do in the workspace: type commands, press buttons, fill in forms."""

import re
from collections.abc import Callable

from sandbox.slack import inputs, limits
from sandbox.slack.outward import Answer, Outward
from sandbox.slack.payloads import Payloads
from sandbox.slack.records import Json, Message, Outcome, SlackError, View, elements
from sandbox.slack.responses import Responses
from sandbox.slack.state import SLACKBOT, State
from sandbox.world import Command

TROUBLE = "We had some trouble connecting. Try again?"


class Acts:
    """Each act sends what Slack would send, waits for the app, and does what its answer says."""

    def __init__(self, state: State, outward: Outward, payloads: Payloads) -> None:
        self.state = state
        self.outward = outward
        self.payloads = payloads
        self.responses = Responses(state)
        self._offered: dict[tuple[str, str], list[Json]] = {}

    def say(self, who: str, text: str, *, channel: str) -> Outcome:
        """Write a plain message into a conversation."""
        person, where = self.state.person(who), self.state.channel(channel)
        escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        self.state.keep(Message(ts=self.state.new_ts(), channel=where.id, user=person.id, text=escaped))
        return Outcome(ok=True)

    def command(self, who: str, line: str, *, channel: str) -> Outcome:
        """Type a slash command, for example `/jit help`; its answer appears as a message to this person."""
        person, where = self.state.person(who), self.state.channel(channel)
        name, _, text = line.strip().partition(" ")
        command = next((one for one in self.state.world.bot.commands if one.command == name), None)
        if command is None or person.team_id or person.deleted:
            return self._failed(person.id, where.id, f"`{name}` is not a valid command.", "invalid_command")
        sent = self._escaped(command, text.strip())
        payload = self.payloads.command(person.id, where.id, name, sent)
        answer = self.outward.deliver("slash_commands", payload)
        if answer.error:
            said = f'{name} failed with the error "{answer.error}"'
            return self._failed(person.id, where.id, said, answer.error, answer)
        try:
            self.responses.to_command(answer, user=person.id, channel=where.id)
        except SlackError as error:
            said = f'{name} failed with the error "{error.code}"'
            return self._failed(person.id, where.id, said, error.code, answer)
        return self._outcome(person.id, answer)

    def press(
        self, who: str, action_id: str, *, message: Message | str | None = None, block_id: str | None = None
    ) -> Outcome:
        """Press a button of a message: of the newest that shows this person the action, unless one is named."""
        return self.aimed(who, action_id, message=message, block_id=block_id)()

    def aimed(
        self, who: str, action_id: str, *, message: Message | str | None = None, block_id: str | None = None
    ) -> Callable[[], Outcome]:
        """Find a button as `press` does; what is returned presses it, also when it has gone meanwhile."""
        person = self.state.person(who)
        held = self._message(person.id, action_id, message)
        block, element = _element(held.elements(), action_id, block_id)
        payload = self.payloads.message_action(person.id, held, _pressed(block, element))
        return lambda: self._outcome(person.id, self.outward.deliver("interactive", payload))

    def press_in_view(self, who: str, action_id: str, *, block_id: str | None = None) -> Outcome:
        """Press a button of the open modal."""
        view = self._top(who)
        block, element = _element(elements(view.sent["blocks"]), action_id, block_id)
        payload = self.payloads.view_action(view, {}, _pressed(block, element))
        return self._outcome(view.user, self.outward.deliver("interactive", payload))

    def open_home(self, who: str, *, tab: str = "home") -> Outcome:
        """Enter the app's Home; the app hears of it where it subscribed to that."""
        person = self.state.person(who)
        if "app_home_opened" not in self.state.world.bot.events:
            return self._outcome(person.id, Answer(status=200))
        told = self.payloads.home_opened(person.id, tab)
        return self._outcome(person.id, self.outward.deliver("events_api", told))

    def press_at_home(
        self, who: str, action_id: str, *, block_id: str | None = None, home: View | None = None
    ) -> Outcome:
        """Press a button of the Home tab, as it stands or as it was seen before."""
        person = self.state.person(who)
        view = home or self.state.homes.get(person.id)
        if view is None:
            raise SlackError("not_found", f"{who} has no Home tab")
        block, element = _element(elements(view.sent["blocks"]), action_id, block_id)
        payload = self.payloads.view_action(view, {}, _pressed(block, element))
        return self._outcome(person.id, self.outward.deliver("interactive", payload))

    def shortcut(self, who: str, callback_id: str, *, message: Message | str) -> Outcome:
        """Choose a shortcut of the app in the menu of a message that this person sees."""
        person = self.state.person(who)
        known = [one for one in self.state.world.bot.shortcuts if one.type == "message"]
        ts = message if isinstance(message, str) else message.ts
        held = next((one for one in self.visible(who) if one.ts == ts and not one.to), None)
        if held is None or callback_id not in [one.callback_id for one in known]:
            raise SlackError("not_found", f"{who} sees no `{callback_id}` there")
        told = self.payloads.shortcut(person.id, held, callback_id)
        return self._outcome(person.id, self.outward.deliver("interactive", told))

    def choose(self, who: str, block_id: str, value: str, *, values: Json | None = None) -> Outcome:
        """Choose an option in an input of the open modal, while its other inputs hold `values`.

        The app hears of it at once where the block has `dispatch_action` (docs.slack.dev, Block Kit, input).
        """
        view = self._top(who)
        try:
            state = self._state(view, {**(values or {}), block_id: value})
        except KeyError as error:
            return self._outcome(view.user, Answer(), error="not_offered", errors={"": str(error)})
        block, element = next((b, e) for b, e in elements(view.sent["blocks"]) if b["block_id"] == block_id)
        if not block.get("dispatch_action"):
            return self._outcome(view.user, Answer(status=200))
        told = {"type": element["type"], "action_id": element["action_id"], "block_id": block_id}
        payload = self.payloads.view_action(view, state, told | state[block_id][element["action_id"]])
        return self._outcome(view.user, self.outward.deliver("interactive", payload))

    def suggest(self, who: str, action_id: str, query: str = "", *, block_id: str | None = None) -> Outcome:
        """Type into an external select of the open modal; `options` holds what the app offers."""
        view = self._top(who)
        block, element = _element(elements(view.sent["blocks"]), action_id, block_id)
        if len(query) < element.get("min_query_length", 3):
            return Outcome(ok=False, error="query_too_short", view=self._shown(view.user))
        asked = self.payloads.suggestion(view, block_id=block["block_id"], action_id=action_id, value=query)
        answer = self.outward.deliver("interactive", asked)
        found = answer.json()
        if answer.error or limits.option_problems(found) or not isinstance(found, dict):
            return self._outcome(view.user, answer, error=answer.error or "invalid_options")
        offered = inputs.options(found)
        self._offered.setdefault((view.id, action_id), []).extend(offered)
        return Outcome(
            ok=True, options=offered, view=self._shown(view.user), status=answer.status, body=answer.body
        )

    def submit(self, who: str, values: Json | None = None) -> Outcome:
        """Submit the open modal with values by `block_id`: text, or the value of an option (or a list of them).

        An option of an external select is asked for with its value as the query if it was not offered yet.
        A value that is not offered is the error `not_offered`, for a person cannot pick it.
        """
        view = self._top(who)
        try:
            state = self._state(view, values or {})
        except KeyError as error:
            return self._outcome(view.user, Answer(), error="not_offered", errors={"": str(error)})
        blocks = [block for block in view.sent["blocks"] if block["type"] == "input"]
        wrong = {
            block["block_id"]: said
            for block in blocks
            if (said := inputs.complaint(block, state[block["block_id"]][block["element"]["action_id"]]))
        }
        if wrong:
            return self._outcome(view.user, Answer(), error="invalid_form", errors=wrong)
        answer = self.outward.deliver("interactive", self.payloads.submission(view, state))
        if answer.error:
            return self._outcome(view.user, answer, errors={"": TROUBLE})
        errors = self.responses.to_submission(answer, view)
        return self._outcome(view.user, answer, error="invalid_form" if errors else "", errors=errors)

    def close(self, who: str, *, clear: bool = False) -> Outcome:
        """Close the open modal, or with `clear` the whole stack."""
        view = self._top(who)
        every = clear or bool(view.sent.get("clear_on_close"))
        stack = list(self.state.views[view.user]) if every else [view]
        self.state.close_views(view, every=every)
        answer = Answer(status=200)
        for one in reversed(stack):
            if one.sent.get("notify_on_close"):
                closed = self.payloads.closed(one, is_cleared=every)
                answer = self.outward.deliver("interactive", closed)
        return self._outcome(view.user, answer)

    def event(self, event: Json) -> Outcome:
        """Send an event of the Events API, for example `{"type": "app_home_opened", ...}`."""
        answer = self.outward.deliver("events_api", self.payloads.event(event))
        return Outcome(ok=not answer.error, error=answer.error, status=answer.status, body=answer.body)

    def _state(self, view: View, values: Json) -> Json:
        state: Json = {}
        known = {block["block_id"] for block in view.sent["blocks"]}
        if strange := sorted(set(values) - known):
            raise KeyError(f"no such block: {', '.join(strange)}")
        for block, element in elements(view.sent["blocks"]):
            given = values.get(block["block_id"])
            if inputs.keys(element)[0]:
                picked = self._picked(view, block, element, given)
                state.setdefault(block["block_id"], {})[element["action_id"]] = inputs.value(element, picked)
        return state

    def _picked(self, view: View, block: Json, element: Json, given: object) -> object:
        offered = list(self._offered.get((view.id, element["action_id"]), ()))
        offered += [element["initial_option"]] if "initial_option" in element else []
        wanted = str(given["value"] if isinstance(given, dict) else given)
        known = any(option["value"] == wanted for option in offered)
        if element["type"] == "external_select" and given is not None and not known:
            asked = self.suggest(view.user, element["action_id"], wanted, block_id=block["block_id"])
            offered += asked.options
        return inputs.picked(element, given, offered)

    def _message(self, user: str, action_id: str, message: Message | str | None) -> Message:
        seen = [m for m in self.visible(user) if any(e["action_id"] == action_id for _, e in m.elements())]
        if message is not None:
            ts = message if isinstance(message, str) else message.ts
            seen = [one for one in seen if one.ts == ts]
        if not seen:
            raise SlackError("message_not_found", f"{user} sees no message with `{action_id}`")
        return seen[-1]

    def visible(self, who: str) -> list[Message]:
        """Every message that the person sees, oldest first."""
        person = self.state.person(who).id
        with self.state.lock:
            inside = [c.id for c in self.state.channels.values() if person in c.members]
            held = [m for channel in inside for m in self.state.messages(channel, seen_by=person)]
        return sorted(held, key=lambda m: m.ts)

    def _top(self, who: str) -> View:
        view = self.state.top(who)
        if view is None:
            raise SlackError("not_found", f"{who} has no modal open")
        return view

    def _shown(self, user: str) -> Json | None:
        view = self.state.top(user)
        return self.payloads.view(view, {}) if view else None

    def _outcome(
        self, user: str, answer: Answer, *, error: str = "", errors: dict[str, str] | None = None
    ) -> Outcome:
        error = error or answer.error
        view = self._shown(user)
        return Outcome(
            ok=not error, error=error, errors=errors or {}, view=view, status=answer.status, body=answer.body
        )

    def _failed(self, user: str, channel: str, said: str, error: str, answer: Answer | None = None) -> Outcome:
        ts = self.state.new_ts()
        self.state.keep(Message(ts=ts, channel=channel, user=SLACKBOT, text=said, to=user))
        return self._outcome(user, answer or Answer(), error=error)

    def _escaped(self, command: Command, text: str) -> str:
        if not command.should_escape:
            return text
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        for person in self.state.people.values():
            text = re.sub(
                rf"(?<![\w.])@{re.escape(person.name)}\b(?!@|\.\w)", f"<@{person.id}|{person.name}>", text
            )
        for channel in self.state.channels.values():
            if channel.name:
                text = re.sub(rf"(?<!\w)#{re.escape(channel.name)}\b", f"<#{channel.id}|{channel.name}>", text)
        return re.sub(r"https?://[^\s<>|]+", r"<\g<0>>", text)


def _element(held: list[tuple[Json, Json]], action_id: str, block_id: str | None) -> tuple[Json, Json]:
    fitting = [
        (block, one)
        for block, one in held
        if one["action_id"] == action_id and block_id in (None, block["block_id"])
    ]
    if not fitting:
        raise SlackError("not_found", f"there is no `{action_id}` to operate")
    return fitting[0]


def _pressed(block: Json, element: Json) -> Json:
    told = {key: element[key] for key in ("type", "action_id", "text", "value", "style", "url") if key in element}
    if isinstance(told.get("text"), dict):
        told["text"] = {"emoji": True} | told["text"]
    return told | {"block_id": block["block_id"]}
