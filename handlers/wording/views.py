"""A request as a headline, one line of facts, and the rest. Card, form, page and mail lay out the same view."""

from datetime import timedelta

import msgspec

from approvals.accounts import How
from approvals.cards import Card
from approvals.counting import StageTally
from approvals.grants import LIVE, Grant
from approvals.policy.words import requirement_in_words, selectors_in_words
from approvals.principals import is_service_account
from approvals.reconcile.rolls import MOST
from approvals.requests import Request, lives, undecided, unreviewed, usable, votes_open
from approvals.reviews import Attestation, Review
from approvals.targets import all_roles
from approvals.times import in_words
from handlers.wording import offers
from handlers.wording.acting import approved_by, facts_of_action, lines, notes
from handlers.wording.actions import Actions, actions
from handlers.wording.effects import effect, missing, says_all
from handlers.wording.emergencies import finding_said
from handlers.wording.freeze import held_up
from handlers.wording.lasting import continues, how_long
from handlers.wording.lines import Code, Fact, Line, Quoted, joined, names, plain, span
from handlers.wording.standing import Standing, ending, reason_given, standing
from handlers.wording.targets import conditions, counted, role_lines, what, where
from handlers.wording.tickets import linked
from handlers.wording.typed import clean, clip, quotable

NAME = 60
"""Characters of the name that an account shows."""


