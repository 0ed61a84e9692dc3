"""Access requests: submitting one after a denial, looking at its task, cancelling it."""

from typing import Any

import msgspec

from approvals.changes import Mark
from approvals.refusals.errors import NotFound, Refused
from approvals.uses import Uses
from handlers.applications.authzen import actors, meanings, questions
from handlers.applications.authzen.bindings import Bindings, Claims, require_bound, unbound
from handlers.applications.authzen.problems import unknown_task
from handlers.applications.authzen.questions import Submission, fault
from handlers.applications.authzen.tasks import Tasks
from handlers.applications.calls import Asked, Changing
from handlers.applications.changing import Changes
from handlers.channel import Equipment
from handlers.wire import once
from handlers.wire.problems import STATUS_OF, Fault
from handlers.wire.written import Reply
from handlers.wording.refusing.refusals import told

_CALLBACK = (
    "No call is made to an address that a request names. Poll the task, or list the address as the application's"
    " webhook in the policy: it is told there as every webhook is, and may stand here as well."
)
_AGAIN = (
    "There was a request for this denial already, under another Idempotency-Key. Evaluate again for a new one."
)


class Requesting:
    """Answers every call about access requests."""

    def __init__(
        self, uses: Uses, changes: Changes, bindings: Bindings, tasks: Tasks, *, equipment: Equipment
    ) -> None:
        self._uses = uses
        self._changes = changes
        self._bindings = bindings
        self._tasks = tasks
        self._equipment = equipment

    def submit(self, made: Changing) -> Reply:
        """File what was denied. The denial serves once: a repeat of the same call gets its answer."""
        earlier = self._uses.acting.filed(made.caller, key=once.filing(made.call))
        if earlier is not None:  # whose answer is forgotten, and whose denial is over
            return Reply(body=self._tasks.handle(earlier))
        found = questions.submission(made.body)
        self._require_callback(made, found)
        claims = self._denied(made, found)
        meant = meanings.meant(self._uses.acting.actions(made.caller), found, claims.actor)
        wished = self._changes.wished(made, meant.body)
        meanings.require_about(self._equipment.policy().identity, found, wished.brought.person)
        mark = Mark(name=f"denial:{claims.client_id}:{claims.jti}", until=claims.until)
        spending = self._uses.marking.spending(mark, refusal=unbound(_AGAIN))
        wished = msgspec.structs.replace(wished, errand=meant.bound(wished.errand))
        handle = self._changes.asked(made, meant.body, wished, self._tasks.handle, spending=(spending,))
        return Reply(body=handle)

    def status(self, asked: Asked) -> Reply:
        """A task of this application's. Raises `Fault` of any other."""
        try:
            request = self._uses.acting.look(asked.caller, asked.rest[0])
        except NotFound:
            raise unknown_task() from None
        return Reply(body=self._tasks.handle(request))

    def cancel(self, made: Changing) -> Reply:
        """Withdraw what waits. Raises `Fault` where that is over, or it is none of this application's."""
        questions.cancellation(made.body)
        try:
            request = self._uses.acting.withdraw(
                made.caller, made.rest[0], now=made.now, beside=made.beside(self._tasks.handle)
            )
        except NotFound:
            raise unknown_task() from None
        except Refused as refused:
            if STATUS_OF.get(refused.code) == 409 and not refused.code.startswith("frozen"):
                raise Fault(409, "invalid_task_state", told(refused)) from None
            raise
        return Reply(body=self._tasks.handle(request))

    def _denied(self, made: Changing, found: Submission) -> Claims:
        """The denial that it is about. Raises `Fault`."""
        token: Any = found.denial.get("binding_token")
        if not isinstance(token, str) or not token:
            raise unbound("The member denial.binding_token is missing: send it as the denial had it.")
        claims = self._bindings.read(token)
        chain = actors.of_submission(found)
        require_bound(found.denial, found, claims, application=made.caller.application.id, now=made.now)
        if not actors.same(chain, claims.actor):
            raise unbound("Somebody else acts for the subject than when it was denied, or nobody does.")
        return claims

    def _require_callback(self, made: Changing, found: Submission) -> None:
        callback = found.callback
        if callback is None:
            return
        webhook = made.caller.application.webhook
        if not webhook or callback.get("endpoint") != webhook:
            raise fault("callback", _CALLBACK)
