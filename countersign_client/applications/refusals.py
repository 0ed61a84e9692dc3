"""What an answer means that is none, and a request that ended without a permission: which error that is."""

from collections.abc import Mapping
from typing import Any

from countersign_client.applications import errors
from countersign_client.applications.answers import Asked
from countersign_client.applications.errors import NotAllowed
from countersign_client.calls import Response
from countersign_client.refusals import Problem, is_of_the_proxy, problem

_BUSY = frozenset({502, 503, 504})
_AGAIN = frozenset({"idempotency.running", "conflict", "pace", "polls.own", "late", "unavailable"})

_STATES: Mapping[str, type[NotAllowed]] = {
    "denied": errors.Denied,
    "expired": errors.Expired,
    "withdrawn": errors.Withdrawn,
    "lapsed": errors.Lapsed,
    "used": errors.Used,
    "pending": errors.Pending,
}
_KINDS: Mapping[str, type[NotAllowed]] = {**_STATES, "step_up": errors.StepUp, "frozen": errors.Frozen}
_SENTENCES = {
    "denied": "It was denied",
    "expired": "Nobody decided in time",
    "withdrawn": "The request was withdrawn",
    "lapsed": "The approval counts no more: it was not used in time, or was taken back",
    "used": "This approval was used before, and each is for one time",
    "pending": "Nobody has decided yet",
}


def read(answer: Response, *, request: str, key: str) -> NotAllowed:
    """The error that an answer is. One of somebody else on the way, or that nobody knows, is no answer at all."""
    said = problem(answer)
    if is_of_the_proxy(answer) or answer.status < 400 or not said.code:
        return errors.Unreachable(
            f"what answers at this address (HTTP {answer.status}) is not Countersign, or not its address for"
            " applications: look at the address, and at what stands between",
            request_id=request,
            idempotency_key=key,
        )
    kind = errors.Unreachable if answer.status >= 500 else _KINDS.get(said.code, errors.Refused)
    found = kind(
        said.problems[0] if len(said.problems) == 1 else " ".join(said.problems),
        request_id=request or _request(said),
        code=said.code,
        idempotency_key=key,
        told=said.told,
        retry_after=said.retry_after,
    )
    if isinstance(found, errors.StepUp):
        found.challenge = answer.headers.get("www-authenticate", "")
    return found


def wait(answer: Response, failure: NotAllowed, pause: float | None) -> float | None:
    """After how many seconds the same may be sent again; None: it would be no use."""
    if pause is None or not (answer.status in _BUSY or failure.code in _AGAIN):
        return None
    return pause if failure.retry_after is None else max(failure.retry_after, pause)


def ended(asked: Asked, *, waited: bool = False) -> NotAllowed:
    """The error for a request that gives no permission as it stands."""
    kind = _STATES.get(asked.state, errors.Unreachable)
    return kind(_ended(asked, waited=waited), request_id=asked.id, code=asked.state, told=asked.told)


def _ended(asked: Asked, *, waited: bool) -> str:
    said = _SENTENCES.get(asked.state, f"This version knows no state {asked.state!r} of a request")
    decision = asked.decision or {}
    by = decision.get("by") if asked.state == "denied" else None
    who = f" by {', '.join(map(str, by))}" if isinstance(by, list | tuple) and by else ""
    why = str(decision.get("comment") or decision.get("reason") or "")
    late = ", and the time to wait is over" if waited else ""
    return f"{said}{who}{late}{f': {why}' if why else ''} ({asked.id})"


def _request(said: Problem) -> str:
    found: Any = said.told.get("request", "")
    return found if isinstance(found, str) else ""
