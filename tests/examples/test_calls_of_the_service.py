"""Makers of tokens in other languages, against the running service."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.bot.commands import ROOT
from tests.support.running import POLICY, Running, running

CALLERS = ROOT / "examples" / "callers"
VECTORS: dict[str, Any] = json.loads((CALLERS / "vectors.json").read_text())
KEY: dict[str, Any] = VECTORS["keys"][0]
MAKERS = {"bash": ["bash", "sign.sh"], "node": ["node", "sign.mjs"], "python": [sys.executable, "sign.py"]}
APPLICATIONS = f"""
applications:
  - id: payments
    title: Payments
    keys:
      - {json.dumps(KEY["public"])}
actions:
  - id: refund
    application: payments
    title: Refund a customer
    show:
      - {{name: order, label: Order, type: string}}
    requesters: ["domain:example.com"]
    approval:
      - {{approvers: ["user:carol@example.com"], needed: 1}}
"""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("callers")
    (folder / "key").write_text(KEY["pem"])
    with running(folder, policy=POLICY + APPLICATIONS) as office:
        yield office


def made(language: str, office: Running, *arguments: str) -> str:
    if shutil.which(MAKERS[language][0]) is None:
        pytest.skip(f"{language} is not installed here")
    environ = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "APP_ID": "payments",
        "APP_KEY": str(office.folder / "key"),
        "APP_KID": KEY["kid"],
        "COUNTERSIGN_API_URL": office.url,
    }
    command = [*MAKERS[language], *arguments]
    return subprocess.run(
        command, cwd=CALLERS, env=environ, capture_output=True, text=True, timeout=60, check=True
    ).stdout.strip()


def curl(url: str, authorization: str) -> tuple[int, Any]:
    """A call by curl, which nothing of ours writes: its status, and what it was answered."""
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed here")
    options = ["--silent", "--noproxy", "*", "--max-time", "60", "--write-out", "\n%{http_code}"]
    command = ["curl", *options, "--header", f"Authorization: {authorization}", url]
    said = subprocess.run(command, capture_output=True, text=True, timeout=90, check=True).stdout
    body, _, status = said.rpartition("\n")
    return int(status), json.loads(body)


@pytest.mark.parametrize("language", MAKERS)
def test_a_call_that_was_signed_for_another_address_is_not_let_in(office: Running, language: str) -> None:
    said = made(language, office, "GET", f"{office.url}/v1/actions")

    status, problem = curl(f"{office.url}/v1/actions?all=1", said)

    assert (status, problem["code"]) == (401, "unauthorized")


@pytest.mark.parametrize("language", MAKERS)
def test_a_call_that_was_signed_is_answered(office: Running, language: str) -> None:
    url = f"{office.url}/v1/actions"

    status, answer = curl(url, made(language, office, "GET", url))

    assert status == 200, answer
    assert [action["id"] for action in answer["items"]] == ["refund"]
