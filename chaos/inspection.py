"""The checks of one moment: of what is still open after each kill and restart, of everything at the end."""

import time
from collections.abc import Callable, Iterator
from functools import partial

from approvals.grants import LIVE
from approvals.requests import Request
from chaos import alone, history, joined, truths, workflows
from chaos.correspondence import Correspondence
from chaos.findings import Findings
from chaos.ledger import Doubt, Ledger, broken
from chaos.outside import Outside
from chaos.patience import Patience
from chaos.records import Job, Records
from chaos.teams import Flat, Seat
from sandbox.app import Sandbox

PAUSE, LOOKS = 0.3, 10
"""Seconds between two looks at what is not done yet, and how many without a change are too many."""

SWEEP = 18.0
"""Seconds between two sweeps of the service at the most."""


class Inspection:
    """Remembers what can no longer change, so that each look costs what is open."""

    def __init__(
        self,
        box: Sandbox,
        *,
        outside: Outside,
        ledger: Ledger,
        findings: Findings,
        mail: Correspondence | None = None,
    ) -> None:
        self._box = box
        self._outside = outside
        self._ledger = ledger
        self._findings = findings
        self._mail = mail or Correspondence(box, ledger=ledger, findings=findings)
        self._notary = alone.Notary()
        self._closed: set[str] = set()
        self._promised = 0
        self.orphans = 0

    def look(self, records: Records, *, when: str, everything: bool = False) -> None:
        """Check every invariant that holds at any moment."""
        if everything:
            self._closed.clear()
            self._promised = 0
        check = self._findings.check
        self._bindings(records, when=when)
        self._memberships(records, when=when)
        for promise in self._ledger.promises[self._promised :]:
            check("lost", filter(None, [broken(promise, records)]), when=when)
        while self._ledger.exports:
            check("exports", self._ledger.exports.pop(), when=when)
        self._promised = max(0, len(self._ledger.promises) - 50)
        jobs, generation = records.jobs(), records.installation().generation
        check("chains", truths.chain(records, ""), when=when)
        check("glass", workflows.unreviewed(records.unreviewed()), when=when)
        names = [name for name in records.ids() if name not in self._closed]
        self._mail.look(records, names, when=when)
        for name in names:
            check("chains", truths.chain(records, name), when=when)
            self._workflow(records, name, when=when)
            check("cards", self._cards(records, name, generation), when=when)
            if _finished(records.request(name), jobs.get(f"request:{name}"), generation):
                self._closed.add(name)
        self.orphans, armed = truths.orphans(self._box.slack, jobs.values())
        if armed:
            # A message may have been posted and drawn since the records were read.
            self.orphans, armed = truths.orphans(self._box.slack, records.jobs().values())
        check("orphans", armed, when=when)

    def _workflow(self, records: Records, name: str, *, when: str) -> None:
        check, request = self._findings.check, records.request(name)
        check("bundles", truths.bundle(request), when=when)
        check("offers", workflows.narrowed(request), when=when)
        check("glass", workflows.reviewed(request), when=when)
        check("alone", [*alone.stands(request), *self._notary.proven(request, records.held(name))], when=when)
        check("behalf", workflows.stood_in(request, records.absences()), when=when)

    def doubts(self) -> None:
        """Presses that were acknowledged and left nothing: each needs a private refusal."""
        unexplained = [doubt for doubt in self._ledger.doubts if not self._whispered(doubt)]
        self._ledger.doubts.clear()
        lost = [f"{d.person} was answered on {d.request}, and there is nothing" for d in unexplained]
        self._findings.check("lost", lost, when="after a kill")

    def settled(self, records: Records, *, when: str) -> None:
        """What nothing stands in the way of is done: the messages show the newest state."""
        generation = records.installation().generation
        names = [name for name in records.ids() if name not in self._closed]
        for name in names:
            late = _patiently(partial(_undone, records, name, generation), records)
            self._findings.check("settled", late, when=when)
            self._findings.check("letters", _patiently(partial(self._unmailed, records, name), records), when=when)
        self._mail.pages(records, names, when=when)

    def _unmailed(self, records: Records, name: str) -> list[str]:
        job = records.job(f"request:{name}")
        return [] if job is None or held(job) or _waiting(job) else self._mail.undone(records, name, job)

    def end(self, records: Records) -> None:
        """Everything at last, when nothing is held or waits and every window is over."""
        self.look(records, when="at the end", everything=True)
        self.settled(records, when="at the end")
        instance = records.installation().instance
        early = self._outside.early
        again = history.put_back(self._box.google, records, instance=instance, early=early)
        self._findings.check("grants", again, when="at the end")
        again = joined.put_back(self._box.google, records, teams=self._outside.teams)
        self._findings.check("grants", again, when="at the end")
        left = [f"left behind: {each}" for each in self._outside.bindings() if truths.is_ours(each, instance)]
        left += [f"left behind: {each}" for each in self._outside.teams.ours()]
        self._findings.check("access", left, when="at the end")
        requests = [records.request(name) for name in records.ids()]
        self._findings.check("settled", _unfinished(requests), when="at the end")
        names = [request.id for request in requests if request.approval_only]
        called = alone.called(self._box.google.calls(), names, self._box.google.policies())
        self._findings.check("alone", called, when="at the end")
        self._mail.end(records, when="at the end")

    def _bindings(self, records: Records, *, when: str) -> None:
        instance = records.installation().instance
        with self._outside.lock:
            standing, kept = self._outside.bindings(), set(self._outside.kept)
        theirs = {each for each in standing if not truths.is_ours(each, instance)}
        changed = [f"gone: {each}" for each in kept - theirs] + [f"not theirs: {each}" for each in theirs - kept]
        self._findings.check("foreign", changed, when=when)
        for each in standing - theirs:
            self._findings.check("access", self._access(records, each), when=when)

    def _access(self, records: Records, binding: Flat) -> list[str]:
        """Twice where it seems wrong: the binding may have gone between the look at it and at the record."""
        problems = list(truths.access(records, binding, at=truths.now()))
        if not problems:
            return []
        with self._outside.lock:
            stands = binding in self._outside.bindings()
        return list(truths.access(records, binding, at=truths.now())) if stands else []

    def _memberships(self, records: Records, *, when: str) -> None:
        teams = self._outside.teams
        with teams.lock:
            standing, kept = teams.seats(), set(teams.kept)
        self._findings.check("foreign", [f"gone or changed: {each}" for each in kept - standing], when=when)
        for each in standing - kept:
            self._findings.check("access", self._seat(records, each), when=when)

    def _seat(self, records: Records, seat: Seat) -> list[str]:
        """Twice where it seems wrong, as of bindings."""
        problems = list(joined.access(records, seat, at=truths.now()))
        if not problems or seat not in self._outside.teams.ours():
            return []
        return list(joined.access(records, seat, at=truths.now()))

    def _cards(self, records: Records, name: str, generation: str) -> list[str]:
        """Again where it seems wrong: a change may have come between the record and the message."""
        seen: object = None
        while True:
            request, job = records.request(name), records.job(f"request:{name}")
            if job is None:
                return [f"{name} has no work record"]
            problems = list(truths.drawn(self._box.slack, request, job, generation=generation))
            if not problems or (request, job) == seen:
                return problems
            seen = request, job
            time.sleep(0.05)

    def _whispered(self, doubt: Doubt) -> bool:
        user = self._box.slack.state.person(doubt.person).id
        with self._box.slack.state.lock:
            return any(m.to == user and m.ts > doubt.since for m in self._box.slack.state.kept.values())


