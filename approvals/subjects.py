"""Which work a request calls for: the one place that knows, whatever its targets are."""

from approvals.ids import binding_subject, request_subject, webhook_subject
from approvals.requests import Request, undecided
from approvals.targets import resources


def subjects(request: Request) -> tuple[str, ...]:
    """What has to be looked at when a request was changed: itself and, once there are grants, their targets.

    Of an action, once it is decided, also what its application is told.
    """
    own = request_subject(request.id)
    if request.action is not None and not undecided(request):
        return (own, webhook_subject(request.action.application, request.id))
    if not request.grants:
        return (own,)
    places = resources(request.terms.targets)
    return (own, *(binding_subject(place) for place in places))
