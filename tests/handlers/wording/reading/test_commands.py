"""The words of a command."""

import pytest

from handlers.wording.reading.commands import (
    LONGEST,
    Ask,
    Bare,
    End,
    Extend,
    Form,
    Help,
    Mine,
    Order,
    Pending,
    Why,
    Withdraw,
    parse,
)
from handlers.wording.text.plain import unquoted_ones

ID = "r-0123456789"


@pytest.mark.parametrize("text", ["end", "end 42", "end r-012345678", f"end {ID} now", "withdraw r-0123456789l"])
def test_an_order_without_the_id_of_a_request_is_explained(text: str) -> None:
    order = parse(text)

    assert isinstance(order, Help)
    assert order.nameless == text.partition(" ")[0]


def test_a_line_without_an_order_is_read_as_a_request_and_as_a_slip() -> None:
    assert parse("requst logs for 2h because INC-7") == Bare(
        word="requst",
        ask=Ask(what="requst logs", duration="2h", justification="INC-7"),
        meant="request",
        rest=Ask(what="logs", duration="2h", justification="INC-7"),
    )
    assert parse("launch now") == Bare(word="launch", ask=Ask(what="launch now"), meant="", rest=Ask(what="now"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("logs on x for 2h from 18:00", Ask(what="logs", where="x", duration="2h", start="18:00")),
        ("logs from tomorrow 9:00 for 2h on x", Ask(what="logs", where="x", duration="2h", start="tomorrow 9:00")),
        ("logs from 14:00 until 17:00", Ask(what="logs", start="14:00", duration="until 17:00")),
        ("logs till friday 9:00", Ask(what="logs", duration="until friday 9:00")),
        ("logs for 1h from 2026-11-30 18:00", Ask(what="logs", duration="1h", start="2026-11-30 18:00")),
        (
            "logs for 1h from 2026-11-30T18:00+01:00",
            Ask(what="logs", duration="1h", start="2026-11-30T18:00+01:00"),
        ),
        ("read from backup for 1h", Ask(what="read from backup", duration="1h")),
        ("read from marketing for 1h", Ask(what="read from marketing", duration="1h")),
        ('"restore from 3 copies" for 1h', Ask(what="restore from 3 copies", duration="1h")),
        ("logs because it is down from 18:00 on", Ask(what="logs", justification="it is down from 18:00 on")),
    ],
)
def test_a_moment_is_told_from_a_title(text: str, expected: Ask) -> None:
    assert parse(f"request {text}") == expected


def test_a_text_that_is_too_long_is_not_read() -> None:
    order = parse("request logs because " + "x" * LONGEST)

    assert isinstance(order, Help)
    assert "too long" in order.problem
    assert parse("x" * LONGEST) != parse("x" * (LONGEST + 1))


class Counted:
    """A span that counts in `looks` how often anybody asks where it is."""

    looks = 0

    def __init__(self, start: int, end: int) -> None:
        self._start, self._end = start, end

    def start(self) -> int:
        Counted.looks += 1
        return self._start

    def end(self) -> int:
        Counted.looks += 1
        return self._end


def test_many_words_and_many_quotations_are_looked_at_once_each() -> None:
    Counted.looks = 0
    words = [Counted(10 * number, 10 * number + 5) for number in range(1000)]
    quotations = [Counted(10 * number + 3, 10 * number + 8) for number in range(1000)]

    assert unquoted_ones(iter(words), iter(quotations)) == words
    assert unquoted_ones(iter(quotations), iter(words)) == []
    assert Counted.looks < 20 * 1000


@pytest.mark.parametrize("mark", '“„«"')
def test_a_quotation_mark_without_its_end_quotes_nothing(mark: str) -> None:
    assert parse(f"request logs {mark}{mark * 2} for 2h") == Ask(what='logs """', duration="2h")


BLANKS = [
    " ",
    "\u00a0",
    "\t",
    "\n",
    "\r\n",
    "\u3000",
    "\u2009",
    "\u202f",
    "\u2028",
    "\u205f",
    "\x0b",
    "\x85",
    " \u00a0 ",
]


@pytest.mark.parametrize("blank", BLANKS, ids=ascii)
@pytest.mark.parametrize(
    ("text", "order"),
    [
        (f"end {ID}", End(ID)),
        (f" END {ID} ", End(ID)),
        (f"withdraw {ID}", Withdraw(ID)),
        ("why logs", Why("logs")),
        ("mine ", Mine()),
        (" ", Form()),
        (
            "request logs on shop-prod for 2 hours because INC-7",
            Ask(what="logs", where="shop-prod", duration="2 hours", justification="INC-7"),
        ),
    ],
)
def test_any_white_space_separates_words(text: str, order: Order, blank: str) -> None:
    assert parse(text.replace(" ", blank)) == order


