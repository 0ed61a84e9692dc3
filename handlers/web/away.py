"""Being away, on a page: how it is for whoever looks, a form to be away by, and a button to be back."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from zoneinfo import ZoneInfo

from approvals.answers import Answered, Call
from approvals.changes import Beside
from approvals.people.standins import Absence
from approvals.refusals.errors import Conflict, Refused, Unavailable
from approvals.uses import Uses
from handlers.identity.visitors import Visitors
from handlers.web.forms import Proofs
from handlers.web.pages import Moved, Page, Visit
from handlers.wording.absences import standing, who_can
from handlers.wording.errors import in_words
from handlers.wording.reading.leaving import leaving

_KINDS = ("leave", "back")


class Away:
    """Says how it is, and changes it."""

    def __init__(self, uses: Uses, proofs: Proofs, visitors: Visitors) -> None:
        self._standing_in = uses.standing_in
        self._answering = uses.answering
        self._proofs = proofs
        self._visitors = visitors

    def show(self, visit: Visit) -> Page:
        return self._page(visit, ())

    def send(self, visit: Visit) -> Page | Moved:
        """Be away or be back, once for each form. All that stands against it is said above the form."""
        try:
            with suppress(Answered):  # this form has done it
                self._change(visit)
        except Refused as refusal:
            return self._page(visit, [in_words(each) for each in refusal.all])
        except (Unavailable, Conflict) as error:
            return self._page(visit, [in_words(error)])
        return Moved("/away")

    def _change(self, visit: Visit) -> None:
        kind = visit.form.get("kind", "")
        form = self._proofs.spend(visit.form.get("proof", ""), visit.account.ref, f"away.{kind}")
        identity = self._visitors.identify(visit.account, purpose="decide", now=visit.now)
        call = Call(account=visit.account.ref, key=f"page:{form}", digest="")
        if self._answering.earlier(call, now=visit.now) is not None:
            return

        def once(_: Absence | None) -> Beside:
            return self._answering.beside(call, "", now=visit.now)

        if kind == "back":
            self._standing_in.back(identity, now=visit.now, beside=once)
            return
        typed = leaving(
            until=visit.form.get("until", ""),
            delegate=visit.form.get("delegate", ""),
            zone=ZoneInfo(self._standing_in.timezone),
            now=visit.now,
        )
        self._standing_in.leave(
            identity, until=typed.until, delegate=typed.delegate, unread=typed.wrong, now=visit.now, beside=once
        )

    def _page(self, visit: Visit, problems: Sequence[str]) -> Page:
        identity = self._visitors.identify(visit.account, purpose="request", now=visit.now)
        own = self._standing_in.own(identity, now=visit.now)
        context: dict[str, Any] = {
            "problems": problems,
            "standing": standing(own, ZoneInfo(self._standing_in.timezone)),
            "away": own.absence is not None,
            "choice": own.choice,
            "who_can": who_can(own.delegates),
            "typed": visit.form,
            "zone": self._standing_in.timezone,
            "proofs": {kind: self._proofs.make(visit.account.ref, f"away.{kind}") for kind in _KINDS},
        }
        return Page(template="away.html", context=context, status=409 if problems else 200)
