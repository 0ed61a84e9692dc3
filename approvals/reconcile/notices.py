"""Which messages a request calls for."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import chain

from approvals.counted import Shut
from approvals.grants import LEFT, SESSION, Grant
from approvals.judging.asked import reviewers
from approvals.judging.case import Case
from approvals.offers.iam_offers import channel_of
from approvals.people.principals import is_service_account
from approvals.policy.model import Stage
from approvals.policy.selectors import is_quiet
from approvals.policy.stages import candidates
from approvals.ports.messages import Notice, ToPerson, ToRoom
from approvals.reconcile import escalation, letters, reminders, soon
from approvals.reconcile.emergencies import ALARMS
from approvals.reconcile.letters import Chat
from approvals.reconcile.posts import Posts
from approvals.reconcile.rolls import stage_key
from approvals.reconcile.ways import MessageRouter
from approvals.requests import Lapse, Request, every_review, unconfirmed, votes_open

MOST_DIRECT = 20
"""At most so many approvers are told by direct message where the policy names no channel."""

SHUT = "shut"
"""The step that tells the end of a window of several calls, whose first call was used or has lapsed before."""


def wanted(case: Case, posts: Posts, router: MessageRouter, *, now: datetime) -> Iterator[Notice]:
    """The messages that ought to stand: approvers' cards, the requester's status, and the steps so far.

    Each stands in every channel by which it goes at this moment.

    What ended without access before its first post is not posted any more: only its requester is told of the end.
    """
    state = case.request.state
    for notice in _called_for(case, posts, router, now=now):
        post = posts.of(notice.key)
        told = notice.kind == "letter" or notice.step in (state, SHUT)
        if state in {"pending", "approved"} or post.posted or post.begun or told:
            yield notice


def room(case: Case) -> str:
    """The channel that its cards go to; empty where they go to people one by one."""
    own = channel_of(case.policy, case.request.terms)
    return (case.policy.security_channel or own) if case.request.after_review is not None else own


def chat(case: Case, posts: Posts) -> Chat:
    """What the chat has of it."""
    cards = tuple(card.key for card in _cards(case, posts))
    return Chat(cards=cards, shared=bool(room(case)), stage=stage_key(case))


def _called_for(case: Case, posts: Posts, router: MessageRouter, *, now: datetime) -> Iterator[Notice]:
    request, spread = case.request, router.spread
    if request.terms.within is not None:
        # Nobody is asked of a call that is taken from a window, and what is said of that counts it. An agent takes
        # a thousand of them: only that somebody else revoked one is news.
        yield from chain.from_iterable(map(spread, _news(request, router)))
        return
    cards = list(chain.from_iterable(map(spread, _cards(case, posts))))
    yield from cards
    # Nobody reads what a service account is sent: its program asks how things stand.
    if not is_service_account(request.requester):
        yield from chain.from_iterable(map(spread, _to_requester(case, posts, router, cards, now=now)))
    yield from chain.from_iterable(map(spread, _turns(case, posts)))
    known = chat(case, posts)
    yield from chain.from_iterable(map(spread, reminders.reminders(case, posts, known)))
    yield from chain.from_iterable(map(spread, escalation.notices(case, posts, known)))
    if router.letters:
        asked = (*reminders.mailed(posts, known), *escalation.mailed(case, posts, known))
        yield from chain.from_iterable(map(spread, letters.letters(case, posts, known, asked, now=now)))


def _to_requester(
    case: Case, posts: Posts, router: MessageRouter, cards: Sequence[Notice], *, now: datetime
) -> Iterator[Notice]:
    """The requester's status, and the steps so far."""
    request = case.request
    yield Notice(key="status", kind="status", to=router.requester(request))
    # Without a card nobody decides, and nobody but the requester would ever ask why.
    unseen = votes_open(request) and all(posts.of(card.key).refused for card in cards)
    unseen = unseen and not (router.letters and letters.hoped_for(case, posts, chat(case, posts)))
    unmailed = [f"unmailed:{person}" for person in letters.unmailed(posts)]
    yield from _news(request, router, *(("unseen",) if unseen else ()), *unmailed)
    stands = any(key.startswith(f"step:{soon.ENDS}") and post.posted for key, post in posts.posts.items())
    yield from soon.notices(request, router.requester(request), stands=stands, now=now)


def _news(request: Request, router: MessageRouter, *first: str) -> Iterator[Notice]:
    """What the requester is told, step by step."""
    for step in (*first, *_steps(request)):
        yield Notice(key=f"step:{step}", kind="step", to=router.requester(request), step=step)


def _turns(case: Case, posts: Posts) -> Iterator[Notice]:
    """Tell of the open stage, once its card has buttons: in the thread of the card, or each person directly."""
    if case.request.after_review is not None:
        yield from _alarms(case, posts)
        return
    stage = stage_key(case)
    roll = posts.turns.get(stage)
    shown = posts.cards()
    if roll is None or not shown:
        return
    key, about = f"turn:{stage}", shown[0]
    in_thread = room(case) and case.policy.notify == "thread"
    if room(case) and (not roll.whole or (in_thread and roll.people)):
        to, mentioned = ToRoom(room(case)), roll.people if in_thread else ()
        yield Notice(key=key, kind="turn", to=to, people=mentioned, whole=roll.whole, about=about, threaded=True)
    for person in roll.further if in_thread else ():
        to = ToRoom(room(case))
        yield Notice(key=f"{key}:{person}", kind="turn", to=to, people=(person,), about=about, threaded=True)
    for person in () if in_thread else (*roll.people, *roll.further):
        own = posts.of(f"card:{person}").posted or about
        yield Notice(key=f"{key}:{person}", kind="turn", to=ToPerson(person), people=(person,), about=own)


