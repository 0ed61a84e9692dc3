"""Telling others that nobody has decided: once for each stage, and nobody who was told of it already.

It widens nothing. Who is told and is an approver of the stage may approve; the others can only ask one.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import msgspec

from approvals.judging.case import Case
from approvals.people.memberships import NOTHING_KNOWN
from approvals.policy.model import approvers
from approvals.policy.selectors import answer
from approvals.ports.messages import Notice, ToPerson, ToRoom
from approvals.reconcile.letters import Chat
from approvals.reconcile.posts import Posts
from approvals.reconcile.rolls import MOST, Rolls, asked_now, everybody, left_out, may
from approvals.reconcile.rounds import Escalated

TOLD, ABLE = "escalated", "escalated:able"
"""The steps of its messages: to who can only ask somebody, and to who may approve."""

_SILENT = timedelta(minutes=1)


def moments(case: Case, posts: Posts, chat: Chat) -> Iterator[datetime]:
    """When it is time to tell others, past or to come; nothing once they were."""
    after = case.policy.escalate_for(case.request.terms.entitlement).after
    if after is None or not chat.stage:
        return
    before = posts.escalated.get(chat.stage)
    if before is None:
        yield posts.opened[chat.stage] + after
    elif before.again is not None:
        yield before.again


def decided(case: Case, posts: Posts, chat: Chat, rolls: Rolls, *, timeout: float, now: datetime) -> Posts | None:
    """The record with whom it is escalated to, once that is due; None before, and afterwards.

    Whom the directory cannot name now is told once it does.
    """
    if not any(moment <= now for moment in moments(case, posts, chat)):
        return None
    rule, asked = case.policy.escalate_for(case.request.terms.entitlement), approvers(asked_now(case))
    before = posts.escalated.get(chat.stage, Escalated(at=now, room=rule.channel))
    found, _, silent = everybody(case, rule.to, rolls, timeout / 2)
    told = {*before.people, *_told(posts, chat)}
    people = tuple(sorted(found - left_out(case) - told))[: MOST - len(before.people)]
    members = everybody(case, asked, rolls, timeout / 2)[0] if people else set()
    able = [who for who in people if (who in members or _is_named(case, asked, who)) and may(case, who)]
    made = msgspec.structs.replace(
        before,
        people=(*before.people, *people),
        able=(*before.able, *able),
        again=now + _SILENT if silent else None,
    )
    return posts.escalating(chat.stage, made)


def notices(case: Case, posts: Posts, chat: Chat) -> Iterator[Notice]:
    """What others are told of the open stage."""
    found = posts.escalated.get(chat.stage)
    if found is None:
        return
    key, shown = f"escalate:{chat.stage}", posts.cards()
    about = shown[0] if shown and chat.shared else None
    if found.room:
        yield Notice(key=key, kind="turn", step=TOLD, to=ToRoom(found.room), about=about)
    for person in _still(case, found):
        step = ABLE if person in found.able else TOLD
        # Where everybody has a card of their own, whoever may approve gets one too, and by that is told.
        if chat.shared or step == TOLD:
            yield Notice(key=f"{key}:{person}", kind="turn", step=step, to=ToPerson(person), about=about)


def given_cards(case: Case, posts: Posts, stage: str) -> tuple[str, ...]:
    """Who gets a card of their own because it was escalated to them."""
    found = posts.escalated.get(stage)
    return () if found is None else tuple(who for who in _still(case, found) if who in found.able)


def mailed(case: Case, posts: Posts, chat: Chat) -> Iterator[tuple[str, str, str]]:
    """The names of the letters to those of them whom the chat does not reach, each with its person and step."""
    found = posts.escalated.get(chat.stage)
    for person in _still(case, found) if found is not None else ():
        keys = (f"escalate:{chat.stage}:{person}", f"card:{person}")
        if found is not None and any(posts.of(key).refused for key in keys):
            yield (
                f"{chat.stage.partition('.')[0]}.told:{person}",
                person,
                "call" if person in found.able else "told",
            )


def _still(case: Case, found: Escalated) -> tuple[str, ...]:
    return tuple(who for who in found.people if who not in left_out(case))


def _is_named(case: Case, asked: Sequence[str], person: str) -> bool:
    return answer(case.policy, asked, person, NOTHING_KNOWN) == "yes"


def _told(posts: Posts, chat: Chat) -> Iterator[str]:
    """Everybody who was told of the open stage by name: by a call, a card of their own, a letter or a reminder."""
    called = posts.turns.get(chat.stage)
    yield from (*called.people, *called.further) if called is not None else ()
    reminded = posts.reminded.get(chat.stage)
    yield from (who for each in (reminded.rounds if reminded is not None else ()) for who in each.people)
    for key, post in posts.posts.items():
        if key.startswith((f"letter:{chat.place}:", "card:")) and not post.refused:
            yield key.split(":", 2)[2] if key.startswith("letter:") else key.partition(":")[2].partition(" by ")[0]
