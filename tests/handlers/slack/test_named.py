"""The names that accounts show: people choose them, and nobody decides by them."""

import msgspec
import pytest

from handlers.slack.cards import message
from tests.handlers.slack.records import NASTY
from tests.handlers.slack.test_cards import CARD, card_of, nodes
from tests.support.builders import review


@pytest.mark.parametrize("name", [*NASTY, "bob@example.com", "Security, which approved this"])
def test_the_name_that_an_account_shows_stands_beside_the_address_and_is_no_markup(name: str) -> None:
    card = msgspec.structs.replace(card_of(review("bob@example.com")), names={"alice@example.com": f"mark {name}"})
    drawn = message(CARD, card, buttons=True)

    holding = [node for node in nodes(list(drawn.blocks)) if "mark" in str(node.get("text", ""))]

    assert {node["type"] for node in holding} == {"text"}
    said = "".join(node["text"] for node in nodes(list(drawn.blocks)) if node.get("type") == "text")
    assert "alice@example.com (" in said
    assert "mark" not in drawn.text
