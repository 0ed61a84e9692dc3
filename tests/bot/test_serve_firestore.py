"""`countersign serve` on a Firestore that cannot be used, or does not answer."""

import signal
import threading
from pathlib import Path

from tests.bot.commands import ended, environment, process

STORE = "firestore://shop-prod/(default)"


def test_a_firestore_that_cannot_be_used_is_named_soon_after_the_start(tmp_path: Path) -> None:
    env = environment(
        tmp_path, COUNTERSIGN_STORE=STORE, GOOGLE_APPLICATION_CREDENTIALS=str(tmp_path / "none.json")
    )
    code, _, err = ended("serve", env=env, folder=tmp_path, sooner=True)
    assert code == 2, err
    assert f"countersign: {STORE}: Google's application-default credentials cannot be used" in err
    assert len([line for line in err.splitlines() if line.startswith("countersign: ")]) == 1


def test_a_firestore_that_does_not_answer_is_waited_for(tmp_path: Path) -> None:
    env = environment(tmp_path, COUNTERSIGN_STORE=STORE, FIRESTORE_EMULATOR_HOST="127.0.0.1:9")
    with process("serve", env=env, folder=tmp_path, sooner=True) as child:
        assert child.stderr is not None
        watchdog = threading.Timer(60, child.kill)
        watchdog.start()
        try:
            waits = next(line for line in child.stderr if "not there yet: " in line and STORE in line)
        finally:
            watchdog.cancel()
        assert child.poll() is None, waits
        child.send_signal(signal.SIGTERM)
        child.communicate(timeout=60)
    assert child.returncode == 0
