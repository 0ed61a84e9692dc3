"""The card of a call that an agent asks for: what is judged comes first, and every sign of it is there."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.policy.calling import LABELS
from approvals.requests import Request
from approvals.showing import fits, shown
from approvals.targets import Given, by_agent
from approvals.telling.cards import Card
from countersign_client.tools import ARGUMENT, DEFINITION, NAME, SERVER, written
from handlers.slack.cards import Message
from handlers.wording.text.lines import Laid
from handlers.wording.views import view
from sandbox.slack.limits import message_problems, too_long
from tests.handlers.slack.records import NASTY
from tests.handlers.slack.test_action_cards import asked, draw, said_on
from tests.handlers.slack.test_cards import ONE, buttons_of, nodes, tally
from tests.handlers.wording.text.test_laying import VALUES, undone
from tests.support.agents import DEFINITION as DIGEST
from tests.support.builders import REFUND


def call(arguments: dict[str, Any], **changes: Any) -> Request:
    """A call of `delete_account` with these arguments, of which the policy names the amount."""
    said = {SERVER: "crm", NAME: "delete_account"}
    labels = {"amount": "Amount"}
    told = [
        *[(name, LABELS[name], value) for name, value in said.items()],
        *[
            (f"{ARGUMENT}{name}", labels.get(name, f"Argument {name}"), written(value))
            for name, value in arguments.items()
        ],
        (DEFINITION, LABELS[DEFINITION], DIGEST),
    ]
    parameters = tuple(Given(name=name, label=label, type="string", value=text) for name, label, text in told)
    target = msgspec.structs.replace(
        REFUND,
        parameters=parameters,
        key="",
        data="",
        metadata={"Owner": "CRM", **by_agent("Coding assistant")},
        **changes,
    )
    return asked(targets=(target,))


def read(drawn: Message) -> list[tuple[str, str, bool]]:
    """Each line of the first rich text: its label, its text, and whether it stands in a box."""
    block = next(each for each in drawn.blocks if each["type"] == "rich_text")
    found: list[tuple[str, str, bool]] = []
    for element in block["elements"]:
        boxed = element["type"] == "rich_text_preformatted"
        for each in element["elements"]:
            if each.get("style") == {"bold": True}:
                found.append((each["text"].strip().removesuffix(":"), "", False))
            else:
                label, text, _ = found.pop()
                found.append((label, text + each["text"], boxed))
    return found


def test_who_asks_for_whom_and_which_call_come_first_and_the_definition_last() -> None:
    labels = [label for label, _, _ in read(draw(call({"amount": 250, "account": "A-17"}, risk="It is gone")))]

    assert labels == [
        "Asked by",
        "On behalf of",
        "Action",
        "Server",
        "Tool",
        "Amount",
        "Argument account",
        "Application",
        "Owner",
        "Risk",
        *[label for label, _ in shown(call({})) if label not in labels[:10] and label != "Definition of the tool"],
        "Definition of the tool",
    ]


@given(arguments=st.dictionaries(st.text(min_size=1, max_size=20), VALUES, max_size=6))
def test_all_that_is_digested_of_a_call_is_shown_whatever_it_is(arguments: dict[str, Any]) -> None:
    request = call(arguments)
    drawn = draw(request)

    assert message_problems(list(drawn.blocks)) == []
    assert not too_long(list(drawn.blocks))
    if fits(request):
        found = view(Card(request=request, tally=tally(ONE))).lines
        texts = [(each.label, *[getattr(part, "text", part) for part in each.value]) for each in found]
        assert sorted(texts) == sorted(shown(request))
        assert len(read(drawn)) == len(shown(request))
        assert all(
            undone(part.rows) == part.text for each in found for part in each.value if isinstance(part, Laid)
        )
    else:
        assert set(buttons_of(drawn)) == {"page", "deny"}


@pytest.mark.parametrize("text", [*NASTY, "`x`\nOn behalf of: bob@example.com", "```\n*x*", "\u0430mount\nb"])
@pytest.mark.parametrize("place", ["name", "text", "nested"])
def test_no_argument_forges_a_line_or_is_read_as_markup(text: str, place: str) -> None:
    deep = {"deep": [text, {text: text}]}
    brought: dict[str, dict[str, Any]] = {"name": {text: 1}, "text": {"note": text}, "nested": {"note": deep}}
    request = call(brought[place])
    drawn = draw(request)
    if not fits(request):
        assert set(buttons_of(drawn)) == {"page", "deny"}
        return

    lines = read(drawn)
    assert sorted(label for label, _, _ in lines) == sorted(label for label, _ in shown(request))
    assert [value for label, value, _ in lines if label == "On behalf of"] == ["alice@example.com"]
    for node in nodes(list(drawn.blocks)):
        assert node.get("type") not in {"user", "usergroup", "channel", "broadcast", "emoji", "link"}
        assert "evil" not in node["text"] if node.get("type") == "mrkdwn" else True


def test_a_nested_argument_stands_in_a_box_over_several_lines() -> None:
    options = {
        "filter": {"state": ["open", "stale"], "before": "2026-01-01"},
        "ids": list(range(40)),
        "notify": True,
    }

    ((text, boxed),) = [(text, box) for label, text, box in read(draw(call({"options": options}))) if box]

    assert boxed
    assert text.startswith(
        '{\n  "filter": {"before": "2026-01-01", "state": ["open", "stale"]},\n  "ids": [\n    0, 1,'
    )


def test_where_there_is_no_room_for_the_layout_the_lines_stand_as_they_were_digested() -> None:
    deep: Any = [[[[[[[[["x\ny"] * 60] * 2]]]]]]]
    request = call({"deep": deep, "more": deep})
    assert fits(request)
    drawn = draw(request, names={"alice@example.com": '"' * 200})

    assert not too_long(list(drawn.blocks))
    assert len(read(drawn)) == len(shown(request))
    assert not any(boxed for _, _, boxed in read(drawn))


def test_a_card_that_cannot_show_the_call_still_says_which_tool_it_is_for_and_for_whom() -> None:
    drawn = draw(call({"text": "line " * 700}))
    said = said_on(drawn.blocks)

    assert "delete_account\n of \ncrm" in said
    assert "an agent, Coding assistant, on behalf of alice@example.com" in said
    assert (
        "It is approved on its page, which shows them all: nobody approves what they have not seen whole." in said
    )
    assert "line line" not in said


def test_an_approval_lets_the_agent_make_this_very_call() -> None:
    said = said_on(draw(call({})).blocks)

    assert "Approve lets the agent make exactly this call: once, within 10 minutes from then." in said
