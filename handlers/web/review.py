"""The doors of a request's page: to see it, to vote, to offer less, and what else is done there.

To look decides nothing, whoever looks and however often.
"""

from approvals.people.accounts import Purpose
from approvals.refusals.errors import Conflict, Refused, Unavailable
from approvals.tokens import Pointed
from approvals.uses import Uses
from approvals.uses.votes import Press
from handlers.channel import Equipment
from handlers.identity.visitors import Visitors
from handlers.links import token_of
from handlers.web import countering, extending, forms
from handlers.web.forms import Proofs
from handlers.web.pages import Moved, Page, Visit
from handlers.web.sheet import OTHERS, VERDICTS, Sheet
from handlers.web.typed import filled, shown
from handlers.wording.actions import SEVERAL
from handlers.wording.errors import in_words
from handlers.wording.late import after
from handlers.wording.refusing.refusals import Said

_FINDINGS = ("justified", "unjustified")


class Review:
    """Shows a request, and takes votes on it."""

    def __init__(self, uses: Uses, proofs: Proofs, visitors: Visitors, equipment: Equipment) -> None:
        self._uses = uses
        self._proofs = proofs
        self._visitors = visitors
        self._sheet = Sheet(uses, proofs, visitors, equipment)

    def show(self, visit: Visit) -> Page:
        """The page that a link leads to, however old the link is. Raises what is said on a page of its own."""
        pointed = self._uses.facing.pointed(token_of(visit.rest))
        return self._sheet.page(visit, pointed.request, held=pointed)

    def send(self, visit: Visit) -> Page | Moved:
        """Take a vote. What stands against it is said on the request's page, where that can be seen."""
        pointed = self._uses.facing.pointed(token_of(visit.rest))
        kind = visit.form.get("kind", "")
        if kind == "offer":
            return self._offer_less(visit, pointed)
        verdict = VERDICTS.get(kind)
        if verdict is None:
            raise Said("form", forms.OUT_OF_DATE)
        bound = (visit.account.ref, pointed.request, pointed.revision, kind)
        try:
            form = self._proofs.spend(visit.form.get("proof", ""), *bound)
            press = Press(
                token=token_of(visit.rest),
                verdict=verdict,
                form=form,
                window=kind in SEVERAL,
                **filled(kind, visit.form),
            )
            identity = self._visitors.identify(visit.account, purpose="decide", now=visit.now)
            voted = self._uses.deciding.review(identity, press, now=visit.now)
        except (Refused, Unavailable, Conflict) as error:
            return self._sheet.page(visit, pointed.request, problem=error)
        said = after(voted, pressed=verdict) if voted.repeated else ""
        return self._sheet.page(visit, pointed.request, problem=said) if said else Moved(f"/review/{visit.rest}")

    def _offer_less(self, visit: Visit, pointed: Pointed) -> Page | Moved:
        """Offer less of what the page shows. What stands against it is said there."""
        try:
            self._proofs.spend(
                visit.form.get("proof", ""), visit.account.ref, pointed.request, pointed.revision, "offer"
            )
            identity = self._visitors.identify(visit.account, purpose="decide", now=visit.now)
            token, request = token_of(visit.rest), self._uses.facing.require_concerned
            terms = request(identity, pointed.request, now=visit.now).terms
            less, why = countering.less(visit.form, terms)
            self._uses.countering.offer(identity, token, less, why=why, now=visit.now)
        except (Refused, Unavailable, Conflict) as error:
            return self._sheet.page(visit, pointed.request, problem=error)
        return Moved(f"/review/{visit.rest}")

    def show_by_id(self, visit: Visit) -> Page:
        """The same by the request's id, to which our own lists lead."""
        return self._sheet.page(visit, visit.rest)

    def send_by_id(self, visit: Visit) -> Page | Moved:
        """Confirm or withdraw a request, extend or end access. What was done already does no harm again."""
        kind = visit.form.get("kind", "")
        if kind not in OTHERS:
            raise Said("form", forms.OUT_OF_DATE)
        try:
            form = self._proofs.spend(visit.form.get("proof", ""), visit.account.ref, visit.rest, kind)
            done = self._done(kind, visit, form)
        except Refused as refusal:
            return self._sheet.page(visit, visit.rest, problem=" ".join(map(in_words, refusal.all)))
        except (Unavailable, Conflict) as error:
            return self._sheet.page(visit, visit.rest, problem=in_words(error))
        return Moved(f"/request/{done}")

    def _done(self, kind: str, visit: Visit, form: str) -> str:
        """Do what a form of this kind is for; the id of the request to go on with."""
        purpose: Purpose = "decide" if kind in _FINDINGS else "request"
        identity = self._visitors.identify(visit.account, purpose=purpose, now=visit.now)
        if kind in _FINDINGS:
            why, justified = filled(kind, visit.form)["comment"], kind == "justified"
            self._uses.reviewing.find(identity, visit.rest, justified=justified, why=why, now=visit.now)
        elif kind in ("confirm", "confirm_several"):
            self._uses.confirming.confirm(identity, shown(visit), window=kind in SEVERAL, now=visit.now)
        elif kind == "accept":
            self._uses.countering.accept_shown(identity, shown(visit), now=visit.now)
        elif kind == "extend":
            return extending.extended(self._uses.asking, visit, identity, form=form).id
        elif kind == "withdraw":
            self._uses.ending.withdraw(identity, visit.rest, now=visit.now)
        else:
            why = filled(kind, visit.form)["comment"] if "reason" in visit.form else ""
            self._uses.ending.end(identity, visit.rest, why=why, now=visit.now)
        return visit.rest
