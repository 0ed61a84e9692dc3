"""What a mail about a request says beside its view: why it came, and what its reader can do."""

import msgspec

from approvals.ports.messages import Notice
from approvals.requests import unreviewed
from approvals.targets import agent_of
from approvals.telling.cards import Card
from handlers.wording import itself
from handlers.wording.text.lines import Line
from handlers.wording.text.typed import visible

NO_REPLY = "Replies to this mail decide nothing."


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """What stands above the view, on the button that leads to the page, and at the end."""

    lead: Line
    button: str = ""
    note: str = ""


def subject(card: Card) -> str:
    """The same for every mail about a request: who asks for what, in the policy's words, and which request."""
    request = card.request
    if itself.asks(request):
        return visible(f"{itself.NAME} asks: {request.terms.title} ({request.id})")
    if request.action is not None and agent_of(request.action):
        what = f"{request.terms.title} on behalf of {request.requester}"
        return visible(f"An agent asks for {what} ({request.id})")
    does = "asks for" if request.after_review is None else "took access in an emergency, to be reviewed:"
    return visible(f"{request.requester} {does} {request.terms.title} ({request.id})")


def words(notice: Notice, card: Card) -> Words:
    """Why this one came."""
    if notice.step == "call" and unreviewed(card.request):
        return _REVIEW
    if notice.step in {"call", "remind"}:
        return _asks(notice, card)
    if notice.step == "told":
        return _tells(card)
    if notice.step == "copy":
        return _COPY if card.request.after_review is None else _COPY_OF_EMERGENCY
    return Words(lead=("This request needs nothing more from you.",))


_REVIEW = Words(
    lead=("An emergency was declared: access began without anybody's approval, and you are asked to review it.",),
    button="Look at it and review it",
    note="The page asks you to sign in. Opening it decides nothing. If this is no emergency, end the access there"
    " at once.",
)
_COPY = Words(
    lead=("This is a copy of what your approvers were sent about your request.",),
    note="You get it because the policy says so. You cannot decide your own request.",
)
_COPY_OF_EMERGENCY = Words(
    lead=("This is a copy of what was sent to those who review the access that you took in an emergency.",),
    note="You get it because the policy says so. Somebody else reviews it.",
)


def _asks(notice: Notice, card: Card) -> Words:
    what = "signature" if card.tally.signs else "approval"
    still = "still " if notice.step == "remind" else ""
    lead = f"Your {what} is {still}needed. The request expires unless decided by "
    return Words(
        lead=(lead, card.request.terms.expires, "."),
        button="Look at the request and decide",
        note="The page asks you to sign in, and shows the request again before you decide. The link gives nobody"
        " else a right: it can be forwarded, and opening it decides nothing.",
    )


def _tells(card: Card) -> Words:
    return Words(
        lead=("Nobody has decided this yet. It expires unless decided by ", card.request.terms.expires, "."),
        note="You get it because the policy says whom to tell when nobody decides. You cannot approve it: please"
        " tell somebody who can.",
    )
