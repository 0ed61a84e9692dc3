"""A request as a headline and facts. Card, form, page and mail lay out the same view."""

import msgspec

from approvals.grants import Grant
from approvals.policy.words import requirement_in_words
from approvals.ports import Card
from approvals.requests import Request, Terms
from approvals.reviews import Review
from approvals.tally import StageTally
from approvals.times import in_words
from handlers.wording.lines import Code, Line, Quoted, names, span
from handlers.wording.roles import role_line
from handlers.wording.standing import standing
from handlers.wording.texts import clean, quotable, resource_in_words


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    label: str
    value: Line


class View(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a person may want to know before deciding, and nothing that was not frozen or recorded.

    `why` and `reason` are typed texts, cleaned; `summary` is one line without any of them, for notifications.
    """

    headline: str
    meaning: Line
    summary: str
    facts: tuple[Fact, ...]
    roles: tuple[Line, ...]
    condition: str
    approvals: tuple[Line, ...]
    reviews: tuple[Line, ...]
    why: str
    reason: str
    footer: Line


def view(card: Card) -> View:
    """Say everything about a request as it stands."""
    request, terms = card.request, card.request.terms
    now = standing(request)
    decision = request.decision
    return View(
        headline=f"{now.symbol} {now.words}: {terms.title}",
        meaning=now.meaning,
        summary=f"{now.words}: {asked(request)}",
        facts=tuple(_facts(request)),
        roles=tuple(map(role_line, terms.roles)),
        condition=terms.condition,
        approvals=_approvals(card),
        reviews=tuple(_review(review) for review in request.reviews),
        why=clean(terms.justification.text),
        reason=clean(decision.comment.text) if decision and decision.comment else "",
        footer=("Request ", Code(request.id), ", filed ", request.filed),
    )


def asked(request: Request) -> str:
    """Say who asks for what, where and for how long, on one line."""
    terms = request.terms
    where = resource_in_words(terms.resource)
    return f"{request.requester} asks for {terms.title} on {where} for {in_words(terms.duration)} ({request.id})"


def _facts(request: Request) -> list[Fact]:
    terms = request.terms
    facts = [
        Fact(label="Who", value=(request.requester,)),
        Fact(label="What", value=(terms.title, " ", Code(terms.entitlement))),
        Fact(label="Where", value=(resource_in_words(terms.resource), " ", Code(terms.resource))),
    ]
    return facts + (_waiting(terms) if request.state == "pending" else _lasting(terms, request.grant))


def _waiting(terms: Terms) -> list[Fact]:
    return [
        Fact(label="How long", value=(in_words(terms.duration), ", from the moment of approval")),
        Fact(label="Expires unless decided by", value=(terms.expires,)),
    ]


def _lasting(terms: Terms, grant: Grant | None) -> list[Fact]:
    """How long access lasts or lasted; where that is not what was asked, what was asked."""
    asked = Fact(label="Asked for", value=(in_words(terms.duration),))
    if grant is None or grant.state == "failed":
        return [asked]
    end = min(grant.closed_at or grant.window.end, grant.window.end)
    start, until = span(grant.window.start, end)
    whole = Fact(label="How long", value=(in_words(terms.duration),))
    return [
        whole if end == grant.window.end else asked,
        Fact(label="From", value=(start,)),
        Fact(label="Until", value=(until,)),
    ]


def _approvals(card: Card) -> tuple[Line, ...]:
    """What is needed and how far it is; once it is decided, who approved then, whatever they are now."""
    request = card.request
    if request.state == "pending" and card.tally.stages:
        words = requirement_in_words(card.tally.requirement)
        return tuple((text, ": ", _progress(stage)) for text, stage in zip(words, card.tally.stages, strict=True))
    needed: tuple[Line, ...] = tuple((text,) for text in requirement_in_words(request.terms.requirement))
    if request.decision is not None and request.state == "approved" and request.decision.by:
        return (*needed, (f"approved by {names(request.decision.by)}",))
    return needed


def _progress(stage: StageTally) -> str:
    said = [f"approved by {names(stage.counted)}"] if stage.counted else []
    if stage.missing:
        said += [f"being checked: {names(stage.unknown)}"] if stage.unknown else []
        said.append(f"{stage.missing} more needed")
    return ", ".join(said)


def _review(review: Review) -> Line:
    verb = "approved" if review.verdict == "approve" else "denied"
    if review.attestation is None:
        return (review.person, f" {verb} ", review.at)
    return (
        review.person,
        " signed and ",
        f"{verb} ",
        review.at,
        " as “",
        Quoted(quotable(review.attestation.printed_name.text)),
        "”, meaning: “",
        Quoted(quotable(review.attestation.meaning.text)),
        "”",
    )
