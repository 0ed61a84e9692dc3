"""Tickets in typed text: a word that the policy's pattern matches wholly is a link, and nothing else ever is."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from approvals.policy.tickets import Tickets
from handlers.wording.text.lines import Line, Ticket, plain
from handlers.wording.text.tickets import LENGTH, LINKS, linked, unlinked
from handlers.wording.text.typed import clean

RULE = Tickets(pattern=r"(INC|CHG)-\d+", url="https://tickets.example.com/browse/{ticket}")
ANYTHING = Tickets(pattern=".+", url="https://tickets.example.com/browse/{ticket}?tab=all")


def links(line: Line) -> list[tuple[str, str]]:
    return [(part.text, part.url) for part in line if isinstance(part, Ticket)]


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)",
        "https://evil.example/INC-1",
        "//evil.example/1",
        "1@evil.example",
        "../../admin1",
        "..",
        "a1/../b2",
        "%2e%2e%2f1",
        "..%2f1",
        "1?next=https://evil.example",
        "1&admin=1",
        "1;a",
        "1\\2",
        "1|2",
        "<https://evil.example|INC-1>",
        "1<2",
        "{ticket}1",
        "\u0406NC-1",
        "INC-\u0661",
        "\uff29\uff2e\uff23-1",
        "INC-1\u0301",
        "INC\u20131",
        "INC",
        "1" * (LENGTH + 1),
        "I" * 1000 + "-1",
        "9" * 1000,
    ],
)
def test_what_could_lead_elsewhere_or_looks_like_a_ticket_is_none_whatever_the_pattern_takes(text: str) -> None:
    for rule in (RULE, ANYTHING):
        assert links(linked(clean(text), rule)) == []
        assert plain(linked(clean(text), rule)) == clean(text)


@pytest.mark.parametrize(
    "text",
    ["INC-1x", "xINC-1", "INC-1/CHG-2", "INC-1,CHG-2", "INC-", "inc-1", "REQ-1", "INC-1's", "a:INC-1", "INC-1:b"],
)
def test_a_word_of_which_only_a_part_matches_is_none(text: str) -> None:
    assert links(linked(text, RULE)) == []


def test_without_a_rule_nothing_is_a_link() -> None:
    assert links(linked("INC-1234 disk is full", None)) == []


@pytest.mark.parametrize(
    "word",
    [
        "INC-1234",
        "INC-1234:",
        "(INC-1234)",
        "[INC-1234],",
        "“INC-1234”.",
        "'INC-1234'!",
        "<INC-1234>",
        "…INC-1234?",
    ],
)
def test_punctuation_around_a_ticket_does_not_matter_and_is_no_part_of_it(word: str) -> None:
    line = linked(f"disk, {word} is full", RULE)

    assert links(line) == [("INC-1234", "https://tickets.example.com/browse/INC-1234")]
    assert plain(line) == f"disk, {word} is full"


@pytest.mark.parametrize("gap", [" ", "\n", "\t", "\n\n", "\u00a0", "\u3000"])
def test_any_blank_ends_a_ticket_and_stays(gap: str) -> None:
    line = linked(f"INC-1{gap}CHG-2{gap}full", RULE)

    assert [text for text, _ in links(line)] == ["INC-1", "CHG-2"]
    assert plain(line) == f"INC-1{gap}CHG-2{gap}full"


def test_what_is_read_is_what_is_opened_also_where_invisible_letters_were_typed() -> None:
    line = linked(clean("IN\u200bC-1\u202e2 \u2066CHG-3\u2069"), RULE)

    assert links(line) == [
        ("INC-12", "https://tickets.example.com/browse/INC-12"),
        ("CHG-3", "https://tickets.example.com/browse/CHG-3"),
    ]


def test_a_ticket_is_percent_encoded() -> None:
    line = linked("ops#12 and #7", ANYTHING)

    assert links(line) == [
        ("ops#12", "https://tickets.example.com/browse/ops%2312?tab=all"),
        ("#7", "https://tickets.example.com/browse/%237?tab=all"),
    ]


def test_only_so_many_words_are_links_and_the_rest_stays() -> None:
    text = " ".join(f"INC-{number}" for number in range(LINKS + 5))

    assert links(linked(text, RULE)) == links(linked(" ".join(f"INC-{n}" for n in range(LINKS)), RULE))
    assert plain(linked(text, RULE)) == text


def test_a_text_of_nothing_but_numbers_is_given_up_on() -> None:
    assert links(linked("1 " * 100 + "INC-1", RULE)) == []
    assert links(linked("1 " * 99 + "INC-1", RULE)) != []
    assert links(linked("so " * 300 + "INC-1", RULE)) != []


def test_the_same_words_can_be_had_without_links() -> None:
    assert links(unlinked(linked("INC-1 and (CHG-2)", RULE))) == []
    assert plain(unlinked(linked("INC-1 and (CHG-2)", RULE))) == "INC-1 and (CHG-2)"
    assert linked("", RULE) == unlinked(linked("", RULE)) == ()


@given(text=st.text(max_size=300) | st.text(alphabet="I1-./#%?@:\\ \n<>|\u200b", max_size=80))
@settings(max_examples=150, deadline=None)
def test_whatever_is_typed_no_link_leaves_its_place_and_no_letter_is_lost(text: str) -> None:
    line = linked(clean(text), ANYTHING)

    assert plain(line) == clean(text)
    for ticket, url in links(line):
        split = urlsplit(url)
        assert (split.scheme, split.netloc, split.query) == ("https", "tickets.example.com", "tab=all")
        head, _, last = split.path.rpartition("/")
        assert head == "/browse"
        assert last.strip(".")
        assert ticket.isascii()
        assert ticket.isprintable()
