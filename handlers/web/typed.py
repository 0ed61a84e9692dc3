"""What a form of a request's page brings: what was typed, and what was shown to whoever sends it."""

from collections.abc import Mapping

from approvals.reviews import TYPED_LENGTH, says_something
from approvals.uses.votes import Shown
from handlers.web.pages import Visit
from handlers.wording.emergencies import FINDING
from handlers.wording.refusing import fields
from handlers.wording.refusing.refusals import Said

_NEEDED: Mapping[str, Mapping[str, str]] = {
    "sign": {"printed_name": fields.PRINTED_NAME, "meaning": fields.MEANING},
    "sign_several": {"printed_name": fields.PRINTED_NAME, "meaning": fields.MEANING},
    "deny": {"reason": fields.REASON},
    "end": {"reason": fields.ENDING},
    "justified": {"reason": FINDING},
    "unjustified": {"reason": FINDING},
}
_OPTIONAL: Mapping[str, tuple[str, ...]] = dict.fromkeys(
    ("approve", "several", "sign", "sign_several"), ("comment",)
)


def shown(visit: Visit) -> Shown:
    """What the page showed to whoever confirms it."""
    revision = visit.form.get("revision", "")
    known = revision.isascii() and revision.isdigit() and len(revision) < 10
    return Shown(request=visit.rest, revision=int(revision) if known else 0, digest=visit.form.get("digest", ""))


def filled(kind: str, form: Mapping[str, str]) -> dict[str, str]:
    """What was typed into a form of this kind. Raises `Refused` with all that is wrong with it."""
    needed = _NEEDED.get(kind, {})
    found = {name: form.get(name, "").strip() for name in (*needed, *_OPTIONAL.get(kind, ()))}
    long = fields.too_long(TYPED_LENGTH)
    wrong = [Said(name, said) for name, said in needed.items() if not says_something(found[name])]
    wrong += [Said(name, long) for name, text in found.items() if len(text) > TYPED_LENGTH]
    if wrong:
        raise wrong[0].besides(wrong[1:])
    if "reason" in found:
        found["comment"] = found.pop("reason")
    return found
