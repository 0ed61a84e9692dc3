"""What the page of one request says: all that the card does, and to whom it is to decide, the forms to do so."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import msgspec

from approvals.identities import Identity
from approvals.refusals.errors import Refused, Unavailable
from approvals.requests import lives, undecided
from approvals.reviews import TYPED_LENGTH, Verdict
from approvals.showing import fits
from approvals.targets import joined_group
from approvals.telling.cards import Card
from approvals.times import in_words as duration
from approvals.tokens import Pointed
from approvals.uses import Uses
from approvals.uses.facing import Faced
from handlers.channel import Equipment
from handlers.identity.visitors import Visitors
from handlers.links import obfuscated
from handlers.web import countering, extending, forms
from handlers.web.forms import Proofs
from handlers.web.pages import Page, Visit
from handlers.wording.actions import SEVERAL, Action
from handlers.wording.approvals import noun
from handlers.wording.deeds import OF_GROUP
from handlers.wording.deeds import said as said_of
from handlers.wording.effects import effect
from handlers.wording.errors import in_words
from handlers.wording.history.story import Moment, moment
from handlers.wording.late import since
from handlers.wording.refusing import fields
from handlers.wording.refusing.refusals import told
from handlers.wording.several import Choice, wanted
from handlers.wording.several import offered as several_calls
from handlers.wording.text.lines import Line, plain
from handlers.wording.views import View, view

OTHERS = ("confirm", "confirm_several", "accept", "withdraw", "extend", "end", "justified", "unjustified")
VERDICTS: Mapping[str, Verdict] = {
    "approve": "approve",
    "several": "approve",
    "sign": "approve",
    "sign_several": "approve",
    "deny": "deny",
    "take_back": "take_back",
}
_ONE = frozenset({"approve", "sign", "confirm"})
"""What is pressed for one call, where several could be approved at once."""
_TOO_OLD = frozenset({"older_card", "token_expired", "token.restored", "token.revision"})
_BOTH: tuple[Choice, Choice] = ("one", "several")
_STANDS: Mapping[Verdict, str] = {"approve": "You approved this.", "deny": "You denied this."}


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """One form of the page: what it does, and the proof that it is ours.

    `choice` and `means` are set where one call can be approved, or several: which one this is for, and what that
    comes to.
    """

    action: Action
    proof: str
    choice: str = ""
    means: str = ""


class Sheet:
    """Makes the page of a request, as one visitor may see it."""

    def __init__(self, uses: Uses, proofs: Proofs, visitors: Visitors, equipment: Equipment) -> None:
        self._uses = uses
        self._proofs = proofs
        self._visitors = visitors
        self._equipment = equipment

    def page(
        self, visit: Visit, request_id: str, *, problem: str | Exception = "", held: Pointed | None = None
    ) -> Page:
        identity, barred = self._visitors.known(visit.account, now=visit.now)
        faced = self._uses.facing.face(identity, request_id, now=visit.now, held=held)
        said = problem if isinstance(problem, str) else _refused(problem, faced)
        shown = view(faced.card)
        offered = () if barred else self._forms(visit, faced, shown)
        context: dict[str, Any] = {
            "view": shown,
            "now": visit.now,
            "problem": said,
            "typed": visit.form if said else {},
            "forms": offered,
            "effect": shown.effect if _can_approve(offered) and not any(each.means for each in offered) else (),
            "others": self._others(visit, faced, shown),
            "extension": self._extension(visit, identity, faced),
            "holder": faced.holder,
            "noun": noun(faced.card.request),
            "request": request_id,
            "token": obfuscated(faced.card.token) if faced.card.token else "",
            "why_not": _why_not(faced, barred),
            "stands": _standing(faced),
            "proof_age": duration(self._equipment.policy().identity.proof_age),
            "parts": countering.parts(faced.card.request.terms),
            "asked_for": duration(faced.card.request.terms.duration),
            "most": TYPED_LENGTH,
            "usual_meaning": fields.USUAL_MEANING,
            "several_calls": several_calls(faced.card.request),
            "waits": faced.waits,
            "reviewed": faced.card.request.after_review is not None,
            "back": self._back(faced),
            "again": self._again(visit, identity, faced),
            "story": self._story(faced),
            "deeds": self._deeds(faced),
        }
        return Page(template="review.html", context=context, status=409 if said else 200)

    def _deeds(self, faced: Faced) -> tuple[Line, ...]:
        """What was done with access that is over; of a membership, that nobody looks for it."""
        found, request = self._uses.facing.deeds(faced), faced.card.request
        if found is not None:
            return said_of(found)
        over = all(grant.removed and grant.begun for grant in request.grants)
        return (OF_GROUP,) if request.grants and over and joined_group(request.terms.targets) else ()

    def _back(self, faced: Faced) -> str:
        """The card from which people come here to decide, once this person has, or nobody can any more.

        What was stored when it was posted, and nothing that whoever leads here says.
        """
        by_page = self._equipment.policy().identity.accept.decide == "web" or not fits(faced.card.request)
        if not by_page or (faced.waits and faced.stands is None):
            return ""
        link = self._uses.looking.link(faced.card.request)
        return link if link.startswith("https://") else ""

    def _again(self, visit: Visit, identity: Identity, faced: Faced) -> str:
        """What somebody can ask for once more, where their own request is over; empty where they cannot."""
        request = faced.card.request
        if not faced.holder or faced.waits or lives(request):
            return ""
        with suppress(Unavailable):
            found = self._uses.offering.one(identity, request.terms.entitlement, now=visit.now)
            return found.id if found is not None else ""
        return ""

    def _extension(self, visit: Visit, identity: Identity, faced: Faced) -> Mapping[str, str]:
        """How much longer the holder of access that lives can have it."""
        if not faced.holder or not lives(faced.card.request):
            return {}
        return extending.offered(self._uses.asking, visit, identity, faced.card.request.id)

    def _story(self, faced: Faced) -> list[Moment] | None:
        """Nothing while nothing happened but that it was asked for, which the page says anyway."""
        card = faced.card
        if card.request.seq == 1:
            return []
        happened = self._uses.facing.story(faced)
        if happened is None:
            return None
        return [moment(card.request, each, card.tickets) for each in happened]

    def _others(self, visit: Visit, faced: Faced, shown: View) -> tuple[Form, ...]:
        """What is no vote: the requester withdraws, and whoever may, ends access."""
        offered = shown.actions.requester if faced.holder else shown.actions.approvers
        found = [each for each in offered if each.request == faced.card.request.id and _is_theirs(each, faced)]
        made = self._proofs.make
        card = faced.card
        return tuple(
            Form(action=each, proof=made(visit.account.ref, each.request, each.kind), **_choice(each, card))
            for each in found
        )

    def _forms(self, visit: Visit, faced: Faced, shown: View) -> tuple[Form, ...]:
        request = faced.card.request
        offered = [each for each in shown.actions.approvers if _is_offered(each, faced)]
        bound = (visit.account.ref, request.id, request.revision)
        make, card = self._proofs.make, faced.card
        return tuple(Form(action=each, proof=make(*bound, each.kind), **_choice(each, card)) for each in offered)


def _choice(action: Action, card: Card) -> Mapping[str, str]:
    """Which of two choices a form is for, and what that comes to, where several calls can be approved at once.

    What comes of both alike, such as nothing yet, is said above them, and once.
    """
    request, several = card.request, action.kind in SEVERAL
    calls = several_calls(request)
    if not calls or not (several or action.kind in _ONE):
        return {}
    choice = calls if several else "This one call"
    if action.shown is not None:
        return {"choice": choice, "means": wanted(request, action.text.partition(" ")[0]) if several else ""}
    one, all_of_them = (plain(effect(card, chosen=each)) for each in _BOTH)
    return {"choice": choice, "means": "" if one == all_of_them else all_of_them if several else one}


def _refused(error: Exception, faced: Faced) -> str:
    """What a vote met. Where only the form was too old, the page below it says how the request stands now."""
    if not isinstance(error, Refused):
        return in_words(error)
    if error.code not in _TOO_OLD:
        return " ".join(map(in_words, error.all))
    if faced.waits:
        return forms.OLDER
    request = faced.card.request
    return told(Refused("expired")) if undecided(request) else f"You came too late. {since(request)}"


def _can_approve(offered: tuple[Form, ...]) -> bool:
    """What an approval would do is said only to who can give one."""
    return any(VERDICTS.get(each.action.kind) == "approve" for each in offered)


def _is_offered(action: Action, faced: Faced) -> bool:
    """An action of the card that would count, were it this person's."""
    if action.kind == "offer":
        # Whoever may deny may offer less.
        return faced.waits and not faced.holder and faced.card.frozen is None and "deny" not in faced.against
    verdict = VERDICTS.get(action.kind)
    return verdict is not None and faced.would_count(verdict)


def _is_theirs(action: Action, faced: Faced) -> bool:
    """What is no vote, and would not be refused to whoever looks: auditors only look."""
    if action.kind in ("justified", "unjustified"):
        return faced.finds
    if action.kind == "end":
        return faced.holder or faced.takes
    return action.kind in OTHERS


def _why_not(faced: Faced, barred: Refused | None) -> str:
    """Why somebody who may look has nothing to press, while others decide."""
    if not faced.card.token:
        return ""
    if faced.holder:
        return "This is your own request, so somebody else decides on it."
    found = barred or (faced.against.get("approve") if faced.stands is None or faced.renewable else None)
    return told(found) if found is not None else ""


def _standing(faced: Faced) -> str:
    if faced.stands is None or not faced.card.token:
        return ""
    if faced.renewable:
        return "You approved this too long ago: it counts no more. Approve again, and it counts once."
    return _STANDS.get(faced.stands, "")
