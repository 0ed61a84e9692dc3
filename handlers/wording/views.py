"""A request as a headline, one line of facts, and the rest. Card, form, page and mail lay out the same view."""

import msgspec

from approvals.grants import LIVE
from approvals.policy.stages import others
from approvals.policy.words import requirement_in_words, selectors_in_words
from approvals.reconcile.rolls import MOST
from approvals.requests import Request, allows, lives, undecided, unreviewed, votes_open
from approvals.telling.cards import Card
from approvals.votes.counting import StageTally
from handlers.wording import offers, propagation
from handlers.wording.acting import approved_by, lines, notes
from handlers.wording.actions import Actions, actions
from handlers.wording.effects import effect, missing, says_all
from handlers.wording.emergencies import finding_said
from handlers.wording.facts import brief_of, earlier, facts_of
from handlers.wording.freeze import held_up
from handlers.wording.grants import Standing
from handlers.wording.refusing import unable
from handlers.wording.standing import reason_given, reason_title, standing
from handlers.wording.targets import conditions, role_lines
from handlers.wording.text.amounts import many
from handlers.wording.text.erased import linked_text, text_of
from handlers.wording.text.lines import Code, Fact, Line, names, plain
from handlers.wording.votes import serves, vote


class View(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a person may want to know before deciding, and nothing that was not frozen or recorded.

    The members stand in the order in which every channel shows them. What comes before `approvals` stands above
    the buttons: `facts` say who, what, where and how long, by addresses and ids. Of an action `lines` say all of
    it, as its digest covers it, in the place of the facts; there are none where not all of them fit. `roles` are
    all of them where the facts only count them, and `conditions` each with a title. `notes` are what else has to
    be known. `why` and `reason` are typed texts, cleaned, and the tickets in them; `reason_title` says who gave
    that reason. `effect` says what approving does, and is empty where nobody can approve. `over`: nothing is left
    to decide or to end. `brief` are the facts on a short line, for what is over. `actions` are what can be done
    about it.
    """

    request: str
    headline: str
    meaning: Line
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
    reason_title: str
    footer: Line
    over: bool
    actions: Actions

    @property
    def summary(self) -> str:
        """One line without typed text, for notifications."""
        return f"{self.headline.partition(' ')[2]}: {plain(self.brief)} ({self.request})"

    @property
    def ends(self) -> str:
        """What to end it comes to, as is asked before; empty where there is nothing to end."""
        own = (each for each in self.actions.approvers if each.kind == "end" and each.request == self.request)
        return next((each.question.text for each in own if each.question is not None), "")


def view(card: Card) -> View:
    """Say everything about a request as it stands."""
    request, terms = card.request, card.request.terms
    now = _now(card)
    facts = tuple(facts_of(card))
    brief = brief_of(request, facts)
    over = not (undecided(request) or lives(request) or allows(request) or unreviewed(request))
    return View(
        request=request.id,
        headline=f"{now.symbol} {now.words}",
        meaning=(*now.meaning, *_approved(request, card.reader)) if over else now.meaning,
        facts=facts,
        lines=lines(card),
        brief=brief,
        roles=role_lines(terms.targets),
        conditions=conditions(terms.targets),
        before=earlier(card),
        notes=(*notes(card), *offers.notes(card), *unable.notes(card), *propagation.begins(request)),
        why=linked_text(request, text_of(request, terms.justification), card.tickets),
        effect=effect(card),
        approvals=(*_approvals(card), *_unmailed(card)),
        reviews=(
            *((*vote(card, review), *serves(card, review)) for review in request.reviews),
            *finding_said(request),
        ),
        reason=linked_text(request, reason_given(request), card.tickets),
        reason_title=reason_title(request),
        footer=_footer(request),
        over=over,
        actions=actions(card),
    )


def _now(card: Card) -> Standing:
    """What waits is headed by what is missing."""
    now = standing(card.request, kept=card.kept, reader=card.reader)
    words = missing(card.tally) if votes_open(card.request) else now.words
    if card.frozen is None:
        return msgspec.structs.replace(now, words=words)
    held = held_up(card.frozen, waits=votes_open(card.request), reader=card.reader)
    return Standing(symbol="🧊", words=f"{words} (frozen)", meaning=(*now.meaning, held))


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
    if request.terms.requirement.kind in ("allow", "window"):
        return ()  # a sentence of its own says that nobody was asked
    if votes_open(request) and says_all(card.tally):
        return ()
    if votes_open(request) and card.tally.stages:
        words = requirement_in_words(card.tally.said)
        return tuple((text, ": ", _progress(stage)) for text, stage in zip(words, card.tally.stages, strict=True))
    whole = others(request.terms.requirement, (request.requester,))
    needed: tuple[Line, ...] = tuple((text,) for text in requirement_in_words(whole))
    stands = allows(request) or (grant is not None and grant.state in LIVE)
    if decision is not None and decision.by and stands:
        return (*needed, (f"approved by {names(decision.by)}",))
    return needed


def _unmailed(card: Card) -> tuple[Line, ...]:
    """Whom nobody could write to, where others got mail: somebody has to tell them."""
    found = card.unmailed
    if found is None or not votes_open(card.request):
        return ()
    said = [f"no mail goes to {selectors_in_words(found.unknown)}, whose people could not be listed"]
    more = [f"{many(found.more, 'more person gets', 'more people get')} no mail, which goes to {MOST} at most"]
    return tuple((text,) for text in (said if found.unknown else []) + (more if found.more else []))


def _approved(request: Request, reader: str) -> Line:
    """Who approved what has come to its end: the two lines that are left of it say so."""
    decision = request.decision
    if request.action is not None:
        return approved_by(request, reader=reader)
    if decision is None or request.grant is None or not decision.by:
        return ()
    return (f" Approved by {names(decision.by)}.",)


def _progress(stage: StageTally) -> str:
    said = [f"approved by {names(stage.counted)}"] if stage.counted else []
    if stage.missing:
        said += [f"being checked: {names(stage.unknown)}"] if stage.unknown else []
        said.append(f"{stage.missing} more needed")
    return ", ".join(said)
