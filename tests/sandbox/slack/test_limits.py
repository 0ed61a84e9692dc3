"""What Slack refuses in blocks and views, the sandbox refuses."""

from typing import Any

import pytest
from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block

from sandbox.slack import limits
from tests.sandbox.slack.blocks import actions, button, field, modal, option, plain, section, select, text_input

Json = dict[str, Any]


def quoted(element: Json) -> Json:
    return {"type": "rich_text", "elements": [{"type": "rich_text_quote", "elements": [element]}]}


REFUSED = {
    "an unknown type": {"type": "sectoin", "text": plain("x")},
    "no object": "section",
    "an unknown field": section(colour="red"),
    "an unknown field deep inside": actions(button(emphasis="strong")),
    "a section of 3,001 characters": section("x" * 3001),
    "an empty section": section(""),
    "a section without text": {"type": "section"},
    "a header of 151 characters": {"type": "header", "text": plain("x" * 151)},
    "a header in mrkdwn": {"type": "header", "text": {"type": "mrkdwn", "text": "x"}},
    "eleven fields": {"type": "section", "fields": [plain("x")] * 11},
    "a field of 2,001 characters": {"type": "section", "fields": [plain("x" * 2001)]},
    "eleven context elements": {"type": "context", "elements": [plain("x")] * 11},
    "26 buttons": actions(*(button(f"b{n}") for n in range(26))),
    "no buttons": actions(),
    "a button in mrkdwn": actions(button(text={"type": "mrkdwn", "text": "x"})),
    "a button text of 76 characters": actions(button(text=plain("x" * 76))),
    "a button value of 2,001 characters": actions(button(value="x" * 2001)),
    "an unknown button style": actions(button(style="warning")),
    "a confirmation of 301 characters": actions(
        button(confirm={"title": plain("t"), "text": plain("x" * 301), "confirm": plain("y"), "deny": plain("n")})
    ),
    "the same action_id twice in a block": actions(button("approve"), button("approve")),
    "a block_id of 256 characters": actions(button(), block_id="x" * 256),
    "an action_id of 256 characters": actions(button("x" * 256)),
    "an option text of 76 characters": field(
        {"type": "static_select", "action_id": "what", "options": [option("a", "x" * 76)]}
    ),
    "an option value of 76 characters": field(
        {"type": "static_select", "action_id": "what", "options": [option("x" * 76)]}
    ),
    "101 options": field(
        {"type": "static_select", "action_id": "what", "options": [option(str(n)) for n in range(101)]}
    ),
    "a placeholder of 151 characters": field(select(placeholder=plain("x" * 151))),
    "an input in an actions block": actions(text_input()),
    "a link without an address": quoted({"type": "link", "text": "INC-1"}),
    "a link with an unknown field": quoted({"type": "link", "url": "https://x.example/", "href": "x"}),
    "a link whose text is an object": quoted({"type": "link", "url": "https://x.example/", "text": plain("x")}),
    "an alert, which only modals show": {"type": "alert", "text": plain("x")},
}

TAKEN = {
    "a section of 3,000 characters": section("x" * 3000),
    "a header of 150 characters": {"type": "header", "text": plain("x" * 150)},
    "25 buttons": actions(*(button(f"b{n}") for n in range(25))),
    "a button value of 2,000 characters": actions(button(value="x" * 2000)),
    "a button that is danger": actions(button(style="danger")),
    "rich text": {
        "type": "rich_text",
        "elements": [{"type": "rich_text_quote", "elements": [{"type": "text", "text": "<!channel>"}]}],
    },
    "a link in rich text": quoted({"type": "link", "url": "https://x.example/INC-1", "text": "INC-1"}),
    "context": {"type": "context", "elements": [{"type": "mrkdwn", "text": "x", "verbatim": True}]},
    "a divider": {"type": "divider"},
}


@pytest.mark.parametrize("block", REFUSED.values(), ids=REFUSED.keys())
def test_a_block_beyond_the_limits_is_refused_and_its_place_is_named(block: Json) -> None:
    problems = limits.message_problems([{"type": "divider"}, block])

    assert problems
    assert all("/blocks/1" in problem for problem in problems)


@pytest.mark.parametrize("block", TAKEN.values(), ids=TAKEN.keys())
def test_a_block_within_the_limits_is_taken(block: Json) -> None:
    assert limits.message_problems([block]) == []


def library_refuses(block: Any) -> bool:
    """Whether slack_sdk's own models find a length or a count wrong."""
    try:
        for one in Block.parse_all([block]):
            one.to_dict()
    except SlackObjectFormationError:
        return True
    except (AttributeError, NotImplementedError, TypeError):
        return False  # it has no opinion on what it cannot parse
    return False


def test_whatever_slacks_own_library_refuses_the_sandbox_refuses() -> None:
    refused = [block for block in (*REFUSED.values(), *TAKEN.values()) if library_refuses(block)]

    assert len(refused) >= 10
    assert all(limits.message_problems([block]) for block in refused)


def test_51_blocks_are_refused_and_50_are_taken() -> None:
    assert limits.message_problems([{"type": "divider"}] * 51)
    assert limits.message_problems([{"type": "divider"}] * 50) == []


def test_the_same_block_id_twice_is_refused() -> None:
    assert limits.message_problems([actions(button("a")), actions(button("b"))])


def test_blocks_that_are_no_list_are_refused() -> None:
    assert limits.message_problems({"type": "divider"})


@pytest.mark.parametrize(
    "view",
    [
        modal(section(), title=plain("x" * 25)),
        modal(section(), submit=plain("x" * 25)),
        modal(section(), close=plain("x" * 25)),
        modal(section(), private_metadata="x" * 3001),
        modal(section(), callback_id="x" * 256),
        modal(*[{"type": "divider"}] * 101),
        modal(section(), state={}),
        modal(section("x" * 3001)),
        {key: value for key, value in modal(field(text_input())).items() if key != "submit"},
        {key: value for key, value in modal(section()).items() if key != "title"},
        {"type": "modal"},
        None,
    ],
)
def test_a_view_beyond_the_limits_is_refused(view: Json | None) -> None:
    assert limits.view_problems(view)


def test_a_view_at_its_limits_is_taken() -> None:
    view = modal(
        *[{"type": "divider"}] * 99,
        field(text_input(max_length=1000, multiline=True)),
        title=plain("x" * 24),
        private_metadata="x" * 3000,
        callback_id="x" * 255,
    )

    assert limits.view_problems(view) == []


def test_suggestions_are_held_to_the_limits_and_may_be_none() -> None:
    assert limits.option_problems({"options": [option("x" * 76)]})
    assert limits.option_problems({"options": [option(str(n)) for n in range(101)]})
    assert limits.option_problems(["a"])
    assert limits.option_problems({"options": []}) == []
    assert limits.option_problems({"options": [option("logs")]}) == []


def test_a_whole_message_of_more_than_13000_characters_is_refused_though_each_block_is_short() -> None:
    structure = len('{"type":"section","text":{"type":"mrkdwn","text":"","verbatim":true}},')
    blocks = [section("x" * (2600 - structure)) for _ in range(5)]

    assert limits.message_problems(blocks) == []
    assert not limits.too_long(blocks[:-1])
    assert not limits.too_long([*blocks[:-1], section("x" * (2600 - structure - 1))])
    assert limits.too_long(blocks)
