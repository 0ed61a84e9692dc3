"""`countersign serve` as a process: what stops its start is said once and plainly, and signals end it in order."""

import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from demo.ports import free_port
from sandbox.app import Sandbox
from sandbox.iap.gate import AUDIENCE
from tests.bot.commands import ended, environment, process
from tests.support.running import POLICY


def refused(env: dict[str, str], folder: Path) -> str:
    """Try to serve, see that it ends with exit code 2 before anything is made, and return what it says."""
    before = sorted(folder.rglob("*"))
    said = refused_outside(env, folder)
    assert sorted(folder.rglob("*")) == before
    return said


def refused_outside(env: dict[str, str], folder: Path) -> str:
    """The same where only the answer of somebody outside shows that it cannot work: what was made is whole."""
    code, out, err = ended("serve", env=env, folder=folder, sooner=True)
    assert code == 2, err
    assert "Traceback" not in err + out
    assert len([line for line in err.splitlines() if line.startswith("countersign: ")]) == 1
    return err


def test_settings_that_are_wrong_are_all_named(tmp_path: Path) -> None:
    env = environment(tmp_path, SLACK_BOT_TOKEN="", PORT="many", COUNTERSIGN_POLICIES="x")
    said = refused(env, tmp_path)
    for name in ("SLACK_BOT_TOKEN: ", "PORT: ", "COUNTERSIGN_POLICIES: "):
        assert name in said


