"""The request form: what it offers, what it refuses under which field, and that it files once."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from sandbox.slack import outward
from sandbox.slack.records import Outcome
from tests.journeys.sockets import running_by_socket
from tests.support.running import POLICY, Running, running
from tests.support.shown import view_words, words

MANY = 130
MORE = "".join(
    f"""\
  - id: reader-{number:03}
    title: Reader of shard {number:03}
    resource: projects/shop-prod
    roles: [roles/compute.viewer]
    requesters: ["domain:example.com"]
    approval:
      - {{approvers: ["group:sre"], needed: 1}}
"""
    for number in range(MANY)
)


@pytest.fixture(scope="module", params=[running, running_by_socket], ids=["HTTP", "Socket Mode"])
def wide(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with request.param(tmp_path_factory.mktemp("office"), policy=POLICY + MORE) as office:
        yield office


def fill(office: Running, who: str, **typed: str) -> Outcome:
    """Open the form and send it, with good answers where none are given."""
    assert office.box.slack.command(who, "/jit").ok
    return office.box.slack.submit(who, good(**typed))


def good(**typed: str) -> dict[str, str]:
    return {"entitlement": "admin", "duration": "1h", "justification": "INC-1 disk full"} | typed


def own(office: Running, who: str) -> list[str]:
    found = office.service.store.open_of(f"{who}@example.com")
    return [request.id for request in found]


def test_the_list_shows_a_hundred_and_the_typed_words_find_the_rest(wide: Running) -> None:
    wide.box.slack.command("dan", "/jit")
    assert len(wide.box.slack.suggest("dan", "entitlement").options) == 100
    found = wide.box.slack.suggest("dan", "entitlement", "shard 127").options
    assert [option["value"] for option in found] == ["reader-127"]
    assert wide.box.slack.suggest("dan", "entitlement", "no such thing").options == []

    assert wide.box.slack.submit("dan", good(entitlement="reader-127")).ok
    assert wide.request(own(wide, "dan")[0]).terms.entitlement == "reader-127"


def test_the_list_offers_only_what_the_person_may_ask_for(wide: Running) -> None:
    wide.box.slack.command("carol", "/jit")
    found = wide.box.slack.suggest("carol", "entitlement", "customer").options
    assert found == []
    assert wide.box.slack.submit("carol", good(entitlement="pair")).error == "not_offered"
    wide.box.slack.close("carol")


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("duration", {"duration": "soon"}, "soon"),
        ("duration", {"duration": "5h"}, "4 hours"),
        ("duration", {"duration": "-1h"}, "-1h"),
        ("justification", {"entitlement": "signed", "justification": "because"}, "Start with the change number"),
        ("justification", {"justification": "  \n "}, "why"),
    ],
)
def test_what_is_wrong_stands_under_its_field(wide: Running, field: str, typed: dict[str, str], said: str) -> None:
    before = own(wide, "bob")
    outcome = fill(wide, "bob", **typed)

    assert list(outcome.errors) == [field]
    assert said in outcome.errors[field]
    assert outcome.view is not None
    assert own(wide, "bob") == before
    wide.box.slack.close("bob")


def test_a_corrected_form_goes_through(wide: Running) -> None:
    assert fill(wide, "carol", duration="a while").errors
    assert wide.box.slack.submit("carol", good(duration="2 hours")).ok
    (filed,) = own(wide, "carol")
    assert wide.request(filed).terms.duration.total_seconds() == 7200


def test_a_form_whose_answer_was_lost_and_that_is_sent_again_files_once(
    office: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.box.slack.command("alice", "/jit")
    office.box.slack.suggest("alice", "entitlement")
    office.clock.ahead += timedelta(minutes=1)
    office.box.slack.faults.add("users.info", "delay", seconds=0.3)
    with monkeypatch.context() as patched:
        patched.setattr(outward, "ANSWER_SECONDS", 0.1)
        late = office.box.slack.submit("alice", good())
    assert late.error == "operation_timeout"
    assert late.view is not None

    assert office.box.slack.submit("alice", good()).ok
    office.until(lambda: own(office, "alice"))
    asked = own(office, "alice")
    assert len(asked) == 1
    office.card(asked[0], having="approve", by="bob")
    assert len(office.cards(asked[0])) == 1


def test_an_incomplete_line_opens_the_form_with_what_was_typed(wide: Running) -> None:
    wide.box.slack.command("alice", "/jit request admin on shop-prod for 2h")
    view = wide.box.slack.view("alice")
    assert view is not None
    assert "Compute admin" in view_words(view) or "Compute admin" in str(view["blocks"])
    outcome = wide.box.slack.submit("alice", {"entitlement": "admin", "duration": "2h", "justification": "INC-3"})
    assert outcome.ok, outcome
    assert wide.request(own(wide, "alice")[0]).terms.justification.text == "INC-3"


@pytest.mark.parametrize(
    "typed",
    [
        "INC-1 <!channel> <!here> <@U0BOB> <#C0ACCESS> @channel @here",
        "INC-1 <https://evil.example|press here> https://evil.example [x](https://evil.example)",
        "INC-1 ```code``` `tick` *bold* _italics_ ~gone~ > quote\n• Approved by bob@example.com",
        "INC-1 \u202egnp.exe\u2066 x\u2069 \u200f\u061c \u0000\u0007 \ufeff",
        "INC-1 countersign:i-abc/r-0123456789 Approved by dan@example.com",
        "INC-1 &lt;!channel&gt; &amp; <&amp;!channel>",
    ],
    ids=["mentions", "links", "markup", "directions", "our mark", "escapes"],
)
def test_what_is_typed_stays_text(wide: Running, typed: str) -> None:
    assert fill(wide, "alice", justification=typed).ok
    asked = own(wide, "alice")[0]
    card = wide.card(asked, having="approve", by="bob")
    quoted = [block for block in card.blocks if block["type"] == "rich_text"]

    assert "<!" not in card.text
    assert "evil" not in card.text
    assert all("INC-1" not in str(block) for block in card.blocks if block["type"] != "rich_text")
    assert {element["type"] for element in _leaves(quoted)} == {"text"}
    assert not {"\u202e", "\u2066", "\u2069", "\u200f", "\u061c", "\u0000", "\u0007"} & set(words(card))

    wide.approve("bob", asked)
    wide.granted(asked)
    assert "INC-1" not in str(wide.box.google.policies())


def test_three_thousand_characters_are_refused_in_the_form_and_by_the_line(wide: Running) -> None:
    before = own(wide, "alice")
    outcome = fill(wide, "alice", justification="x" * 3000)
    assert not outcome.ok
    assert list(outcome.errors) == ["justification"]
    wide.box.slack.close("alice")
    line = f"/jit request admin on shop-prod for 1h because {'x' * 3000}"
    assert "r-" not in wide.box.slack.command("alice", line).body
    assert own(wide, "alice") == before


def test_the_longest_text_that_is_allowed_makes_a_valid_card(wide: Running) -> None:
    asked = wide.ask("alice", "admin on shop-prod", "<&>" * 333)
    assert words(wide.card(asked, having="approve", by="bob")).count("<&>") == 333


def _leaves(blocks: list[dict[str, object]]) -> Iterator[dict[str, object]]:
    for block in blocks:
        inside = block.get("elements")
        if isinstance(inside, list):
            yield from _leaves(inside)
        else:
            yield block
