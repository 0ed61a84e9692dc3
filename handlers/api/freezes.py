"""Freezes for programs of administrators: what is frozen, and freezing and thawing it."""

from datetime import datetime
from typing import Any, cast

import msgspec

from approvals.identities import Identity
from approvals.times import rfc3339
from approvals.uses import Uses
from approvals.uses.freezing import Of, StandingFreeze
from handlers.api.bodies import Freeze
from handlers.api.calls import Asked, Changing
from handlers.identity.visitors import Visitors
from handlers.wire.problems import Fault
from handlers.wire.query import require_known
from handlers.wire.reading import bounded
from handlers.wire.written import Reply
from handlers.wording.freeze import frozen_in_words

_KINDS = ("everything", "entitlement", "person")
_LONGEST = 200


class Freezes:
    """Answers `/v1/freezes` and `/v1/thaws`."""

    def __init__(self, uses: Uses, visitors: Visitors) -> None:
        self._uses = uses
        self._visitors = visitors

    def list(self, asked: Asked) -> Reply:
        """All that is frozen. Raises `NotFound` for who is no administrator."""
        require_known(asked.query)
        found = self._uses.freezing.standing(asked.caller.identity, now=asked.now)
        return Reply(body={"items": [_written(each) for each in found]})

    def freeze(self, made: Changing) -> Reply:
        of, body = self._read(made)
        done = self._uses.freezing.freeze(
            self._deciding(made), of, body.name, why=body.reason, now=made.now, beside=made.kept(_written)
        )
        return Reply(body=_written(done))

    def thaw(self, made: Changing) -> Reply:
        """What was frozen, and is no more."""
        of, body = self._read(made)
        done = self._uses.freezing.thaw(
            self._deciding(made), of, body.name, why=body.reason, now=made.now, beside=made.kept(_written)
        )
        return Reply(body=_written(done))

    def _read(self, made: Changing) -> tuple[Of, Freeze]:
        """What a call freezes or thaws. Who is no administrator learns nothing, whatever they send."""
        self._uses.freezing.require(made.caller.identity, now=made.now)
        body = made.read(Freeze)
        if body.of not in _KINDS:
            raise Fault(422, "member", f"of is one of {', '.join(_KINDS)}.", field="of")
        if bool(body.name.strip()) != (body.of != "everything") or len(body.name) > _LONGEST:
            said = "name is the id of an entitlement or action, or a person's address; of everything it is empty."
            raise Fault(422, "member", said, field="name")
        return cast("Of", body.of), msgspec.structs.replace(body, reason=bounded("reason", body.reason))

    def _deciding(self, made: Changing) -> Identity:
        return self._visitors.identify(made.caller.account, purpose="decide", now=made.now)


def frozen_for(uses: Uses, asked: Asked) -> str | None:
    """What holds up everything, or whoever calls, in words; None where nothing does."""
    identity = asked.caller.identity
    return frozen_in_words(uses.looking.frozen(identity), identity.principal) or None


def _written(held: StandingFreeze) -> dict[str, Any]:
    return {
        "of": held.of,
        "name": held.name,
        "by": held.by,
        "since": _moment(held.since),
        "reason": held.reason,
    }


def _moment(at: datetime | None) -> str | None:
    return rfc3339(at) if at is not None else None
