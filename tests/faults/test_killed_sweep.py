"""The process is killed in the middle of a sweep: the next sweep, by the next process, finds nothing half."""

import threading
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path

from bot.sweep_settings import PATH
from sandbox.app import Sandbox
from sandbox.google.faults import Fault
from sandbox.google.scheduler import ACCOUNT, Job
from tests.faults.children import Child, served
from tests.support.running import POLICY, PROD
from tests.support.shown import buttons, words

API = "https://approvals.example.com"
EXTRA = {"COUNTERSIGN_API_URL": API, "COUNTERSIGN_SWEEP_ACCOUNT": ACCOUNT}


def sweep(box: Sandbox, child: Child) -> int:
    return box.scheduler.run(Job(uri=f"{child.url}{PATH}", audience=f"{API}{PATH}")).status


def held(box: Sandbox) -> list[str]:
    bindings = box.google.policies()[PROD].get("bindings", [])
    return [each["condition"]["description"] for each in bindings if "condition" in each]


def approved(box: Sandbox) -> None:
    box.slack.command("alice", "/jit request admin for 1h because INC-1")
    seen = box.slack.wait(lambda: [each for each in box.slack.acts.visible("bob") if "approve" in buttons(each)])
    assert box.slack.press("bob", "approve", message=seen[-1]).ok


def test_a_killed_sweep_leaves_nothing_half(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(POLICY)
    with Sandbox.start() as box:
        box.google.faults.set(Fault(method="projects.setIamPolicy", stall=True))
        with served(box, tmp_path, store=EXTRA) as child:
            approved(box)
            box.google.faults.wait_for_stall()
            sweeping = threading.Thread(target=lambda: suppressed(box, child))
            sweeping.start()
            assert not wait_for(sweeping, 0.5), "the work that is under way is waited for"
            child.process.kill()
            sweeping.join(60)
        # What was sent comes true after the death of whoever sent it.
        box.google.faults.release()
        with served(box, tmp_path, store=EXTRA) as child:

            def told() -> bool:
                assert sweep(box, child) in (200, 429)
                return any("You have access now" in words(each) for each in box.slack.messages("alice"))

            box.slack.wait(told, seconds=90)
            box.slack.wait(lambda: sweep(box, child) == 200)
            (one,) = held(box)
            assert "Approved by bob@example.com" in one
            assert len([each for each in box.google.calls() if each.method.endswith("setIamPolicy")]) == 1


def suppressed(box: Sandbox, child: Child) -> None:
    """A sweep whose service may die."""
    with suppress(OSError, HTTPException):
        sweep(box, child)


def wait_for(thread: threading.Thread, seconds: float) -> bool:
    thread.join(seconds)
    return not thread.is_alive()
