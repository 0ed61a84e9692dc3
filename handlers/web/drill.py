"""A drill on a page, for whoever was called by mail: one button, which says that somebody is there."""

from typing import Any

from approvals.drills import Drill
from approvals.identities import Identity
from approvals.refusals.errors import Conflict, Refused, Unavailable
from approvals.uses import Uses
from handlers.identity.visitors import Visitors
from handlers.web.forms import Proofs
from handlers.web.pages import Moved, Page, Visit
from handlers.wording import drills
from handlers.wording.errors import in_words

_BOUND = "drill"


class Drills:
    """Shows the call, and takes its answer."""

    def __init__(self, uses: Uses, proofs: Proofs, visitors: Visitors) -> None:
        self._drilling = uses.drilling
        self._proofs = proofs
        self._visitors = visitors

    def show(self, visit: Visit) -> Page:
        """The page. Raises `Refused` for whom the drill did not call, and once it is over."""
        identity = self._identity(visit)
        return self._page(visit, identity, self._drilling.called(identity, visit.rest, now=visit.now))

    def send(self, visit: Visit) -> Page | Moved:
        """Keep the answer. To send it again changes nothing."""
        identity = self._identity(visit)
        found = self._drilling.called(identity, visit.rest, now=visit.now)
        try:
            self._proofs.spend(visit.form.get("proof", ""), visit.account.ref, _BOUND, found.id)
            self._drilling.answer(identity, found.id, now=visit.now)
        except (Refused, Conflict, Unavailable) as error:
            return self._page(visit, identity, found, problem=in_words(error))
        return Moved(f"/drill/{found.id}")

    def _identity(self, visit: Visit) -> Identity:
        return self._visitors.identify(visit.account, purpose="decide", now=visit.now)

    def _page(self, visit: Visit, identity: Identity, found: Drill, *, problem: str = "") -> Page:
        answered = found.answer(identity.principal) is not None
        context: dict[str, Any] = {
            "id": found.id,
            "problem": problem,
            "answered": answered,
            "lines": drills.after(found, identity.principal) if answered else drills.call(found),
            "button": drills.BUTTON,
            "label": drills.LABEL,
            "proof": self._proofs.make(visit.account.ref, _BOUND, found.id),
        }
        return Page(template="drill.html", context=context, status=409 if problem else 200)
