"""What was acknowledged to people, and so may never be lost."""

import threading
from collections import Counter
from collections.abc import Callable, Mapping

import msgspec

from approvals.grants import LIVE
from approvals.refusals.errors import NotFound
from approvals.requests import Request, every_review
from chaos.records import Records


class Promise(msgspec.Struct, frozen=True, kw_only=True):
    """An acknowledged act: `filed`, a vote, `withdrawn`, `ended` by whom (an address), or `over` by anybody; less
    that was `offered` or `accepted`, what was `found` of an emergency, the `text` that was `said` with a vote."""

    kind: str
    request: str
    person: str
    text: str = ""


class Doubt(msgspec.Struct, frozen=True, kw_only=True):
    """A press that was answered with 200 and is not in the records: only a refusal explains it."""

    request: str
    person: str
    since: str


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """A vote that somebody sent, whatever became of it: pressed in the chat, or by this form of a page."""

    request: str
    person: str
    verdict: str
    form: str = ""


class Ledger:
    """Filled by many threads, checked when they are done."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.promises: list[Promise] = []
        self.doubts: list[Doubt] = []
        self.votes: set[Sent] = set()
        self.exports: list[list[str]] = []
        self.counts: Counter[str] = Counter()

    def acknowledged(self, kind: str, request: str, person: str, *, by: str = "", text: str = "") -> None:
        """Note what the service said it had done."""
        with self._lock:
            self.promises.append(Promise(kind=kind, request=request, person=person, text=text))
            self.counts[f"{kind}{f' on {by}' if by else ''}, acknowledged"] += 1

    def sent(self, vote: Sent) -> None:
        """Note a vote that is about to be sent."""
        with self._lock:
            self.votes.add(vote)

    def exported(self, problems: list[str]) -> None:
        """Note what was wrong with a file of the history that somebody took."""
        with self._lock:
            self.exports.append(problems)
            self.counts["exports: taken"] += 1

    def doubtful(self, doubt: Doubt) -> None:
        with self._lock:
            self.doubts.append(doubt)

    def count(self, what: str) -> None:
        with self._lock:
            self.counts[what] += 1


def broken(promise: Promise, records: Records) -> str:
    """Say how a promise is not kept, or nothing."""
    try:
        request = records.request(promise.request)
    except NotFound:
        return f"{promise.request} was acknowledged as filed and is not there"
    return "" if _kept(promise, request) else f"{promise.kind} by {promise.person} on {promise.request} is lost"


_KEPT: Mapping[str, Callable[[Promise, Request], bool]] = {
    "filed": lambda promise, request: request.requester == promise.person,
    "withdrawn": lambda _, request: request.state == "withdrawn",
    "over": lambda _, request: request.grant is not None and request.grant.state not in LIVE,
    "ended": lambda promise, request: request.grant is not None and request.grant.closed_by == promise.person,
    "offered": lambda _, request: request.counter is not None or bool(request.former),
    "accepted": lambda _, request: bool(request.former),
    "found": lambda promise, request: _finder(request) == promise.person,
    "said": lambda promise, request: (promise.person, promise.text) in _comments(request),
}


def _kept(promise: Promise, request: Request) -> bool:
    if kept := _KEPT.get(promise.kind):
        return kept(promise, request)
    return any(r.person == promise.person and r.verdict == promise.kind for r in every_review(request))


def _finder(request: Request) -> str:
    review = request.after_review
    return review.finding.by if review is not None and review.finding is not None else ""


def _comments(request: Request) -> set[tuple[str, str]]:
    return {(each.person, each.comment.text) for each in every_review(request) if each.comment is not None}
