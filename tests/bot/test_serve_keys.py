"""`countersign serve` with keys at Google that cannot be used: named soon after the start, exit code 2."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.app import Sandbox
from sandbox.google import Fault
from tests.bot.commands import ended, environment

EMAIL = "signer@shop-prod.iam.gserviceaccount.com"
SECRET = "projects/shop-prod/secrets/signer"
VERSION = f"{SECRET}/versions/latest"


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox.start() as started:
        yield started


def refused(box: Sandbox, folder: Path, **settings: str) -> str:
    """Try to serve, see that it ends with exit code 2 and no trace, and return the one line that it says."""
    slack = {"SLACK_API_URL": box.slack_api_url, "SLACK_BOT_TOKEN": box.bot_token}
    env = environment(folder, GOOGLE_API_BASE_URL=box.google_api_url, **slack, **settings)
    code, _, err = ended("serve", env=env, folder=folder, sooner=True)
    assert code == 2, err
    assert "Traceback" not in err
    (said,) = [line for line in err.splitlines() if line.startswith("countersign: ")]
    return said


def test_a_signing_account_that_does_not_exist_is_named(box: Sandbox, tmp_path: Path) -> None:
    said = refused(box, tmp_path, COUNTERSIGN_SIGNER=f"iam:{EMAIL}")
    assert f"no keys of {EMAIL}: there is no such service account" in said


def test_a_missing_role_on_the_signing_account_is_named(box: Sandbox, tmp_path: Path) -> None:
    box.google.accounts.add(EMAIL)
    box.google.faults.set(Fault(method="signJwt", times=20, status=403))
    said = refused(box, tmp_path, COUNTERSIGN_SIGNER=f"iam:{EMAIL}")
    assert f"roles/iam.serviceAccountTokenCreator on {EMAIL}" in said


def test_a_secret_that_does_not_exist_is_named(box: Sandbox, tmp_path: Path) -> None:
    said = refused(box, tmp_path, COUNTERSIGN_SIGNER=f"secret:{VERSION}")
    assert SECRET in said
    assert "countersign key rotate" in said


@pytest.mark.parametrize("name", ["COUNTERSIGN_SIGNER", "COUNTERSIGN_RECEIPT_SIGNER"])
def test_a_secret_that_may_not_be_read_is_named_with_the_role(box: Sandbox, tmp_path: Path, name: str) -> None:
    box.google.secrets.create(SECRET)
    box.google.faults.set(Fault(method="access", times=20, status=403))
    said = refused(box, tmp_path, **{name: f"secret:{VERSION}"})
    assert "roles/secretmanager.secretAccessor" in said