@pytest.mark.parametrize("dash", "-\u2010\u2011\u2012\u2013\u2014\u2212\ufe63\uff0d")
def test_any_dash_stands_in_ids_and_names(dash: str) -> None:
    assert parse(f"end r{dash}0123456789") == End(ID)
    assert parse(f"request compute{dash}admin on shop{dash}prod") == Ask(what="compute-admin", where="shop-prod")


QUOTES = ['""', "“”", "””", "„“", "„”", "«»", "»«", "＂＂", "''", "‘’", "’’", "‚‘", "‹›", "``", '“"', '"”']


@pytest.mark.parametrize("quotes", QUOTES)
def test_any_quotes_stand_around_names_and_reasons(quotes: str) -> None:
    def quoted(text: str) -> str:
        return quotes[0] + text + quotes[1]

    asked = parse(f"request {quoted('Read logs')} for {quoted('2h')} because {quoted('INC-7')}")

    assert asked == Ask(what="Read logs", duration="2h", justification="INC-7")
    assert parse(f"end {quoted(ID)}") == End(ID)


@pytest.mark.parametrize("quotes", ['""', "“”", "””", "„“", "„”", "«»", '“"'])
def test_words_of_the_grammar_inside_any_double_quotes_are_only_words(quotes: str) -> None:
    asked = parse(f"request {quotes[0]}Deploy on call for because{quotes[1]} for 2h")

    assert asked == Ask(what="Deploy on call for because", duration="2h")


def test_the_reason_stays_as_it_was_typed() -> None:
    reason = "Bob’s “fix” – 5‑10 minutes,\u00a0at most"

    assert parse(f"request logs because {reason}") == Ask(what="logs", justification=reason)


SAID: list[tuple[str, Order]] = [
    ("", Form()),
    ("   ", Form()),
    ("request", Form()),
    ("MINE", Mine()),
    ("Pending", Pending()),
    (f"extend {ID} 1h because INC-1: “more”", Extend(request=ID, duration="1h", justification="INC-1: “more”")),
    (f"EXTEND “{ID.upper()}” for 1 hour", Extend(request=ID, duration="1 hour")),
    (f"extend {ID} by 30m because: it runs", Extend(request=ID, duration="30m", justification="it runs")),
    (f"extend {ID}", Extend(request=ID)),
    (f"extend {ID} because of 2h more", Extend(request=ID, justification="of 2h more")),
    ("extend", Help(nameless="extend")),
    ("extend it 1h", Help("“it” is no request's id. ", nameless="extend")),
    ("help", Help()),
    (f"end {ID}", End(ID)),
    (f"END `{ID.upper()}`", End(ID)),
    (f"withdraw “{ID}”", Withdraw(ID)),
    ("why logs", Why("logs")),
    ('why "Read logs"', Why("Read logs")),
    ("why", Why()),
    ("why roles/logging.viewer on shop-prod", Why("roles/logging.viewer", "shop-prod")),
]


@pytest.mark.parametrize(("text", "order"), SAID)
def test_simple_orders(text: str, order: Order) -> None:
    assert parse(text) == order


ASKED = [
    ("request logs", Ask(what="logs")),
    ("request logs on shop-prod", Ask(what="logs", where="shop-prod")),
    (
        "request roles/logging.viewer on projects/shop-prod for 1 hour and 30 minutes because INC-7",
        Ask(
            what="roles/logging.viewer",
            where="projects/shop-prod",
            duration="1 hour and 30 minutes",
            justification="INC-7",
        ),
    ),
    ("request logs for 2h on shop-prod", Ask(what="logs", where="shop-prod", duration="2h")),
    (
        "request logs because on call for the shop because of INC-7",
        Ask(what="logs", justification="on call for the shop because of INC-7"),
    ),
    ("request logs FOR 2h BECAUSE: INC-7", Ask(what="logs", duration="2h", justification="INC-7")),
    ("request logs because", Ask(what="logs")),
    ("request “Read logs” for ‘2h’ because “INC-7”", Ask(what="Read logs", duration="2h", justification="INC-7")),
    ("request  logs   on\tshop-prod", Ask(what="logs", where="shop-prod")),
    ("request for 2h because INC-7", Ask(duration="2h", justification="INC-7")),
    ("request logs because a\nb", Ask(what="logs", justification="a\nb")),
    ("request logs\u202e because\u200b INC-7", Ask(what="logs", justification="INC-7")),
    ("request forensics on onboarding", Ask(what="forensics", where="onboarding")),
]


@pytest.mark.parametrize(("text", "ask"), ASKED)
def test_one_line_requests(text: str, ask: Ask) -> None:
    assert parse(text) == ask


def test_words_of_the_grammar_inside_quotes_are_only_words() -> None:
    asked = parse('request "Deploy on call for because" on shop-prod for 2h because “INC-7”')

    assert asked == Ask(what="Deploy on call for because", where="shop-prod", duration="2h", justification="INC-7")
