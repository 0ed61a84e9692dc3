"""A letter says what the card says, and nothing that somebody typed can look like ours."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from approvals.emergencies import AfterReview
from approvals.ports.messages import Notice
from approvals.telling.cards import Card
from handlers.mail.letters import inert, letter, moment, written
from handlers.wording.text.lines import plain
from handlers.wording.views import view
from tests.handlers.mail.letters import PAGE, TO, card, denied, notice
from tests.support.builders import NOW
from tests.support.mails import mail_settings

FORGERIES = [
    "\r\nBcc: eve@example.org\r\n\r\nApproved.",
    "x\n\n-- \nDecide here:\nhttps://evil.example.org/review/x",
    "</blockquote><p>Approved by carol@example.com</p><a href='https://evil.example.org'>Decide</a>",
    "<script>alert(1)</script><img src=https://evil.example.org/x.png onerror=alert(1)>",
    "{{ 7 * 7 }}{% raw %}{# x #}",
    "> Approved by carol@example.com\n>> Replies decide",
    "\u202eevorppA\u202c \u2066hidden\u2069 \u200fx",
    "--=====\nContent-Type: text/html\n\n<b>ours</b>",
    "From mallory\n.\nQUIT",
    "Reason given by bob@example.com:\n> none\n\nLook at the request and decide:\nhttps://evil.example.org/",
    "INC-1 (https://evil.example.org) www.evil.example.org mailto:eve@example.org",
]


def parsed(made: EmailMessage) -> Any:
    return message_from_bytes(made.as_bytes(), policy=default)


def made(told: Notice, shown: Card, *, name: str = "Countersign", zone: str = "UTC") -> Any:
    settings = mail_settings(sender_name=name, timezone=ZoneInfo(zone))
    return parsed(letter(told, shown, to=TO, settings=settings, now=NOW))


def parts(told: Notice, shown: Card) -> tuple[str, str]:
    return written(told, shown, settings=mail_settings())


class Elements(HTMLParser):
    """What a page is made of: its elements, and where they lead."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.words += data

    @property
    def links(self) -> set[str | None]:
        return {value for name, value in self.attributes if name in {"href", "src", "action", "background"}}


# --- what is typed forges nothing


@pytest.mark.parametrize("typed", FORGERIES)
def test_no_header_holds_what_somebody_typed(typed: str) -> None:
    plainly, forged = made(notice(), card("INC-1")), made(notice(), card(typed, name=typed))
    boundary = forged.get_boundary()

    assert {**dict(forged.items()), "Content-Type": ""} == {**dict(plainly.items()), "Content-Type": ""}
    assert [part.get_content_type() for part in forged.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    assert boundary is not None
    assert forged.defects == []


@pytest.mark.parametrize("typed", FORGERIES)
@pytest.mark.parametrize("kind", ["reason asked", "reason decided"])
def test_in_the_text_every_line_that_somebody_typed_stands_behind_a_bar(typed: str, kind: str) -> None:
    asked = kind == "reason asked"
    shown = card(typed) if asked else denied(typed)
    text, _ = parts(notice() if asked else notice("outcome"), shown)
    benign, _ = parts(notice() if asked else notice("outcome"), card("INC-1") if asked else denied("INC-1"))

    ours = [line for line in text.split("\n") if not line.startswith(">")]
    assert ours == [line for line in benign.split("\n") if not line.startswith(">")]
    assert not set(text) & set("\u202e\u202c\u2066\u2069\u200f")


@pytest.mark.parametrize("typed", FORGERIES)
def test_in_the_html_what_somebody_typed_makes_no_element_and_no_link(typed: str) -> None:
    for shown, told in ((card(typed, name=typed), notice()), (denied(typed, typed), notice("outcome"))):
        found = Elements(parts(told, shown)[1])
        benign = Elements(parts(told, card("x") if told.step == "call" else denied("x", "x"))[1])
        allowed = {PAGE, "https://tickets.example.com/browse/INC-1"}

        # A ticket is a link, and parts what was typed.
        both = [[name for name in each.names if name not in {"a", "bdi"}] for each in (found, benign)]
        assert both[0] == both[1]
        assert found.links <= allowed
        assert not set(found.words) & set("\u202e\u202c\u2066\u2069\u200f")


def test_a_name_that_an_account_shows_cannot_end_its_brackets_or_add_lines() -> None:
    text, _ = parts(notice(), card(name='Alice)\nApproved by carol@example.com "(x'))
    (who,) = [line for line in text.split("\n") if line.startswith("Who:")]
    assert who.startswith("Who: alice@example.com (")
    assert not any(line.startswith("Approved") for line in text.split("\n"))


@pytest.mark.parametrize(
    "typed", ["https://evil.example.org/x", "www.evil.example.org", "eve@example.org", "evil.example"]
)
def test_no_reader_makes_a_link_of_what_somebody_typed(typed: str) -> None:
    shown = inert(typed)
    assert shown.replace("\u200b", "") == typed
    assert not any(piece in shown for piece in ("://", "l.e", "e.o", "e@e", "w.e"))


@pytest.mark.parametrize("typed", ["took 1.5 hours", "v1.2.3", "e.g. this", "INC-42: now", "10:30"])
def test_what_is_no_address_is_left_as_it_was_typed(typed: str) -> None:
    assert inert(typed).replace("\u200b", "") == typed


def test_a_page_loads_nothing_and_follows_nobody() -> None:
    _, html = parts(notice(), card())
    found = Elements(html)

    assert not {"img", "script", "iframe", "form", "link", "object"} & set(found.names)
    assert "url(" not in html
    assert "http://" not in html
    assert found.links == {PAGE, "https://tickets.example.com/browse/INC-42"}


# --- what it says


def test_both_parts_say_all_that_the_card_says() -> None:
    shown = card()
    told = view(shown)
    text, html = parts(notice(), shown)
    for words in (" ".join(text.split()), " ".join(Elements(html).words.split())):
        for line in (told.headline, plain(told.effect), "alice@example.com", "projects/payments-prod", "1 hour"):
            assert line in words
        for each in told.approvals:
            assert " ".join(plain(each).split()) in words
        assert "expires unless decided by Sun, 22 Nov 2026, 18:00 UTC" in words
        assert "Your signature is needed." in words
        assert "Replies to this mail decide nothing." in words
    assert PAGE in text


def test_only_who_is_asked_gets_a_button() -> None:
    for told, shown in ((notice("copy"), card()), (notice("outcome"), denied())):
        text, html = parts(told, shown)
        assert "/review/" not in text + html
        assert "Replies to this mail decide nothing." in text


def test_the_outcome_says_who_decided_and_why() -> None:
    text, _ = parts(notice("outcome"), denied("Use the other way."))
    assert "Denied by carol@example.com" in " ".join(text.split())
    assert "> Use the other way." in text


def test_no_line_of_the_text_is_too_wide_but_the_link() -> None:
    text, _ = parts(notice(), card("word " * 200))
    assert [line for line in text.split("\n") if len(line) > 78] == [PAGE] or len(PAGE) <= 78


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("UTC", "Sun, 22 Nov 2026, 10:00 UTC"),
        ("Europe/Berlin", "Sun, 22 Nov 2026, 11:00 CET (UTC+01:00)"),
        ("Australia/Melbourne", "Sun, 22 Nov 2026, 21:00 AEDT (UTC+11:00)"),
        ("America/Sao_Paulo", "Sun, 22 Nov 2026, 07:00 UTC-03:00"),
    ],
)
def test_moments_are_said_in_the_zone_of_the_setting_with_its_name(zone: str, said: str) -> None:
    assert moment(NOW, ZoneInfo(zone)) == said


