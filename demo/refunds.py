"""The part of the story in which an application asks: refunds, and who may pay them back to whom."""

import sqlite3
from contextlib import closing

from demo.browser import Browser
from demo.running import Running
from demo.stage import Stage, StoryError

_CARD = "4111 1111 1111 1111"


def tell(stage: Stage, running: Running) -> None:
    """Play it. Raises `StoryError` at the first step that goes wrong."""
    alice = _signed_in(running, "alice", "Alice Archer")
    paid = _over_the_limit(stage, running, alice)
    _second_use(stage, running, alice, paid)
    _below_the_limit(stage, alice)
    _changed_amount(stage, running, alice)
    _contractor(stage, running)
    _stale_login(stage, running)


def _over_the_limit(stage: Stage, running: Running, alice: Browser) -> str:
    stage.chapter("An application asks: a refund over the limit waits for a signature in chat")
    _refund(stage, "alice", alice, order="A-17", amount="250.00")
    stage.see("alice", "on the page of the payments application", _said(alice))
    stage.until("Carol's card has its button", lambda: stage.offers("carol", "sign"), quiet=True)
    stage.see("carol", "the card in #access", stage.card("carol", "A-17"))
    _sign(stage)
    at = alice.url
    told = "Countersign told us that it was approved."
    stage.until("the application is told by its webhook", lambda: told in _at(alice, at))
    stage.until("it holds a receipt that it verified, and pays", lambda: "Paid" in _at(alice, at))
    stage.see("alice", "the same page now", _said(alice))
    return at


def _second_use(stage: Stage, running: Running, alice: Browser, paid: str) -> None:
    stage.chapter("The same approval is used a second time")
    alice.open(paid)
    stage.does("Alice presses [ Use the same approval again ]")
    alice.press("Use the same approval again")
    stage.see("alice", "the page", _said(alice))
    _expect("used already", alice)


def _below_the_limit(stage: Stage, alice: Browser) -> None:
    stage.chapter("A small refund is allowed by a guardrail, and nobody is asked")
    _refund(stage, "alice", alice, order="A-18", amount="40.00")
    at = alice.url
    stage.until("it is paid at once", lambda: "Paid" in _at(alice, at))


def _changed_amount(stage: Stage, running: Running, alice: Browser) -> None:
    stage.chapter("Somebody changes the amount after it was asked for")
    _refund(stage, "alice", alice, order="A-19", amount="300.00")
    at = alice.url
    stage.until("Carol's card has its button", lambda: stage.offers("carol", "sign"), quiet=True)
    with closing(sqlite3.connect(running.ledger, isolation_level=None)) as ledger:
        ledger.execute("UPDATE refunds SET amount = '3000.00' WHERE orders = 'A-19'")
    stage.does("In the application's database 300.00 becomes 3000.00.")
    _sign(stage)
    stage.until("nothing is paid", lambda: "Not paid" in _at(alice, at))
    stage.see("alice", "the page", _said(alice))
    _expect("amount differs", alice)


def _contractor(stage: Stage, running: Running) -> None:
    stage.chapter("A contractor is refused by a guardrail")
    dan = _signed_in(running, "dan", "Dan Diaz", claims='{"employee_type": "contractor"}')
    _refund(stage, "dan", dan, order="A-20", amount="10.00")
    stage.see("dan", "the page", _said(dan))
    _expect("Contractors refund nothing", dan)


def _stale_login(stage: Stage, running: Running) -> None:
    stage.chapter("Who signed in long ago is asked to sign in again")
    alice = _signed_in(running, "alice", "Alice Archer", age="3600")
    _refund(stage, "alice", alice, order="A-21", amount="20.00")
    stage.see("alice", "the page", _said(alice))
    _expect("Please sign in again", alice)
    alice.follow("Sign in again")
    alice.press("Alice Archer" + "alice@example.com", acr="phr")
    at = alice.url
    stage.does("Alice signs in by her passkey.")
    stage.until("the refund goes on, and is paid", lambda: "Paid" in _at(alice, at))


def _signed_in(running: Running, who: str, name: str, **typed: str) -> Browser:
    browser = Browser()
    browser.open(f"{running.payments}/login")
    browser.press(f"{name}{who}@example.com", **typed)
    return browser


def _refund(stage: Stage, who: str, browser: Browser, *, order: str, amount: str) -> None:
    browser.follow("Payments")
    stage.does(f"{who.title()} refunds {amount} EUR for order {order} in the payments application.")
    browser.press("Refund", order=order, amount=amount, card=_CARD)


def _sign(stage: Stage) -> None:
    stage.press("carol", "sign")
    stage.submit("carol", {"printed_name": "Carol Chen"})


def _at(browser: Browser, url: str) -> str:
    browser.open(url)
    return _said(browser)


def _said(browser: Browser) -> str:
    return "\n".join(line for line in browser.lines if line != "Payments")


def _expect(words: str, browser: Browser) -> None:
    if words not in _said(browser):
        raise StoryError(f"the page does not say {words!r}: {_said(browser)}")
