"""Asking on a page: a search over what somebody may ask for, and a form for what they chose."""

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from approvals.identities import Identity
from approvals.policy.evaluate import Ask
from approvals.policy.model import Entitlement
from approvals.policy.stages import others
from approvals.policy.words import requirement_in_words
from approvals.refusals.errors import Conflict, NotFound, Refused, Unavailable
from approvals.reviews import TYPED_LENGTH
from approvals.targets import approval_only
from approvals.times import in_words as duration
from approvals.uses import Uses
from handlers.identity.visitors import Visitors
from handlers.web.forms import Proofs
from handlers.web.pages import Moved, Page, Visit
from handlers.wording.already import you_asked, you_have
from handlers.wording.emergencies import DECLARE, WARNING
from handlers.wording.errors import in_words
from handlers.wording.freeze import frozen_in_words
from handlers.wording.reading.choosing import PARTLY
from handlers.wording.reading.starts import EXAMPLES, period
from handlers.wording.refusing import unable
from handlers.wording.targets import ALONE, apart, conditions, on_places, role_lines, what, where_in_words
from handlers.wording.text.typed import clean, clip

SHOWN = 100
"""Entitlements that one answer lists."""

_QUERY = 200
_BOUND = "ask"
_APART = 200
"""Characters of the condition by which one entry of the list is told from the next."""

_CONFIRMS = "break_glass"
"""What the second form of an emergency is bound to: the first one's proof does not do for it."""


