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
from handlers.slack.desk import Desk
from handlers.slack.listeners import Listeners
from handlers.slack.modals import Draft, Problem, end_form, request_form
from handlers.slack.payloads import Malformed, Payload, read
from handlers.slack.replies import Reply, sentence
from handlers.wording import commands
from handlers.wording.choosing import choose, fitting_in, several
from handlers.wording.explaining import explained
from handlers.wording.late import after
from handlers.wording.refusals import Said, told
from handlers.wording.typed import clip


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """One command of one person."""

    desk: Desk
    uses: Uses
    payload: Payload
    identity: Identity
    now: datetime
    command: str


def register(listeners: Listeners, desk: Desk, uses: Uses, *, command: str) -> None:
    """Connect the slash command under its configured name."""

    @listeners.command(command)
    def ordered(ack: Ack, body: dict[str, Any]) -> None:
        payload = read(body)
        order = grammar.order(payload.text)
        if isinstance(order, commands.Help):
            reply: Reply | None = replies.help_text(command, order)
        else:
            reply = answer(desk, uses, payload, order, command=command)
        if reply is None:
            ack()
        else:
            ack(text=reply["text"], blocks=reply["blocks"], response_type="ephemeral")


def answer(desk: Desk, uses: Uses, payload: Payload, order: commands.Order, *, command: str) -> Reply | None:
    """Do what was ordered, and return what to say: None when a form opened instead."""
    now = desk.clock()
    decides = isinstance(order, commands.Pending | commands.Unvote)
    purpose: Literal["request", "decide"] = "decide" if decides else "request"
    identity = desk.callers.identify(payload, purpose=purpose, now=now)
    turn = Turn(desk=desk, uses=uses, payload=payload, identity=identity, now=now, command=command)
    return _ORDERS[type(order)](turn, order)


def _form(turn: Turn, _: commands.Form) -> Reply | None:
    return _opened(turn, Draft())


def _opened(turn: Turn, draft: Draft) -> Reply | None:
    turn.uses.asking.require_thawed()
    if draft.entitlement is not None:
        already = turn.desk.already(turn.identity, draft.entitlement.id, now=turn.now)
        draft = msgspec.structs.replace(draft, already=already)
    turn.desk.open_form(turn.payload, request_form(draft))
    return None


def _ask(turn: Turn, order: commands.Ask) -> Reply | None:
    return _asked(turn, order, _offered(turn, order))


def _offered(turn: Turn, order: commands.Ask) -> Sequence[Entitlement]:
    """What the person may ask for; a line that is one too many is refused before that is looked up."""
    if order.justification:
        turn.uses.asking.require_room(turn.identity, key=_key(turn), now=turn.now)
    return turn.uses.asking.offered(turn.identity, now=turn.now)


def _bare(turn: Turn, order: commands.Bare) -> Reply | None:
    """A request without its verb, where what it names is known, or where it says how long or why."""
    offered = _offered(turn, order.ask)
    choice = choose(offered, what=order.ask.what, where=order.ask.where)
    if not choice.known and order.meant == "request":
        return _opened(turn, _read(turn, order.rest, offered))
    if choice.known or order.ask.duration or order.ask.justification:
        return _asked(turn, order.ask, offered)
    meant = order.meant or choice.near
    return replies.help_text(turn.command, commands.Help(unknown=order.word, meant=meant))


def _asked(turn: Turn, order: commands.Ask, offered: Sequence[Entitlement]) -> Reply | None:
    draft = _read(turn, order, offered)
    chosen = draft.entitlement
    if chosen is None or draft.problems or not order.justification:
        return _opened(turn, draft)
    duration = commands.duration_of(order.duration)
    return _filed(turn, Ask(entitlement=chosen.id, duration=duration, justification=order.justification))


def _read(turn: Turn, order: commands.Ask, offered: Sequence[Entitlement]) -> Draft:
    """Everything that was understood of a line, and all that is wrong with it: nobody types a line twice."""
    choice = choose(offered, what=order.what, where=order.where)
    who = () if choice.known or not choice.problem else turn.uses.asking.who_may_ask(order.what)
    cannot = f"You cannot ask for “{clip(order.what, 80)}”. {selectors_in_words(who)} can."
    wrong = cannot if who else choice.problem
    problems = [Problem(field="entitlement", text=wrong)] if wrong else []
    duration: timedelta | None = None
    try:
        duration = commands.duration_of(order.duration)
    except Refused as refusal:
        problems.append(Problem(field=refusal.kind, text=told(refusal)))
    if choice.entitlement is not None:
        ask = Ask(entitlement=choice.entitlement.id, duration=duration, justification=order.justification)
        problems += _against(turn, order, ask)
    return Draft(
        entitlement=choice.entitlement,
        duration=order.duration,
        justification=order.justification,
        problems=tuple(problems),
    )


