"""Cards for letters, with as much on them as a request can have."""

from typing import Any

import msgspec

from approvals.policy.model import Requirement, Stage
from approvals.policy.tickets import Tickets
from approvals.ports.messages import Notice, ToPerson
from approvals.requests import Decision
from approvals.reviews import typed
from approvals.telling.cards import Card
from approvals.votes.counting import StageTally
from approvals.votes.tally import Tally
from tests.support.builders import NOW, filed, review, terms

TO = "carol@example.com"
TOKEN = "eyJhbGciOiJFUzI1NiJ9.eyJrbmQiOiJhY3RpdmF0aW9uIn0.c2lnbmF0dXJl"
PAGE = "https://countersign.example.com/review/JhbGciOiJFUzI1NiJ9~~JrbmQiOiJhY3RpdmF0aW9uIn0~c2lnbmF0dXJl"
REQUIREMENT = Requirement(
    kind="stages",
    stages=(
        Stage(approvers=("group:sre@example.com",), needed=2, sign="typed"),
        Stage(approvers=("user:carol@example.com",)),
    ),
)
TICKETS = Tickets(pattern=r"INC-\d+", url="https://tickets.example.com/browse/{ticket}")


def card(why: str = "INC-42: the queue is stuck", *, name: str = "Alice", **changes: Any) -> Card:
    """A request with two stages, of which one has an approval."""
    request = filed(terms=terms(justification=typed(why, salt="s" * 16), requirement=REQUIREMENT)).request
    request = msgspec.structs.replace(request, reviews=(review(),), **changes)
    stages = (
        StageTally(needed=2, counted=("bob@example.com",), unknown=()),
        StageTally(needed=1, counted=(), unknown=()),
    )
    waits = request.state == "pending"
    return Card(
        request=request,
        tally=Tally(requirement=REQUIREMENT, stages=stages),
        token=TOKEN if waits else "",
        names={"alice@example.com": name},
        tickets=TICKETS,
    )


def denied(comment: str = "Use the other way.", why: str = "INC-42") -> Card:
    decision = Decision(outcome="denied", at=NOW, by=(TO,), comment=typed(comment, salt="s" * 16))
    return card(why, state="denied", decision=decision)


def notice(step: str = "call", *, follows: tuple[str, ...] = ()) -> Notice:
    number = {"call": "0"}.get(step, step)
    return Notice(key=f"letter:{number}:{TO}", kind="letter", to=ToPerson(TO), step=step, follows=follows)
