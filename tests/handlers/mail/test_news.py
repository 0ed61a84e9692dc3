"""Mails of what belongs to no request: whatever was typed, no header holds it and nothing looks like ours."""

from datetime import timedelta

import msgspec
import pytest

from approvals.reviews import typed
from approvals.telling.news import News, StandsIn, StandsInNoMore
from handlers.mail.news import told
from tests.handlers.slack.test_news import FORCED
from tests.support.builders import NOW
from tests.support.mails import mail_settings

STANDS_IN = StandsIn(person="carol@example.com", until=NOW + timedelta(hours=8), at=NOW)


def mail(news: News) -> tuple[str, str, str, str]:
    """Its subject, its text, its HTML and its Message-ID."""
    made = told(news, to="bob@example.com", settings=mail_settings(), now=NOW)
    text, html = (made.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert html is not None
    return made["Subject"], text.get_content(), html.get_content(), made["Message-ID"]


@pytest.mark.parametrize("evil", ["a\r\nBcc: eve@example.com", "<script>alert(1)</script>", "x" * 5000])
def test_nothing_that_was_typed_makes_a_header_or_markup(evil: str) -> None:
    subject, _, html, _ = mail(msgspec.structs.replace(FORCED, why=typed(evil, salt="s" * 16), source=evil))

    assert subject == "🚨 A looser policy was put in force by break-glass: nobody accepted it."
    assert "<script" not in html
    assert "Bcc" not in str(told(FORCED, to="bob@example.com", settings=mail_settings(), now=NOW).keys())


def test_who_stands_in_reads_for_whom_until_when_and_what_follows() -> None:
    subject, text, html, name = mail(STANDS_IN)

    assert subject.startswith("You stand in for carol@example.com until ")
    for part in (text, html):
        said = " ".join(part.split())
        assert "You stand in for carol@example.com" in said
        assert "you two count as one person" in said
        assert "Replies to this mail decide nothing" in said
    assert mail(STANDS_IN)[3] == name
    assert mail(msgspec.structs.replace(STANDS_IN, at=NOW + timedelta(hours=1)))[3] != name


def test_who_stands_in_no_more_reads_that() -> None:
    subject, text, _, _ = mail(StandsInNoMore(person="carol@example.com", until=NOW, at=NOW))

    assert subject == "You no longer stand in for carol@example.com."
    assert "needs somebody else's approval" in " ".join(text.split())