def _against(turn: Turn, order: commands.Ask, ask: Ask) -> Sequence[Problem]:
    """What the policy says against what was typed, for the form to mend. That nothing was typed is no problem."""
    try:
        turn.uses.asking.check(turn.identity, ask, now=turn.now)
    except Refused as refusal:
        mendable = [each for each in refusal.all if each.kind in ("duration", "justification")]
        if len(mendable) < len(refusal.all):
            raise
        return [Problem(field=each.kind, text=told(each)) for each in mendable if getattr(order, each.kind)]
    return ()


def _filed(turn: Turn, ask: Ask) -> Reply:
    request = turn.uses.asking.file(turn.identity, ask, key=_key(turn), now=turn.now)
    before: Request | None = None
    with suppress(CountersignError):  # it is filed, whatever else can be said
        before = _before(turn, request)
    return replies.filed(request, before=before, command=turn.command)


def _key(turn: Turn) -> str:
    """One command, however often Slack sends it."""
    if not turn.payload.trigger_id:
        raise Malformed("a command without its trigger")
    return f"trigger:{turn.payload.trigger_id}"


def _before(turn: Turn, filed: Request) -> Request | None:
    return earlier(filed, turn.uses.looking.mine(turn.identity, now=turn.now))


def _mine(turn: Turn, _: commands.Mine) -> Reply:
    own = turn.uses.looking.mine(turn.identity, now=turn.now)
    listed = replies.mine(own, command=turn.command, link=lambda each: turn.desk.link(each, keys=["status"]))
    return replies.frozen(listed, turn.uses.looking.frozen())


def _pending(turn: Turn, _: commands.Pending) -> Reply:
    found = turn.uses.looking.pending(turn.identity, most=replies.SHOWN, now=turn.now)
    keys = [f"card:{turn.identity.principal}", "card"]
    listed = replies.pending(found, link=lambda each: turn.desk.link(each, keys=keys))
    return replies.frozen(listed, turn.uses.looking.frozen())


def _withdraw(turn: Turn, order: commands.Withdraw) -> Reply:
    withdrawn = turn.uses.ending.withdraw(turn.identity, order.request, now=turn.now)
    return replies.done(withdrawn, command=turn.command)


def _end(turn: Turn, order: commands.End) -> Reply | None:
    try:
        ended = turn.uses.ending.end(turn.identity, order.request, why=order.why, now=turn.now)
    except Refused as refusal:
        if refusal.code != "why":
            raise
        turn.desk.open_form(turn.payload, end_form(turn.uses.looking.shown(order.request, now=turn.now)))
        return None
    kept: Sequence[Kept] = ()
    with suppress(CountersignError):  # it is ended, whatever else can be said
        kept = turn.uses.looking.kept(ended, now=turn.now)
    return replies.done(ended, command=turn.command, kept=kept)


def _unvote(turn: Turn, order: commands.Unvote) -> Reply:
    reviewed = turn.uses.deciding.take_back(turn.identity, order.request, now=turn.now)
    return sentence(after(reviewed, pressed="take_back"))


def _why(turn: Turn, order: commands.Why) -> Reply:
    offered = turn.uses.asking.offered(turn.identity, now=turn.now)
    if not order.what:
        return replies.offered(offered, command=turn.command)
    fitting = fitting_in(offered, what=order.what, where=order.where)
    if len(fitting) > 1:
        raise Said("entitlement", several(fitting, what=order.what, where=order.where))
    # What somebody may not ask for is explained as well, by its id.
    known = fitting[0].id if fitting else order.what.lower()
    said = explained(turn.uses.asking.explain(turn.identity, known, now=turn.now))
    near = "" if fitting else choose(offered, what=order.what, where=order.where).near
    return replies.explained(said, command=turn.command, known=bool(fitting), near=near)


_ORDERS: dict[type, Callable[[Turn, Any], Reply | None]] = {
    commands.Form: _form,
    commands.Ask: _ask,
    commands.Bare: _bare,
    commands.Mine: _mine,
    commands.Pending: _pending,
    commands.Withdraw: _withdraw,
    commands.End: _end,
    commands.Unvote: _unvote,
    commands.Why: _why,
}
