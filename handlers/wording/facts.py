"""Who asks for what, where and how long; on several lines, on one, and beside what they asked for before."""

from approvals.grants import Grant
from approvals.people.principals import is_service_account
from approvals.requests import Request
from approvals.targets import all_roles
from approvals.telling.cards import Card
from handlers.wording.acting import facts_of_action
from handlers.wording.grants import ending
from handlers.wording.lasting import begins, continues, how_long
from handlers.wording.persons import person
from handlers.wording.roles import named_role
from handlers.wording.targets import counted, what, where
from handlers.wording.text.lines import Code, Fact, Line, joined, names, span


def facts_of(card: Card) -> list[Fact]:
    """The facts of a request, each behind its label."""
    request, terms = card.request, card.request.terms
    if request.action is not None:
        return facts_of_action(request, request.action)
    now = (f" (the account has the address {card.address_now} now)",) if card.address_now else ()
    # Of an approval alone there is nothing else that says what it is for.
    named: Line = (terms.title, ": ") if request.approval_only else ()
    lies = [] if request.approval_only else [Fact(label="Where", value=where(terms.targets))]
    return [
        Fact(label="Who", value=(*person(card, request.requester), *_owned(request), *now)),
        Fact(label="What", value=(*named, *what(terms.targets))),
        *lies,
        Fact(label="How long", value=lasting(request, request.grant)),
    ]


def _owned(request: Request) -> Line:
    """Say of a service account that it is one, and who answered for it when it asked."""
    if not is_service_account(request.requester):
        return ()
    return (f" (a service account of {names(request.owners)})",)


def earlier(card: Card) -> Line:
    """What the requester has of this already, or asked for before."""
    before = card.before
    if before is None:
        return ()
    if before.grant is not None:
        lead = f"{card.request.requester} has this already until "
        return (lead, ending(before.grant), " (", Code(before.id), ").")
    return ("Asked for before, and still waiting: ", Code(before.id), ".")


def brief_of(request: Request, facts: tuple[Fact, ...]) -> Line:
    """The facts on one short line."""
    if request.action is not None:
        return joined((fact.value for fact in facts), " · ")
    roles = all_roles(request.terms.targets)
    short: dict[str, Line] = {"Who": (request.requester,)}
    if request.approval_only:
        short["What"] = (request.terms.title,)
    elif roles:
        short["What"] = (named_role(roles[0]),) if len(roles) == 1 else (counted(roles),)
    return joined((short.get(fact.label, fact.value) for fact in facts), " · ")


def lasting(request: Request, grant: Grant | None) -> Line:
    """What was asked; once it is approved, from when until when it lasts or lasted."""
    asked = how_long(request.terms)
    if grant is None or grant.state == "failed" or not grant.begun:
        found = continues(request)
        return (f"{asked} (", *found, ")") if found else (asked, *begins(request.terms))
    end = min(grant.closed_at or grant.window.end, grant.window.end)
    start, until = span(grant.window.start, end)
    whole = asked if end == grant.window.end else f"{asked} asked"
    if request.terms.extends:
        # It began beside what it extends: what matters is until when both last.
        return (f"{whole}: until ", until, " (extends ", Code(request.terms.extends), ")")
    return (f"{whole}: ", start, " to ", until)
