"""The mail of an action: every line that its digest covers, and nothing that was brought can look like ours."""

import html
import re
from typing import Any

import msgspec
import pytest

from approvals.showing import fits, shown
from approvals.targets import Given
from approvals.telling.cards import Card
from approvals.votes.counting import StageTally
from approvals.votes.tally import Tally
from handlers.mail.letters import written
from tests.handlers.mail.letters import PAGE, REQUIREMENT, TOKEN, notice
from tests.handlers.mail.test_letters import FORGERIES, Elements
from tests.support.builders import PERSON, REFUND, action_terms, filed
from tests.support.mails import mail_settings


def card(text: str = "A-17", *, count: int = 1, **changes: Any) -> Card:
    """What the shop asks for, with a text that it brings wherever it can bring one."""
    given = [Given(name=f"p{place}", label=f"Note {place}", type="string", value=text) for place in range(count)]
    data = msgspec.json.encode({text: text}).decode()
    call = msgspec.structs.replace(
        REFUND, parameters=(*given, *REFUND.parameters), key=text, data=data, metadata={text: text}
    )
    request = filed(terms=action_terms(targets=(call,), requirement=REQUIREMENT, **changes)).request
    held = tuple(StageTally(needed=stage.needed, counted=(), unknown=()) for stage in REQUIREMENT.stages)
    tally = Tally(requirement=REQUIREMENT, stages=held)
    return Card(request=request, tally=tally, token=TOKEN, too_long=not fits(request))


def parts(found: Card) -> tuple[str, str]:
    return written(notice(), found, settings=mail_settings())


def rows(page: str) -> list[tuple[str, str]]:
    """The table's rows: label and text."""
    found = re.findall(r'<th scope="row">(.*?)</th><td>(.*?)\s*</td>', page, flags=re.DOTALL)
    return [(_words(label), _words(text)) for label, text in found]


def _words(markup: str) -> str:
    return html.unescape(re.sub("<[^>]*>|\u200b", "", markup)).strip()


@pytest.mark.parametrize("count", [1, 80])
@pytest.mark.parametrize("text", ["A-17", *FORGERIES])
def test_every_line_stands_in_the_mail_exactly_as_it_was_digested(text: str, count: int) -> None:
    """Also where a card has no room for it."""
    found = card(text, count=count)
    plainly, page = parts(found)
    wanted = shown(found.request)

    assert rows(page) == [(label.strip(), line.strip()) for label, line in wanted]
    # A line begins where its label does, and what it goes on with is indented.
    unfolded = plainly.replace("\n  ", " ").replace("\u200b", "").split("\n")
    said = [" ".join(f"{label}: {line}".split()) for label, line in wanted]
    start = unfolded.index(said[0])
    assert unfolded[start : start + len(said)] == said
    assert found.too_long == (count == 80)


@pytest.mark.parametrize("text", FORGERIES)
def test_what_a_program_brings_makes_no_element_and_no_link(text: str) -> None:
    found, benign = (Elements(parts(card(each))[1]) for each in (text, "A-17"))

    assert found.names == benign.names
    assert found.links <= {PAGE}
    assert not set(found.words) & set("\u202e\u202c\u2066\u2069\u200f")


def test_a_secret_is_in_no_mail() -> None:
    for part in parts(card()):
        assert "•••• (not shown)" in part
        for secret in ("No. 4111", "c" * 16, REFUND.parameters[2].value):
            assert secret not in part


def test_that_only_the_application_says_for_whom_it_is_stands_in_plain_words() -> None:
    asserted = msgspec.structs.replace(PERSON, proven="asserted")

    assert "That this is for alice@example.com is asserted by shop" in parts(card(person=asserted))[0]
    assert "asserted" not in parts(card())[0]