class Asking:
    """Lists what can be asked for, and files what was asked."""

    def __init__(self, uses: Uses, proofs: Proofs, visitors: Visitors) -> None:
        self._uses = uses
        self._proofs = proofs
        self._visitors = visitors

    def show(self, visit: Visit) -> Page:
        """The search, or the form of what was chosen. Raises `NotFound` for what this person may not ask for."""
        identity = self._identity(visit)
        return (
            self._form(visit, identity, self._chosen(visit, identity))
            if visit.rest
            else self._list(visit, identity)
        )

    def send(self, visit: Visit) -> Page | Moved:
        """File a request, once for each form. What stands against it is said above the form."""
        identity = self._identity(visit)
        chosen = self._chosen(visit, identity)
        confirms = visit.form.get("kind") == _CONFIRMS
        if confirms and "back" in visit.form:
            return self._form(visit, identity, chosen)
        try:
            bound = (visit.account.ref, _CONFIRMS if confirms else _BOUND, chosen.id)
            form = self._proofs.spend(visit.form.get("proof", ""), *bound)
            ask = self._read(visit, identity, chosen)
            if confirms:
                ask = msgspec.structs.replace(ask, break_glass=True)
            elif self._uses.asking.declared(identity, ask, now=visit.now) is not None:
                return self._confirmation(visit, chosen, ask)
            filed = self._uses.asking.file(identity, ask, key=f"page:{form}", now=visit.now)
        except Refused as refusal:
            return self._form(visit, identity, chosen, problems=[in_words(each) for each in refusal.all])
        except (Unavailable, Conflict) as error:
            return self._form(visit, identity, chosen, problems=[in_words(error)])
        return Moved(f"/request/{filed.id}")

    def _confirmation(self, visit: Visit, chosen: Entitlement, ask: Ask) -> Page:
        """What somebody has to confirm who declares an emergency, with what they typed, which goes with it."""
        context: dict[str, Any] = {
            "chosen": chosen,
            "where": where_in_words(chosen.targets),
            "what": what(chosen.targets),
            "roles": role_lines(chosen.targets),
            "conditions": conditions(chosen.targets),
            "lasting": duration(ask.duration or chosen.duration.default),
            "warning": WARNING,
            "declare": DECLARE,
            "typed": visit.form,
            "proof": self._proofs.make(visit.account.ref, _CONFIRMS, chosen.id),
        }
        return Page(template="break_glass.html", context=context)

    def _read(self, visit: Visit, identity: Identity, chosen: Entitlement) -> Ask:
        """What is asked for. Raises `Refused` for a time that is none, with all else that is against it."""
        zone = ZoneInfo(self._uses.asking.timezone)
        start, lasts = (visit.form.get(name, "") for name in ("start", "duration"))
        found = period(start=start, lasts=lasts, zone=zone, now=visit.now)
        ask = Ask(
            entitlement=chosen.id,
            start=found.start,
            duration=found.duration,
            justification=visit.form.get("justification", "").strip(),
        )
        wrong = [*found.wrong, *(self._against(visit, identity, chosen, ask) if found.wrong else ())]
        if wrong:
            raise wrong[0].besides(wrong[1:])
        return ask

    def _against(self, visit: Visit, identity: Identity, chosen: Entitlement, ask: Ask) -> Sequence[Refused]:
        """What the policy has against the rest of what was typed."""
        rest = msgspec.structs.replace(ask, break_glass=chosen.break_glass is not None)
        try:
            self._uses.asking.check(identity, rest, now=visit.now)
        except Refused as others:
            return others.all
        return ()

    def _identity(self, visit: Visit) -> Identity:
        return self._visitors.identify(visit.account, purpose="request", now=visit.now)

    def _chosen(self, visit: Visit, identity: Identity) -> Entitlement:
        found = self._uses.offering.one(identity, visit.rest, now=visit.now)
        if found is None:
            raise NotFound("nothing that this person may ask for")
        return found

    def _list(self, visit: Visit, identity: Identity) -> Page:
        query = visit.query.get("q", "")[:_QUERY]
        offered = self._uses.offering.search(identity, query, now=visit.now)
        found = list(offered.entitlements)
        context: dict[str, Any] = {
            "frozen": frozen_in_words(self._uses.looking.frozen(identity), identity.principal),
            "query": query,
            "found": [(each.id, each.title, _behind(each)) for each in found[:SHOWN]],
            "more": max(0, len(found) - SHOWN),
            "partly": PARTLY if offered.partly else "",
        }
        return Page(template="ask.html", context=context)

    def _form(
        self, visit: Visit, identity: Identity, chosen: Entitlement, *, problems: list[str] | None = None
    ) -> Page:
        already = self._uses.looking.already(identity, chosen.id, now=visit.now)
        context: dict[str, Any] = {
            "frozen": frozen_in_words(self._uses.looking.frozen(identity, chosen.id), identity.principal),
            "chosen": chosen,
            "places": not chosen.approval_only,
            "where": where_in_words(chosen.targets),
            "what": what(chosen.targets),
            "roles": role_lines(chosen.targets),
            "conditions": conditions(chosen.targets),
            "approval": requirement_in_words(others(chosen.requirement, (identity.principal,))),
            "usual": duration(chosen.duration.default),
            "longest": duration(chosen.duration.max),
            "have": you_have(already.active) if already.active is not None else (),
            "waits": you_asked(already.waits) if already.waits is not None else (),
            "older": already.waits.id if already.waits is not None else "",
            "unable": unable.before(self._uses.asking.unable(identity, chosen, now=visit.now)),
            "problems": problems or [],
            "typed": visit.form or self._again(visit, identity, chosen),
            "proof": self._proofs.make(visit.account.ref, _BOUND, chosen.id),
            "most": TYPED_LENGTH,
            "zone": self._uses.asking.timezone,
            "starts": EXAMPLES,
        }
        return Page(template="ask_for.html", context=context, status=409 if problems else 200)

    def _again(self, visit: Visit, identity: Identity, chosen: Entitlement) -> Mapping[str, str]:
        """What this person asked for before, where the page that led here names a request of their own."""
        with contextlib.suppress(NotFound):
            faced = self._uses.facing.face(identity, visit.query.get("again", ""), now=visit.now)
            terms = faced.card.request.terms
            if faced.holder and terms.entitlement == chosen.id:
                return {"duration": duration(terms.duration), "justification": clean(terms.justification.text)}
        return {}


def _behind(found: Entitlement) -> str:
    """What stands behind the title of what can be asked for."""
    if approval_only(found.targets):
        return f": {ALONE}"
    narrowed = apart(found)
    return on_places(found.title, found.targets) + (f": {clip(narrowed, _APART)}" if narrowed else "")
