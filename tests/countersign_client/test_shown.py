"""What people are shown of an action: all that the digest covers of it, and no two values alike."""

import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from countersign_client.shown import SECRET, ShownError, length, lines, moment
from countersign_client.visible import NOTHING, listed, visible

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)

PERSON: dict[str, Any] = {
    "principal": "alice@example.com", "proven": "token", "issuer": "okta", "subject": "00u1", "claims": {},
    "unknown": [], "acr": "", "amr": [], "auth_time": None, "expires": None,
}  # fmt: skip


def parameter(kind: str, value: str, label: str = "Amount") -> dict[str, Any]:
    return {"name": "p", "label": label, "type": kind, "value": value}


def covered(*parameters: dict[str, Any], person: dict[str, Any] | None = None, **action: object) -> dict[str, Any]:
    """An action's object, as far as its lines need it."""
    target = {
        "kind": "action", "application": "payments", "action": "refund", "parameters": list(parameters), "key": "",
        "data": "", "metadata": {}, "risk": "",
    }  # fmt: skip
    return {
        "title": "Refund a customer",
        "targets": [target | action],
        "person": PERSON | (person or {}),
        "use_by": 600,
    }


@pytest.mark.parametrize(
    "object_",
    [
        {},
        covered(metadata={"system": 1}),
        covered(surprise="yes"),
        covered(kind="iam"),
        covered() | {"targets": []},
        covered() | {"targets": covered()["targets"] * 2},
        covered(person={"surprise": "yes"}),
        covered(parameter("colour", "red")),
        covered(parameter("money", "1.00 EUR") | {"hidden": "yes"}),
        covered(person={"proven": "guessed"}),
        covered(person={"auth_time": "yesterday"}),
        covered(parameter("time", "2026-02-30T09:00:00Z")),
        covered(parameter("time", "2026-03-02T09:00:00+01:00")),
        covered(parameter("time", "2026-03-02T09:00:00Z\n")),
        covered(parameter("time", "0000-03-02T09:00:00Z")),
        covered() | {"use_by": 0},
    ],
)
def test_an_object_that_cannot_be_shown_whole_is_refused(object_: dict[str, Any]) -> None:
    with pytest.raises(ShownError):
        lines(object_)


def test_everything_that_is_covered_of_an_action_is_shown() -> None:
    object_ = covered(
        parameter("money", "250.00 EUR"),
        parameter("number", "12.50", "Rate"),
        parameter("time", "2026-03-02T09:00:00Z", "Due"),
        parameter("string", "A-17", "Order"),
        parameter("secret", "sha256:" + "0" * 64, "Card"),
        key="order/A-17",
        data='{"lines":2}',
        metadata={"ledger": "main", "cost_centre": "4711"},
        risk="Money leaves the company at once",
        person={
            "claims": {"type": ["employee"], "groups": ["finance", "all, staff"]}, "unknown": ["roles"],
            "acr": "phr", "amr": ["mfa", "hwk"], "auth_time": "2026-03-02T08:55:00Z",
            "expires": "2026-03-02T10:00:00Z",
        },
    )  # fmt: skip

    assert lines(object_) == (
        ("Action", "Refund a customer (refund)"),
        ("Application", "payments"),
        ("Amount", "250.00 EUR"),
        ("Rate", "12.50"),
        ("Due", "2 March 2026, 09:00:00 UTC"),
        ("Order", "A-17"),
        ("Card", "•••• (not shown)"),
        ("Key", "order/A-17"),
        ("Data", '{"lines":2}'),
        ("cost_centre", "4711"),
        ("ledger", "main"),
        ("Risk", "Money leaves the company at once"),
        ("On behalf of", "alice@example.com"),
        ("Proven by", "a token of okta, for its subject 00u1"),
        ("Signed in", "2 March 2026, 08:55:00 UTC"),
        ("Level of sign-in", "phr"),
        ("Means of sign-in", "mfa, hwk"),
        ("Proof ends", "2 March 2026, 10:00:00 UTC"),
        ("Claim groups", "finance, all⟨U+002C⟩ staff"),
        ("Claim type", "employee"),
        ("Not known", "roles"),
        ("Can be used", "once, within 10 minutes of the decision"),
    )


