"""Looking: what an application may ask for, and its requests. Nothing here changes anything."""

from approvals.policy.model import Action
from handlers.applications.calls import Asked
from handlers.applications.records import Actions, KnownAction, KnownParameter
from handlers.channel import Equipment
from handlers.wire.query import require_known
from handlers.wire.written import Reply


class Looking:
    """Answers every GET."""

    def __init__(self, equipment: Equipment) -> None:
        self._policy = equipment.policy

    def actions(self, asked: Asked) -> Reply:
        """What the application may ask for, in the policy's order."""
        require_known(asked.query)
        own = [each for each in self._policy().actions.values() if each.application == asked.application.id]
        return Reply(body=Actions(items=tuple(map(_known, own))))


def _known(found: Action) -> KnownAction:
    return KnownAction(
        id=found.id,
        title=found.title,
        type="sign_and_approve" if any(stage.sign for stage in found.requirement.stages) else "approve",
        parameters=tuple(
            KnownParameter(name=each.name, label=each.label, type=each.type, required=each.required)
            for each in found.parameters
        ),
        risk=found.risk,
        pending=int(found.pending.total_seconds()),
        use_by=int(found.use_by.total_seconds()),
    )
