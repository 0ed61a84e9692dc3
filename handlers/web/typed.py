"""What a form of a request's page brings: what was typed, and what was shown to whoever sends it."""

from collections.abc import Mapping

from approvals.reviews import TYPED_LENGTH, says_something
from approvals.uses.votes import Shown
from handlers.web.pages import Visit
from handlers.wording import fields
from handlers.wording.emergencies import FINDING
from handlers.wording.refusals import Said

_TYPED = {
    "sign": {"printed_name": fields.PRINTED_NAME, "meaning": fields.MEANING},
    "deny": {"reason": fields.REASON},
    "end": {"reason": fields.ENDING},
    "justified": {"reason": FINDING},
    "unjustified": {"reason": FINDING},
}


def shown(visit: Visit) -> Shown:
    """What the page showed to whoever confirms it."""
    revision = visit.form.get("revision", "")
    known = revision.isascii() and revision.isdigit() and len(revision) < 10
    return Shown(request=visit.rest, revision=int(revision) if known else 0, digest=visit.form.get("digest", ""))


def filled(kind: str, form: Mapping[str, str]) -> dict[str, str]:
    """What was typed where something must be. Raises `Said`."""
    wanted = _TYPED.get(kind, {})
    found = {name: form.get(name, "").strip() for name in wanted}
    for name, text in found.items():
        if not says_something(text):
            raise Said(name, wanted[name])
        if len(text) > TYPED_LENGTH:
            raise Said(name, fields.too_long(TYPED_LENGTH))
    if "reason" in found:
        found["comment"] = found.pop("reason")
    return found
