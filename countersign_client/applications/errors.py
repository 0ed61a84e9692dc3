"""Why an action must not be done. Each is a `NotAllowed`: who catches that has caught everything.

The text is a sentence for a person, and `reason` is the same. `request_id` is the request's id, where there is one
by then; `code` is Countersign's word for it, for programs. What was asked under `idempotency_key` can be asked
again under it, and is done once.
"""

from collections.abc import Mapping
from typing import Any

from countersign_client import errors


class NotAllowed(errors.ClientError):
    """The action must not be done."""

    def __init__(
        self,
        reason: str,
        *,
        request_id: str = "",
        code: str = "",
        idempotency_key: str = "",
        told: Mapping[str, Any] | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.request_id = request_id
        self.code = code
        self.idempotency_key = idempotency_key
        self.told = told or {}
        self.retry_after = retry_after


class Denied(NotAllowed):
    """People said no. `by` is who did, and `comment` what they wrote."""

    @property
    def by(self) -> tuple[str, ...]:
        """The people who denied it."""
        return tuple(map(str, _of(self.told, "decision").get("by") or ()))

    @property
    def comment(self) -> str:
        """What they wrote for the application's person."""
        return str(_of(self.told, "decision").get("comment") or "")


class Expired(NotAllowed):
    """Nobody decided in time."""


class Withdrawn(NotAllowed):
    """The request was taken back."""


class Lapsed(NotAllowed):
    """It was approved, and not used in time; or those who approved it took that back."""


class Used(NotAllowed):
    """This approval was used before. Each one is for one time."""


class Pending(NotAllowed):
    """Nobody has decided yet, and the time to wait is over. The request stays: `resume` goes on with it."""


class StepUp(NotAllowed):
    """The person must sign in anew: in one of the ways `acr`, the best first, at most `max_age` seconds ago.

    Ask their issuer for a token with `nonce`, and ask again with that one. `challenge` is the `WWW-Authenticate`
    header (RFC 9470), for whoever hands it on.
    """

    challenge = ""

    @property
    def acr(self) -> tuple[str, ...]:
        """Classes of sign-in that would do."""
        said = _of(self.told, "step_up").get("acr") or ()
        return tuple(said.split()) if isinstance(said, str) else tuple(map(str, said))

    @property
    def max_age(self) -> int | None:
        """Seconds; None: however long ago."""
        said = _of(self.told, "step_up").get("max_age")
        return int(said) if said is not None else None

    @property
    def nonce(self) -> str:
        """What the new token has to carry."""
        return str(_of(self.told, "step_up").get("nonce") or "")


class Frozen(NotAllowed):
    """Everything is frozen. What is asked stays as it is."""


class Refused(NotAllowed, errors.Refused):
    """Countersign said no: a guardrail, a person whose token does not count, parameters that do not fit, a limit.

    `fields` are the parameters to blame, each with its sentence.
    """

    @property
    def fields(self) -> Mapping[str, str]:
        """What stands against each member of the call."""
        each = self.told.get("errors")
        found = [one for one in each if isinstance(one, dict)] if isinstance(each, list) else []
        return {str(one["field"]): str(one.get("detail", "")) for one in found if one.get("field")}


class Unreachable(NotAllowed, errors.Unreachable):
    """No whole answer came in time. What was asked may have been done; it is no permission."""


class Unproven(NotAllowed):
    """What came as a receipt proves nothing about this action. The approval is used up: do nothing."""


def _of(told: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = told.get(name)
    return found if isinstance(found, Mapping) else {}
