"""What an application is told that cannot use an approval, by the words of its requests."""

from approvals.refusals.errors import Refused
from countersign_client.tools import ARGUMENT
from handlers.wire.problems import Fault
from handlers.wording.errors import in_words
from handlers.wording.refusing.refusals import told


def unusable(refused: Refused) -> Refused:
    """The refusal of a use, by the state in which its request is, or with each parameter that is another one."""
    if refused.code == "unusable":
        return Fault(409, str(refused.reason.facts.get("state", refused.code)), in_words(refused))
    if refused.code != "parameters.differ":
        return refused
    names = refused.reason.facts.get("names")
    said = told(refused)
    if not isinstance(names, tuple) or not names:
        return refused
    faults = [Fault(409, "parameters", said, field=_field(name)) for name in names]
    return faults[0].besides(faults[1:])


def _field(name: str) -> str:
    """Of a call of a tool the names are those of the body's members already."""
    own = name in ("key", "data", "action") or name.startswith(("tool.", ARGUMENT))
    return name if own else f"parameters.{name}"