@pytest.mark.parametrize(
    ("person", "words"),
    [
        ({"proven": "asserted", "issuer": "", "subject": ""}, "asserted by payments"),
        (
            {"proven": "iap", "issuer": "iap", "subject": "117"},
            "Identity-Aware Proxy, by iap, for its subject 117",
        ),
    ],
)
def test_how_a_person_is_proven_is_said(person: dict[str, str], words: str) -> None:
    assert dict(lines(covered(person=person)))["Proven by"] == words


def test_no_secret_is_told_from_another() -> None:
    one, other = (lines(covered(parameter("secret", value))) for value in ("sha256:00", "sha256:11"))

    assert one == other
    assert one[2] == ("Amount", SECRET)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", NOTHING),
        (NOTHING, "⟨U+27E8⟩nothing⟨U+27E9⟩"),
        ("⟨U+000A⟩", "⟨U+27E8⟩U+000A⟨U+27E9⟩"),
        ("a\nb", "a⟨U+000A⟩b"),
        (" a  b ", "⟨U+0020⟩a ⟨U+0020⟩b⟨U+0020⟩"),
        ("\u202e001", "⟨U+202E⟩001"),
        ("e\u0301", "e⟨U+0301⟩"),
        ("\u212b", "⟨U+212B⟩"),
        ("א ב", "א ב"),
        ("a א 1", "a ⟨U+05D0⟩ 1"),
        ("\U000e0041", "⟨U+E0041⟩"),
        ("Zoë 東京 Ω €", "Zoë 東京 Ω €"),
    ],
)
def test_what_cannot_be_seen_or_is_taken_for_another_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_no_character_hides_moves_others_or_is_another_ones_twin() -> None:
    hidden = {"Cc", "Cf", "Cs", "Co", "Zs", "Zl", "Zp"}
    every = (chr(number) for number in range(0x21, 0x110000))

    assert [
        f"U+{ord(each):04X}"
        for each in every
        if visible(f"a{each}b") == f"a{each}b"
        and (
            unicodedata.category(each) in hidden
            or unicodedata.normalize("NFC", each) != each
            or unicodedata.bidirectional(each) in {"R", "AL", "AN"}
        )
    ] == []


@pytest.mark.parametrize("blank", ["\u115f", "\u2800", "\u3164", "\uffa0", "\U00016fe4", "\U0001d159"])
def test_a_letter_that_is_drawn_as_nothing_is_written_out(blank: str) -> None:
    """Unicode calls them letters, marks and symbols, so their category does not tell."""
    assert visible(f"a{blank}b") == f"a⟨U+{ord(blank):04X}⟩b"


@settings(deadline=None)
@given(TEXT, TEXT)
def test_no_two_texts_read_alike(one: str, other: str) -> None:
    assert (visible(one) == visible(other)) == (one == other)


@settings(deadline=None)
@given(st.lists(TEXT, max_size=3), st.lists(TEXT, max_size=3))
def test_no_two_lists_of_texts_read_alike(one: list[str], other: list[str]) -> None:
    assert (listed(tuple(one)) == listed(tuple(other))) == (one == other)


def test_a_list_without_a_text_is_not_taken_for_one_of_an_empty_text() -> None:
    assert listed(()) != listed(("",)) != listed(("", ""))
    assert listed(("א", "1")) == "⟨U+05D0⟩, 1"


def test_times_and_lengths_are_said_in_words() -> None:
    assert moment("2026-12-31T23:59:59.250Z") == "31 December 2026, 23:59:59.250 UTC"
    assert [length(seconds) for seconds in (1, 61, 5400, 86400)] == [
        "1 second", "1 minute 1 second", "1 hour 30 minutes", "24 hours",
    ]  # fmt: skip
