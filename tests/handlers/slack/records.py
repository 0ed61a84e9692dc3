"""Hypothesis strategies: requests of every state, with texts that try to break a card."""

from datetime import timedelta
from typing import Any

import msgspec
from hypothesis import strategies as st

from approvals.grants import Grant, Window
from approvals.people.persons import OnBehalf
from approvals.policy.model import Requirement, Stage
from approvals.policy.tickets import Tickets
from approvals.ports.messages import Notice, ToRoom
from approvals.requests import Decision, Lapse, Request, Use
from approvals.reviews import Attestation, Review, Typed, typed
from approvals.showing import fits
from approvals.targets import ActionCall, Given
from approvals.telling.cards import Card
from approvals.votes.counting import StageTally
from approvals.votes.tally import Tally
from countersign_client.canonical import canonical
from tests.support.builders import NOW, PERSON, REFUND, action_terms, filed, grant, review, terms

NASTY = [
    "<!channel> <!here> <@U0BOB> <!subteam^S1> <https://evil.example|https://good.example>",
    "*bold* _it_ ~no~ `code` ```fence``` > quote :tada: @here #access",
    "\u202egnp.exe\u2066 \u200b\u200d\ufeff \u0000\u0007 \U000e0041",
    "&lt;!channel&gt; &amp;",
    "\n" * 400,
    "a\r\nb\u2028c\u0085d",
    "x" * 1000,
    "<" * 1000,
    "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16") * 500,
]
TICKETS = Tickets(pattern=".+", url="https://tickets.example.com/browse/{ticket}")
NUMBERED = [" ".join(f"INC-{number}" for number in range(150)), "<https://evil.example|INC-1> (INC-2) ../INC-3 @4"]
typed_text = st.one_of(st.sampled_from(NASTY + NUMBERED), st.text(max_size=1000)).map(
    lambda text: typed(text, salt="s" * 16)
)
people = st.sampled_from([f"person{n}@example.com" for n in range(8)] + [f"{'p' * 64}@{'d' * 60}.example.com"])
titles = st.one_of(
    st.just("T" * 75), st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=75)
)
roles = st.lists(
    st.one_of(st.just("roles/" + "a" * 90), st.from_regex(r"roles/[a-z]{1,20}\.[a-zA-Z]{1,40}", fullmatch=True)),
    min_size=1,
    max_size=20,
)
selectors = st.sampled_from(
    ["user:a@example.com", "group:sre", "group:" + "g" * 60, "group:x@example.com", "domain:example.com"]
)
stages = st.lists(
    st.builds(
        Stage,
        approvers=st.lists(selectors, min_size=1, max_size=6).map(tuple),
        needed=st.integers(1, 9),
        sign=st.sampled_from(["", "typed"]),
    ),
    max_size=4,
)


@st.composite
def reviews(draw: st.DrawFn) -> Review:
    attestation = draw(st.none() | st.builds(Attestation, printed_name=typed_text, meaning=typed_text))
    verdict = draw(st.sampled_from(["approve", "deny"]))
    return review(draw(people), verdict=verdict, attestation=attestation, comment=draw(st.none() | typed_text))


@st.composite
def grants(draw: st.DrawFn) -> Grant:
    made = grant(draw(st.sampled_from(["activating", "active", "ended", "revoked", "failed"])))
    return msgspec.structs.replace(
        made,
        window=Window(start=NOW, end=NOW + draw(st.sampled_from([timedelta(seconds=30), timedelta(days=7)]))),
        cause=draw(st.sampled_from(["", "time", "holder", "person", "outside", "IAM said no: <!channel>"])),
        closed_by=draw(st.just("") | people),
        trouble=draw(st.sampled_from(["", "the role <x> does not exist", "t" * 500])),
        removed=draw(st.booleans()),
    )


