"""Every way in says, while everything is frozen, that it is and what can still be done."""

import json
from collections.abc import Callable

import pytest

from approvals.freezes import freezing
from approvals.refusals.errors import Unavailable
from approvals.requests import Request
from approvals.reviews import typed
from sandbox.slack.records import Message
from tests.handlers.slack.bed import Bed
from tests.support.damage import spoil_parts
from tests.support.frozen import freeze_part, thaw_part
from tests.support.shown import buttons, words

WHY = "INC-7 <!channel> “odd” approvals"
SAID = "have frozen everything"
LINE = "/jit request compute-admin-prod for 1h because CHG-42 disk full"


def freeze(bed: Bed) -> None:
    why = typed(WHY, salt="s" * 16)
    assert freezing.freeze(bed.store, by="os:root", why=why, now=bed.clock())


def thaw(bed: Bed) -> None:
    assert freezing.thaw(bed.store, by="os:root", why=None, now=bed.clock())


class Scene:
    """Requests that wait, with cards and forms that were there before the freeze."""

    def __init__(self, bed: Bed) -> None:
        self.bed = bed
        self.plain = self.drawn(bed.file("alice"))
        self.pair = self.drawn(self.approved(bed.file("alice", "customer-data", duration="30m")))
        self.signed = self.drawn(self.approved(bed.file("alice", "deploy-prod-signed")))
        assert bed.press("carol", "sign", self.signed[1]).ok
        assert bed.press("bob", "deny", self.plain[1]).ok
        bed.box.slack.command("dan", "/jit")

    def drawn(self, request: Request) -> tuple[Request, Message]:
        now = self.bed.store.request(request.id)
        return now, self.bed.draw(now)

    def approved(self, request: Request) -> Request:
        self.bed.press("bob", "approve", self.bed.draw(request))
        return request

    def whispered(self, who: str, action: str, card: Message) -> str:
        self.bed.press(who, action, card)
        return self.bed.whispers(who)[-1]

    def ordered(self, who: str, line: str) -> str:
        return str(self.bed.box.slack.command(who, line).body)

    def sent(self, who: str, **values: str) -> str:
        return " ".join(self.bed.box.slack.submit(who, values).errors.values())


