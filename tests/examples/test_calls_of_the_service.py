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
    may_assert: true
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
      - {{approvers: ["user:bob@example.com", "user:carol@example.com"], needed: 1}}
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


def curl(url: str, authorization: str, *more: str) -> tuple[int, dict[str, Any]]:
    """A call by curl, which nothing of ours writes: its status, and what it was answered."""
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed here")
    options = ["--silent", "--noproxy", "*", "--max-time", "60", "--write-out", "\n%{http_code}"]
    command = ["curl", *options, "--header", f"Authorization: {authorization}", *more, url]
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


@pytest.mark.parametrize("language", MAKERS)
def test_a_body_is_taken_as_it_was_signed_and_once(office: Running, language: str) -> None:
    url, key = f"{office.url}/v1/requests", f"order/{language}"
    asked = {
        "action": "refund",
        "parameters": {"order": f"A-17 \u00e9 {language}"},
        "on_behalf_of": {"asserted": {"email": "alice@example.com"}},
    }
    body = office.folder / f"{language}.json"
    body.write_text(json.dumps(asked, ensure_ascii=False))
    sent = ["--header", f'Idempotency-Key: "{key}"', "--header", "Content-Type: application/json"]
    sent += ["--data-binary", f"@{body}"]
    tokens = [made(language, office, "POST", url, str(body), key) for _ in range(2)]

    status, first = curl(url, tokens[0], *sent)
    again = [curl(url, token, *sent) for token in tokens]
    body.write_text(json.dumps({**asked, "parameters": {"order": "A-18"}}))
    swapped = curl(url, tokens[1], *sent)
    reused = curl(url, made(language, office, "POST", url, str(body), key), *sent)

    assert status == 201, first
    assert again == [(201, first)] * 2
    assert (swapped[0], swapped[1]["code"]) == (401, "unauthorized")
    assert (reused[0], reused[1]["code"]) == (422, "idempotency.reused")
