"""The people: each act goes through the workspace, as Slack would send it, and its answer into the ledger."""

import re
import threading
import time
from collections.abc import Callable
from typing import Any

from approvals.requests import Request, every_review
from chaos import picking
from chaos.chat import Chat
from chaos.home import HOME, Home
from chaos.leaving import LEAVING, Leaving
from chaos.ledger import Doubt, Ledger, Sent
from chaos.meddling import MEDDLING, Meddling
from chaos.outside import Outside
from chaos.pages import Browsers
from chaos.records import Records
from chaos.scene import address, is_always_offered
from chaos.script import Act
from chaos.visitors import Visitors
from chaos.workflow import WORKFLOW, Workflow
from sandbox.app import Sandbox
from sandbox.slack.records import Outcome, SlackError

_ID = re.compile(r"r-[0-9a-z]{10}")


class Crowd:
    """Acts for everybody."""

    def __init__(self, box: Sandbox, *, outside: Outside, ledger: Ledger) -> None:
        self._box = box
        self._ledger = ledger
        self._chat = Chat(box)
        self._workflow = Workflow(box, chat=self._chat, ledger=ledger)
        self._meddling = Meddling(outside, chat=self._chat)
        browsers = Browsers(box)
        self._visitors = Visitors(box, browsers=browsers, ledger=ledger)
        self.leaving = Leaving(box, ledger=ledger)
        self._home = Home(box, chat=self._chat, browsers=browsers, ledger=ledger)
        self._sent: list[tuple[str, dict[str, Any]]] = []
        self.over = threading.Event()

    @property
    def records(self) -> Records:
        """What the service has stored. Raises `RuntimeError` before there is anything."""
        return self._chat.records

    @records.setter
    def records(self, records: Records) -> None:
        self._chat.records = records

    def play(self, acts: tuple[Act, ...]) -> None:
        """Do one after the other until the service is dead."""
        for act in acts:
            if self.over.wait(act.pause):
                return
            try:
                self._play(act)
            except SlackError:
                # The message or form is not there (any more): nobody can press what they do not see.
                self._ledger.count("acts that came too late")

    def _play(self, act: Act) -> None:
        if act.verb in WORKFLOW:
            self._workflow.play(act)
        elif act.verb in HOME:
            self._home.play(act)
        elif act.verb in LEAVING:
            self.leaving.play(act)
        elif act.verb in MEDDLING:
            self._meddling.play(act)
        else:
            getattr(self, f"_{act.verb}")(act)

    # --- asking

    def _ask(self, act: Act) -> None:
        self._send(act, "")

    def _later(self, act: Act) -> None:
        """Access that begins in some seconds: often when the service is dead, or just starting."""
        self._send(act, f" from in {1 + act.which % 12}s")

    def _send(self, act: Act, start: str) -> None:
        slack = self._box.slack
        line = f"request {act.kind}-{act.project} for {act.seconds}s{start} because INC-{act.which}"
        person, channel = slack.state.person(act.who), slack.state.channel("#access")
        payload = slack.payloads.command(person.id, channel.id, "/jit", line)
        self._sent.append((act.who, payload))
        self._deliver(act.who, payload)

    def _again(self, act: Act) -> None:
        """Slack sends a command again whose answer it did not get."""
        if self._sent:
            self._deliver(*self._sent[act.which % len(self._sent)])

    def _deliver(self, who: str, payload: dict[str, Any]) -> None:
        answer = self._box.slack.outward.deliver("slash_commands", payload)
        named = _ID.search(answer.body) if not answer.error else None
        if named and "Filed as" in answer.body:
            self._ledger.acknowledged("filed", named[0], address(who))
        else:
            self._ledger.count("asked, unanswered" if answer.error else "asked, refused")

    # --- deciding

    def _approve(self, act: Act) -> None:
        if request := self._pending(act):
            self._press(act.who, request)

    def _both(self, act: Act) -> None:
        """Two people press at the same instant."""
        if request := self._pending(act):
            self._at_once(lambda: self._press(act.who, request), lambda: self._press(act.other, request))

    def _against(self, act: Act) -> None:
        """One approves while another denies or the requester withdraws."""
        if not (request := self._pending(act)):
            return
        rival = self._take_back if act.which % 2 else self._refuse
        self._at_once(lambda: self._press(act.who, request), lambda: rival(act.other, request))

    def _deny(self, act: Act) -> None:
        if request := self._pending(act):
            self._refuse(act.who, request)

    def _sign(self, act: Act) -> None:
        if request := self._pending(act, signed=True):
            values = {"printed_name": act.who.title(), "meaning": "I reviewed this."}
            self._fill_in(act.who, "sign", "approve", request, values)

    def _refuse(self, who: str, request: Request) -> None:
        self._fill_in(who, "deny", "deny", request, {"reason": "not like this"})

    def _press(self, who: str, request: Request) -> None:
        self._ledger.sent(Sent(request=request.id, person=address(who), verdict="approve"))
        since = self._chat.since()
        outcome = self._chat.press(who, "approve", request)
        if not self._went("approve", outcome):
            return
        person, stored = address(who), self._read(request)
        if any(review.person == person and review.verdict == "approve" for review in every_review(stored)):
            self._ledger.acknowledged("approve", request.id, person)
        elif stored.state == "pending" and not _unlikely(stored):
            self._ledger.doubtful(Doubt(request=request.id, person=person, since=since))
        else:
            self._ledger.count("approve, refused")

    def _fill_in(self, who: str, button: str, verdict: str, request: Request, values: dict[str, str]) -> None:
        """Vote by a form; it is noted as sent when the form is there."""
        sent = Sent(request=request.id, person=address(who), verdict=verdict)
        outcome = self._chat.fill_in(who, button, request, values, opened=lambda: self._ledger.sent(sent))
        if outcome is not None and self._went(verdict, outcome):
            if outcome.body.strip():
                self._ledger.count(f"{verdict}, refused")
            else:
                self._ledger.acknowledged(verdict, request.id, address(who))

    # --- taking back

    def _withdraw(self, act: Act) -> None:
        if request := self._pending(act):
            self._take_back(act.who, request)

    def _take_back(self, _: str, request: Request) -> None:
        self._order(request.requester, f"/jit withdraw {request.id}", "Withdrawn by", "withdrawn", request)

    def _end(self, act: Act) -> None:
        if request := self._live(act):
            self._order(request.requester, f"/jit end {request.id}", "ended it", "ended", request)

    def _revoke(self, act: Act) -> None:
        if request := self._live(act):
            self._order(address(act.who), f"/jit end {request.id} because over", "ended it", "ended", request)

    def _order(self, person: str, line: str, said: str, kind: str, request: Request) -> None:
        outcome = self._box.slack.command(person.partition("@")[0], line)
        if self._went(kind, outcome):
            # Who comes too late reads the same of somebody else's act, without the request's line.
            if said in outcome.body and request.id in outcome.body:
                self._ledger.acknowledged(kind, request.id, person)
            else:
                self._ledger.count(f"{kind}, refused")

    # --- on pages

    def _visit(self, act: Act) -> None:
        if found := self._visitors.opened(act, self.records, kind="" if act.which % 4 else "signed"):
            who, request, shown = found
            self._visitors.send(who, request.id, shown, "approve", "sign")

    def _visit_against(self, act: Act) -> None:
        if found := self._visitors.opened(act, self.records):
            who, request, shown = found
            self._visitors.send(who, request.id, shown, "deny")

    def _visit_back(self, act: Act) -> None:
        """Somebody takes their approval back, and gives it again in the tab that was open before."""
        if found := self._visitors.opened(act, self.records, kind="two"):
            who, request, shown = found
            self._visitors.send(who, request.id, shown, "approve", "sign", "take_back")
            later = self._visitors.opened_again(who, request)
            self._visitors.send(who, request.id, later, "take_back", "approve")
            self._visitors.send(who, request.id, shown, "approve", "sign", "take_back")

    def _visit_own(self, act: Act) -> None:
        if request := (self._pending(act) if act.which % 2 else self._live(act)):
            shown = self._visitors.own(request)
            self._visitors.send(request.requester, request.id, shown, "withdraw", "end")

    def _tabs(self, act: Act) -> None:
        """One person sends the forms of two tabs at the same instant; of the second one maybe another form."""
        if found := self._visitors.opened(act, self.records):
            who, request, shown = found
            other = self._visitors.opened_again(who, request)
            second = ("approve", "sign") if act.which % 2 else ("deny",)
            self._at_once(
                lambda: self._visitors.send(who, request.id, shown, "approve", "sign"),
                lambda: self._visitors.send(who, request.id, other, *second),
            )

    def _meet(self, act: Act) -> None:
        """Page and chat at the same instant, by one person or by two."""
        if found := self._visitors.opened(act, self.records):
            who, request, shown = found
            presser = who.partition("@")[0] if act.which % 2 else act.other
            self._at_once(
                lambda: self._visitors.send(who, request.id, shown, "approve", "sign"),
                lambda: self._press(presser, request),
            )

    def _resend(self, act: Act) -> None:
        self._visitors.again(act)

    def _astray(self, act: Act) -> None:
        if found := self._visitors.opened(act, self.records):
            self._visitors.astray(found[0], found[2])

    # --- how

    def _at_once(self, *steps: Callable[[], None]) -> None:
        gate = threading.Barrier(len(steps))

        def one(step: Callable[[], None]) -> None:
            gate.wait()
            try:
                step()
            except SlackError:
                self._ledger.count("acts that came too late")

        threads = [threading.Thread(target=one, args=(step,)) for step in steps]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self._ledger.count("volleys at one instant")

    def _went(self, kind: str, outcome: Outcome) -> bool:
        if outcome.error:
            self._ledger.count(f"{kind}, unanswered")
        return outcome.ok

    def _pending(self, act: Act, *, signed: bool = False) -> Request | None:
        return picking.waiting(self.records, act.which, signed=signed)

    def _live(self, act: Act) -> Request | None:
        return picking.living(self.records, act.which)

    def _read(self, request: Request) -> Request:
        return self.records.request(request.id)


def _unlikely(request: Request) -> bool:
    """The policy may have stopped to offer it, or its time may be over: then a refusal needs no other cause."""
    offered = is_always_offered(request.terms.entitlement)
    return not offered or time.time() > request.terms.expires.timestamp() - 1
