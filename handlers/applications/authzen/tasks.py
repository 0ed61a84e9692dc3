"""Requests as AuthZEN's tasks and approvals. No state of a task comes after an end: a used one is approved."""

from collections.abc import Mapping

from msgspec import UNSET

from approvals.requests import Request
from approvals.times import rfc3339
from countersign_client.jws import base64url
from handlers.applications.authzen.records import Approval, Display, Handle, Links, Result, Status, Task
from handlers.wording.listing import own
from handlers.wording.text.lines import plain

_STATUS: Mapping[str, Status] = {
    "pending": "pending",
    "approved": "approved",
    "used": "approved",
    "lapsed": "approved",
    "denied": "denied",
    "withdrawn": "cancelled",
    "expired": "expired",
}


class Tasks:
    """Writes tasks. `url` is where applications call, `pages_url` where pages are, empty where there are none."""

    def __init__(self, url: str, pages_url: str) -> None:
        self._url = url
        self._pages_url = pages_url

    def handle(self, request: Request, *, filed: bool = True) -> Handle:
        """A request as its task, with its approval where it was approved. Kept or not, it reads the same."""
        approval = approval_of(request)
        return Handle(task=self._task(request), result=UNSET if approval is None else Result(approval=approval))

    def _task(self, request: Request) -> Task:
        endpoint = f"{self._url}/access/v1/requests/{request.id}"
        waits = request.state == "pending"
        return Task(
            id=request.id,
            status=_STATUS[request.state],
            status_endpoint=endpoint,
            display=Display(title=request.terms.title, description=plain(own(request, program=True))),
            links=Links(
                ticket=f"{self._pages_url}/request/{request.id}" if self._pages_url else UNSET,
                cancel=f"{endpoint}/cancel" if waits else UNSET,
            ),
            expires_at=rfc3339(request.terms.expires) if waits else UNSET,
        )


def approval_of(request: Request) -> Approval | None:
    """The approval, by a name that has the digest of what was approved: nobody guesses it.

    None where there never was one.
    """
    if request.use_by is None or request.decision is None:
        return None
    digest = base64url(bytes.fromhex(request.digest.removeprefix("sha256:")))
    return Approval(
        id=f"{request.id}.{digest}",
        approved_at=rfc3339(request.decision.at),
        approved_until=rfc3339(request.use_by),
    )
