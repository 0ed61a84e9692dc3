"""The slash command: read by `grammar`, answered to the person alone."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from difflib import get_close_matches
from typing import Any, Literal

import msgspec
from slack_bolt import Ack, App

from approvals.errors import CountersignError, Refused
from approvals.policy.evaluate import Ask
from approvals.policy.records import Entitlement
from approvals.principals import Identity
from approvals.requests import Request, earlier
from handlers.slack import grammar, replies
from handlers.slack.desk import Desk
from handlers.slack.modals import Draft, Problem, request_form
from handlers.slack.payloads import Malformed, Payload, read
from handlers.slack.replies import Reply, sentence
from handlers.wording.late import taken_back
from handlers.wording.texts import clip, resource_in_words


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """One command of one person."""

    desk: Desk
    payload: Payload
    identity: Identity
    now: datetime
    command: str


def register(app: App, desk: Desk, *, command: str) -> None:
    """Connect the slash command under its configured name."""

    @app.command(command)
    def ordered(ack: Ack, body: dict[str, Any]) -> None:
        payload = read(body)
        order = grammar.parse(payload.text)
        if isinstance(order, grammar.Help):
            reply: Reply | None = replies.help_text(command, order)
        else:
            reply = answer(desk, payload, order, command=command)
        if reply is None:
            ack()
        else:
            ack(text=reply["text"], blocks=reply["blocks"], response_type="ephemeral")


def answer(desk: Desk, payload: Payload, order: grammar.Order, *, command: str) -> Reply | None:
    """Do what was ordered, and return what to say: None when a form opened instead."""
    now = desk.clock()
    decides = isinstance(order, grammar.Pending | grammar.Unvote)
    purpose: Literal["request", "decide"] = "decide" if decides else "request"
    identity = desk.callers.identify(payload, purpose=purpose, now=now)
    turn = Turn(desk=desk, payload=payload, identity=identity, now=now, command=command)
    return _ORDERS[type(order)](turn, order)


def _form(turn: Turn, _: grammar.Form) -> Reply | None:
    return _opened(turn, Draft())


def _opened(turn: Turn, draft: Draft) -> Reply | None:
    turn.desk.open_form(turn.payload, request_form(draft))
    return None


def _ask(turn: Turn, order: grammar.Ask) -> Reply | None:
    offered = turn.desk.access.offered(turn.identity, now=turn.now)
    draft = Draft(duration=order.duration, justification=order.justification)
    try:
        chosen = chosen_from(offered, what=order.what, where=order.where)
    except Refused as refusal:
        return _opened(turn, _lacking(draft, refusal))
    return _asked(turn, order, msgspec.structs.replace(draft, entitlement=chosen))


def _asked(turn: Turn, order: grammar.Ask, draft: Draft) -> Reply | None:
    chosen = draft.entitlement
    try:
        duration = grammar.duration_of(order.duration)
        if chosen is not None:
            return _filed(turn, Ask(entitlement=chosen.id, duration=duration, justification=order.justification))
    except Refused as refusal:
        if refusal.code not in ("duration", "justification"):
            raise
        if getattr(order, refusal.code):
            draft = _lacking(draft, refusal)
    return _opened(turn, draft)


def _lacking(draft: Draft, refusal: Refused) -> Draft:
    """What can be mended in the form is not refused: nobody types a whole line twice."""
    return msgspec.structs.replace(draft, problem=Problem(field=refusal.code, text=str(refusal)))


def _filed(turn: Turn, ask: Ask) -> Reply:
    if not turn.payload.trigger_id:
        raise Malformed("a command without its trigger")
    key = f"trigger:{turn.payload.trigger_id}"
    request = turn.desk.access.file(turn.identity, ask, key=key, now=turn.now)
    before: Request | None = None
    with suppress(CountersignError):  # it is filed, whatever else can be said
        before = _before(turn, request)
    return replies.filed(request, before=before, command=turn.command)


def _before(turn: Turn, filed: Request) -> Request | None:
    return earlier(filed, turn.desk.access.mine(turn.identity, now=turn.now))


def _mine(turn: Turn, _: grammar.Mine) -> Reply:
    return replies.mine(turn.desk.access.mine(turn.identity, now=turn.now), command=turn.command)


def _pending(turn: Turn, _: grammar.Pending) -> Reply:
    return replies.pending(turn.desk.access.pending(turn.identity, now=turn.now))


def _withdraw(turn: Turn, order: grammar.Withdraw) -> Reply:
    return replies.done(turn.desk.access.withdraw(turn.identity, order.request, now=turn.now))


def _end(turn: Turn, order: grammar.End) -> Reply:
    return replies.done(turn.desk.access.end(turn.identity, order.request, now=turn.now))


def _unvote(turn: Turn, order: grammar.Unvote) -> Reply:
    return sentence(taken_back(turn.desk.access.take_back(turn.identity, order.request, now=turn.now)))


def _why(turn: Turn, order: grammar.Why) -> Reply:
    offered = turn.desk.access.offered(turn.identity, now=turn.now)
    if not order.what:
        return replies.offered(offered, command=turn.command)
    fitting = fitting_in(offered, what=order.what, where=order.where)
    # What somebody may not ask for is explained as well, by its id.
    known = _only(fitting, order.what, order.where).id if fitting else order.what.lower()
    said = turn.desk.access.explain(turn.identity, known, now=turn.now)
    return replies.explained(said, command=turn.command, known=bool(fitting))


def chosen_from(offered: Sequence[Entitlement], *, what: str, where: str) -> Entitlement | None:
    """Find the one entitlement that was meant by id, title or role, and resource. None when nothing was typed.

    Raises `Refused` when what was typed fits none or several.
    """
    if not what:
        return None
    fitting = fitting_in(offered, what=what, where=where)
    if not fitting:
        raise Refused("entitlement", _unknown(offered, what, where))
    return _only(fitting, what, where)


def fitting_in(offered: Sequence[Entitlement], *, what: str, where: str) -> Sequence[Entitlement]:
    """Find what is meant by an id or a title, else everything that a role and a resource fit."""
    wanted = _wanted(what, where).lower()
    return (
        [each for each in offered if each.id == wanted]
        or [each for each in offered if _titled(each) == wanted]
        or [each for each in offered if _named(each, what.lower()) and _placed(each, where.lower())]
    )


def _only(fitting: Sequence[Entitlement], what: str, where: str) -> Entitlement:
    if len(fitting) == 1:
        return fitting[0]
    ids = ", ".join(each.id for each in fitting[:10])
    raise Refused("entitlement", f"“{clip(_wanted(what, where), 80)}” fits several: {ids}. Name one of them.")


def _unknown(offered: Sequence[Entitlement], what: str, where: str) -> str:
    """Say what may have been meant: the same thing elsewhere, or a name much like it."""
    named = [each for each in offered if _named(each, what.lower())]
    if named:
        places = ", ".join(dict.fromkeys(resource_in_words(each.resource) for each in named[:5]))
        return f"“{clip(what, 60)}” is offered on {places}, not on “{clip(where, 60)}”."
    ids = {name: each.id for each in offered for name in (each.title.lower(), each.id)}
    near = get_close_matches(what.lower()[:80], ids, n=1)
    hint = f"Did you mean {ids[near[0]]}?" if near else "Type below to see what you can ask for."
    return f"You cannot ask for anything called “{clip(_wanted(what, where), 80)}”. {hint}"


def _wanted(what: str, where: str) -> str:
    return f"{what} on {where}" if where else what


def _named(each: Entitlement, what: str) -> bool:
    roles = {role.lower() for role in each.roles}
    return what in (each.id, _titled(each)) or what in roles or f"roles/{what}" in roles


def _titled(each: Entitlement) -> str:
    """The title as a command is read: two that differ in the shape of a dash alone fit both."""
    return grammar.plainly(each.title).lower()


def _placed(each: Entitlement, where: str) -> bool:
    return not where or where.lstrip("#") in (each.resource.lower(), each.resource.lower().partition("/")[2])


_ORDERS: dict[type, Callable[[Turn, Any], Reply | None]] = {
    grammar.Form: _form,
    grammar.Ask: _ask,
    grammar.Mine: _mine,
    grammar.Pending: _pending,
    grammar.Withdraw: _withdraw,
    grammar.End: _end,
    grammar.Unvote: _unvote,
    grammar.Why: _why,
}
