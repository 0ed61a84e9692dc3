"""Reminders to those whose turn it is: whom, when and by which way.

This is the one place that decides it. A person is told of a stage when it opens; a letter, an earlier reminder or
an escalation that went to them counts as well, and the time until the next reminder begins anew with each.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from approvals.judging.case import Case
from approvals.offers.iam_offers import channel_of
from approvals.policy.reminding import RemindRule
from approvals.ports.messages import Notice, ToPerson, ToRoom
from approvals.reconcile.letters import Chat
from approvals.reconcile.posts import Post, Posts
from approvals.reconcile.rolls import MOST, Rolls, addressed, left_out
from approvals.reconcile.rounds import EVERYBODY, Reminded, Round

MOST_ROUNDS = 12
"""So many reminders a person gets of one stage: with a factor of 1 there is no other end."""

_SILENT = timedelta(minutes=1)


class Ways(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked to know whom a reminder goes to. `zone` says a person's time zone, empty: not known."""

    rolls: Rolls
    zone: Callable[[str], str]
    letters: bool
    timeout: float


def moments(case: Case, posts: Posts, chat: Chat) -> Iterator[datetime]:
    """When somebody is to be reminded next, or when it is to be known whom, past or to come."""
    rule = _rule(case)
    if rule.first is None or not chat.stage:
        return
    known = posts.reminded.get(chat.stage)
    if known is None:
        yield posts.opened[chat.stage] + rule.first
        return
    if known.again is not None:
        yield known.again
    yield from (due for due in (_due(case, posts, chat, who) for who in known.people) if due is not None)


def decided(case: Case, posts: Posts, chat: Chat, ways: Ways, *, now: datetime) -> Posts | None:
    """The record with the reminder that is due now; None where none is, nor anything to look up."""
    if not any(moment <= now for moment in moments(case, posts, chat)):
        return None
    looked = _looked(case, posts, chat, ways, now=now)
    posts = posts.reminding(chat.stage, looked)
    due = [who for who in looked.people if (at := _due(case, posts, chat, who)) is not None and at <= now]
    if not due:
        return posts
    mailed = tuple(who for who in due if _by_mail(case, posts, chat, ways, who, now=now))
    told = tuple(who for who in due if who not in mailed)
    made = Round(at=now, chat=told, mailed=mailed)
    return posts.reminding(chat.stage, msgspec.structs.replace(looked, rounds=(*looked.rounds, made)))


def reminders(case: Case, posts: Posts, chat: Chat) -> Iterator[Notice]:
    """The last reminder of the open stage by the chat: who has missed one before it is not told twice at once."""
    known, shown = posts.reminded.get(chat.stage), posts.cards()
    if known is None or not known.rounds or not shown:
        return
    number, last = len(known.rounds), known.rounds[-1]
    people = tuple(who for who in last.chat if who not in left_out(case))
    key, about = f"remind:{chat.stage}.{number}", shown[0]
    room = channel_of(case.policy, case.request.terms)
    if chat.shared and (case.policy.notify == "thread" or EVERYBODY in people):
        named = tuple(who for who in people if who != EVERYBODY)
        if people:
            yield Notice(
                key=key, kind="turn", step="remind", to=ToRoom(room),
                people=named, whole=EVERYBODY not in people, about=about, threaded=True,
            )  # fmt: skip
        return
    for person in people:
        own = posts.of(f"card:{person}").posted or about
        yield Notice(
            key=f"{key}:{person}", kind="turn", step="remind", to=ToPerson(person), people=(person,), about=own
        )


def mailed(posts: Posts, chat: Chat) -> Iterator[tuple[str, str, str]]:
    """The names of the letters that remind somebody of the open stage, each with its person and step."""
    known = posts.reminded.get(chat.stage)
    for number, each in list(enumerate(known.rounds if known is not None else (), start=1))[-1:]:
        yield from ((f"{chat.place}.{number}:{person}", person, "remind") for person in each.mailed)


def _rule(case: Case) -> RemindRule:
    return case.policy.remind_for(case.request.terms.entitlement)


def _due(case: Case, posts: Posts, chat: Chat, person: str) -> datetime | None:
    """When a person is to be reminded next, in their own hours; None where they have heard it often enough.

    None, too, while a message to them is still to be sent: that is their reminder.
    """
    rule, known = _rule(case), posts.reminded.get(chat.stage, Reminded())
    heard = [each.at for each in known.rounds if person in each.people]
    sent = [posts.of(key) for key in _messages(known, chat, person)]
    if rule.first is None or len(heard) >= MOST_ROUNDS or any(_waits(post) for post in sent):
        return None
    when = (post.tried for post in sent if post.tried is not None and not post.refused)
    told = [posts.opened[chat.stage], *heard, *when, *_otherwise(posts, chat, person)]
    due = max(told) + rule.first * rule.factor ** len(heard)
    # What was due in hours that are over by now waits for the next.
    return due if rule.hours is None else rule.hours.next(max(due, case.now), _zone(case, known, person))


def _messages(known: Reminded, chat: Chat, person: str) -> Iterator[str]:
    """The keys of the letter that asks a person, and of their last reminder, whichever way that went."""
    yield f"letter:{chat.place}:{person}"
    for number in [n for n, each in enumerate(known.rounds, start=1) if person in each.people][-1:]:
        yield from (f"letter:{chat.place}.{number}:{person}", f"remind:{chat.stage}.{number}")
        yield f"remind:{chat.stage}.{number}:{person}"


def _waits(post: Post) -> bool:
    """It was to be sent, and will be tried again."""
    return post.posted is None and not post.refused and post.next is not None


def _otherwise(posts: Posts, chat: Chat, person: str) -> Iterator[datetime]:
    """When a person was told of the stage as one of those to whom it was escalated."""
    escalated = posts.escalated.get(chat.stage)
    if escalated is not None and person in escalated.people:
        yield escalated.at


def _zone(case: Case, known: Reminded, person: str) -> ZoneInfo:
    try:
        return ZoneInfo(known.zones.get(person) or case.policy.timezone)
    except (ValueError, OSError, LookupError):
        # What a chat calls a zone need not be one that this machine knows.
        return ZoneInfo(case.policy.timezone)


def _looked(case: Case, posts: Posts, chat: Chat, ways: Ways, *, now: datetime) -> Reminded:
    """Look up whose turn it is now, and where they live."""
    known = posts.reminded.get(chat.stage, Reminded())
    found = addressed(case, ways.rolls, timeout=ways.timeout, again=now + _SILENT)
    named = () if found.more else found.people
    everybody = (EVERYBODY,) if chat.shared and (found.more or (found.unknown and not named)) else ()
    people = (*(named or ([] if chat.shared else found.people[:MOST])), *everybody)
    zones = {who: ways.zone(who) for who in people if who and _rule(case).hours is not None}
    return msgspec.structs.replace(known, people=people, zones=zones, again=found.again)


def _by_mail(case: Case, posts: Posts, chat: Chat, ways: Ways, person: str, *, now: datetime) -> bool:
    """The chat does not reach a person, or did not the last time, and mail may."""
    if not ways.letters or case.email.after is None or person == EVERYBODY:
        return False
    rounds = len(posts.reminded[chat.stage].rounds)
    last = f"remind:{chat.stage}.{rounds}"
    lost = posts.of(last).refused or posts.of(f"{last}:{person}").refused
    return lost or not chat.reaches(person, posts, now=now)