class View(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a person may want to know before deciding, and nothing that was not frozen or recorded.

    The members stand in the order in which every channel shows them. What comes before `approvals` stands above
    the buttons: `facts` say who, what, where and how long, by addresses and ids. Of an action `lines` say all of
    it, as its digest covers it, in the place of the facts; there are none where not all of them fit. `roles` are
    all of them where the facts only count them, and `conditions` each with a title. `notes` are what else has to
    be known. `why` and `reason` are typed texts, cleaned, and the tickets in them. `effect` says what approving
    does, and is empty where nobody can approve. `over`: nothing is left to decide or to end. `summary` is one line
    without typed text, for notifications, and `brief` are the facts on a short one, for what is over. `actions`
    are what can be done about it.
    """

    headline: str
    meaning: Line
    summary: str
    facts: tuple[Fact, ...]
    lines: tuple[Fact, ...]
    brief: Line
    roles: tuple[Line, ...]
    conditions: tuple[tuple[str, str], ...]
    before: Line
    notes: tuple[Line, ...]
    why: Line
    effect: Line
    approvals: tuple[Line, ...]
    reviews: tuple[Line, ...]
    reason: Line
    footer: Line
    over: bool
    actions: Actions


def view(card: Card) -> View:
    """Say everything about a request as it stands."""
    request, terms = card.request, card.request.terms
    now = _now(card)
    facts = tuple(_facts(card))
    brief = _brief(request, facts)
    over = not (undecided(request) or lives(request) or usable(request) or unreviewed(request))
    return View(
        headline=f"{now.symbol} {now.words}",
        meaning=(*now.meaning, *_approved(request)) if over else now.meaning,
        summary=f"{now.words}: {plain(brief)} ({request.id})",
        facts=facts,
        lines=lines(card),
        brief=brief,
        roles=role_lines(terms.targets),
        conditions=conditions(terms.targets),
        before=_before(card),
        notes=(*notes(card), *offers.notes(card)),
        why=linked(clean(terms.justification.text), card.tickets),
        effect=effect(card),
        approvals=(*_approvals(card), *_unmailed(card)),
        reviews=(
            *((*_review(card, review), *_serves(card, review)) for review in request.reviews),
            *finding_said(request),
        ),
        reason=linked(reason_given(request), card.tickets),
        footer=_footer(request),
        over=over,
        actions=actions(card),
    )


def _now(card: Card) -> Standing:
    """What waits is headed by what is missing."""
    now = standing(card.request, kept=card.kept)
    words = missing(card.tally) if votes_open(card.request) else now.words
    if card.frozen is None:
        return msgspec.structs.replace(now, words=words)
    held = held_up(card.frozen.why, waits=votes_open(card.request))
    return Standing(symbol="🧊", words=f"{words} (frozen)", meaning=(*now.meaning, held))


def _facts(card: Card) -> list[Fact]:
    request, terms = card.request, card.request.terms
    if request.action is not None:
        return facts_of_action(request, request.action)
    now = (f" (the account has the address {card.address_now} now)",) if card.address_now else ()
    return [
        Fact(label="Who", value=(*_person(card, request.requester), *_owned(request), *now)),
        Fact(label="What", value=what(terms.targets)),
        Fact(label="Where", value=where(terms.targets)),
        Fact(label="How long", value=_how_long(request, request.grant)),
    ]


def _owned(request: Request) -> Line:
    """Say of a service account that it is one, and who answered for it when it asked."""
    if not is_service_account(request.requester):
        return ()
    return (f" (a service account of {names(request.owners)})",)


def _person(card: Card, address: str) -> Line:
    """An address, and beside it the name that its account shows: people choose that name themselves."""
    name = quotable(card.names.get(address, ""))
    return (address, " (", Quoted(clip(name, NAME)), ")") if name else (address,)


def _before(card: Card) -> Line:
    before = card.before
    if before is None:
        return ()
    if before.grant is not None:
        lead = f"{card.request.requester} has this already until "
        return (lead, ending(before.grant), " (", Code(before.id), ").")
    return ("Asked for before, and still waiting: ", Code(before.id), ".")


def _brief(request: Request, facts: tuple[Fact, ...]) -> Line:
    if request.action is not None:
        return joined((fact.value for fact in facts), " · ")
    roles = all_roles(request.terms.targets)
    short: dict[str, Line] = {
        "Who": (request.requester,),
        "What": (Code(roles[0]),) if len(roles) == 1 else (counted(roles),),
    }
    return joined((short.get(fact.label, fact.value) for fact in facts), " · ")


def _how_long(request: Request, grant: Grant | None) -> Line:
    """What was asked; once there is access, from when until when it lasts or lasted."""
    asked = how_long(request.terms)
    if grant is None or grant.state == "failed":
        found = continues(request)
        return (f"{asked} (", *found, ")") if found else (asked,)
    end = min(grant.closed_at or grant.window.end, grant.window.end)
    start, until = span(grant.window.start, end)
    whole = asked if end == grant.window.end else f"{asked} asked"
    return (f"{whole}: ", start, " to ", until)


def _footer(request: Request) -> Line:
    """Which request it is, by the policy's name for what it asks, and which policy that was."""
    terms = request.terms
    expires: Line = (", expires unless decided by ", terms.expires) if undecided(request) else ()
    return (
        "Request ",
        Code(request.id),
        " for ",
        terms.title,
        " ",
        Code(terms.entitlement),
        ", filed ",
        request.filed,
        " under policy ",
        Code(terms.policy.removeprefix("sha256:")[:8]),
        *expires,
    )


def _approvals(card: Card) -> tuple[Line, ...]:
    """What is needed and how far it is; while access lasts, who approved then, whatever they are now."""
    request, decision, grant = card.request, card.request.decision, card.request.grant
    if request.terms.requirement.kind == "allow":
        return ()  # a sentence of its own says that nobody was asked
    if votes_open(request) and says_all(card.tally):
        return ()
    if votes_open(request) and card.tally.stages:
        words = requirement_in_words(card.tally.requirement)
        return tuple((text, ": ", _progress(stage)) for text, stage in zip(words, card.tally.stages, strict=True))
    needed: tuple[Line, ...] = tuple((text,) for text in requirement_in_words(request.terms.requirement))
    stands = usable(request) or (grant is not None and grant.state in LIVE)
    if decision is not None and decision.by and stands:
        return (*needed, (f"approved by {names(decision.by)}",))
    return needed


def _unmailed(card: Card) -> tuple[Line, ...]:
    """Whom nobody could write to, where others got mail: somebody has to tell them."""
    found = card.unmailed
    if found is None or not votes_open(card.request):
        return ()
    said = [f"no mail goes to {selectors_in_words(found.unknown)}, whose people could not be listed"]
    more = [f"{found.more} more people get no mail, which goes to {MOST} at most"]
    return tuple((text,) for text in (said if found.unknown else []) + (more if found.more else []))


def _approved(request: Request) -> Line:
    """Who approved what has come to its end: the two lines that are left of it say so."""
    decision = request.decision
    if request.action is not None:
        return approved_by(request)
    if decision is None or request.grant is None or not decision.by:
        return ()
    return (f" Approved by {names(decision.by)}.",)


def _progress(stage: StageTally) -> str:
    said = [f"approved by {names(stage.counted)}"] if stage.counted else []
    if stage.missing:
        said += [f"being checked: {names(stage.unknown)}"] if stage.unknown else []
        said.append(f"{stage.missing} more needed")
    return ", ".join(said)


def _review(card: Card, review: Review) -> Line:
    who = (*_person(card, review.person), *((f" for {review.behalf}",) if review.behalf else ()))
    if review.verdict == "take_back":
        return (*who, " took the approval back ", review.at)
    verb = "approved" if review.verdict == "approve" else "denied"
    if review.attestation is None:
        return (*who, f" {verb} ", review.at, *signed_in(review.how))
    return (
        *who,
        " signed and ",
        f"{verb} ",
        review.at,
        *signature(review.attestation),
        *signed_in(review.how),
    )


def signature(signed: Attestation) -> Line:
    """By which name somebody signed, and what for."""
    return (
        " as “",
        Quoted(quotable(signed.printed_name.text)),
        "”",
        *_other_name(signed),
        ", meaning: “",
        Quoted(quotable(signed.meaning.text)),
        "”",
    )


def signed_in(how: How) -> Line:
    """When somebody had signed in who voted, where that is known for certain."""
    if how.auth_time is not None:
        return (" (signed in ", how.auth_time, ")")
    if how.auth_within:
        return (f" (signed in within {in_words(timedelta(seconds=how.auth_within))} before)",)
    return ()


def _serves(card: Card, review: Review) -> Line:
    """How long a vote counts that was given on a page, and whether it does. An older one is not meant."""
    last = next(vote for vote in reversed(card.request.reviews) if vote.person == review.person)
    if review != last:
        return ()
    if review.person in card.serving.lapsed:
        return (" (counts no more: it has to be given again on the request's page)",)
    until = card.serving.until.get(review.person)
    return (" (on a page: while this waits it counts until ", until, ")") if until is not None else ()


def _other_name(signed: Attestation) -> Line:
    """What the account was called where somebody signed by another name."""
    if signed.account_name is None:
        return ()
    return (" while the account's own name was “", Quoted(quotable(signed.account_name.text)), "”")
