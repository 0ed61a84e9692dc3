"""The slash command: read by `grammar`, done, and answered to the person alone."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Literal

from approvals.grants import Kept
from approvals.parts import Part
from approvals.refusals.errors import CountersignError, Refused
from approvals.requests import Request, to_confirm
from approvals.telling.cards import AnyFreeze
from approvals.uses import Uses
from handlers.slack import grammar, orders, replies
from handlers.slack.absences import Absences
from handlers.slack.answers import Ack
from handlers.slack.invocations import Invocation, helped
from handlers.slack.listeners import Listeners
from handlers.slack.modals import end_form
from handlers.slack.payloads import Payload, read
from handlers.slack.replies import Reply, sentence
from handlers.slack.responder import Responder
from handlers.wording import absences
from handlers.wording.explaining import explained
from handlers.wording.late import after
from handlers.wording.reading import commands
from handlers.wording.reading.choosing import choose, fitting_in, several
from handlers.wording.refusing.refusals import Said


def register(listeners: Listeners, responder: Responder, uses: Uses, *, command: str) -> None:
    """Connect the slash command under its configured name."""

    @listeners.command(command)
    def ordered(ack: Ack, body: dict[str, Any]) -> None:
        payload = read(body)
        order = grammar.order(payload.text)
        if isinstance(order, commands.Help):
            reply: Reply | None = helped(uses, order, command=command)
        else:
            reply = answer(responder, uses, payload, order, command=command)
        if reply is None:
            ack()
        else:
            ack(text=reply["text"], blocks=reply["blocks"], response_type="ephemeral")


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


def _freeze(invocation: Invocation) -> AnyFreeze | None:
    return invocation.uses.looking.frozen(invocation.identity)


def _held(invocation: Invocation, requests: Sequence[Request]) -> Mapping[str, Part]:
    return invocation.uses.looking.held(requests, reader=invocation.identity, now=invocation.now)


def _mine(invocation: Invocation, _: commands.Mine) -> Reply:
    own = invocation.uses.looking.mine(invocation.identity, now=invocation.now)
    listed = replies.mine(
        own,
        frozen=_held(invocation, own),
        command=invocation.command,
        link=lambda each: invocation.responder.link(each, keys=["status"]),
    )
    return replies.frozen(listed, _freeze(invocation), invocation.identity.principal)


def _pending(invocation: Invocation, _: commands.Pending) -> Reply:
    found = invocation.uses.looking.pending(invocation.identity, most=replies.SHOWN, now=invocation.now)
    mine = invocation.uses.looking.mine(invocation.identity, now=invocation.now)
    asserted = [each for each in mine if to_confirm(each)]
    keys = [f"card:{invocation.identity.principal}", "card"]
    listed = replies.pending(
        found,
        asserted,
        frozen=_held(invocation, [*found.requests, *asserted]),
        link=lambda each: invocation.responder.link(each, keys=keys),
        status=lambda each: invocation.responder.link(each, keys=["status"]),
    )
    return replies.frozen(listed, _freeze(invocation), invocation.identity.principal)


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


def _unvote(invocation: Invocation, order: commands.Unvote) -> Reply:
    reviewed = invocation.uses.deciding.take_back(invocation.identity, order.request, now=invocation.now)
    return sentence(after(reviewed, pressed="take_back"))


def _away(invocation: Invocation, order: commands.Away) -> Reply:
    absent = Absences(invocation.uses.standing_in, invocation.identity, command=invocation.command)
    return sentence(absent.leave(order, now=invocation.now))


def _back(invocation: Invocation, _: commands.Back) -> Reply:
    return sentence(absences.returned(invocation.uses.standing_in.back(invocation.identity, now=invocation.now)))


def _why(invocation: Invocation, order: commands.Why) -> Reply:
    looking, identity = invocation.uses.looking, invocation.identity
    reply, entitlement = _explained(invocation, order)
    return replies.frozen(reply, looking.frozen(identity, entitlement), identity.principal)


def _explained(invocation: Invocation, order: commands.Why) -> tuple[Reply, str]:
    """The answer, and the entitlement that it is about."""
    if not order.what:
        found = invocation.uses.offering.search(invocation.identity, "", now=invocation.now)
        listed = replies.offered(tuple(found.entitlements), command=invocation.command, partly=found.partly)
        return listed, ""
    offered = tuple(orders.meant(invocation, order.what, order.where).entitlements)
    fitting = fitting_in(offered, what=order.what, where=order.where)
    if len(fitting) > 1:
        raise Said("entitlement", several(fitting, what=order.what, where=order.where))
    # What somebody may not ask for is explained as well, by its id.
    known = fitting[0].id if fitting else order.what.lower()
    said = explained(invocation.uses.asking.explain(invocation.identity, known, now=invocation.now))
    near = "" if fitting else choose(offered, what=order.what, where=order.where).near
    return replies.explained(said, command=invocation.command, known=bool(fitting), near=near), known


_ORDERS: dict[type, Callable[[Invocation, Any], Reply | None]] = {
    commands.Form: orders.form,
    commands.Ask: orders.in_one_line,
    commands.Bare: orders.bare,
    commands.Mine: _mine,
    commands.Pending: _pending,
    commands.Withdraw: _withdraw,
    commands.End: _end,
    commands.Extend: orders.extend,
    commands.Unvote: _unvote,
    commands.Away: _away,
    commands.Back: _back,
    commands.Why: _why,
}