def _patiently(find: Callable[[], list[str]], records: Records) -> list[str]:
    """Time alone changes states: what follows from that takes a moment, as long as anything is worked on."""
    patience = Patience(LOOKS * PAUSE)
    while problems := find():
        if not patience.is_left((*problems, *records.jobs().values())):
            return problems
        time.sleep(PAUSE)
    return []


def held(job: Job) -> bool:
    """A worker holds it, alive or dead; what a dead one held is found by the next sweep after its lease."""
    return bool(job.owner) and job.until + SWEEP > time.time()


def _waiting(job: Job) -> bool:
    """A message of it failed and is tried again later."""
    return any(post.next is not None for post in job.posts.posts.values())


def _undone(records: Records, name: str, generation: str) -> list[str]:
    request, job = records.request(name), records.job(f"request:{name}")
    if job is None:
        return [f"{name} has no work record"]
    return [] if held(job) or _waiting(job) else list(truths.undrawn(request, job, generation=generation))


def _finished(request: Request, job: Job | None, generation: str) -> bool:
    return (
        request.state != "pending"
        and over(request)
        and job is not None
        and not held(job)
        and not _waiting(job)
        and not list(truths.undrawn(request, job, generation=generation))
    )


def over(request: Request) -> bool:
    """None of its access is there, or will be, and that is on record."""
    return all(grant.removed or grant.state == "failed" for grant in request.grants)


def _unfinished(requests: list[Request]) -> Iterator[str]:
    for request in requests:
        if request.state == "pending" or any(grant.state in LIVE for grant in request.grants):
            yield f"{request.id} is {request.state}, its grants {request.grants}"
        elif not over(request):
            yield f"the removal of {request.id} is not on record: {request.grants}"
