"""The story that `countersign demo --play` plays: real clicks, real cards, a real clock."""

import re
import subprocess
import sys
from collections.abc import Callable

from demo import agents, refunds
from demo.browser import Browser
from demo.running import ROOT, Running
from demo.stage import Stage, StoryError

_ON = "projects/shop-prod"
_DATA = "projects/shop-data"


def tell(running: Running, *, say: Callable[[str], None]) -> None:
    """Play the whole story. Raises `StoryError` at the first step that goes wrong."""
    stage = Stage(running.page.replace("localhost", "127.0.0.1"), say)
    _ask_approve_end(stage)
    _two_stages_and_a_signature(stage)
    _deny_and_withdraw(stage)
    _bundle(stage)
    _runs_out(stage)
    _by_mail(stage)
    refunds.tell(stage, running)
    agents.tell(stage, running)
    _stolen_session(stage, running)
    _receipt(stage, running, say)
    _audit(running, say)


def _ask_approve_end(stage: Stage) -> None:
    stage.chapter("Alice asks in one line")
    stage.command("alice", "/jit request compute-admin-prod on shop-prod for 1h because INC-1234 disk is full")
    # A card is posted without buttons first, so that one whose answer is lost can never be pressed.
    stage.until("bob sees the card's buttons", lambda: stage.offers("bob", "approve"), quiet=True)
    stage.see("bob", "the card in #access", stage.card("bob", "INC-1234"))
    stage.chapter("Neither Alice nor a guest can approve it")
    stage.refused("alice", "approve")
    stage.refused("gwen", "approve")
    stage.chapter("Bob presses Approve")
    stage.press("bob", "approve")
    stage.until("the binding is in the policy", lambda: stage.bindings(_ON))
    stage.json(stage.bindings(_ON)[0])
    stage.until("the card says: Access is active", lambda: "active" in stage.card("bob", "INC-1234").lower())
    stage.see("bob", "the same card now", stage.card("bob", "INC-1234"))
    stage.chapter("Alice is done early and presses End access")
    stage.press("alice", "end")
    stage.until("the binding is gone", lambda: not stage.bindings(_ON))


def _two_stages_and_a_signature(stage: Stage) -> None:
    stage.chapter("A deployment needs a colleague and then a signature from security")
    stage.command("alice", "/jit request deploy-prod-signed on shop-prod for 30m because CHG-42 release 7")
    stage.card("bob", "CHG-42")
    stage.refused("carol", "approve")
    stage.press("bob", "approve")
    stage.until("Carol can sign", lambda: stage.offers("carol", "sign"))
    stage.press("carol", "sign")
    stage.submit("carol", {"printed_name": "Carol Chen"})
    stage.until("both roles are granted", lambda: len(stage.bindings(_ON)) == 2)
    stage.until("the card is green", lambda: "Access is active" in stage.card("bob", "CHG-42"), quiet=True)
    stage.see("bob", "the signed card", stage.card("bob", "CHG-42"))


def _deny_and_withdraw(stage: Stage) -> None:
    stage.chapter("Dan denies, and says why")
    stage.command("bob", "/jit request compute-admin-prod on shop-prod for 4h because just looking around")
    stage.card("dan", "just looking around")
    stage.press("dan", "deny")
    stage.submit("dan", {"reason": "Please use Read production logs for that."})
    stage.until("Bob is told", lambda: "was denied by dan" in stage.text("bob"), quiet=True)
    stage.see("bob", "in his direct messages", stage.told("bob", "was denied by dan"))
    stage.chapter("Bob withdraws another request himself")
    stage.command("bob", "/jit request compute-admin-prod on shop-prod for 1h because INC-9 wrong project")
    stage.card("dan", "INC-9")
    stage.until("Bob can withdraw it", lambda: stage.offers("bob", "withdraw"))
    stage.press("bob", "withdraw")
    stage.until("the card says: Withdrawn", lambda: "withdrawn" in stage.card("dan", "INC-9").lower())


def _bundle(stage: Stage) -> None:
    stage.chapter("An incident needs two projects at once, by one approval")
    stage.command("alice", "/jit request incident on shop-data for 1h because INC-500 checkout fails")
    stage.see("bob", "every role with its project", stage.card("bob", "INC-500"))
    stage.press("bob", "approve")
    stage.until("the other project has its binding as well", lambda: stage.bindings(_DATA))
    stage.until("the card says: Access is active", lambda: "Access is active" in stage.card("bob", "INC-500"))