def test_a_policy_that_is_wrong_is_placed(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(POLICY.replace("needed: 2", "needed: two"))
    said = refused(environment(tmp_path), tmp_path)
    assert re.search(rf"{tmp_path}/policy\.yaml:\d+:\d+: ", said)
    assert "whole number" in said


def test_a_policy_that_is_missing_is_named(tmp_path: Path) -> None:
    env = environment(tmp_path)
    (tmp_path / "policy.yaml").unlink()
    said = refused(env, tmp_path)
    assert f"{tmp_path}/policy.yaml: No such file or directory. COUNTERSIGN_POLICY names the policy file" in said
    assert "start from examples/policy.yaml" in said


def test_a_key_file_that_is_none_or_open_to_others_is_named(tmp_path: Path) -> None:
    keys = tmp_path / "signer.jwk"
    for content in ("{}", "[" * 100_000):
        keys.write_text(content)
        keys.chmod(0o600)
        assert f"{keys} is no set of ES256 private keys" in refused(environment(tmp_path), tmp_path)
    keys.chmod(0o644)
    assert f"chmod 600 {keys}" in refused(environment(tmp_path), tmp_path)


def test_a_store_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    store = tmp_path / "countersign.db"
    store.write_bytes(b"x" * 5000)
    assert f"{store}: is damaged or no SQLite database" in refused(environment(tmp_path), tmp_path)
    elsewhere = environment(tmp_path, COUNTERSIGN_STORE=f"sqlite:///{tmp_path}/none/countersign.db")
    assert f"the directory {tmp_path}/none does not exist" in refused(elsewhere, tmp_path)


def test_a_key_file_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    env = environment(tmp_path, COUNTERSIGN_RECEIPT_SIGNER=f"file:{tmp_path}/file/receipts.jwk")
    assert f"{tmp_path}/file/receipts.jwk cannot be made" in refused(env, tmp_path)


def test_a_start_that_fails_leaves_no_default_folder(tmp_path: Path) -> None:
    env = environment(tmp_path, COUNTERSIGN_STORE="")
    (tmp_path / "policy.yaml").write_text("nonsense")
    assert f"{tmp_path}/policy.yaml:1:1: " in refused(env, tmp_path)


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert f"PORT: {port} cannot be taken" in refused(environment(tmp_path, PORT=str(port)), tmp_path)


def test_an_app_token_that_does_not_work_is_named(tmp_path: Path) -> None:
    with Sandbox.start() as box:
        env = environment(
            tmp_path,
            SLACK_API_URL=box.slack_api_url,
            SLACK_BOT_TOKEN=box.bot_token,
            SLACK_APP_TOKEN="xapp-wrong",
        )
        assert "SLACK_APP_TOKEN does not work: invalid_auth" in refused_outside(env, tmp_path)


def test_socket_mode_waits_for_a_slack_that_is_away_at_the_start(tmp_path: Path) -> None:
    with Sandbox.start() as box:
        for kind in ("drop", "error", "ratelimit"):
            box.slack.faults.add("apps.connections.open", kind)
        env = environment(
            tmp_path, SLACK_API_URL=box.slack_api_url, SLACK_BOT_TOKEN=box.bot_token, SLACK_APP_TOKEN=box.app_token
        )
        with served(env, tmp_path) as (_, url):
            assert fetch(f"{url}/ready") == (200, "ready")
            box.slack.wait(box.slack.sockets.connected, seconds=30)
            assert "/jit request" in box.slack.command("alice", "/jit help").body


@pytest.mark.parametrize("content", [None, "a directory", "", "{}", "[]"])
def test_credentials_that_google_cannot_read_end_the_service(tmp_path: Path, content: str | None) -> None:
    key = tmp_path / "google.json"
    if content == "a directory":
        key.mkdir()
    elif content is not None:
        key.write_text(content)
    env = environment(tmp_path, GOOGLE_API_BASE_URL="", GOOGLE_APPLICATION_CREDENTIALS=str(key))
    said = refused_outside(env, tmp_path)
    assert "Google's application-default credentials cannot be used" in said
    assert "GOOGLE_APPLICATION_CREDENTIALS" in said


def test_without_any_credentials_of_google_the_service_says_where_to_get_some(tmp_path: Path) -> None:
    env = environment(
        tmp_path, GOOGLE_API_BASE_URL="", HOME=str(tmp_path), CLOUDSDK_CONFIG=str(tmp_path), NO_GCE_CHECK="true"
    )
    said = refused_outside(env, tmp_path)
    assert "gcloud auth application-default login" in said


def test_a_channel_that_the_app_is_not_in_is_named_at_the_start_and_when_the_policy_changes(
    tmp_path: Path,
) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY.replace('"#access"', '"#nowhere"'))
    with Sandbox.start() as box:
        env = environment(tmp_path, SLACK_API_URL=box.slack_api_url, SLACK_BOT_TOKEN=box.bot_token)
        with served(env, tmp_path) as (child, _):
            limit = threading.Timer(120, child.kill)  # ends the log that is read
            limit.start()
            assert child.stderr
            log = iter(child.stderr.readline, "")
            said = "what this policy sends to a channel reaches nobody: the app is in no Slack channel"
            assert any(f"{said} #nowhere" in one for one in log)
            fresh = tmp_path / "fresh.yaml"
            fresh.write_text(POLICY.replace('"#access"', '"#elsewhere"'))
            fresh.rename(policy)
            assert any(f"{said} #elsewhere" in one for one in log)
            limit.cancel()


