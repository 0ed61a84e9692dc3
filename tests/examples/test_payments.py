"""The payments application as a process of its own: it dies in the middle, and its refunds go on after it."""

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from urllib.request import urlopen

import pytest

from countersign_client.call_tokens import private_pem
from countersign_client.calls import send
from demo.browser import Browser
from demo.ports import free_port
from tests.bot.commands import ROOT
from tests.support.payments import Payments, open_payments

HOOK = "/hooks/countersign"


class Process:
    """The application on one port, with one ledger, over its deaths."""

    def __init__(self, payments: Payments, folder: Path, *, port: int) -> None:
        self.payments, self.ledger, self.port = payments, folder / "payments.db", port
        self.url = f"http://127.0.0.1:{self.port}"
        key = folder / "payments.pem"
        key.write_text(private_pem(payments.key))
        self._environ = {
            "PATH": os.environ["PATH"],
            "PAYMENTS_PORT": str(self.port),
            "PAYMENTS_KEY": str(key),
            "PAYMENTS_LEDGER": str(self.ledger),
            "PAYMENTS_ISSUER": payments.office.box.oidc_url,
            "COUNTERSIGN_API_URL": payments.office.url,
        }

    @contextmanager
    def alive(self) -> Iterator[None]:
        """Run it until the block ends, and kill it then."""
        child = subprocess.Popen([sys.executable, str(ROOT / "examples" / "payments")], env=self._environ)
        try:
            self.payments.office.until(self._answers)
            yield
        finally:
            child.kill()
            child.wait()

    def _answers(self) -> bool:
        with suppress(OSError), urlopen(self.url, timeout=2) as page:
            return bool(page.status == 200)
        return False

    def signed_in(self) -> Browser:
        alice = Browser()
        # The provider leads back to `localhost`, as the application told it.
        alice.open(f"http://localhost:{self.port}/login")
        alice.press("Alice Archeralice@example.com")
        return alice

    def refund(self, alice: Browser, order: str, amount: str) -> str:
        """Ask for one, and return the address of its page."""
        alice.follow("Payments")
        alice.press("Refund", order=order, amount=amount, card="No. 4111")
        return alice.url

    def request(self, order: str) -> str:
        """The request that it asked for, by its own books."""
        with closing(sqlite3.connect(self.ledger)) as held:
            (found,) = held.execute("SELECT request FROM refunds WHERE orders = ?", (order,)).fetchone()
        return str(found)

    def says(self, url: str, words: str) -> None:
        """Wait until the page of a refund says something; nobody has to be signed in for that."""
        browser = Browser()

        def look() -> bool:
            browser.open(url)
            return words in "\n".join(browser.lines)

        self.payments.office.until(look)


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    folder = tmp_path_factory.mktemp("process")
    (folder / "own").mkdir()
    port = free_port()
    with open_payments(folder, webhook=f"http://127.0.0.1:{port}{HOOK}") as payments:
        yield Process(payments, folder / "own", port=port)


def test_a_refund_that_was_denied_while_it_was_dead_is_not_paid_by_the_next_one(process: Process) -> None:
    with process.alive():
        url = process.refund(process.signed_in(), "A-1", "250.00")
    office = process.payments.office
    assert office.press("bob", "deny", process.request("A-1")).ok
    assert office.box.slack.submit("bob", {"reason": "Not like this"}).ok
    with process.alive():
        process.says(url, "Not like this")


def test_a_refund_that_was_approved_while_it_was_dead_is_paid_once_by_the_next_one(process: Process) -> None:
    with process.alive():
        url = process.refund(process.signed_in(), "A-2", "250.00")
    process.payments.office.approve("bob", process.request("A-2"))
    with process.alive():
        process.says(url, "Paid")
    # As if it had died between using the approval and writing down that it was paid.
    with closing(sqlite3.connect(process.ledger, isolation_level=None)) as held:
        held.execute("UPDATE refunds SET state = 'waiting' WHERE orders = 'A-2'")
    with process.alive():
        process.says(url, "Paid")
    assert process.payments.office.actions(process.request("A-2")).count("request.used") == 1


def test_what_is_no_refund_is_not_asked_for(process: Process) -> None:
    with process.alive():
        alice = process.signed_in()
        process.refund(alice, "A-3", "1e3")
        assert "an amount such as 12.50" in "\n".join(alice.lines)


def test_what_comes_to_its_webhook_and_proves_nothing_is_refused(process: Process) -> None:
    signed = {"webhook-id": "msg_1", "webhook-timestamp": str(int(time.time())), "webhook-signature": "v1a,AAAA"}
    with process.alive():
        for headers, body in (({}, b"{}"), (signed, b"{}"), (signed, b" " * 30_000)):
            assert send("POST", f"{process.url}{HOOK}", timeout=20, headers=headers, body=body).status in {
                400,
                413,
            }


def test_it_goes_on_when_its_webhook_is_told_and_says_so(process: Process) -> None:
    with process.alive():
        url = process.refund(process.signed_in(), "A-4", "250.00")
        process.payments.office.approve("bob", process.request("A-4"))
        process.says(url, "Countersign told us that it was approved.")
        process.says(url, "Paid")