def _runs_out(stage: Stage) -> None:
    stage.chapter("Thirty seconds of access end by themselves")
    before = len(stage.bindings(_ON))
    stage.command("alice", "/jit request quick-look on shop-prod for 30s because INC-77 one look")
    stage.card("bob", "INC-77")
    stage.press("bob", "approve")
    stage.until("the binding is in the policy", lambda: len(stage.bindings(_ON)) == before + 1)
    stage.until("thirty seconds later it is gone", lambda: len(stage.bindings(_ON)) == before)
    stage.until("the card says: Access has ended", lambda: "ended" in stage.card("bob", "INC-77").lower())


def _by_mail(stage: Stage) -> None:
    stage.chapter("Nobody looks at the chat, so fifteen seconds later those who may approve get mail")
    before = len(stage.bindings(_ON))
    stage.scanner(on=True)
    stage.command("alice", "/jit request web-servers-restart on shop-prod for 30m because INC-88 they hang")
    stage.card("bob", "INC-88")
    stage.until("Bob has mail", lambda: stage.mails("bob", "INC-88"))
    mail = stage.mails("bob", "INC-88")[0]
    stage.see("bob", f"“{mail['subject']}”", re.sub(r"(/review/\S{9})\S+", r"\1…", mail["text"]))
    stage.until("a mail filter has opened every link", lambda: stage.scanned(mail))
    stage.until("nothing is decided by that", lambda: "0 of 1 done" in stage.card("bob", "INC-88"))
    stage.chapter("Bob opens the link, signs in, and approves on the page")
    bob = Browser()
    bob.open(stage.link("bob", "INC-88"))
    stage.see("bob", "the page", "\n".join(bob.lines))
    stage.does("Bob presses [ Approve ] on the page")
    bob.press("Approve")
    stage.until("the binding is in the policy", lambda: len(stage.bindings(_ON)) == before + 1)
    stage.until("the card says: Access is active", lambda: "Access is active" in stage.card("bob", "INC-88"))
    stage.until("the same thread tells how it ended", lambda: len(stage.mails("bob", mail["subject"])) > 1)
    stage.scanner(on=False)
    stage.chapter("The pages keep the history, and all that happened to each request")
    bob.follow("History")
    request = next(word for line in bob.lines for word in line.split() if word.startswith("r-"))
    bob.follow(request)
    stage.see("bob", f"what happened to {request}", "\n".join(_since("What happened", bob.lines)))


def _stolen_session(stage: Stage, running: Running) -> None:
    stage.chapter("Alice's session is stolen, and her identity provider says so by a signed event")
    stage.session_revoked("alice", receiver=f"{running.service}/signals")
    stage.until("nothing is left of her access", lambda: not [*stage.bindings(_ON), *stage.bindings(_DATA)])
    stage.until("the card says why", lambda: "session of its holder was revoked" in stage.card("bob", "INC-500"))


def _since(heading: str, lines: list[str]) -> list[str]:
    """The lines below a heading, as far as the request's own line."""
    below = lines[lines.index(heading) + 1 :]
    return below[: next((number for number, line in enumerate(below) if line.startswith("Request ")), len(below))]


def _receipt(stage: Stage, running: Running, say: Callable[[str], None]) -> None:
    stage.chapter("The signed decision left a receipt that anyone can verify")
    found = re.search(r"r-[0-9a-z]{10}", stage.card("bob", "CHG-42"))
    if found is None:
        raise StoryError("the signed card names no request")
    receipt = _command(running, "receipt", "show", found[0])
    say(f"   $ countersign receipt show {found[0]} | countersign receipt verify -")
    for line in _command(running, "receipt", "verify", "-", given=receipt).splitlines():
        say(f"   {line}".rstrip())


def _audit(running: Running, say: Callable[[str], None]) -> None:
    say("\n── The audit chains are whole")
    done = _command(running, "audit", "verify")
    say(f"   $ countersign audit verify\n   {done.strip()}\n\nEvery step went well.")


def _command(running: Running, *arguments: str, given: str = "") -> str:
    """Run `countersign` on the demo's store and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=ROOT,
        env=running.environment,
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise StoryError(f"{' '.join(arguments)}: {done.stdout}{done.stderr}")
    return done.stdout
