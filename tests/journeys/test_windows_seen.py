"""What people see of several calls that were approved at once, wherever they look: how many, and which."""

import re
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any

import pytest

from sandbox.slack.records import Message
from tests.support.applications import App
from tests.support.callers import Caller
from tests.support.desk import Desk
from tests.support.running import running
from tests.support.several import Agent, rules
from tests.support.shown import view_words
from tests.support.visits import Answer, Browser, forms, link
from tests.support.ways import Place, button, page

ALICE, BOB = "alice@example.com", "bob@example.com"
Eyes = Callable[[Agent, Desk, str], str]
"""What Alice reads in one place about a request."""


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agent]:
    app = App("assistant")
    with running(tmp_path_factory.mktemp("office"), policy=rules(app), iap_port=0) as office:
        app._now = office.clock
        yield Agent(office, app)


@pytest.fixture(scope="module")
def desk(agent: Agent, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    made = Desk(agent.office, tmp_path_factory.mktemp("alice"), "alice")
    assert made.login("--no-keyring").exit_code == 0
    return made


@pytest.fixture(autouse=True)
def over(agent: Agent) -> Iterator[None]:
    yield
    agent.over()


# --- where people look


def at_home(agent: Agent, who: str) -> Any:
    """The Home tab, as it is drawn because somebody looks."""
    slack = agent.office.box.slack
    before = slack.home(who)
    assert slack.open_home(who).ok

    def newer() -> Any:
        found = slack.home(who)
        return found if found is not None and (before is None or found["hash"] != before["hash"]) else None

    return agent.office.until(newer)


def printed(desk: Desk, *command: str) -> str:
    done = desk.run(*command)
    assert not done.stderr, done.output
    return " ".join(done.output.split())


ITSELF: dict[str, Eyes] = {
    "page": lambda agent, _, asked: Browser(agent.office, ALICE).get(f"/request/{asked}").words,
    "/v1": lambda agent, _, asked: str(Caller(agent.office, ALICE).get(f"/v1/requests/{asked}").json),
    "terminal": lambda _, desk, asked: printed(desk, "status", asked),
}
LISTS: dict[str, Eyes] = {
    "Home": lambda agent, _, asked: of_row(view_words(at_home(agent, "alice")), asked),
    "list of the pages": lambda agent, _, asked: of_row(Browser(agent.office, ALICE).get("/").words, asked),
    "history": lambda agent, _, asked: of_row(Browser(agent.office, ALICE).get("/history").words, asked),
    "/v1, all": lambda agent, _, asked: line_of(agent, asked),
    "terminal, all": lambda _, desk, asked: listed(desk, asked),
}


def of_row(said: str, asked: str) -> str:
    """What stands in a list before the id of a request, from the line's title on."""
    before = said.replace("`", "").rpartition(asked)[0]
    return before.rpartition("Do something in the CRM")[2]


def listed(desk: Desk, asked: str) -> str:
    """What a terminal's list says below the id of a request."""
    each = re.split(r"^(?=r-)", desk.run("list").stdout, flags=re.MULTILINE)
    return next(" ".join(said.split()) for said in each if said.startswith(asked))


def line_of(agent: Agent, asked: str) -> str:
    found = Caller(agent.office, ALICE).get("/v1/requests").json["items"]
    return next(str(each["line"]) for each in found if each["id"] == asked)


def opened(agent: Agent, desk: Desk) -> str:
    """A call whose approval Bob gave for three."""
    asked = agent.asked()
    assert button("several")(Place(agent.office, desk), asked)() == ""
    return asked


def told(agent: Agent, desk: Desk, asked: str, places: dict[str, Eyes]) -> dict[str, str]:
    return {place: looks(agent, desk, asked) for place, looks in places.items()}


def without(told: dict[str, str], *said: str) -> dict[str, str]:
    """Where one of these is not said."""
    return {place: words for place, words in told.items() if not all(each in words for each in said)}


# --- how many


def test_each_place_says_how_many_calls_are_taken_and_that_more_can_be(agent: Agent, desk: Desk) -> None:
    asked = opened(agent, desk)
    assert agent.asks(number=1).json["approval"] == "window"

    said = told(agent, desk, asked, ITSELF | LISTS)
    said["card"] = agent.office.sees("2 of 3", asked)

    words = ("Approved for several calls", "2 of 3 calls with any arguments are taken; more can be until")
    assert without(said, *words) == {}
    assert [place for place, each in said.items() if "can do it once" in each] == []


def test_once_the_last_is_taken_each_place_says_that_the_next_is_asked_for_anew(agent: Agent, desk: Desk) -> None:
    asked = opened(agent, desk)
    last = [agent.asks(last=each).json["approval"] for each in range(2)]
    assert last == ["window"] * 2

    said = told(agent, desk, asked, ITSELF | LISTS)
    said["card"] = agent.office.sees("all 3 are taken", asked)

    assert without(said, "Of its calls all 3 are taken: the next one is asked for anew.") == {}
    assert [place for place, each in said.items() if "more can be" in each] == []


def test_whether_the_call_that_is_shown_was_used_is_said_beside_the_others(agent: Agent, desk: Desk) -> None:
    asked = opened(agent, desk)
    before = told(agent, desk, asked, ITSELF)
    assert agent.uses(asked, account=f"A-{agent._calls}").status == 200

    after = told(agent, desk, asked, ITSELF)

    assert without(before, "This one can be used until") == {}
    assert without(after, "This one was used", "1 of 3 calls") == {}
    assert [place for place, each in after.items() if "It cannot be used again" in each] == []


# --- which


def test_calls_of_one_approval_are_told_apart_by_their_number(agent: Agent, desk: Desk) -> None:
    asked = opened(agent, desk)
    second, third = (str(agent.asks(apart=each).json["id"]) for each in range(2))

    for number, call in ((2, second), (3, third)):
        said = told(agent, desk, call, LISTS)
        rests = (
            f", while the approval of {asked} stands. Nobody was asked: it is call {number} of those approved with"
        )
        assert without(said, f"{rests} {asked}") == {}


def test_of_a_call_that_was_taken_it_is_said_who_agreed_to_several_and_not_that_nobody_did(
    agent: Agent, desk: Desk
) -> None:
    first = agent.names(named=1)
    alice = Place(agent.office, desk, "alice", ALICE)
    assert page("confirm_several", {})(alice, first)() == ""
    assert page("several", {})(Place(agent.office, desk), first)() == ""

    said = told(agent, desk, agent.names(named=2, approved=True), ITSELF)

    assert without(said, f"{ALICE} said so for several calls at once, with {first}") == {}
    assert [place for place, each in said.items() if "by nobody else" in each] == []


# --- which choice

ONE = "lets the agent make exactly this call: once, within 10 minutes from then."
ALL = "of this tool with any arguments, this one among them, within 30 minutes"


@pytest.mark.parametrize("mailed", [False, True], ids=["page", "mail's link"])
@pytest.mark.parametrize(
    ("action", "kind", "said"),
    [
        ("merge", "approve", (f"Approve {ONE}", f"Approving all lets the agent make 3 calls {ALL}: only if")),
        (
            "settle",
            "sign",
            (f"Sign and approve {ONE}", f"Signing for all lets the agent make 3 calls {ALL}: only if"),
        ),
    ],
)
def test_on_a_page_each_choice_stands_below_a_heading_with_what_it_comes_to(
    agent: Agent, action: str, kind: str, said: tuple[str, str], *, mailed: bool
) -> None:
    asked = agent.asked(action)

    shown = Browser(agent.office, BOB).get(link(agent.office, asked) if mailed else f"/request/{asked}")

    assert of_choice(shown, kind) == ["This one call", said[0]]
    heading, means = of_choice(shown, "several" if kind == "approve" else "sign_several")
    assert (heading, means.startswith(said[1])) == ("3 calls in 30 minutes", True)
    assert shown.words.count(ONE) == 1


def test_what_comes_of_both_choices_alike_is_said_once_above_them(agent: Agent) -> None:
    shown = Browser(agent.office, BOB).get(f"/request/{agent.asked('clear')}")

    assert [of_choice(shown, kind) for kind in ("approve", "several")] == [
        ["This one call"],
        ["3 calls in 30 minutes"],
    ]
    assert shown.words.count("allows nothing yet: after yours it still needs") == 1


def test_where_one_call_is_all_that_is_offered_no_choice_has_a_heading(agent: Agent) -> None:
    shown = Browser(agent.office, BOB).get(f"/request/{agent.asked('plain')}")

    assert "approve" in forms(shown)
    assert 'class="choice"' not in shown.body
    assert f"Approve {ONE}" in shown.words


def test_whom_the_agent_names_reads_below_each_choice_what_to_want(agent: Agent) -> None:
    shown = Browser(agent.office, ALICE).get(f"/request/{agent.names(chosen=1)}")

    known = "If you know nothing of it, withdraw it and tell whoever runs this app."
    assert of_choice(shown, "confirm") == [
        "This one call",
        f"Confirm it only if you want exactly this to be done. {known}",
    ]
    assert of_choice(shown, "confirm_several") == [
        "3 calls in 30 minutes",
        f"Confirm them only if you want the agent to make 3 calls {ALL}. {known}",
    ]


def of_choice(shown: Answer, kind: str) -> list[str]:
    """The heading of a choice, and what stands between it and its form."""
    found = re.search(
        rf'<section class="choice" aria-labelledby="{kind}_choice">(.*?)<form', shown.body, re.DOTALL
    )
    assert found, shown.words
    assert f'name="kind" value="{kind}"' in shown.body[found.end() :].partition("</section>")[0]
    heading, _, rest = found[1].partition("</h3>")
    texts = [re.sub(r"<[^>]+>", "", each) for each in (heading, rest)]
    return [" ".join(unescape(each).split()) for each in texts if each.strip()]


# --- what ends

ENDS = (
    "This ends all 3 calls, 2 of which are taken: none can be taken any more, and what was taken and not made"
    " cannot be made."
)


def test_who_revokes_reads_before_that_it_ends_all_calls(agent: Agent, desk: Desk) -> None:
    asked = opened(agent, desk)
    taken = str(agent.asks(revoked=1).json["id"])
    office, home = agent.office, at_home(agent, "alice")

    assert [dialog_of(home["blocks"], each) for each in (asked, taken)] == [
        ("Revoke for all its calls", ENDS),
        ("Revoke the approval", "Its application cannot use it any more, and has to ask again."),
    ]
    assert office.press("bob", "end", asked).view
    assert ENDS in view_words(office.box.slack.view("bob"))
    office.box.slack.close("bob", clear=True)
    for who in (ALICE, BOB):
        assert f"Revoke for all its calls {ENDS}" in Browser(office, who).get(f"/request/{asked}").words


def test_a_terminal_says_what_became_of_it_and_where_whom_the_agent_names_approves(
    agent: Agent, desk: Desk
) -> None:
    asked = opened(agent, desk)

    ended, refused = desk.run("end", asked, "--yes"), desk.run("approve", agent.names(terminal=1), "--yes")

    said = " ".join(ended.stdout.split())
    assert f"{ENDS.replace('2 of which are', '1 of which is')} The agent has to ask again." in said
    assert f"{asked}: approved, but revoked or not used in time" in ended.stdout
    assert "they do that in the chat or on its page" in refused.stderr


def dialog_of(blocks: list[Any], asked: str) -> tuple[str, str]:
    """The words on the button that ends something, and the beginning of what is asked before."""
    drawn = Message(ts="", channel="", user="", blocks=tuple(blocks))
    found = next(each for _, each in drawn.elements() if each["action_id"] == "end" and each["value"] == asked)
    asks = found["confirm"]["text"]["text"].removesuffix(" The agent has to ask again.")
    return found["text"]["text"], asks
