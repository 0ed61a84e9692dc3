"""The ways in by which people decide, at a running service: what somebody has open before, and sends later."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from typing import NamedTuple

import msgspec

from approvals.policy.reading.parse import digest_of
from sandbox.slack.records import Message, Outcome, View
from tests.support.callers import Caller
from tests.support.desk import Desk
from tests.support.running import Running
from tests.support.shown import view_words
from tests.support.visits import Browser, forms, link


class Place(NamedTuple):
    """A running service and one of its people, who has signed in at a terminal.

    They send what `eyes` see, who are themselves where nobody else is named: then it is forged, or passed on.
    """

    office: Running
    desk: Desk
    who: str = "bob"
    address: str = "bob@example.com"
    eyes: str = ""

    @property
    def seen_by(self) -> str:
        return self.eyes or self.who

    @property
    def seen_as(self) -> str:
        return f"{self.eyes}@example.com" if self.eyes else self.address


Send = Callable[[], str]
"""Sends it, and returns what this person is told; nothing where it was done."""
Open = Callable[[Place, str], Send]


def button(name: str, *, of: str = "") -> Open:
    """A button of the card, pressed where it was drawn before; `of`: one that was drawn as another."""

    def opened(place: Place, asked: str) -> Send:
        office = place.office
        card = office.card(asked, having=of or name, by=place.seen_by)

        def send() -> str:
            before, version = len(office.whispers(place.who)), office.request(asked).version
            drawn = card
            if of:
                drawn = _forged(card, name, of=of)
                office.box.slack.state.keep(drawn)
            office.box.slack.press(place.who, name, message=drawn)
            assert office.box.slack.view(place.who) is None
            return office.until(
                lambda: office.whispers(place.who)[before:] or _changed(office, asked, since=version)
            )[-1]

        return send

    return opened


def home(name: str) -> Open:
    """A button of the Home tab, as it stood before."""

    def opened(place: Place, asked: str) -> Send:
        office, slack = place.office, place.office.box.slack
        assert slack.open_home(place.seen_by).ok
        view, block = office.until(lambda: list(_at_home(office, place.seen_by, name, asked)))[0]
        own = msgspec.structs.replace(view, user=slack.state.person(place.who).id)

        def send() -> str:
            version = office.request(asked).version
            slack.press_at_home(place.who, name, block_id=block, home=own)
            said = office.until(
                lambda: (
                    [slack.view(place.who)] if slack.view(place.who) else _changed(office, asked, since=version)
                )
            )[-1]
            if not said:
                return ""
            slack.close(place.who, clear=True)
            return view_words(said)  # type: ignore[arg-type]

        return send

    return opened


def form(name: str, values: Mapping[str, str]) -> Open:
    """A form of the card that was open already."""

    def opened(place: Place, asked: str) -> Send:
        slack = place.office.box.slack
        assert place.office.press(place.who, name, asked).view

        def send() -> str:
            outcome: Outcome = slack.submit(place.who, dict(values))
            if slack.view(place.who) is not None:
                slack.close(place.who, clear=True)
            return " ".join(outcome.errors.values()) or outcome.body

        return send

    return opened


def page(kind: str, typed: Mapping[str, str], *, mailed: bool = False) -> Open:
    """A form of the request's page, by its own address or by the link that mails have."""

    def opened(place: Place, asked: str) -> Send:
        browser, eyes = Browser(place.office, place.address), Browser(place.office, place.seen_as)
        shown = eyes.get(link(place.office, asked) if mailed else f"/request/{asked}")
        assert kind in forms(shown), shown.words

        def send() -> str:
            answer = browser.press(shown, kind, **typed)
            assert answer.status in (303, 403, 404, 409), answer.status
            return answer.words if answer.status != 303 else ""

        return send

    return opened


def call(verb: str, **typed: object) -> Open:
    """`/v1`, with what was shown before."""

    def opened(place: Place, asked: str) -> Send:
        caller = Caller(place.office, place.address)
        # Who ends something says no more than which request it is.
        shown = Caller(place.office, place.seen_as).shown(asked) if verb != "end" else {}

        def send() -> str:
            said = caller.post(f"/v1/requests/{asked}/{verb}", shown | typed)
            assert said.status in (200, 403, 404, 409), said
            return str(said.json["detail"]) if said.status != 200 else ""

        return send

    return opened


def terminal(*command: str) -> Open:
    def opened(place: Place, asked: str) -> Send:
        def send() -> str:
            done = place.desk.run(command[0], asked, *command[1:], "--yes")
            assert done.exit_code in (0, 1), done.output
            return done.stderr if done.exit_code else ""

        return send

    return opened


def edited(place: Place, text: str) -> None:
    """Put another policy in force at once."""
    place.office.policy_file.write_text(text)
    place.office.service.policy.refresh()
    assert place.office.service.policy.current().digest == digest_of(text)


@contextmanager
def policy(place: Place, old: str, new: str) -> Iterator[None]:
    """Have the policy say something else until the block ends."""
    text = place.office.policy_file.read_text()
    assert old in text
    edited(place, text.replace(old, new))
    try:
        yield
    finally:
        edited(place, text)


def wrong(told: Mapping[str, str], said: str) -> dict[str, str]:
    """The ways by which something else was said."""
    return {way: words for way, words in told.items() if not re.search(said, words)}


def _changed(office: Running, asked: str, *, since: int) -> list[str]:
    return [""] if office.request(asked).version != since else []


def _forged(card: Message, name: str, *, of: str) -> Message:
    """The card with a button that is called otherwise than it was drawn."""
    drawn = msgspec.structs.replace(card, blocks=deepcopy(card.blocks))
    for _, element in drawn.elements():
        if element["action_id"] == of:
            element["action_id"] = name
    return drawn


def _at_home(office: Running, who: str, name: str, asked: str) -> Iterator[tuple[View, str]]:
    """The tab, and the block of it in which this button of this request stands."""
    slack, tokens = office.box.slack, office.service.tokens
    view = slack.state.homes.get(slack.state.person(who).id)
    if view is None:
        return
    for block in view.sent["blocks"]:
        pressed = [each["value"] for each in block.get("elements", []) if each.get("action_id") == name]
        if any(tokens.pointed(value, act="review").request == asked for value in pressed):
            yield view, block["block_id"]
