"""People who decide on pages: by the link of a mail or from a list, twice, in two tabs, and in vain."""

from collections.abc import Sequence
from contextlib import suppress
from urllib.parse import urlencode, urlsplit

from approvals.refusals.errors import NotFound
from approvals.requests import Request
from chaos.ledger import Ledger, Sent
from chaos.letters import read
from chaos.pages import Browsers, Shown
from chaos.records import Records
from chaos.scene import APPROVERS, UNREAD, address
from chaos.script import Act
from sandbox.app import Sandbox
from sandbox.links import Form, of_mail
from sandbox.mailbox import Mail

VERDICTS = {"approve": "approve", "sign": "approve", "deny": "deny", "take_back": "take_back"}
_PROMISES = {**VERDICTS, "withdraw": "withdrawn", "end": "over"}
_RECENT, _TRIES = 80, 12


class Visitors:
    """What each does at the pages; the answers go into the ledger."""

    def __init__(self, box: Sandbox, *, browsers: Browsers, ledger: Ledger) -> None:
        self._box = box
        self._browsers = browsers
        self._ledger = ledger
        self._posted: list[tuple[str, Form, str]] = []

    def opened(self, act: Act, records: Records, *, kind: str = "") -> tuple[str, Request, Shown] | None:
        """Somebody opens the page of a request that waits: one of a kind, else by a mail, else by its address."""
        found = None if kind else self._mailed(act, records)
        found = found or self._listed(act, records, kind)
        if found is None:
            return None
        who, request, path = found
        return who, request, self._browsers.get(who, path)

    def opened_again(self, who: str, request: Request) -> Shown:
        """The same in another tab."""
        return self._browsers.get(who, f"/request/{request.id}")

    def own(self, request: Request) -> Shown:
        """Whoever asked opens the page of their request."""
        return self._browsers.get(request.requester, f"/request/{request.id}")

    def send(self, who: str, request: str, shown: Shown, *kinds: str) -> None:
        """Send the first of these forms that is there."""
        for kind in kinds:
            if kind in shown.forms:
                self._send(who, request, shown.forms[kind])
                return
        self._ledger.count("pages that offered it no more")

    def again(self, act: Act) -> None:
        """A form is sent that was sent before: the browser's reload, or the proxy's second try."""
        if self._posted:
            who, form, request = self._posted[act.which % len(self._posted)]
            self._ledger.count("forms sent again")
            self._send(who, request, form)

    def astray(self, who: str, shown: Shown) -> None:
        """What must decide nothing: forms from elsewhere and of others, forms in an address, a scanner."""
        for form in shown.forms.values():
            self._browsers.post(who, form, **{"Sec-Fetch-Site": "cross-site"})
            for other in APPROVERS[:2]:
                if address(other) != who:
                    self._browsers.post(address(other), form)
            for method in ("GET", "HEAD"):
                self._browsers.get(who, f"{form.action}?{urlencode(form.fields)}", method=method)
        if self._box.mailbox:
            self._box.scanner.scan(self._box.mailbox.messages()[-2:])
        self._ledger.count("pages tried in vain")

    def _send(self, who: str, request: str, form: Form) -> None:
        fields = dict(form.fields)
        kind, own = fields["kind"], fields["proof"].partition(".")[0]
        if kind in VERDICTS:
            self._ledger.sent(Sent(request=request, person=who, verdict=VERDICTS[kind], form=own))
            self._posted.append((who, form, request))
        status = self._browsers.post(who, form)
        if status == 303:
            self._ledger.acknowledged(_PROMISES[kind], request, who, by="a page")
        else:
            what = "unanswered" if status in (0, 502) else f"refused ({status})"
            self._ledger.count(f"{kind} on a page, {what}")

    def _mailed(self, act: Act, records: Records) -> tuple[str, Request, str] | None:
        """The reader of a mail that still asks, its request and where its link leads; mostly a recent one."""
        mails = self._mails()
        for number in range(min(len(mails), _TRIES)):
            mail = mails[-1 - (act.which + 7 * number) % len(mails)]
            letter, found = read(mail), of_mail(mail)
            with suppress(NotFound):
                if letter and found and records.request(letter.request).state == "pending":
                    return letter.person, records.request(letter.request), urlsplit(found[0]).path
        return None

    def _listed(self, act: Act, records: Records, kind: str) -> tuple[str, Request, str] | None:
        names = [(request.terms.entitlement, request) for request in records.pending()]
        waiting = [
            each for name, each in names if (name.startswith(kind) if kind else not name.startswith(UNREAD))
        ]
        if not waiting:
            return None
        request = waiting[-1 - act.which % len(waiting)]
        return address(act.who), request, f"/request/{request.id}"

    def _mails(self) -> Sequence[Mail]:
        return self._box.mailbox.messages()[-_RECENT:] if self._box.mailbox else ()
