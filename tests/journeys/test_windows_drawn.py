"""How an approval of several calls is drawn: who gave it, and which choice stands out."""

from tests.journeys.test_windows_seen import ALICE, BOB, ITSELF, agent, desk, opened, over, without
from tests.support.desk import Desk
from tests.support.several import Agent
from tests.support.visits import Browser

__all__ = ["agent", "desk", "over"]


def test_who_approved_several_stands_there_while_more_can_be_taken(agent: Agent, desk: Desk) -> None:
    asked = opened(agent, desk)
    assert agent.uses(asked, account=f"A-{agent._calls}").status == 200

    said = {"page": ITSELF["page"](agent, desk, asked), "card": agent.office.sees("This one was used", asked)}

    assert without(said, f"approved by {BOB}") == {}


def test_only_the_narrower_choice_stands_out(agent: Agent) -> None:
    named, asked = agent.names(chosen=2), agent.asked("merge")
    looks = ((ALICE, named), (BOB, asked))
    pages = [Browser(agent.office, who).get(f"/request/{each}") for who, each in looks]

    assert [each.body.count('<button class="approve">') for each in pages] == [1, 1]
