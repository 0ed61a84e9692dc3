"""What people do beyond asking and deciding: extend, offer less, accept, break the glass, review that, be away."""

import re
from collections.abc import Sequence

from approvals.requests import Request, every_review
from chaos import picking
from chaos.chat import Chat
from chaos.ledger import Ledger, Sent
from chaos.scene import ALONE, LONE, STAND_IN, address
from chaos.script import Act
from sandbox.app import Sandbox
from sandbox.slack.records import Outcome

WORKFLOW = frozenset({"extend", "offer", "accept", "shatter", "find", "leave", "return", "stand_in", "remark"})
_FILED = re.compile(r"Filed as\W+(r-[0-9a-z]{10})")


class Workflow:
    """Each act by its verb; the answers go into the ledger."""

    def __init__(self, box: Sandbox, *, chat: Chat, ledger: Ledger) -> None:
        self._box, self._chat, self._ledger = box, chat, ledger

    def play(self, act: Act) -> None:
        """Do it. Raises `SlackError` where the message or form is not there."""
        getattr(self, f"_{act.verb}")(act)

    def _extend(self, act: Act) -> None:
        """Whoever has access wants it for longer; mostly others have to approve that."""
        if (request := picking.living(self._chat.records, act.which)) is None:
            return
        line = f"/jit extend {request.id} {act.seconds}s because INC-{act.which}"
        outcome = self._box.slack.command(request.requester.partition("@")[0], line)
        filed = _FILED.search(outcome.body) if outcome.ok else None
        if filed:
            self._ledger.acknowledged("filed", filed[1], request.requester)
        self._count("extended", outcome, done=filed is not None)

    def _offer(self, act: Act) -> None:
        if (request := picking.waiting(self._chat.records, act.which)) is None:
            return
        seconds = max(1, int(request.terms.duration.total_seconds()) - 1 - act.which % 4)
        typed = {"duration": f"{seconds}s", "why": "shorter"}
        outcome = self._chat.fill_in(act.who, "offer", request, typed)
        if outcome is not None:
            done = outcome.ok and not outcome.body.strip()
            if done:
                self._ledger.acknowledged("offered", request.id, address(act.who))
            self._count("offered", outcome, done=done)

    def _remark(self, act: Act) -> None:
        """Somebody approves and says something with it."""
        if (request := picking.waiting(self._chat.records, act.which)) is None:
            return
        sent = Sent(request=request.id, person=address(act.who), verdict="approve")
        typed = {"comment": f"looked at it {act.which} times"}
        outcome = self._chat.fill_in(act.who, "remark", request, typed, opened=lambda: self._ledger.sent(sent))
        if outcome is not None:
            done = outcome.ok and not outcome.body.strip()
            if done:
                self._ledger.acknowledged("said", request.id, address(act.who), text=typed["comment"])
            self._count("approved with a comment", outcome, done=done)

    def _accept(self, act: Act) -> None:
        """Whoever asked takes what is offered, by the button of their own message."""
        offered = [each for each in self._chat.records.pending() if each.counter is not None]
        if not offered:
            return
        request = offered[act.which % len(offered)]
        outcome = self._chat.press(request.requester.partition("@")[0], "accept", request, post="status")
        stored = self._chat.records.request(request.id)
        done = outcome.ok and stored.revision > request.revision
        if done:
            self._ledger.acknowledged("accepted", request.id, request.requester)
        self._count("accepted", outcome, done=done)

    def _shatter(self, act: Act) -> None:
        """Somebody takes access in an emergency: a line, and a second form."""
        line = f"/jit request glass-{act.project} for {act.seconds}s because INC-{act.which} it burns"
        before = {each.id for each in self._emergencies(act)}
        with self._chat.form_of(act.who):
            opened = self._box.slack.command(act.who, line)
            if not opened.ok or not opened.view:
                self._count("emergencies", opened, done=False)
                return
            outcome = self._box.slack.submit(act.who, {})
        done = outcome.ok and '"clear"' in outcome.body
        if done:
            made = [each for each in self._emergencies(act) if each.id not in before]
            self._ledger.acknowledged("filed", made[0].id if made else "an emergency", address(act.who))
        self._count("emergencies", outcome, done=done)

    def _emergencies(self, act: Act) -> Sequence[Request]:
        found = self._chat.records.of(resource=f"projects/{act.project}", person=address(act.who))
        return [each for each in found if each.after_review is not None]

    def _find(self, act: Act) -> None:
        """An emergency is reviewed, maybe by two at once."""
        waiting = self._chat.records.unreviewed()
        if not waiting:
            return
        request = waiting[act.which % len(waiting)]
        button = "justified" if act.which % 2 else "unjustified"
        outcome = self._chat.fill_in(act.who, button, request, {"reason": "I looked"})
        if outcome is not None:
            done = outcome.ok and not outcome.body.strip()
            if done:
                self._ledger.acknowledged("found", request.id, address(act.who))
            self._count("found", outcome, done=done)

    # --- being away

    def _leave(self, act: Act) -> None:
        self._away(f"/jit away for {act.seconds}s to {address(STAND_IN)}")

    def _return(self, _: Act) -> None:
        self._away("/jit back")

    def _away(self, line: str) -> None:
        outcome = self._box.slack.command(LONE, line)
        self._count("away or back", outcome, done=outcome.ok)

    def _stand_in(self, act: Act) -> None:
        """What one person alone may approve is pressed by her, and by who may for her while she is away."""
        lone = [each for each in self._chat.records.pending() if each.terms.entitlement.startswith(ALONE)]
        if not lone:
            return
        request, who = lone[-1 - act.which % min(len(lone), 8)], STAND_IN if act.which % 3 else LONE
        self._ledger.sent(Sent(request=request.id, person=address(who), verdict="approve"))
        outcome = self._chat.press(who, "approve", request)
        stored = self._chat.records.request(request.id)
        done = outcome.ok and any(each.person == address(who) for each in every_review(stored))
        if done:
            self._ledger.acknowledged("approve", request.id, address(who))
        self._count(f"approved {'for another' if who == STAND_IN else 'alone'}", outcome, done=done)

    def _count(self, what: str, outcome: Outcome, *, done: bool) -> None:
        said = "unanswered" if outcome.error else "acknowledged" if done else "refused"
        self._ledger.count(f"{what}: {said}")
