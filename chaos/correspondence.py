"""The checks of mails and pages: beside those of the records, the access and the cards."""

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime, timedelta

from approvals.absences import LEFT
from approvals.requests import Request
from chaos import letters, pages, scene, truths, votes
from chaos.findings import Findings
from chaos.ledger import Ledger
from chaos.letters import Mailroom
from chaos.pages import Browsers
from chaos.records import Job, Records
from sandbox.app import Sandbox

PROMPT = timedelta(seconds=5)
"""After its time so long a letter may take, while nothing fails."""

_LOOKED_AT, _AT_THE_END = 3, 60
"""Pages of requests that are looked at after a restart, and at the end."""


class Correspondence:
    """`people` and `after` say what the policy does: who stages' selectors are, and when they get mail."""

    def __init__(
        self,
        box: Sandbox,
        *,
        ledger: Ledger,
        findings: Findings,
        people: letters.People = scene.people,
        after: Callable[[str], timedelta | None] = scene.mailed_after,
    ) -> None:
        if box.mailbox is None:
            raise ValueError("the sandbox has no mailbox")
        self._ledger, self._findings = ledger, findings
        self._people, self._after = people, after
        self._room = Mailroom(box.mailbox)
        self._browsers = Browsers(box)

    def look(self, records: Records, names: Collection[str], *, when: str) -> None:
        """What holds at any moment, of these requests."""
        self._room.look()
        check = self._findings.check
        check("turns", [*self._room.strays, *self._rumours(records)], when=when)
        for name in names:
            request, arrived = records.request(name), self._room.of(name)
            check("unsent", votes.unsent(request, self._ledger.votes), when=when)
            check("forms", votes.twice([request]), when=when)
            check("turns", letters.turns(arrived, request, self._people), when=when)
            check("threads", letters.threads(arrived), when=when)
            check("told", letters.told(arrived, request), when=when)

    def undone(self, records: Records, name: str, job: Job) -> list[str]:
        """Letters that ought to have gone by now, and are not under way."""
        request, arrived = records.request(name), self._arrived(name)
        problems = list(letters.lost(arrived, request, job.posts))
        after = self._after(request.terms.entitlement)
        if after is not None:
            due = after + PROMPT
            problems += letters.uncalled(request, job.posts, self._people, after=due, now=truths.now())
        return problems

    def pages(self, records: Records, names: Iterable[str], *, when: str) -> None:
        """The pages of some of these requests, as who asked and as an approver."""
        for name in list(names)[-_LOOKED_AT:]:
            self._findings.check("told", self._page(records, name), when=when)

    def end(self, records: Records, *, when: str) -> None:
        """Everything at last."""
        names = records.ids()
        requests = [records.request(name) for name in names]
        self._findings.check("forms", votes.twice(requests), when=when)
        for name in names[:: max(1, len(names) // _AT_THE_END)]:
            self._findings.check("told", self._page(records, name), when=when)

    def _rumours(self, records: Records) -> list[str]:
        """Who was told by mail to stand in for somebody who never named them."""
        named = {(each.detail["delegate"], each.actor) for each in records.absences() if each.action == LEFT}
        return [f"{to} was told to stand in for {person}" for to, person in sorted(self._room.news - named)]

    def frozen(self, *, since: datetime, until: datetime) -> None:
        """While everything was frozen no mail asked anybody for anything; what was under way had arrived."""
        self._room.look()
        self._findings.check("freeze", self._room.asked(since=since + letters.FLIGHT, until=until), when="frozen")

    def counts(self) -> Counter[str]:
        """How many mails of each kind there are."""
        return self._room.counts()

    def _arrived(self, name: str) -> Sequence[letters.Letter]:
        self._room.look()
        return self._room.of(name)

    def _page(self, records: Records, name: str) -> list[str]:
        """Twice where it seems wrong: a change may have come between the record and the page."""
        for _ in range(2):
            request = records.request(name)
            problems = [each for who in self._concerned(request) for each in self._told(who, request)]
            if not problems:
                return []
            time.sleep(0.05)
        return problems

    def _told(self, who: str, request: Request) -> list[str]:
        return list(pages.told(self._browsers.get(who, f"/request/{request.id}"), request))

    def _concerned(self, request: Request) -> list[str]:
        """Who asked, and somebody who may approve, whatever the policy of this moment."""
        stages = request.terms.requirement.stages if scene.is_always_offered(request.terms.entitlement) else ()
        approvers = sorted(self._people(stages[0].approvers)) if stages else []
        return [request.requester, *(each for each in approvers if each != request.requester)][:2]
