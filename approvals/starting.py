"""Access that begins later than it is approved: what has not begun yet."""

from datetime import datetime

from approvals.requests import Request


def later(request: Request) -> datetime | None:
    """When it is asked to begin, where that is later than its approval might be; what continues access is not."""
    return None if request.terms.extends else request.terms.start


def scheduled(request: Request) -> bool:
    """It is approved, and its access has not begun."""
    return request.grant is not None and request.grant.state == "scheduled"


def begins(request: Request, *, now: datetime) -> bool:
    """It was to begin by now, and has not."""
    return scheduled(request) and request.grant is not None and request.grant.window.start <= now
