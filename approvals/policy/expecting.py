"""What a case of a policy expects, what came of it, and the difference in words."""

from collections.abc import Iterator, Mapping
from typing import Final, Literal, get_args

import msgspec
import yaml

from approvals.policy.model import Then
from approvals.policy.reading.document import Reader, meant_by, shown
from approvals.policy.reading.tools import counted
from approvals.policy.tools import CallWindow
from approvals.times import in_words

OF_ENTITLEMENT = ("refused", "needs", "can")
OF_ACTION = ("then", *OF_ENTITLEMENT, "several")
"""The keys that say what is expected."""

UNKNOWN: Final = "unknown"
"""What is refused while a group cannot be asked."""

_THEN: tuple[Then, ...] = get_args(Then)
_SHOULD: Mapping[Then, str] = {
    "refuse": "should be refused",
    "step_up": "should need another sign-in",
    "require_approval": "should need the approval of people",
    "allow": "should be allowed without anybody's approval",
}


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """What a file expects of a case; None where it says nothing of it.

    `then` is what comes of an action, in the words of guardrails. `refused` is a code, or the part before its
    first point; `needs` are the stages in words, `can` who can approve in each. `several` is what whoever approves
    may approve in the place of one call of a tool; it is empty where that is to be nothing.
    """

    then: Then | None = None
    refused: str | None
    needs: tuple[str, ...] | None
    can: tuple[tuple[str, ...], ...] | None
    several: tuple[CallWindow, ...] | None = None


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a case. `refused` has every code; then nothing is needed."""

    then: Then | Literal["unknown"]
    refused: tuple[str, ...]
    needs: tuple[str, ...]
    can: tuple[tuple[str, ...], ...]
    several: CallWindow | None = None


def expected(
    reader: Reader, node: yaml.Node, found: Mapping[str, yaml.Node], *, what: str, keys: tuple[str, ...]
) -> Expected:
    """Read what a case expects, by those of these keys that it has; it has to have one."""
    if not any(key in found for key in keys):
        words = f"{', '.join(keys[:-1])} or {keys[-1]}"
        reader.refuse(node, "missing-key", f"{what} expects something: {words}")
    return Expected(
        then=_then(reader, found["then"]) if "then" in found else None,
        refused=reader.string(found["refused"], "refused") if "refused" in found else None,
        needs=texts(reader, found["needs"], "needs") if "needs" in found else None,
        can=_stages(reader, found["can"]) if "can" in found else None,
        several=_several(reader, found["several"]) if "several" in found else None,
    )


def texts(reader: Reader, node: yaml.Node, what: str) -> tuple[str, ...]:
    """Read a list of texts."""
    found = [reader.string(item, f"an entry of {what}") for item in reader.items(node, what) or ()]
    return tuple(each for each in found if each is not None)


def _stages(reader: Reader, node: yaml.Node) -> tuple[tuple[str, ...], ...]:
    return tuple(texts(reader, item, "who can approve in a stage") for item in reader.items(node, "can") or ())


def _several(reader: Reader, node: yaml.Node) -> tuple[CallWindow, ...]:
    if isinstance(node, yaml.MappingNode):
        found = counted(reader, node, "several")
        return () if found is None else (found,)
    if reader.boolean(node, "several, where it is not for and uses,") is True:
        reader.refuse(
            node, "bad-value", "several says for how long and for how many calls; false: none are offered"
        )
    return ()


def _then(reader: Reader, node: yaml.Node) -> Then | None:
    text = reader.string(node, "then")
    found = next((each for each in _THEN if each == text), None)
    if found is None and text is not None:
        reader.refuse(node, "bad-value", f"then cannot be {shown(text)}; {meant_by(text, _THEN)}")
    return found


def differences(wanted: Expected, found: Outcome) -> Iterator[str]:
    """What is other than the file expects, in words."""
    if wanted.then is not None and wanted.then != found.then:
        yield f"{_SHOULD[wanted.then]}. {_came(found)}"
        return
    if wanted.refused is not None and not any(_is(code, wanted.refused) for code in found.refused):
        came = ", ".join(found.refused) or f"it needs {', '.join(found.needs)}"
        yield f"should be refused: {wanted.refused}. It is not: {came}"
    if wanted.refused is None and wanted.then not in {"refuse", "step_up"} and found.refused:
        yield f"should not be refused, and is: {', '.join(found.refused)}"
        return
    if wanted.needs is not None and wanted.needs != found.needs:
        yield f"should need {_said(wanted.needs)}. It needs {_said(found.needs)}"
    if wanted.can is not None and tuple(tuple(sorted(each)) for each in wanted.can) != found.can:
        yield f"should be approved by {_listed(wanted.can)}. It can be by {_listed(found.can)}"
    offered = () if found.several is None else (found.several,)
    if wanted.several is not None and wanted.several != offered:
        yield f"should let {_at_once(wanted.several)} be approved at once. It lets {_at_once(offered)}"


def _came(found: Outcome) -> str:
    match found.then:
        case "allow":
            return "It is allowed, and nobody is asked"
        case "step_up":
            return "It needs another sign-in"
        case "require_approval":
            return f"It needs {_said(found.needs)}"
        case "refuse":
            return f"It is refused: {', '.join(found.refused)}"
        case "unknown":
            return "It is unknown: a group decides, and the file does not say who is in it"


def _at_once(several: tuple[CallWindow, ...]) -> str:
    said = (f"{each.uses} calls in {in_words(each.lasts)}" for each in several)
    return next(said, "no more than the one call")


def _is(code: str, wanted: str) -> bool:
    return code == wanted or code.startswith(f"{wanted}.")


def _said(stages: tuple[str, ...]) -> str:
    return ", ".join(stages) or "nothing"


def _listed(stages: tuple[tuple[str, ...], ...]) -> str:
    return ", then ".join(" or ".join(sorted(each)) or "nobody" for each in stages) or "nobody"