brought = st.one_of(st.sampled_from(NASTY), st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
names_brought = st.dictionaries(brought, brought, max_size=3)


@st.composite
def calls(draw: st.DrawFn) -> ActionCall:
    """What a program may bring at its worst."""
    texts = draw(st.lists(brought, max_size=4))
    found = [Given(name=f"p{n}", label="L" * 60, type="string", value=text) for n, text in enumerate(texts)]
    data = draw(st.just({}) | names_brought)
    return ActionCall(
        application="shop",
        action="refund",
        parameters=(*found, *REFUND.parameters),
        key=draw(brought),
        data=canonical(data).decode() if data else "",
        metadata=draw(names_brought),
        risk=draw(titles),
    )


@st.composite
def people_brought(draw: st.DrawFn) -> OnBehalf:
    proven: Any = draw(st.sampled_from(["token", "iap", "asserted"]))
    claims = {name: (text, text) for name, text in draw(names_brought).items()}
    return msgspec.structs.replace(PERSON, proven=proven, claims=claims, subject=draw(brought), acr=draw(brought))


@st.composite
def action_requests(draw: st.DrawFn) -> Request:
    """What applications ask, in every state."""
    state: Any = draw(st.sampled_from(["pending", "approved", "denied", "withdrawn", "expired", "used", "lapsed"]))
    allow = Requirement(kind="allow")
    asked = action_terms(
        title=draw(titles),
        targets=(draw(calls()),),
        person=draw(people_brought()),
        justification=draw(typed_text),
        requirement=draw(
            st.just(allow) | stages.filter(bool).map(lambda found: Requirement(kind="stages", stages=tuple(found)))
        ),
    )
    outcome: Any = "approved" if state in {"used", "lapsed"} else state
    by = tuple(draw(st.lists(people, max_size=9, unique=True)))
    lapse = st.builds(Lapse, at=st.just(NOW), by=st.just("") | people, why=st.none() | typed_text)
    return filed(
        terms=asked,
        state=state,
        requester=draw(people),
        reviews=tuple(draw(st.lists(reviews(), max_size=9))),
        decision=Decision(outcome=outcome, at=NOW, by=by) if state != "pending" else None,
        used=Use(at=NOW, by="shop", key="k") if state == "used" else None,
        lapsed=draw(lapse) if state == "lapsed" else None,
    ).request


@st.composite
def requests(draw: st.DrawFn) -> Request:
    state: Any = draw(st.sampled_from(["pending", "approved", "denied", "withdrawn", "expired"]))
    asked = terms(
        title=draw(titles),
        roles=tuple(draw(roles)),
        condition=draw(st.sampled_from(["", "resource.name == '<!here>'", "c" * 1000])),
        duration=timedelta(seconds=draw(st.integers(1, 366 * 86400))),
        justification=draw(typed_text),
        requirement=draw(requirements()),
    )
    decision = None
    if state != "pending":
        by = tuple(draw(st.lists(people, max_size=9, unique=True)))
        comment: Typed | None = draw(st.none() | typed_text)
        decision = Decision(
            outcome=state, at=NOW, by=by, reason=draw(st.sampled_from(["", "terms"])), comment=comment
        )
    return filed(
        terms=asked,
        state=state,
        requester=draw(people),
        reviews=tuple(draw(st.lists(reviews(), max_size=9))),
        decision=decision,
        grant=draw(grants()) if state == "approved" else None,
    ).request


@st.composite
def requirements(draw: st.DrawFn) -> Requirement:
    drawn = tuple(draw(stages))
    return Requirement(kind="stages", stages=drawn) if drawn else Requirement(kind="self")


@st.composite
def cards(draw: st.DrawFn) -> Card:
    request = draw(requests() | action_requests())
    requirement = request.terms.requirement
    held = tuple(
        StageTally(
            counted=tuple(draw(st.lists(people, max_size=4, unique=True))),
            unknown=tuple(draw(st.lists(people, max_size=4, unique=True))),
            needed=stage.needed,
        )
        for stage in requirement.stages
    )
    token = draw(st.sampled_from(["", "t" * 600, "t" * 1000]))
    everybody = [request.requester, *(each.person for each in request.reviews)]
    names = {person: draw(typed_text).text for person in everybody} if draw(st.booleans()) else {}
    before = draw(st.none() | st.just(filed("r-0000000000").request))
    tally = Tally(requirement=requirement, stages=held)
    tickets = draw(st.sampled_from([None, TICKETS]))
    return Card(
        request=request,
        tally=tally,
        token=token,
        names=names,
        before=before,
        tickets=tickets,
        too_long=not fits(request),
    )


notices = st.builds(
    Notice,
    key=st.just("k"),
    kind=st.sampled_from(["card", "status", "step"]),
    to=st.just(ToRoom("C1")),
    step=st.sampled_from(
        ["active", "denied", "expired", "ended", "revoked", "failed", "lapsed", "shut", "another"]
    ),
)
