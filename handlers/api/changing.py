"""Everything that a call can change: asking, deciding, and giving back."""

from datetime import datetime

from approvals.policy.evaluate import Ask
from approvals.requests import Request
from approvals.reviews import Verdict, says_something
from approvals.revisions import Less
from approvals.times import instant
from approvals.uses import Uses, votes
from approvals.uses.votes import Press
from handlers.api.bodies import AfterReview, Approve, Deny, Ends, Extend, File, Nothing, Offer, TakeBack
from handlers.api.calls import Changing
from handlers.api.documents import Writer
from handlers.api.records import Done
from handlers.identity.visitors import Visitors
from handlers.wire import once
from handlers.wire.problems import Fault
from handlers.wire.reading import bounded
from handlers.wire.written import Reply
from handlers.wording.emergencies import FINDING
from handlers.wording.late import repeated
from handlers.wording.reading.commands import duration_of
from handlers.wording.refusing import fields

_NO_START = "A start is a moment with its zone (RFC 3339), such as 2026-11-30T18:00:00+01:00."


class Changes:
    """Answers every call that changes something, each with what its request became."""

    def __init__(self, uses: Uses, visitors: Visitors, writer: Writer) -> None:
        self._uses = uses
        self._visitors = visitors
        self._writer = writer

    def file(self, made: Changing) -> Reply:
        """File a request. The key finds it for good: even when the answer is forgotten it is filed once."""
        body = made.read(File)
        ask = Ask(
            entitlement=body.entitlement,
            duration=duration_of(body.duration) if body.duration.strip() else None,
            start=_start(body.start) if body.start else None,
            justification=body.justification.strip(),
            break_glass=body.break_glass,
        )
        return Reply(body=self._writer.done(self._filed(made, ask, older=body.replaces)), status=201)

    def _filed(self, made: Changing, ask: Ask, *, older: str) -> Request:
        identity, asking = made.caller.identity, self._uses.asking
        key, beside = once.filing(made.call), made.beside(self._writer.done)
        if not older:
            return asking.file(identity, ask, key=key, now=made.now, beside=beside)
        return asking.replace(identity, ask, older=older, key=key, now=made.now, beside=beside).request

    def extend(self, made: Changing) -> Reply:
        """File a request by which the caller's own access lasts for longer."""
        body = made.read(Extend)
        self._require_concerned(made)
        filed = self._uses.asking.extend(
            made.caller.identity,
            made.rest[0],
            duration=duration_of(body.duration) if body.duration.strip() else None,
            justification=body.justification.strip(),
            key=once.filing(made.call),
            now=made.now,
            beside=made.beside(self._writer.done),
        )
        return Reply(body=self._writer.done(filed), status=201)

    def approve(self, made: Changing) -> Reply:
        body = made.read(Approve)
        comment = bounded("comment", body.comment)
        press = Press(token="", verdict="approve", comment=comment, window=body.several)
        return self._vote(made, body, press)

    def deny(self, made: Changing) -> Reply:
        body = made.read(Deny)
        reason = bounded("reason", body.reason)
        if not says_something(reason):
            raise Fault(422, "reason", fields.REASON, field="reason")
        return self._vote(made, body, Press(token="", verdict="deny", comment=reason))

    def take_back(self, made: Changing) -> Reply:
        return self._vote(made, made.read(TakeBack), Press(token="", verdict="take_back"))

    def after_review(self, made: Changing) -> Reply:
        """Say what was found of an emergency."""
        body = made.read(AfterReview)
        reason = bounded("reason", body.reason)
        if not says_something(reason):
            raise Fault(422, "reason", FINDING, field="reason")
        self._require_concerned(made)
        done = self._uses.reviewing.find(
            self._visitors.identify(made.caller.account, purpose="decide", now=made.now),
            made.rest[0],
            justified=body.justified,
            why=reason,
            now=made.now,
            beside=made.beside(self._writer.done),
        )
        return Reply(body=self._writer.done(done))

    def offer(self, made: Changing) -> Reply:
        """Offer less than what was shown."""
        body = made.read(Offer)
        self._require_concerned(made)
        identity = self._visitors.identify(made.caller.account, purpose="decide", now=made.now)
        done = self._uses.countering.offer_on(
            identity,
            votes.Shown(request=made.rest[0], revision=body.revision, digest=body.digest),
            Less(duration=duration_of(body.duration) if body.duration.strip() else None, keep=body.keep),
            why=bounded("comment", body.comment),
            now=made.now,
            beside=made.beside(self._writer.done),
        )
        return Reply(body=self._writer.done(done))

    def accept(self, made: Changing) -> Reply:
        """Accept what is offered, by its own revision and digest."""
        body = made.read(TakeBack)
        self._require_concerned(made)
        shown = votes.Shown(request=made.rest[0], revision=body.revision, digest=body.digest)
        done = self._uses.countering.accept_shown(
            made.caller.identity, shown, now=made.now, beside=made.beside(self._writer.done)
        )
        return Reply(body=self._writer.done(done))

    def withdraw(self, made: Changing) -> Reply:
        made.read(Nothing)
        self._require_concerned(made)
        done = self._uses.ending.withdraw(
            made.caller.identity, made.rest[0], now=made.now, beside=made.beside(self._writer.done)
        )
        return Reply(body=self._writer.done(done))

    def end(self, made: Changing) -> Reply:
        body = made.read(Ends)
        self._require_concerned(made)
        done = self._uses.ending.end(
            made.caller.identity,
            made.rest[0],
            now=made.now,
            why=bounded("reason", body.reason),
            beside=made.beside(self._writer.done),
        )
        return Reply(body=self._writer.done(done))

    def _vote(self, made: Changing, shown: TakeBack, press: Press) -> Reply:
        request = self._require_concerned(made)
        identity = self._visitors.identify(made.caller.account, purpose="decide", now=made.now)
        voted = self._uses.deciding.vote(
            identity,
            votes.Shown(request=request.id, revision=shown.revision, digest=shown.digest),
            press,
            now=made.now,
            beside=made.beside(lambda request: self._voted(request, press.verdict)),
        )
        if voted.repeated and voted.verdict != press.verdict:
            raise Fault(409, "decided", repeated(voted, pressed=press.verdict))
        return Reply(body=self._writer.done(voted.request, vote=voted.verdict, repeated=voted.repeated))

    def _voted(self, request: Request, verdict: Verdict) -> Done:
        return self._writer.done(request, vote=verdict)

    def _require_concerned(self, made: Changing) -> Request:
        """The request, as it stands. Raises `NotFound` for whom it does not concern: they learn nothing of it."""
        return self._uses.facing.require_concerned(made.caller.identity, made.rest[0], now=made.now)


def _start(text: str) -> datetime:
    """A moment with its zone. Raises `Fault` for what is none."""
    found = instant(text)
    if found is None:
        raise Fault(422, "start", _NO_START, field="start")
    return found
