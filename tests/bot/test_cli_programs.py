"""A service account comes in by the machine that it is attached to: it asks, and decides nothing."""

from pathlib import Path

import pytest

from sandbox.google.metadata import PROGRAM
from tests.support.desk import Desk, offices
from tests.support.running import POLICY, Running

SERVED = POLICY.replace(
    "{domains: [example.com]}",
    f"{{domains: [example.com], service_accounts: {{{PROGRAM}: {{owners: [bob@example.com]}}}}}}",
).replace('requesters: ["domain:example.com"]', f'requesters: ["domain:example.com", "{PROGRAM}"]', 1)


def _signed_in(office: Running, folder: Path, who: str, *how: str) -> Desk:
    desk = Desk(office, folder / who, who)
    done = desk.login("--no-keyring", *how)
    assert done.exit_code == 0, done.output
    return desk


def test_a_service_account_asks_and_neither_it_nor_its_owner_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from google.auth.compute_engine import _metadata  # noqa: PLC0415 - it reads the environment when it is loaded

    with offices(tmp_path, policy=SERVED) as office:
        monkeypatch.setattr(_metadata, "_GCE_METADATA_HOST", office.box.metadata_host)
        monkeypatch.setenv("GCE_METADATA_IP", office.box.metadata_host)
        monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
        stranger = Desk(office, tmp_path / "stranger", "stranger")
        refused = stranger.again("--url", stranger.gate.url, "--by", "service-account", "--iap-client", "1-none")
        program = _signed_in(office, tmp_path, "program", "--by", "service-account")
        bob, dan = (_signed_in(office, tmp_path, who) for who in ("bob", "dan"))

        assert (refused.exit_code, stranger.kept.exists()) == (1, False)
        assert "--by own-jwt" in refused.stderr
        asked = program.asked()
        shown = " ".join(dan.run("status", asked).stdout.split())
        assert PROGRAM in shown
        assert "service account" in shown
        for who in (program, bob):
            assert who.run("approve", asked, "--yes").exit_code == 1
            assert who.run("deny", asked, "--because", "no", "--yes").exit_code == 1
        assert program.json("status", asked)["state"] == "pending"
        assert dan.run("approve", asked, "--yes").exit_code == 0
        assert program.json("status", asked, "--wait", "--timeout", "60s")["access"] == "active"
        assert office.granted(asked)[0]["members"] == [f"serviceAccount:{PROGRAM}"]
