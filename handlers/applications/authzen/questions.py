"""What an evaluation or a submission says. Members that nobody here knows are passed over, as AuthZEN has it."""

from collections.abc import Mapping
from typing import Any

import msgspec

from countersign_client.canonical import canonical
from handlers.wire import reading
from handlers.wire.problems import Fault

LONGEST = 1_000
"""Characters of a name, a type or an id."""

DEEPEST = 64
"""Objects and lists within each other."""

_UNFIT = f"has half of a character, or goes deeper than {DEEPEST} objects and lists within each other."

Members = Mapping[str, Any]


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a subject may do an action on a resource (Authorization API 1.0, section 6), each as it was sent."""

    subject: Members
    action: Members
    resource: Members
    context: Members


class Submission(Question, frozen=True, kw_only=True):
    """An access request: the same question with the denial that it had (ARAP, "Access Request Submission")."""

    denial: Members
    client: Members
    callback: Members | None


class Cancellation(msgspec.Struct, frozen=True, kw_only=True):
    """Why a task is cancelled, by the application's word. It is read and not kept."""

    reason: str = ""
    comment: str = ""


def members(body: bytes) -> Members:
    """The members of a body, known or not, each of which canonical JSON can carry. Raises `Fault`."""
    found = reading.one_object(body)
    for name, value in found.items():
        if not _is_shallow(value, DEEPEST) or not _is_whole({name: value}):
            raise fault(reading.shown(name), f"The member {reading.shown(name)} {_UNFIT}")
    return found


def question(body: bytes) -> Question:
    """Raises `Fault`, which names a member that is missing, twice there or of another kind."""
    return Question(**_question(members(body)))


def submission(body: bytes) -> Submission:
    """Raises `Fault` as `question` does, and for several items, which are not taken."""
    found = members(body)
    if "items" in found:
        raise fault("items", "Several items in one access request are not taken: send one for each.")
    return Submission(
        **_question(found),
        denial=_object(found, "denial"),
        client=_object(found, "client", needed=False),
        callback=_object(found, "callback") if "callback" in found else None,
    )


def cancellation(body: bytes) -> Cancellation:
    """Raises `Fault`. No body is an empty one."""
    found = members(body or b"{}")
    texts = {name: _text(found, name, name) for name in ("reason", "comment") if name in found}
    return Cancellation(**texts)


def properties(part: Members) -> Members:
    """What a subject, action or resource says of itself."""
    found: Members = part.get("properties", {})
    return found


def fault(field: str, said: str) -> Fault:
    """What is told of a member that does not fit."""
    return Fault(400, "member", said, field=field)


def _question(found: Members) -> dict[str, Members]:
    return {
        "subject": _part(found, "subject", "type", "id"),
        "action": _part(found, "action", "name"),
        "resource": _part(found, "resource", "type", "id"),
        "context": _object(found, "context", needed=False),
    }


def _part(found: Members, name: str, *texts: str) -> Members:
    part = _object(found, name)
    for each in texts:
        _text(part, each, f"{name}.{each}")
    if "properties" in part:
        _object(part, "properties", of=f"{name}.")
    return part


def _object(found: Members, name: str, *, of: str = "", needed: bool = True) -> Members:
    value = found.get(name, None if needed else {})
    if name not in found and needed:
        raise fault(f"{of}{name}", f"The member {of}{name} is missing.")
    if not isinstance(value, Mapping):
        raise fault(f"{of}{name}", f"The member {of}{name} must be one JSON object.")
    return value


def _text(found: Members, name: str, said: str) -> str:
    value = found.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST:
        raise fault(said, f"The member {said} must be a text of 1 to {LONGEST:,} characters.")
    return value


def _is_shallow(value: Any, left: int) -> bool:
    if not isinstance(value, Mapping | list):
        return True
    inner = value.values() if isinstance(value, Mapping) else value
    return left > 0 and all(_is_shallow(each, left - 1) for each in inner)


def _is_whole(value: Members) -> bool:
    try:
        canonical(value)
    except ValueError:
        return False
    return True
