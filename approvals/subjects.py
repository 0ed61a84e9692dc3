"""Which work a request calls for: the one place that knows, whatever its targets are."""

from approvals.ids import binding_subject, request_subject
from approvals.requests import Request
from approvals.targets import resources


def subjects(request: Request) -> tuple[str, ...]:
    """What has to be looked at when a request was changed: itself and, once there are grants, their targets."""
    own = request_subject(request.id)
    if not request.grants:
        return (own,)
    places = resources(request.terms.targets)
    return (own, *(binding_subject(place) for place in places))
