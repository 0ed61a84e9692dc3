"""A request as programs get it: its facts by name, and beside them the lines that card, page and mail show."""

from collections.abc import Sequence
from typing import Any

from approvals import parts
from approvals.access.keeping import extended
from approvals.grants import Kept
from approvals.people.principals import is_service_account
from approvals.policy.itself import FORCED
from approvals.requests import Request, undecided, unreviewed, votes_open
from approvals.reviews import Typed, Verdict
from approvals.starting import later
from approvals.targets import accesses
from approvals.times import rfc3339
from approvals.uses.facing import Faced
from handlers.api.permitted import you
from handlers.api.records import (
    Brief,
    Done,
    Emergency,
    Fact,
    Kind,
    Offered,
    Outcome,
    Part,
    Requester,
    Shown,
    Span,
    Step,
    Vote,
    Whole,
)
from handlers.wire.written import PATH
from handlers.wording.approvals import grant_of
from handlers.wording.freeze import frozen_in_words
from handlers.wording.listing import own, past, waiting
from handlers.wording.offers import offer
from handlers.wording.refusing.refusals import worded
from handlers.wording.text.erased import text_of
from handlers.wording.text.lines import Line, plain
from handlers.wording.text.typed import clean
from handlers.wording.views import View, view


class Writer:
    """Writes requests. `pages_url` is where the pages are."""

    def __init__(self, pages_url: str) -> None:
        self._pages_url = pages_url

    def page(self, request_id: str) -> str:
        return f"{self._pages_url}/request/{request_id}"

    def done(self, request: Request, *, vote: Verdict | None = None, repeated: bool = False) -> Done:
        return Done(**self._record(request), vote=vote, repeated=repeated)

    def brief(
        self, request: Request, *, mine: bool, beside: Sequence[Request] = (), frozen: parts.Part | None = None
    ) -> Brief:
        """One of a list. `beside`: the others in it; `frozen`: the freeze that holds it up, where one does."""
        kept = extended(request, beside)
        line = own(request, kept=kept, frozen=frozen) if mine else waiting(request, frozen=frozen)
        return Brief(**self._brief(request, line))

    def past(self, request: Request, *, kept: Sequence[Kept]) -> Brief:
        """One of the history, said to whoever may look at it."""
        return Brief(**self._brief(request, past(request, kept=kept)))

    def whole(self, faced: Faced, *, decides: bool) -> Whole:
        """`decides`: the caller's account may vote at all."""
        card, request = faced.card, faced.card.request
        shown = view(card)
        return Whole(
            **self._brief(request, _line(faced)),
            justification=text_of(request, request.terms.justification),
            erased=rfc3339(request.erased) if request.erased is not None else None,
            targets=_parts(request),
            window=_window(request),
            decision=_outcome(request),
            stages=_stages(faced),
            missing=card.tally.missing,
            reviews=tuple(_vote(request, place) for place in range(len(request.reviews))),
            offer=_offered(request),
            frozen=frozen_in_words(card.frozen, card.reader) or None,
            break_glass=_emergency(request),
            you=you(faced, decides=decides),
            card=_shown(shown),
        )

    def _record(self, request: Request) -> dict[str, Any]:
        return {
            "id": request.id,
            "url": f"{PATH}{request.id}",
            "page": self.page(request.id),
            "revision": request.revision,
            "digest": request.digest,
            "version": request.version,
            "state": request.state,
            "access": request.grant.state if request.grant is not None else None,
            "grant": grant_of(request),
            "filed": rfc3339(request.filed),
            "expires": rfc3339(request.terms.expires),
        }

    def _brief(self, request: Request, line: Line) -> dict[str, Any]:
        return self._record(request) | {
            "requester": Requester(principal=request.requester, kind=kind_of(request.requester)),
            "entitlement": request.terms.entitlement,
            "title": request.terms.title,
            "duration": int(request.terms.duration.total_seconds()),
            "start": rfc3339(start) if (start := later(request)) is not None else None,
            "extends": request.terms.extends,
            "line": plain(line),
        }


