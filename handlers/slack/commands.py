"""The slash command: read by `grammar`, done, and answered to the person alone."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
from slack_bolt import Ack

from approvals.errors import CountersignError, Refused
from approvals.grants import Kept
from approvals.identities import Identity
from approvals.policy.evaluate import Ask
from approvals.policy.model import Entitlement
from approvals.policy.words import selectors_in_words
from approvals.requests import Request, earlier
from approvals.uses import Uses
from handlers.slack import grammar, replies
from handlers.slack.absences import Absences
from handlers.slack.emergencies import glass_form
from handlers.slack.extending import extend_form, mendable
from handlers.slack.listeners import Listeners
from handlers.slack.modals import Draft, Problem, end_form, request_form
from handlers.slack.payloads import Malformed, Payload, read
from handlers.slack.replies import Reply, sentence
from handlers.slack.responder import Responder
from handlers.wording import absences, commands
from handlers.wording.choosing import choose, fitting_in, several
from handlers.wording.explaining import explained
from handlers.wording.freeze import everything_is_frozen
from handlers.wording.late import after
from handlers.wording.refusals import Said, told
from handlers.wording.typed import clip


class Invocation(msgspec.Struct, frozen=True, kw_only=True):
    """One command of one person."""

    responder: Responder
    uses: Uses
    payload: Payload
    identity: Identity
    now: datetime
    command: str


def register(listeners: Listeners, responder: Responder, uses: Uses, *, command: str) -> None:
    """Connect the slash command under its configured name."""

    @listeners.command(command)
    def ordered(ack: Ack, body: dict[str, Any]) -> None:
        payload = read(body)
        order = grammar.order(payload.text)
        if isinstance(order, commands.Help):
            reply: Reply | None = _help(uses, order, command=command)
        else:
            reply = answer(responder, uses, payload, order, command=command)
        if reply is None:
            ack()
        else:
            ack(text=reply["text"], blocks=reply["blocks"], response_type="ephemeral")


def _help(uses: Uses, asked: commands.Help, *, command: str) -> Reply:
    """Help, which is for whoever can type: it waits for no store, and gives no reason for a freeze."""
    said = replies.help_text(command, asked)
    return replies.headed(said, everything_is_frozen("")) if uses.looking.known_frozen() else said


def answer(
    responder: Responder, uses: Uses, payload: Payload, order: commands.Order, *, command: str
) -> Reply | None:
    """Do what was ordered, and return what to say: None when a form opened instead."""
    now = responder.clock()
    decides = isinstance(order, commands.Pending | commands.Unvote | commands.Away | commands.Back)
    purpose: Literal["request", "decide"] = "decide" if decides else "request"
    identity = responder.authentication.identify(payload, purpose=purpose, now=now)
    invocation = Invocation(
        responder=responder, uses=uses, payload=payload, identity=identity, now=now, command=command
    )
    return _ORDERS[type(order)](invocation, order)


def _form(invocation: Invocation, _: commands.Form) -> Reply | None:
    return _opened(invocation, Draft())


def _opened(invocation: Invocation, draft: Draft) -> Reply | None:
    invocation.uses.asking.require_thawed(draft.entitlement.id if draft.entitlement is not None else "")
    invocation.uses.asking.require_accepted(invocation.identity)
    if draft.entitlement is not None:
        already = invocation.responder.already(invocation.identity, draft.entitlement.id, now=invocation.now)
        draft = msgspec.structs.replace(draft, already=already)
    invocation.responder.open_form(invocation.payload, request_form(draft))
    return None


def _ask(invocation: Invocation, order: commands.Ask) -> Reply | None:
    return _asked(invocation, order, _offered(invocation, order))


def _offered(invocation: Invocation, order: commands.Ask) -> Sequence[Entitlement]:
    """What the person may ask for; a line that is one too many is refused before that is looked up."""
    if order.justification:
        invocation.uses.asking.require_room(invocation.identity, key=_key(invocation), now=invocation.now)
    return invocation.uses.asking.offered(invocation.identity, now=invocation.now)


def _bare(invocation: Invocation, order: commands.Bare) -> Reply | None:
    """A request without its verb, where what it names is known, or where it says how long or why."""
    offered = _offered(invocation, order.ask)
    choice = choose(offered, what=order.ask.what, where=order.ask.where)
    if not choice.known and order.meant == "request":
        return _opened(invocation, _read(invocation, order.rest, offered))
    if choice.known or order.ask.duration or order.ask.justification:
        return _asked(invocation, order.ask, offered)
    meant = order.meant or choice.near
    return _help(invocation.uses, commands.Help(unknown=order.word, meant=meant), command=invocation.command)


def _asked(invocation: Invocation, order: commands.Ask, offered: Sequence[Entitlement]) -> Reply | None:
    draft = _read(invocation, order, offered)
    chosen = draft.entitlement
    if chosen is None or draft.problems or not order.justification:
        return _opened(invocation, draft)
    duration = commands.duration_of(order.duration)
    ask = Ask(entitlement=chosen.id, duration=duration, justification=order.justification)
    if (emergency := invocation.uses.asking.declared(invocation.identity, ask, now=invocation.now)) is not None:
        invocation.responder.open_form(invocation.payload, glass_form(emergency, ask))
        return None
    return _filed(invocation, ask)


def _read(invocation: Invocation, order: commands.Ask, offered: Sequence[Entitlement]) -> Draft:
    """Everything that was understood of a line, and all that is wrong with it: nobody types a line twice."""
    choice = choose(offered, what=order.what, where=order.where)
    who = () if choice.known or not choice.problem else invocation.uses.asking.who_may_ask(order.what)
    cannot = f"You cannot ask for “{clip(order.what, 80)}”. {selectors_in_words(who)} can."
    wrong = cannot if who else choice.problem
    problems = [Problem(field="entitlement", text=wrong)] if wrong else []
    duration: timedelta | None = None
    try:
        duration = commands.duration_of(order.duration)
    except Refused as refusal:
        problems.append(Problem(field=refusal.kind, text=told(refusal)))
    if choice.entitlement is not None:
        ask = Ask(
            entitlement=choice.entitlement.id,
            duration=duration,
            justification=order.justification,
            break_glass=order.emergency or choice.entitlement.break_glass is not None,
        )
        problems += _against(invocation, order, ask)
    return Draft(
        entitlement=choice.entitlement,
        duration=order.duration,
        justification=order.justification,
        problems=tuple(problems),
    )


def _against(invocation: Invocation, order: commands.Ask, ask: Ask) -> Sequence[Problem]:
    """What the policy says against what was typed, for the form to mend. That nothing was typed is no problem."""
    try:
        invocation.uses.asking.check(invocation.identity, ask, now=invocation.now)
    except Refused as refusal:
        mendable = [each for each in refusal.all if each.kind in ("duration", "justification")]
        if len(mendable) < len(refusal.all):
            raise
        return [Problem(field=each.kind, text=told(each)) for each in mendable if getattr(order, each.kind)]
    return ()


def _filed(invocation: Invocation, ask: Ask) -> Reply:
    request = invocation.uses.asking.file(invocation.identity, ask, key=_key(invocation), now=invocation.now)
    before: Request | None = None
    with suppress(CountersignError):  # it is filed, whatever else can be said
        before = _before(invocation, request)
    return replies.filed(request, before=before, command=invocation.command)


def _key(invocation: Invocation) -> str:
    """One command, however often Slack sends it."""
    if not invocation.payload.trigger_id:
        raise Malformed("a command without its trigger")
    return f"trigger:{invocation.payload.trigger_id}"


def _before(invocation: Invocation, filed: Request) -> Request | None:
    return earlier(filed, invocation.uses.looking.mine(invocation.identity, now=invocation.now))


def _mine(invocation: Invocation, _: commands.Mine) -> Reply:
    own = invocation.uses.looking.mine(invocation.identity, now=invocation.now)
    listed = replies.mine(
        own, command=invocation.command, link=lambda each: invocation.responder.link(each, keys=["status"])
    )
    return replies.frozen(listed, invocation.uses.looking.frozen())


def _pending(invocation: Invocation, _: commands.Pending) -> Reply:
    found = invocation.uses.looking.pending(invocation.identity, most=replies.SHOWN, now=invocation.now)
    keys = [f"card:{invocation.identity.principal}", "card"]
    listed = replies.pending(found, link=lambda each: invocation.responder.link(each, keys=keys))
    return replies.frozen(listed, invocation.uses.looking.frozen())


def _withdraw(invocation: Invocation, order: commands.Withdraw) -> Reply:
    withdrawn = invocation.uses.ending.withdraw(invocation.identity, order.request, now=invocation.now)
    return replies.done(withdrawn, command=invocation.command)


def _end(invocation: Invocation, order: commands.End) -> Reply | None:
    try:
        ended = invocation.uses.ending.end(invocation.identity, order.request, why=order.why, now=invocation.now)
    except Refused as refusal:
        if refusal.code != "why":
            raise
        invocation.responder.open_form(
            invocation.payload, end_form(invocation.uses.looking.shown(order.request, now=invocation.now))
        )
        return None
    kept: Sequence[Kept] = ()
    with suppress(CountersignError):  # it is ended, whatever else can be said
        kept = invocation.uses.looking.kept(ended, now=invocation.now)
    return replies.done(ended, command=invocation.command, kept=kept)


def _extend(invocation: Invocation, order: commands.Extend) -> Reply | None:
    """Ask for longer access in one line. What can be mended in it, or lacks, opens the form with all of it."""
    asking, identity, now = invocation.uses.asking, invocation.identity, invocation.now
    problems: list[Problem] = []
    try:
        duration, why = commands.duration_of(order.duration), order.justification
        if why:
            filed = asking.extend(
                identity, order.request, duration=duration, justification=why, key=_key(invocation), now=now
            )
            return replies.filed(filed, before=None, command=invocation.command)
    except Refused as refusal:
        problems = mendable(refusal)
        if not problems:
            raise
    found = asking.extension(identity, order.request, now=now)
    invocation.responder.open_form(invocation.payload, extend_form(found, order, tuple(problems)))
    return None


def _unvote(invocation: Invocation, order: commands.Unvote) -> Reply:
    reviewed = invocation.uses.deciding.take_back(invocation.identity, order.request, now=invocation.now)
    return sentence(after(reviewed, pressed="take_back"))


def _away(invocation: Invocation, order: commands.Away) -> Reply:
    absent = Absences(invocation.uses.standing_in, invocation.identity, command=invocation.command)
    return sentence(absent.leave(order, now=invocation.now))


def _back(invocation: Invocation, _: commands.Back) -> Reply:
    return sentence(absences.returned(invocation.uses.standing_in.back(invocation.identity, now=invocation.now)))


def _why(invocation: Invocation, order: commands.Why) -> Reply:
    return replies.frozen(_explained(invocation, order), invocation.uses.looking.frozen())


def _explained(invocation: Invocation, order: commands.Why) -> Reply:
    offered = invocation.uses.asking.offered(invocation.identity, now=invocation.now)
    if not order.what:
        return replies.offered(offered, command=invocation.command)
    fitting = fitting_in(offered, what=order.what, where=order.where)
    if len(fitting) > 1:
        raise Said("entitlement", several(fitting, what=order.what, where=order.where))
    # What somebody may not ask for is explained as well, by its id.
    known = fitting[0].id if fitting else order.what.lower()
    said = explained(invocation.uses.asking.explain(invocation.identity, known, now=invocation.now))
    near = "" if fitting else choose(offered, what=order.what, where=order.where).near
    return replies.explained(said, command=invocation.command, known=bool(fitting), near=near)


_ORDERS: dict[type, Callable[[Invocation, Any], Reply | None]] = {
    commands.Form: _form,
    commands.Ask: _ask,
    commands.Bare: _bare,
    commands.Mine: _mine,
    commands.Pending: _pending,
    commands.Withdraw: _withdraw,
    commands.End: _end,
    commands.Extend: _extend,
    commands.Unvote: _unvote,
    commands.Away: _away,
    commands.Back: _back,
    commands.Why: _why,
}
