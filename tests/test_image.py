"""The image that was built: as its user and with its own Python alone, without a Docker engine.

Runs as root, who alone may change the root of a process, and where `IMAGE_ROOT` names the files of an image, as
`tools/image.sh FOLDER` leaves them in FOLDER/root.
"""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import bot
from demo.ports import free_port
from sandbox.app import Sandbox
from tests.bot.test_serve import answering, fetch
from tests.support.running import POLICY
from tests.test_dockerfile import of, variables

INSIDE = Path(os.environ.get("IMAGE_ROOT", ""))
pytestmark = pytest.mark.skipif(
    not os.environ.get("IMAGE_ROOT") or os.geteuid() != 0,
    reason="IMAGE_ROOT names no image's files, or this is not root",
)
TEN = 10.0
"""Seconds that Cloud Run waits between the two signals (Cloud Run's container contract)."""


def inside(*command: str, **environ: str) -> subprocess.Popen[str]:
    """A process in the image, as its user, in its folder and with its variables."""
    (user,), (folder,) = of("USER", stage=2), of("WORKDIR", stage=2)
    path = variables()["PATH"].replace("$PATH", "/usr/local/bin:/usr/bin:/bin")
    given = {**variables(), "PATH": path, "HOME": folder, **environ}
    words = [f"{name}={text}" for name, text in given.items()]
    change = ["chroot", f"--userspec={user}", str(INSIDE.resolve()), "/usr/bin/env", "-i", "-C", folder, *words]
    return subprocess.Popen(
        [*change, *command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def said(*command: str, **environ: str) -> tuple[int, str]:
    with inside(*command, **environ) as child:
        out, err = child.communicate(timeout=60)
        return child.returncode, out + err


@pytest.fixture
def data() -> Iterator[Path]:
    """The volume, empty before and after."""
    volume = INSIDE.resolve() / of("VOLUME", stage=2)[0].lstrip("/")
    assert list(volume.iterdir()) == []
    yield volume
    for file in volume.iterdir():
        file.unlink()


def test_its_user_can_change_nothing_of_the_program() -> None:
    code, words = said("sh", "-c", "touch /opt/countersign/x; touch /usr/x; touch /etc/x")

    assert code != 0
    assert words.count("Permission denied") == 3


@pytest.mark.parametrize("module", ["pip", "setuptools", "hatchling", "sandbox", "demo", "tests"])
def test_it_holds_nothing_to_build_or_try_with(module: str) -> None:
    assert said("python", "-c", f"import {module}")[0] == 1


def test_its_command_is_this_release() -> None:
    assert said(*json.loads(of("ENTRYPOINT")[0]), "--version") == (0, f"countersign, version {bot.__version__}\n")


def test_without_settings_it_says_which(data: Path) -> None:
    code, words = said(*json.loads(of("ENTRYPOINT")[0]), *json.loads(of("CMD")[0]))

    assert code == 2
    assert "SLACK_BOT_TOKEN" in words
    assert list(data.iterdir()) == []


def test_it_serves_and_ends_in_time(data: Path) -> None:
    port = free_port()
    with Sandbox.start() as box:
        (data / "policy.yaml").write_text(POLICY)
        os.chown(data / "policy.yaml", 10001, 10001)
        environ = {
            "SLACK_BOT_TOKEN": box.bot_token,
            "SLACK_SIGNING_SECRET": box.signing_secret,
            "SLACK_API_URL": box.slack_api_url,
            "GOOGLE_API_BASE_URL": box.google_api_url,
            "COUNTERSIGN_SANDBOX": "1",
            "COUNTERSIGN_POLICY": "/data/policy.yaml",
            "PORT": str(port),
        }
        with inside(*json.loads(of("ENTRYPOINT")[0]), *json.loads(of("CMD")[0]), **environ) as child:
            try:
                answering(f"http://127.0.0.1:{port}", child)
                health = json.loads(of("HEALTHCHECK")[0].partition(" CMD ")[2])
                assert said(*health, PORT=str(port))[0] == 0
                assert fetch(f"http://127.0.0.1:{port}/ready")[0] == 200
                box.bot_url = f"http://127.0.0.1:{port}/slack/events"
                assert box.slack.command("alice", "/jit mine").ok
                begun = time.monotonic()
                child.send_signal(signal.SIGTERM)
                _, err = child.communicate(timeout=60)
            finally:
                child.kill()

    assert (child.returncode, time.monotonic() - begun < TEN) == (0, True), err
