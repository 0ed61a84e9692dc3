"""Answers that only the person who typed or pressed gets to see."""

from collections.abc import Sequence
from typing import Any

from approvals.access import LISTED, Waiting
from approvals.policy.records import Entitlement
from approvals.requests import Request
from approvals.times import in_words
from handlers.slack.grammar import Help
from handlers.slack.markup import escape, plain_text, sections
from handlers.wording.lines import Code, Line, plain
from handlers.wording.standing import ending, standing
from handlers.wording.texts import clip, resource_in_words, visible

SHOWN = 15
"""Requests that one answer lists."""

OFFERED = 100
"""Entitlements that one answer lists."""

Reply = dict[str, Any]


def sentence(text: str) -> Reply:
    """One text in which nothing is read as markup."""
    block = {"type": "section", "text": plain_text(text, most=2900)}
    return {"text": _notification(text), "blocks": [block]}


def lines(said: Sequence[Line], *, title: str = "") -> Reply:
    """Several lines of our own words."""
    text = title or (plain(said[0]) if said else "")
    return {"text": _notification(text), "blocks": sections(said, title=title)}


def filed(request: Request, *, before: Request | None, command: str) -> Reply:
    """What somebody reads who filed a request by a command. `before`: an earlier one for the same, still open."""
    now = standing(request)
    head: Line = ("Filed as ", Code(request.id), ": ", *_what(request), f". {now.words}. ", *now.meaning)
    already = [_before(before)] if before is not None else []
    undo, order = ("Take it back", "withdraw") if request.state == "pending" else ("End it early", "end")
    tail: Line = (
        f"Each step comes to you as a direct message. {undo}: ",
        Code(f"{command} {order} {request.id}"),
    )
    return lines([head, *already, tail])


def _before(request: Request) -> Line:
    if request.grant is not None:
        return ("You have this already until ", ending(request.grant), ".")
    return ("You asked for this before, and it still waits: ", Code(request.id), ".")


def mine(requests: Sequence[Request], *, command: str) -> Reply:
    """The person's own requests, each with what can be done about it."""
    if not requests:
        return sentence(f"You have no open request and no access now. {command} asks for some.")
    return _listed([_own(request, command) for request in requests], title="Your requests and access")


def pending(found: Waiting) -> Reply:
    """The requests that wait for this person. They are decided on their cards, which say everything."""
    unseen = (
        f"Only the oldest {LISTED} requests were looked through, and more wait: see the cards."
        if found.more
        else ""
    )
    if not found.requests:
        return sentence(f"Nothing waits for your approval. {unseen}".strip())
    title = "Waiting for you (decide on the card)"
    return _listed([_waiting(request) for request in found.requests], title=title, after=unseen)


def explained(said: Sequence[str], *, command: str, known: bool, near: str) -> Reply:
    """Plain lines, as the policy explains itself. `known`: the person can ask for it; else `near` may be meant."""
    meant = f"Did you mean {command} why {near}? " if near else ""
    more = [] if known else [f"{meant}{command} why lists what you can ask for."]
    return sentence("\n".join([*said, *more]))


def offered(entitlements: Sequence[Entitlement], *, command: str) -> Reply:
    """What the person may ask for, by the ids that the command takes."""
    if not entitlements:
        return sentence("There is nothing here that you can ask for.")
    said: list[Line] = [(Code(each.id), f" {each.title}") for each in entitlements[:OFFERED]]
    if len(entitlements) > OFFERED:
        said.append((f"and {len(entitlements) - OFFERED} more: the form of {command} finds them",))
    return lines(said, title=f"You can ask for ({command} why ID says more)")


def help_text(command: str, asked: Help) -> Reply:
    """What the command can do, after what is wrong with what was typed."""
    meant = f" Did you mean {command} {asked.meant}?" if asked.meant else ""
    problem = f"{command} has no “{asked.unknown}”.{meant} It has:" if asked.unknown else asked.problem
    said: list[Line] = [
        (Code(command), " opens the request form"),
        (
            Code(f"{command} request ENTITLEMENT-or-ROLE on RESOURCE for 1h because TEXT"),
            " asks in one line, also without ",
            Code("request"),
        ),
        (Code(f"{command} mine"), " shows your requests and access"),
        (Code(f"{command} pending"), " shows what waits for you"),
        (Code(f"{command} end ID"), " ends access now"),
        (Code(f"{command} withdraw ID"), " takes a request back"),
        (Code(f"{command} unvote ID"), " takes your approval back while the request waits"),
        (Code(f"{command} why"), " lists what you can ask for"),
        (Code(f"{command} why ENTITLEMENT-or-ROLE"), " says who may ask and who approves"),
        (Code(f"{command} help"), " shows this list"),
    ]
    words = lines(said)
    if not problem:
        return words
    first = sentence(problem)
    return {"text": first["text"], "blocks": first["blocks"] + words["blocks"]}


def done(request: Request) -> Reply:
    """Say that a withdrawal or an end happened, and who did it."""
    return lines([(Code(request.id), ": ", *_what(request), ". ", *standing(request).meaning)])


def _what(request: Request) -> Line:
    terms = request.terms
    return (f"{terms.title} on {resource_in_words(terms.resource)} for {in_words(terms.duration)}",)


def _own(request: Request, command: str) -> Line:
    waits = request.state == "pending"
    order = "withdraw" if waits else "end"
    expires: Line = (" Expires unless decided by ", request.terms.expires, ".") if waits else ()
    now = standing(request)
    return (
        Code(request.id),
        " ",
        *_what(request),
        f". {now.words}. ",
        *now.meaning,
        *expires,
        " ",
        Code(f"{command} {order} {request.id}"),
    )


def _waiting(request: Request) -> Line:
    return (
        Code(request.id),
        f" {request.requester}: ",
        *_what(request),
        ", expires unless decided by ",
        request.terms.expires,
    )


def _listed(said: list[Line], *, title: str, after: str = "") -> Reply:
    more: list[Line] = [(f"and {len(said) - SHOWN} more",)] if len(said) > SHOWN else []
    return lines([*said[:SHOWN], *more, *([(after,)] if after else [])], title=title)


def _notification(text: str) -> str:
    return escape(clip(visible(text), 600))
