"""What asks, by the slash command: in one line where that says all, otherwise in a form that holds the line."""

from collections.abc import Sequence
from contextlib import suppress
from zoneinfo import ZoneInfo

import msgspec

from approvals.already import earlier
from approvals.policy.evaluate import Ask
from approvals.policy.words import selectors_in_words
from approvals.refusals.errors import CountersignError, OffersUnknown, Refused
from approvals.requests import Request
from approvals.uses.offering import Found
from handlers.slack import grammar, replies
from handlers.slack.drafts import Draft, request_form
from handlers.slack.emergencies import glass_form
from handlers.slack.extending import extend_form, mendable
from handlers.slack.inputs import Problem
from handlers.slack.invocations import Invocation, helped
from handlers.slack.replies import Reply
from handlers.slack.zones import zone_for
from handlers.wording.reading import commands
from handlers.wording.reading.choosing import Choice, choose
from handlers.wording.reading.starts import Period, period, read_as
from handlers.wording.refusing.refusals import told
from handlers.wording.text.typed import clip


def form(invocation: Invocation, _: commands.Form) -> Reply | None:
    return opened(invocation, Draft())


def opened(invocation: Invocation, draft: Draft) -> Reply | None:
    """Open the form with what is known of a request already. Raises `Refused` or `Unavailable`."""
    invocation.uses.asking.require_thawed(
        invocation.identity, draft.entitlement.id if draft.entitlement is not None else ""
    )
    invocation.uses.asking.require_accepted(invocation.identity)
    if draft.entitlement is not None:
        already = invocation.responder.already(invocation.identity, draft.entitlement.id, now=invocation.now)
        draft = msgspec.structs.replace(draft, already=already, who=invocation.identity.principal)
    invocation.responder.open_form(invocation.payload, request_form(draft, zone=_zone(invocation).key))
    return None


def in_one_line(invocation: Invocation, order: commands.Ask) -> Reply | None:
    return _asked(invocation, order, _offered(invocation, order))


def _offered(invocation: Invocation, order: commands.Ask) -> Found:
    """What the person may ask for; a line that is one too many is refused before that is looked up."""
    if order.justification:
        invocation.uses.asking.require_room(invocation.identity, key=invocation.key(), now=invocation.now)
    return meant(invocation, order.what, order.where)


def meant(invocation: Invocation, what: str, where: str) -> Found:
    """What the person may ask for that a line can mean."""
    return invocation.uses.offering.meant(invocation.identity, what=what, where=where, now=invocation.now)


def bare(invocation: Invocation, order: commands.Bare) -> Reply | None:
    """A request without its verb, where what it names is known, or where it says how long or why."""
    offered = _offered(invocation, order.ask)
    choice = _chosen(offered, order.ask)
    if not choice.known and order.meant == "request":
        return opened(invocation, _read(invocation, order.rest, offered))
    if choice.known or order.ask.duration or order.ask.justification:
        return _asked(invocation, order.ask, offered)
    meant = order.meant or choice.near
    return helped(invocation.uses, commands.Help(unknown=order.word, meant=meant), command=invocation.command)


def _asked(invocation: Invocation, order: commands.Ask, offered: Found) -> Reply | None:
    draft = _read(invocation, order, offered)
    chosen = draft.entitlement
    if chosen is None or draft.problems or not order.justification:
        return opened(invocation, draft)
    found = _period(invocation, order).require()
    ask = Ask(entitlement=chosen.id, duration=found.duration, start=found.start, justification=order.justification)
    if (emergency := invocation.uses.asking.declared(invocation.identity, ask, now=invocation.now)) is not None:
        invocation.responder.open_form(invocation.payload, glass_form(emergency, ask, close="No, not now"))
        return replies.declared(grammar.typed(invocation.payload.text), command=invocation.command)
    return _filed(invocation, ask, read_as(found, _zone(invocation)))


def _read(invocation: Invocation, order: commands.Ask, offered: Found) -> Draft:
    """Everything that was understood of a line, and all that is wrong with it: nobody types a line twice."""
    choice = _chosen(offered, order)
    who = () if choice.known or not choice.problem else invocation.uses.offering.who_may_ask(order.what)
    cannot = f"You cannot ask for “{clip(order.what, 80)}”. {selectors_in_words(who)} can."
    wrong = cannot if who else choice.problem
    problems = [Problem(field="entitlement", text=wrong)] if wrong else []
    found = _period(invocation, order)
    problems += [Problem(field=each.kind, text=told(each)) for each in found.wrong]
    if choice.entitlement is not None:
        ask = Ask(
            entitlement=choice.entitlement.id,
            duration=found.duration,
            start=found.start,
            justification=order.justification,
            break_glass=order.emergency or choice.entitlement.break_glass is not None,
        )
        problems += _against(invocation, order, ask)
    return Draft(
        entitlement=choice.entitlement,
        start=order.start,
        duration=order.duration,
        justification=order.justification,
        problems=tuple(problems),
    )


def _chosen(offered: Found, order: commands.Ask) -> Choice:
    """What a line means. Raises `Unavailable` where that may be something that IAM offers, which does not say."""
    choice = choose(tuple(offered.entitlements), what=order.what, where=order.where)
    if offered.partly and choice.entitlement is None:
        raise OffersUnknown("what IAM offers cannot be known now")
    return choice


def _period(invocation: Invocation, order: commands.Ask) -> Period:
    return period(start=order.start, lasts=order.duration, zone=_zone(invocation), now=invocation.now)


def _zone(invocation: Invocation) -> ZoneInfo:
    return zone_for(invocation.identity, else_=invocation.uses.asking.timezone)


def _against(invocation: Invocation, order: commands.Ask, ask: Ask) -> Sequence[Problem]:
    """What the policy says against what was typed, for the form to mend. That nothing was typed is no problem."""
    try:
        invocation.uses.asking.check(invocation.identity, ask, now=invocation.now)
    except Refused as refusal:
        mendable = [each for each in refusal.all if each.kind in ("start", "duration", "justification")]
        if len(mendable) < len(refusal.all):
            raise
        return [Problem(field=each.kind, text=told(each)) for each in mendable if getattr(order, each.kind)]
    return ()


def _filed(invocation: Invocation, ask: Ask, read: str) -> Reply:
    request = invocation.uses.asking.file(invocation.identity, ask, key=invocation.key(), now=invocation.now)
    before: Request | None = None
    with suppress(CountersignError):  # it is filed, whatever else can be said
        before = _before(invocation, request)
    return replies.filed(request, before=before, read=read, command=invocation.command)


def _before(invocation: Invocation, filed: Request) -> Request | None:
    return earlier(filed, invocation.uses.looking.mine(invocation.identity, now=invocation.now))


def extend(invocation: Invocation, order: commands.Extend) -> Reply | None:
    """Ask for longer access in one line. What can be mended in it, or lacks, opens the form with all of it."""
    asking, identity, now = invocation.uses.asking, invocation.identity, invocation.now
    problems: list[Problem] = []
    try:
        duration, why = commands.duration_of(order.duration), order.justification
        if why:
            filed = asking.extend(
                identity, order.request, duration=duration, justification=why, key=invocation.key(), now=now
            )
            return replies.filed(filed, before=None, command=invocation.command)
    except Refused as refusal:
        problems = mendable(refusal)
        if not problems:
            raise
    found = asking.extension(identity, order.request, now=now)
    invocation.responder.open_form(invocation.payload, extend_form(found, order, tuple(problems)))
    return None
