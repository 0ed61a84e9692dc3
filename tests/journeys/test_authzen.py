"""A user with curl goes through AuthZEN's whole walk, by the very commands of the documents."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from countersign_client.call_tokens import SigningKey, new_key, private_pem
from countersign_client.keys import read_keys
from countersign_client.receipts import verify
from tests.bot.commands import ROOT
from tests.support.running import POLICY, Running, running

PAGE = (ROOT / "docs" / "authzen.md").read_text()
GATEWAY = """
applications:
  - id: gateway
    title: Gateway
    keys: [{key}]
    may_assert: true
{actions}"""


def commands() -> list[str]:
    """The page's own, in their order: what they are made of, then each step."""
    return re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)


def actions() -> str:
    """The page's own policy, with approvers whom the office has."""
    (found,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    return str(found).replace('"group:owners"', '"user:bob@example.com", "user:carol@example.com"')


class Gateway:
    """The shell in which somebody follows the page."""

    def __init__(self, office: Running, folder: Path, key: SigningKey) -> None:
        self.office = office
        self._folder = folder
        (folder / "gateway.pem").write_text(private_pem(key))
        (folder / "examples").symlink_to(ROOT / "examples")
        self._environ = {
            **os.environ,
            "APP_ID": "gateway",
            "APP_KEY": str(folder / "gateway.pem"),
            "APP_KID": key.kid,
            "COUNTERSIGN_API_URL": office.url,
        }

    def run(self, step: int) -> None:
        """Do this step, with what those before it have left."""
        script = f"set -euo pipefail\n{commands()[0]}\n{commands()[step]}"
        run = subprocess.run(
            ["/bin/bash", "-c", script],
            cwd=self._folder,
            env=self._environ,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert run.returncode == 0, run.stderr
        (self._folder / "said").write_text(run.stdout)

    def left(self, name: str) -> Any:
        return json.loads((self._folder / name).read_text())


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("gateway")
    key = new_key("ES256")
    policy = POLICY + GATEWAY.format(key=json.dumps(key.public()), actions=actions())
    environ = {"COUNTERSIGN_RECEIPT_SIGNER": f"file:{folder / 'receipts.jwk'}"}
    with running(folder, policy=policy, environ=environ) as office:
        yield Gateway(office, folder, key)


def test_the_page_s_commands_lead_from_a_denial_to_a_receipt(gateway: Gateway) -> None:
    office = gateway.office

    gateway.run(1)
    assert gateway.left("denial.json")["decision"] is False
    gateway.run(2)
    task = gateway.left("task.json")["task"]
    assert task["status"] == "pending"
    assert office.press("alice", "confirm", task["id"]).ok
    office.approve("bob", task["id"])
    gateway.run(3)
    assert gateway.left("done.json")["task"]["status"] == "approved"
    gateway.run(4)

    said = gateway.left("said")
    assert said["decision"] is True
    _, published = office.fetch("/.well-known/jwks.json")
    assert verify(said["context"]["receipt"], read_keys(published.encode())).request == task["id"]