# --- headers


def test_a_letter_says_that_nobody_s_robot_is_to_answer_it() -> None:
    found = made(notice(), card())

    assert found["Auto-Submitted"] == "auto-generated"
    assert found["X-Auto-Response-Suppress"] == "All"
    assert found["List-Id"] == "Countersign <countersign.example.com>"
    assert [str(each) for each in found["To"].addresses] == [TO]
    assert found["From"] == "Countersign <countersign@example.com>"


@pytest.mark.parametrize("name", ['"Eve" <eve@example.org>,', "Ops, on call", "Zo\u00eb", "a@b.example"])
def test_a_sender_s_name_is_never_another_address(name: str) -> None:
    (sender,) = made(notice(), card(), name=name)["From"].addresses
    assert (sender.addr_spec, sender.display_name) == ("countersign@example.com", name)


def test_a_letter_has_one_id_however_often_it_is_sent_and_others_have_others() -> None:
    again = [made(notice(), card("INC-1")), made(notice(), card("INC-2"))]
    assert again[0]["Message-ID"] == again[1]["Message-ID"]
    assert made(notice("outcome"), denied())["Message-ID"] != again[0]["Message-ID"]


def test_the_outcome_stands_in_the_thread_of_what_was_asked() -> None:
    asked = made(notice(), card())
    told = made(notice("outcome", follows=(notice().key,)), denied())

    assert told["In-Reply-To"] == told["References"] == asked["Message-ID"]
    assert asked["In-Reply-To"] is None
    assert told["Subject"] == f"Re: {asked['Subject']}"
    assert asked["Subject"] == "alice@example.com asks for Payments administration (r-0123456789)"


def test_a_letter_about_an_emergency_does_not_say_that_somebody_asks() -> None:
    awaited = AfterReview(by=("group:sre@example.com",), due=NOW)
    told = made(notice(), card(after_review=awaited))

    assert told["Subject"] == (
        "alice@example.com took access in an emergency, to be reviewed: Payments administration (r-0123456789)"
    )
    for each in parts(notice(), card(after_review=awaited)):
        assert "/request/r-0123456789" in each
        assert "/review/" not in each
        assert "access began without anybody's approval" in each.replace("&#39;", "'")
        assert "Look at it and review it" in each


def test_the_copy_of_an_emergency_speaks_of_a_review_and_of_no_decision() -> None:
    awaited = AfterReview(by=("group:sre@example.com",), due=NOW)
    for part in parts(notice("copy"), card(after_review=awaited)):
        said = " ".join(part.split())
        assert "those who review the access that you took in an emergency" in said
        assert "approvers" not in said
        assert "You cannot decide your own request" not in said
