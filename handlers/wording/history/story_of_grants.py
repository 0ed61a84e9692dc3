"""What became of access, or of an approval alone, a line for each entry of its grants."""

from collections.abc import Callable, Mapping

from approvals.auditing.story import Happening
from approvals.refusals.reasons import Reason
from approvals.requests import Request
from approvals.targets import joined_group
from countersign_client import shapes
from handlers.wording.approvals import LATE, noun
from handlers.wording.gone import capital, gone, what_became
from handlers.wording.grants import WITHHELD
from handlers.wording.refusing.refusals import worded
from handlers.wording.targets import where
from handlers.wording.text.lines import Line, names


def _begun(request: Request, happening: Happening) -> Line:
    if request.approval_only:
        return ("The time of the approval was there.",)
    return ("The time of the access was there, and it was made", *_place(request, happening), ".")


def _active(request: Request, happening: Happening) -> Line:
    if request.approval_only:
        return ("From then on the approval stood.",)
    return ("The access was given", *_place(request, happening), f": it was read back from {_outside(request)}.")


def _ended(request: Request, happening: Happening) -> Line:
    by_holder = detail_of(happening, "cause") == "holder"
    what = noun(request)
    how = f"Its holder ended the {what}" if by_holder else f"The time of the {what} was over"
    return (how, *_place(request, happening), ".")


def _revoked(request: Request, happening: Happening) -> Line:
    cause, place, what = detail_of(happening, "cause"), _place(request, happening), noun(request)
    if not isinstance(happening.detail.get("cause", ""), str):
        return (f"{WITHHELD}: {cause}",)
    if cause == "outside":
        return (f"Somebody removed the access in {_outside(request)}", *place, ". It is not put back.")
    if (of_theirs := gone(cause)) is not None:
        return (f"{capital(what_became(of_theirs, 'its holder'))}, so the {what} was taken away", *place, ".")
    if cause == "bundle":
        return ("The rest of the access was taken back with it", *place, ".")
    who = names((happening.by,)).replace("an administrator", "An administrator", 1)
    return (f"{who} ended the {what}", *place, ".")


def _failed(request: Request, happening: Happening) -> Line:
    if request.approval_only:
        return (LATE,)
    why = detail_of(happening, "cause").rstrip(". ")
    return ("The access could not be made", *_place(request, happening), f": {why}.")


def _removed(request: Request, happening: Happening) -> Line:
    if request.approval_only:
        return ("It gave nothing, so nothing of it is left.",)
    return (
        f"{capital(_outside(request))} was read, and nothing of the access is left there",
        *_place(request, happening),
        ".",
    )


def _trouble(request: Request, happening: Happening) -> Line:
    return ("It met trouble", *_place(request, happening), f": {detail_of(happening, 'trouble').rstrip('. ')}.")


def _outside(request: Request) -> str:
    return "Google's directory" if joined_group(request.terms.targets) else "Google Cloud"


def detail_of(happening: Happening, name: str) -> str:
    """A reason as its entry holds it: a code with facts, or a word; of 0.1.0 a sentence."""
    found = happening.detail.get(name, "")
    return found if isinstance(found, str) else worded(shapes.convert(found, Reason))


def _place(request: Request, happening: Happening) -> Line:
    """Of a bundle, which part of it."""
    named = tuple(request.terms.targets[number] for number in happening.detail.get("targets", ()))
    return (" on ", *where(named)) if named and len(named) < len(request.terms.targets) else ()


GRANTS: Mapping[str, Callable[[Request, Happening], Line]] = {
    "grant.begun": _begun,
    "grant.active": _active,
    "grant.ended": _ended,
    "grant.revoked": _revoked,
    "grant.failed": _failed,
    "grant.removed": _removed,
    "grant.trouble": _trouble,
}
"""The words of each action of a chain that is about grants."""
