"""The administrators' page: which applications ask, and for what. The policy is a file: nothing changes here."""

from typing import Any

from approvals.uses import Uses
from handlers.identity.visitors import Visitors
from handlers.web.pages import Page, Visit
from handlers.wording.applications import applications


class Applications:
    """Shows what the policy in force says of applications, to its administrators alone."""

    def __init__(self, uses: Uses, visitors: Visitors) -> None:
        self._uses = uses
        self._visitors = visitors

    def show(self, visit: Visit) -> Page:
        """The page. Raises `NotFound` for everybody else, as for a page that is none."""
        identity = self._visitors.identify(visit.account, purpose="request", now=visit.now)
        policy = self._uses.administering.policy(identity, now=visit.now)
        context: dict[str, Any] = {
            "applications": applications(policy),
            "digest": policy.digest.removeprefix("sha256:")[:8],
        }
        return Page(template="applications.html", context=context)
