"""Answers that only the person who typed or pressed gets to see."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from approvals.access.keeping import extended
from approvals.grants import Kept
from approvals.parts import Part
from approvals.policy.model import Entitlement
from approvals.requests import Request, allows, lives, undecided, unreviewed
from approvals.starting import scheduled
from approvals.telling.cards import AnyFreeze
from approvals.uses.looking import Waiting
from handlers.slack.cards import button
from handlers.slack.markup import escape, plain_text, sections
from handlers.wording.actions import Action, end, revoke, withdraw
from handlers.wording.already import you_asked, you_have
from handlers.wording.freeze import frozen_in_words
from handlers.wording.listing import CONFIRMING, none_waits, own, unseen, waiting, what
from handlers.wording.reading.choosing import PARTLY
from handlers.wording.reading.commands import Help
from handlers.wording.standing import standing
from handlers.wording.text.lines import Code, Line, Link, plain
from handlers.wording.text.typed import clip, visible

SHOWN = 15
"""Requests that one answer lists."""

OFFERED = 100
"""Entitlements that one answer lists."""

_AN_ID = "r-7k2m9qd4xw"

Reply = dict[str, Any]
Links = Callable[[Request], str]
"""Where somebody reads of a request; empty where no message stands."""


def sentence(text: str) -> Reply:
    """One text in which nothing is read as markup."""
    block = {"type": "section", "text": plain_text(text, most=2900)}
    return {"text": _notification(text), "blocks": [block]}


def lines(said: Sequence[Line], *, title: str = "") -> Reply:
    """Several lines of our own words."""
    text = title or (plain(said[0]) if said else "")
    return {"text": _notification(text), "blocks": sections(said, title=title)}


def filed(request: Request, *, before: Request | None, read: str = "", command: str) -> Reply:
    """What somebody reads who filed a request by a command. `before`: an earlier one for the same, still open.

    `read` says how the times were understood that they typed.
    """
    now = standing(request)
    head: Line = ("Filed as ", Code(request.id), ": ", *what(request), f". {now.words}. ", *now.meaning)
    already = [_before(before, command)] if before is not None else []
    undo, order = _undoing(request)
    tail: Line = (
        f"Each step comes to you as a direct message. {undo}: ",
        Code(f"{command} {order} {request.id}"),
    )
    return lines([head, *([(read,)] if read else []), *already, tail])


def declared(line: str, *, command: str) -> Reply:
    """What stands below the form that confirms an emergency, for whoever closes it: the line that opened it."""
    said = "An emergency begins once you confirm it in the form. If you closed the form, nothing was done."
    return sentence(f"{said} This is what you typed:\n{command} {line}")


def _undoing(request: Request) -> tuple[str, str]:
    """What whoever asked can do about it, and the command for that."""
    if undecided(request):
        return "Take it back", "withdraw"
    return ("Cancel it" if scheduled(request) else "End it early"), "end"


def _before(request: Request, command: str) -> Line:
    if request.grant is not None:
        return you_have(request)
    return (
        *you_asked(request),
        " Take the older one back: ",
        Code(f"{command} withdraw {request.id}"),
    )


def frozen(reply: Reply, freeze: AnyFreeze | None, reader: str) -> Reply:
    """An answer to `reader`, headed by the freeze while there is one."""
    return reply if freeze is None else headed(reply, frozen_in_words(freeze, reader))


def headed(reply: Reply, said: str) -> Reply:
    """An answer below a sentence that matters more."""
    return {"text": _notification(said), "blocks": [*sentence(said)["blocks"], *reply["blocks"]]}


def mine(requests: Sequence[Request], *, frozen: Mapping[str, Part], command: str, link: Links) -> Reply:
    """The person's own requests, each with the button for what can be done about it and a link to its message.

    `frozen` are the freezes that hold some of them up, by the request's id.
    """
    if not requests:
        return sentence(f"You have no open request and no access now. {command} asks for some.")
    blocks = sections([], title="Your requests and access")
    for each in requests[:SHOWN]:
        said = own(each, kept=extended(each, requests), frozen=frozen.get(each.id))
        first, *rest = sections([(*said, " ", Code(each.id), *_linked(link(each)))])
        offered = _undone(each)
        blocks += [first | ({"accessory": button(offered)} if offered is not None else {}), *rest]
    return {"text": _notification("Your requests and access"), "blocks": [*blocks, *sections(_more(requests))]}


def _more(requests: Sequence[Request]) -> list[Line]:
    return [(f"and {len(requests) - SHOWN} more",)] if len(requests) > SHOWN else []


def _undone(request: Request) -> Action | None:
    """What takes back what somebody has; None where all that is left of it is a review."""
    if unreviewed(request) and not lives(request):
        return None
    if undecided(request):
        return withdraw(request.id)
    return revoke(request) if allows(request) else end(request)


def pending(
    found: Waiting, asserted: Sequence[Request], *, frozen: Mapping[str, Part], link: Links, status: Links
) -> Reply:
    """The requests that wait for this person. They are decided on their cards, to which each has a `link`.

    `asserted` were asked for in their name, which they say themselves on the message that `status` leads to.
    `frozen` are the freezes that hold some of them up, by the request's id.
    """
    rest = unseen(found, cards=True)
    said: list[Line] = [
        (*waiting(each, frozen=frozen.get(each.id)), " ", Code(each.id), *_linked(link(each)))
        for each in found.requests
    ]
    others = lines([*said, *([(rest,)] if rest else [])], title="Waiting for you (decide on the card)")
    if not said:
        others = sentence(f"{none_waits(confirming=bool(asserted))} {rest}".strip())
    if not asserted:
        return others
    own_word: list[Line] = [
        (*own(each, frozen=frozen.get(each.id)), " ", Code(each.id), *_linked(status(each)))
        for each in asserted[:SHOWN]
    ]
    first = lines([*own_word, *_more(asserted)], title=CONFIRMING)
    return {"text": first["text"], "blocks": [*first["blocks"], *others["blocks"]]}


def explained(said: Sequence[str], *, command: str, known: bool, near: str) -> Reply:
    """Plain lines, as the policy explains itself. `known`: the person can ask for it; else `near` may be meant."""
    meant = f"Did you mean {command} why {near}? " if near else ""
    more = [] if known else [f"{meant}{command} why lists what you can ask for."]
    return sentence("\n".join([*said, *more]))


def offered(entitlements: Sequence[Entitlement], *, command: str, partly: bool = False) -> Reply:
    """What the person may ask for, by the ids that the command takes."""
    if not entitlements and partly:
        return sentence(PARTLY)
    if not entitlements:
        return sentence("There is nothing here that you can ask for.")
    said: list[Line] = [(Code(each.id), f" {each.title}") for each in entitlements[:OFFERED]]
    if len(entitlements) > OFFERED:
        said.append((f"and {len(entitlements) - OFFERED} more: the form of {command} finds them",))
    if partly:
        said.append((PARTLY,))
    return lines(said, title=f"You can ask for ({command} why ID says more)")


def help_text(command: str, asked: Help) -> Reply:
    """What the command can do, after what is wrong with what was typed; where but an id is missing, that alone."""
    if asked.nameless:
        return _nameless(command, asked)
    meant = f" Did you mean {command} {asked.meant}?" if asked.meant else ""
    problem = f"{command} has no “{asked.unknown}”.{meant} It has:" if asked.unknown else asked.problem
    if not problem:
        return _orders(command)
    first = sentence(problem)
    return {"text": first["text"], "blocks": first["blocks"] + _orders(command)["blocks"]}


@cache
def _orders(command: str) -> Reply:
    """The list of what the command can do. It is always the same, and drawing it takes a third of its answer."""
    said: list[Line] = [
        (Code(command), " opens the request form"),
        (
            Code(f"{command} request ENTITLEMENT-or-ROLE on RESOURCE for 1h because TEXT"),
            " asks in one line, also without ",
            Code("request"),
            "; ",
            Code("from 18:00"),
            " has it begin later",
        ),
        (
            Code(f"{command} break-glass ENTITLEMENT for 1h because TEXT"),
            " asks in an emergency: a form confirms it",
        ),
        (Code(f"{command} mine"), " shows your requests and access"),
        (Code(f"{command} pending"), " shows what waits for you"),
        (
            Code(f"{command} end ID because TEXT"),
            " ends access or revokes an approval; its holder need not say why",
        ),
        (Code(f"{command} extend ID 1h because TEXT"), " asks that access of yours lasts longer"),
        (Code(f"{command} withdraw ID"), " takes a request back"),
        (Code(f"{command} unvote ID"), " takes your approval back while the request waits"),
        (Code(f"{command} away until WHEN to ADDRESS"), " has somebody stand in for you"),
        (Code(f"{command} back"), " says that you are back"),
        (Code(f"{command} why"), " lists what you can ask for"),
        (Code(f"{command} why ENTITLEMENT-or-ROLE"), " says who may ask and who approves"),
        (Code(f"{command} help"), " shows this list"),
        ("My Home tab shows what waits for you, your requests and your access, with buttons.",),
    ]
    return lines(said)


def _nameless(command: str, asked: Help) -> Reply:
    said = f"{asked.problem}Say which request by its id, as in "
    order = Code(f"{command} {asked.nameless} {_AN_ID}")
    # The list of one's own requests holds none that one approved.
    where = () if asked.nameless == "unvote" else (", and ", Code(f"{command} mine"), " those of yours")
    return lines([(said, order, ". Each card shows its id", *where, ".")])


def done(request: Request, *, command: str, kept: Sequence[Kept] = ()) -> Reply:
    """Say that a withdrawal or an end happened, who did it, and what other requests keep."""
    ends: list[Line] = [(Code(f"{command} end {each.request}"), " ends that, too.") for each in kept]
    return lines([(Code(request.id), ": ", *what(request), ". ", *standing(request, kept=kept).meaning), *ends])


def _linked(url: str) -> Line:
    return (" ", Link("Open it", url)) if url else ()


def _notification(text: str) -> str:
    return escape(clip(visible(text), 600))