def test_a_resource_that_cannot_be_worked_on_is_named_soon_after_the_start(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(POLICY.replace("projects/shop-data", "projects/shop-dta"))
    with Sandbox.start() as box:
        env = environment(tmp_path, GOOGLE_API_BASE_URL=box.google_api_url)
        with served(env, tmp_path) as (child, _):
            limit = threading.Timer(120, child.kill)  # ends the log that is read
            limit.start()
            assert child.stderr
            said = next(line for line in iter(child.stderr.readline, "") if "a resource of the policy" in line)
            limit.cancel()
    assert "there is no projects/shop-dta, or it is not shown to these credentials" in said


def test_how_long_ago_people_signed_in_is_looked_for_soon_after_the_start(tmp_path: Path) -> None:
    with Sandbox.start(iap_port=0) as box:
        assert box.iap
        box.iap.gate.reauthentication = {"method": "LOGIN", "maxAge": "600s"}
        pages = {
            "COUNTERSIGN_PAGES_URL": box.iap.gate.url,
            "IAP_AUDIENCE": f"{AUDIENCE},/projects/1042000000001/global/backendServices/42",
            "IAP_JWKS_URL": box.iap_jwks_url,
        }
        with served(environment(tmp_path, GOOGLE_API_BASE_URL=box.google_api_url, **pages), tmp_path) as (
            child,
            _,
        ):
            limit = threading.Timer(120, child.kill)  # ends the log that is read
            limit.start()
            assert child.stderr
            log = iter(child.stderr.readline, "")
            assert any(f"whoever comes by {AUDIENCE} signed in within 600 seconds" in line for line in log)
            assert any("/backendServices/42 is not known: Google does not show" in line for line in log)
            limit.cancel()


def test_a_bot_token_that_does_not_work_ends_the_service(tmp_path: Path) -> None:
    with Sandbox.start() as box:
        env = environment(tmp_path, SLACK_API_URL=box.slack_api_url, SLACK_BOT_TOKEN="xoxb-wrong")
        said = refused_outside(env, tmp_path)
        assert "SLACK_BOT_TOKEN does not work: invalid_auth" in said
        assert "xoxb-wrong" not in said


def test_the_default_places_are_made(tmp_path: Path) -> None:
    env = environment(tmp_path, COUNTERSIGN_STORE="", COUNTERSIGN_POLICY="", COUNTERSIGN_SIGNER="file:keys/a.jwk")
    with served(env, tmp_path) as (_, url):
        assert fetch(f"{url}/ready") == (200, "ready")
    assert (tmp_path / "data" / "countersign.db").is_file()


def test_health_readiness_keys_and_unknown_paths(tmp_path: Path) -> None:
    with served(environment(tmp_path), tmp_path) as (_, url):
        assert fetch(f"{url}/health") == (200, "ok")
        assert fetch(f"{url}/healthz") == (200, "ok")
        assert fetch(f"{url}/ready") == (200, "ready")
        assert fetch(f"{url}/.well-known/jwks.json") == (200, '{"keys":[]}')
        for unknown in ("/", "/nothing", "/../etc/passwd", "/slack"):
            assert fetch(url + unknown)[0] == 404
        assert fetch(f"{url}/slack/events")[0] == 405


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order(tmp_path: Path, number: signal.Signals) -> None:
    with served(environment(tmp_path), tmp_path) as (child, _):
        child.send_signal(number)
        _, err = child.communicate(timeout=60)
    assert child.returncode == 0
    assert "Traceback" not in err
    assert not (tmp_path / "countersign.db-wal").exists()


def test_a_broken_policy_at_a_restart_is_said_and_the_last_good_one_is_used(tmp_path: Path) -> None:
    env = environment(tmp_path)
    with served(env, tmp_path):
        pass
    (tmp_path / "policy.yaml").write_text("version: 1\nnonsense: 1\n")
    with served(env, tmp_path) as (child, url):
        assert fetch(f"{url}/ready") == (200, "ready")
        child.send_signal(signal.SIGTERM)
        _, err = child.communicate(timeout=60)
    assert f"policy refused: {tmp_path}/policy.yaml:2:1: unknown-key" in err
    assert "the last good policy stays in force" in err
    assert child.returncode == 0


@contextmanager
def served(env: dict[str, str], folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The service as a process in a folder, with its address; ended at the end of the block."""
    port = free_port()
    with process("serve", env=env | {"PORT": str(port)}, folder=folder, sooner=True) as child:
        try:
            answering(f"http://127.0.0.1:{port}", child)
            yield child, f"http://127.0.0.1:{port}"
        finally:
            child.terminate()


def answering(url: str, child: subprocess.Popen[str]) -> None:
    """Wait until the service answers."""
    end = time.monotonic() + 120
    while time.monotonic() < end and child.poll() is None:
        try:
            fetch(f"{url}/health")
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"the service did not answer at {url}: exit code {child.poll()}")


def fetch(url: str) -> tuple[int, str]:
    try:
        with urlopen(url, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()