def kind_of(principal: str) -> Kind:
    return "service_account" if is_service_account(principal) else "person"


def _parts(request: Request) -> tuple[Part, ...]:
    found = accesses(request.terms.targets)
    if not found:
        return ()
    states: list[str | None] = [grant.state for grant in request.grants]
    states = states or [None] * len(found)
    return tuple(
        Part(resource=target.resource, roles=target.roles, condition=target.condition, state=state)
        for target, state in zip(found, states, strict=True)
    )


def _window(request: Request) -> Span | None:
    grant = request.grant
    if grant is None:
        return None
    return Span(start=rfc3339(grant.window.start), end=rfc3339(grant.window.end))


def _line(faced: Faced) -> Line:
    """A request in one line, as the list says it in which its reader finds it."""
    request, kept = faced.card.request, faced.card.kept
    if faced.holder:
        return own(request, kept=kept)
    return waiting(request) if undecided(request) or unreviewed(request) else past(request, kept=kept)


def _outcome(request: Request) -> Outcome | None:
    found = request.decision
    if found is None:
        return None
    reason = "" if found.reason in ("", "time", FORCED) else worded(found.reason)
    comment = text_of(request, found.comment)
    return Outcome(outcome=found.outcome, at=rfc3339(found.at), by=found.by, reason=reason, comment=comment)


def _stages(faced: Faced) -> tuple[Step, ...]:
    tally = faced.card.tally
    both = zip(tally.said.stages, tally.stages, strict=True)
    return tuple(
        Step(
            approvers=stage.approvers,
            needed=stage.needed,
            sign=bool(stage.sign),
            counted=found.counted,
            missing=found.missing,
            open=index in tally.open_places and votes_open(faced.card.request),
        )
        for index, (stage, found) in enumerate(both)
    )


def _emergency(request: Request) -> Emergency | None:
    found = request.after_review
    if found is None:
        return None
    finding = found.finding
    return Emergency(
        reviewers=found.by,
        due=rfc3339(found.due),
        justified=finding.justified if finding else None,
        by=finding.by if finding else "",
        at=rfc3339(finding.at) if finding else None,
        reason=text_of(request, finding.why) if finding else "",
    )


def _vote(request: Request, place: int) -> Vote:
    review = request.reviews[place]
    signed = review.attestation
    return Vote(
        person=review.person,
        verdict=review.verdict,
        at=rfc3339(review.at),
        channel=review.channel,
        comment=text_of(request, review.comment),
        printed_name=_text(signed.printed_name if signed else None),
        meaning=_text(signed.meaning if signed else None),
        several=review.window,
    )


def _offered(request: Request) -> Offered | None:
    found = request.counter
    if found is None or not undecided(request):
        return None
    return Offered(
        by=found.by,
        at=rfc3339(found.at),
        revision=found.revision,
        digest=found.digest,
        duration=int(found.terms.duration.total_seconds()),
        targets=tuple(
            Part(resource=each.resource, roles=each.roles, condition=each.condition, state=None)
            for each in accesses(found.terms.targets)
        ),
        comment=text_of(request, found.why),
        line=plain(offer(request)),
    )


def _shown(found: View) -> Shown:
    return Shown(
        headline=found.headline,
        meaning=plain(found.meaning).strip(),
        facts=tuple(Fact(label=each.label, text=plain(each.value)) for each in found.lines or found.facts),
        roles=tuple(map(plain, found.roles)),
        conditions=tuple(Fact(label=title, text=text) for title, text in found.conditions),
        before=plain(found.before),
        notes=tuple(map(plain, found.notes)),
        why=plain(found.why),
        effect=plain(found.effect),
        approvals=tuple(map(plain, found.approvals)),
        reviews=tuple(map(plain, found.reviews)),
        reason=plain(found.reason),
        reason_title=found.reason_title if found.reason else "",
        footer=plain(found.footer),
        ends=found.ends,
    )


def _text(found: Typed | None) -> str:
    return clean(found.text) if found is not None else ""