WAYS: dict[str, Callable[[Scene], str]] = {
    "Approve on a card": lambda s: s.whispered("dan", "approve", s.plain[1]),
    "Sign on a card": lambda s: s.whispered("carol", "sign", s.signed[1]),
    "Deny on a card": lambda s: s.whispered("dan", "deny", s.plain[1]),
    "Take back on a card": lambda s: s.whispered("bob", "take_back", s.pair[1]),
    "the form that asks": lambda s: s.sent(
        "dan", entitlement="compute-admin-prod", duration="1h", justification="CHG-42"
    ),
    "the form that asks for what nobody approves": lambda s: s.sent(
        "dan", entitlement="logs", duration="1h", justification="CHG-42"
    ),
    "the form that signs": lambda s: s.sent("carol", printed_name="Carol Chen", meaning="I approve"),
    "the form that denies": lambda s: s.sent("bob", reason="no"),
    "opening the form": lambda s: s.ordered("dan", "/jit"),
    "a whole line": lambda s: s.ordered("dan", LINE),
    "a line without its verb": lambda s: s.ordered("dan", LINE.replace("request ", "")),
    "a line that opens the form": lambda s: s.ordered("dan", "/jit request compute-admin-prod"),
    "a line for what nobody approves": lambda s: s.ordered("dan", "/jit request logs for 1h because CHG-42"),
    "unvote": lambda s: s.ordered("bob", f"/jit unvote {s.pair[0].id}"),
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_in_is_refused_with_what_can_still_be_done_and_changes_nothing(bed: Bed, way: str) -> None:
    scene = Scene(bed)
    before = {chain: bed.store.head(chain) for chain in bed.store.chains() if chain}
    freeze(bed)

    said = WAYS[way](scene)

    assert SAID in said
    assert "You can still withdraw a request and end access." in said
    assert "INC-7" in said
    assert {chain: bed.store.head(chain) for chain in bed.store.chains() if chain} == before


def test_what_was_typed_stays_in_the_form_and_can_be_sent_once_all_is_thawed(bed: Bed) -> None:
    scene = Scene(bed)
    values = {"entitlement": "compute-admin-prod", "duration": "1h", "justification": "CHG-42"}
    freeze(bed)
    assert not bed.box.slack.submit("dan", values).ok

    thaw(bed)

    assert bed.box.slack.submit("dan", values).ok
    assert bed.box.slack.submit("carol", {"printed_name": "Carol Chen", "meaning": "I approve"}).ok
    assert bed.store.request(scene.signed[0].id).state == "approved"


def test_withdrawing_and_ending_go_on(bed: Bed) -> None:
    scene = Scene(bed)
    bed.box.slack.command("dan", "/jit request logs for 1h because CHG-42")
    (active,) = bed.store.open_of("dan@example.com")
    freeze(bed)

    assert "Withdrawn" in scene.ordered("alice", f"/jit withdraw {scene.plain[0].id}")
    assert "ended it early" in scene.ordered("dan", f"/jit end {active.id}")


def test_the_lists_go_on(bed: Bed) -> None:
    scene = Scene(bed)
    freeze(bed)

    assert scene.plain[0].id in scene.ordered("dan", "/jit pending")
    assert scene.plain[0].id in scene.ordered("alice", "/jit mine")
    assert SAID in scene.ordered("dan", "/jit pending")
    assert SAID in scene.ordered("alice", "/jit mine")


@pytest.mark.parametrize(
    "line", ["/jit why", "/jit why compute-admin-prod", "/jit why nothing", "/jit help", "/jit x"]
)
def test_what_explains_says_that_nobody_can_ask_now(bed: Bed, line: str) -> None:
    before = str(bed.box.slack.command("dan", line).body)
    assert SAID not in before
    freeze(bed)
    bed.freeze.moved()  # as the service looks every few seconds

    said = str(bed.box.slack.command("dan", line).body)

    assert SAID in said
    assert json.loads(said)["blocks"][1:] == json.loads(before)["blocks"]
    assert ("INC-7" in said) == line.startswith("/jit why")


def test_help_is_there_while_it_cannot_be_read_whether_everything_is_frozen(
    bed: Bed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(_: str) -> None:
        raise Unavailable("the store does not answer")

    monkeypatch.setattr(bed.store, "guarded", unreadable)

    assert "/jit mine" in str(bed.box.slack.command("dan", "/jit help").body)


def test_a_card_says_that_it_is_frozen_and_no_longer_what_approving_does(bed: Bed) -> None:
    request = bed.file("alice")
    assert "Approve grants it at once" in words(bed.draw(request))
    freeze(bed)

    card = bed.draw(request)

    assert "(frozen)" in words(card)
    assert "until they thaw it this cannot be approved or denied" in words(card)
    assert "INC-7" in words(card)
    assert "grants it at once" not in words(card)
    assert buttons(card) == {"approve", "remark", "offer", "deny"}


def freeze_what_nobody_can_read(bed: Bed) -> None:
    """Something was frozen by itself, and its record is damaged."""
    freeze_part(bed.store, "entitlement", "logs", now=bed.clock())
    spoil_parts(bed.store)
    bed.freeze.parts()  # as the service looks every few seconds


@pytest.mark.parametrize("way", WAYS)
def test_while_nobody_can_read_what_is_frozen_nothing_is_decided(bed: Bed, way: str) -> None:
    scene = Scene(bed)
    before = {chain: bed.store.head(chain) for chain in bed.store.chains() if chain}
    freeze_what_nobody_can_read(bed)

    said = WAYS[way](scene)

    assert "could not be checked" in said
    assert {chain: bed.store.head(chain) for chain in bed.store.chains() if chain} == before


def test_while_nobody_can_read_what_is_frozen_cards_and_lists_say_so(bed: Bed) -> None:
    request = bed.file("alice")
    freeze_what_nobody_can_read(bed)

    card, listed = bed.draw(request), str(bed.box.slack.command("dan", "/jit pending").body)

    assert "(frozen)" in words(card)
    assert "cannot be read: until they have mended that this cannot be approved or denied" in words(card)
    assert "grants it at once" not in words(card)
    assert "have frozen cannot be read" in listed
    thaw_part(bed.store, "entitlement", "logs", now=bed.clock())
    assert "Approve grants it at once" in words(bed.draw(request))


def test_a_reason_of_any_length_keeps_no_card_from_saying_that_it_is_frozen(bed: Bed) -> None:
    request = bed.file("alice")
    why = typed("an odd approval " * 4000, salt="s" * 16)
    assert freezing.freeze(bed.store, by="os:root", why=why, now=bed.clock())

    card = bed.draw(request)

    assert "(frozen)" in words(card)
    assert "an odd approval" in words(card)