def _alarms(case: Case, posts: Posts) -> Iterator[Notice]:
    """Tell each reviewer, once its card has buttons; the room, too, of a late one, or where not all are known."""
    stage, shown = stage_key(case), posts.cards()
    roll = posts.turns.get(stage)
    if roll is None or not shown:
        return
    alarm, where = ALARMS[roll.stage], room(case)
    key, about = f"turn:{stage}", shown[0]
    if where and (alarm == "overdue" or not roll.whole):
        late = alarm == "overdue"
        to = ToRoom(where)
        yield Notice(key=key, kind="turn", to=to, step=alarm, whole=roll.whole, about=about, threaded=not late)
    for person in (*roll.people, *roll.further):
        own = posts.of(f"card:{person}").posted or about
        told = (person,)
        yield Notice(key=f"{key}:{person}", kind="turn", to=ToPerson(person), step=alarm, people=told, about=own)


def _cards(case: Case, posts: Posts) -> Iterator[Notice]:
    if unconfirmed(case.request):
        return  # nobody can decide on it yet
    if place := room(case):
        yield Notice(key="card", kind="card", to=ToRoom(place))
        return
    stages, opened = case.request.terms.requirement.stages, case.frozen.open_step.stop
    # Who decides later is asked when it is their turn.
    waiting = stages[:opened] if opened and votes_open(case.request) else stages
    asked = reviewers(case.policy, case.request) or waiting
    told = escalation.given_cards(case, posts, stage_key(case))
    for person in dict.fromkeys((*sorted(_asked(case, asked))[:MOST_DIRECT], *told)):
        yield Notice(key=f"card:{person}", kind="card", to=ToPerson(person))


def newly_asked(case: Case) -> frozenset[str]:
    """Who gets a card of their own because the stages that are open now have opened: it tells them so."""
    stages, step = case.request.terms.requirement.stages, case.frozen.open_step
    return _asked(case, stages[step.start : step.stop]) - _asked(case, stages[: step.start])


def _asked(case: Case, stages: Sequence[Stage]) -> frozenset[str]:
    able = frozenset[str]().union(*(candidates(case.policy, stage, asking=case.rights.asking) for stage in stages))
    name = case.request.terms.entitlement
    loud = (who for who in able if not is_quiet(case.policy, name, who))
    return frozenset(case.rights.delegations.instead(stages, loud) - case.rights.asking)


def deeds(case: Case, posts: Posts) -> Iterator[Notice]:
    """What was done with the access, below the card of its room, where that stands."""
    place, shown = room(case), posts.cards()
    if place and shown:
        yield Notice(key="deeds", kind="deeds", to=ToRoom(place), about=shown[0], threaded=True)


def _steps(request: Request) -> Iterator[str]:
    yield from _vote_steps(request)
    if request.counter is not None and votes_open(request):
        yield f"countered:{request.counter.revision}"
    # Who withdraws by himself need not be told.
    by_oneself = request.decision is not None and request.decision.by == (request.requester,)
    if request.state in {"denied", "expired"} or (request.state == "withdrawn" and not by_oneself):
        yield request.state
    if _ended_by_others(request, request.lapsed):
        yield request.state
    if request.window is not None and _ended_by_others(request, request.window.shut):
        yield SHUT
    if request.grant is not None:
        yield from _grant_steps(request.grant)
    if request.after_review is not None and request.after_review.finding is not None:
        yield "reviewed"


def _ended_by_others(request: Request, end: Lapse | Shut | None) -> bool:
    """Somebody did, or security does for what became of an account: not of each call taken from a window."""
    if end is None:
        return False
    gone = request.terms.within is None and end.cause in (LEFT, SESSION)
    return gone or end.by not in ("", request.requester)


def _vote_steps(request: Request) -> Iterator[str]:
    """Approvals and their taking back, each kind by its own numbers; what decides is told by what follows."""
    counts = {"approve": 0, "take_back": 0}
    every = every_review(request)
    votes = every[:-1] if request.state == "approved" else every
    for vote in votes:
        # Who renews an approval tells nobody anything new.
        if vote.verdict != "deny" and not vote.renews:
            counts[vote.verdict] += 1
            yield f"{_VOTE_STEPS[vote.verdict]}:{counts[vote.verdict]}"


_VOTE_STEPS = {"approve": "progress", "take_back": "taken"}


def _grant_steps(grant: Grant) -> Iterator[str]:
    # Who ends access by himself need not be told; he sees it in the status.
    if grant.state in {"scheduled", "active", "failed", "revoked"} or (
        grant.state == "ended" and grant.cause == "time"
    ):
        yield grant.state
