"""The administrators' page of freezes: what is frozen, by whom and why, and the forms that change it."""

from collections.abc import Sequence
from typing import Any, cast

import msgspec

from approvals.identities import Identity
from approvals.refusals.errors import Conflict, Refused, Unavailable
from approvals.reviews import TYPED_LENGTH
from approvals.uses import Uses
from approvals.uses.freezing import Of, StandingFreeze
from handlers.identity.visitors import Visitors
from handlers.web import forms
from handlers.web.forms import Proofs
from handlers.web.pages import Moved, Page, Visit
from handlers.wording.errors import in_words
from handlers.wording.freeze import named
from handlers.wording.refusing.refusals import Said

PATH = "/freezes"

_BOUND = "freezes"
_THAWS = "freezes.thaw"
"""What the forms that thaw are bound to: by the proof of one that freezes nothing is thawed, nor the other way."""

_KINDS = ("entitlement", "person", "everything", "thaw")


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A freeze that stands, and the form that lifts it."""

    freeze: StandingFreeze
    by: str


class Freezes:
    """Shows what is frozen, and freezes and thaws, for administrators alone."""

    def __init__(self, uses: Uses, proofs: Proofs, visitors: Visitors) -> None:
        self._uses = uses
        self._proofs = proofs
        self._visitors = visitors

    def show(self, visit: Visit) -> Page:
        """The page. Raises `NotFound` for everybody else, as for a page that is none."""
        return self._page(visit, self._identity(visit), [])

    def send(self, visit: Visit) -> Page | Moved:
        """Freeze or thaw. What stands against it is said above the forms, which keep what was typed."""
        identity = self._identity(visit)
        # Who is no administrator learns nothing, whatever they send.
        self._uses.freezing.require(identity, now=visit.now)
        try:
            self._moved(visit)
        except Refused as refusal:
            return self._page(visit, identity, [in_words(each) for each in refusal.all])
        except (Unavailable, Conflict) as error:
            return self._page(visit, identity, [in_words(error)])
        return Moved(PATH)

    def _moved(self, visit: Visit) -> None:
        kind, name, why = (visit.form.get(each, "") for each in ("kind", "name", "reason"))
        of = visit.form.get("of", "") if kind == "thaw" else kind
        if kind not in _KINDS or of not in _KINDS[:3]:
            raise Said("form", forms.OUT_OF_DATE)
        self._proofs.spend(visit.form.get("proof", ""), visit.account.ref, _THAWS if kind == "thaw" else _BOUND)
        decides = self._visitors.identify(visit.account, purpose="decide", now=visit.now)
        move = self._uses.freezing.thaw if kind == "thaw" else self._uses.freezing.freeze
        move(decides, cast("Of", of), name, why=why, now=visit.now)

    def _identity(self, visit: Visit) -> Identity:
        return self._visitors.identify(visit.account, purpose="request", now=visit.now)

    def _page(self, visit: Visit, identity: Identity, problems: Sequence[str]) -> Page:
        standing, choice = self._uses.freezing.standing(identity, now=visit.now), self._uses.freezing.choice()
        context: dict[str, Any] = {
            "lines": [Line(freeze=each, by=named(each.by)) for each in standing],
            "everything": any(each.of == "everything" for each in standing),
            "titles": choice.titles,
            "people": choice.people,
            "problems": problems,
            "typed": visit.form if problems else {},
            "proofs": {each: self._proofs.make(visit.account.ref, each) for each in (_BOUND, _THAWS)},
            "most": TYPED_LENGTH,
        }
        return Page(template="freezes.html", context=context, status=409 if problems else 200)
