"""How much of a window a card takes, in the page in Debian's Chromium."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.support.chromium import MARKS, act_as, browser, morning, page_of
from tests.support.running import Running, running

__all__ = ["browser"]
pytestmark = MARKS

EXAMPLE = Path(__file__).parents[2] / "examples" / "policy.yaml"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("office"), policy=EXAMPLE.read_text()) as made:
        yield made


# Pixels from the name of the app to the last line; with a column of labels they were 541 and 729, and 586 and 862.
@pytest.mark.parametrize(
    ("asked", "heights"), [("compute-admin-prod", (330, 470)), ("deploy-prod-signed", (345, 545))]
)
def test_a_card_is_short(office: Running, browser: Browser, asked: str, heights: tuple[int, int]) -> None:
    office.card(office.ask("alice", asked, "CHG-42 release 7"), having="approve", by="bob")

    for width, most in zip((1280, 375), heights, strict=True):
        assert _height(office, browser, "Approve", width=width) <= most


def test_a_card_of_what_is_over_is_a_few_lines(office: Running, browser: Browser) -> None:
    over = office.ask("alice", "customer-data")
    assert office.press("alice", "withdraw", over).ok
    office.sees("Withdrawn", over)

    assert _height(office, browser, "Details", width=1280) <= 140


def _height(office: Running, browser: Browser, button: str, *, width: int) -> float:
    with page_of(browser, office.box, width=width, height=900, timezone=morning()) as page:
        act_as(page, "Bob Baker")
        card = page.locator("li.message").filter(has=page.get_by_role("button", name=button)).last
        expect(card).to_be_visible()
        return float(card.evaluate("card => card.getBoundingClientRect().height"))
