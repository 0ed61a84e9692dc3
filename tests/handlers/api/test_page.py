"""The examples of docs/api.md, as they stand there, by curl through the proxy."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from sandbox.iap.gate import DESKTOP
from tests.handlers.api.conftest import ALICE, BOB
from tests.support.running import Running

PAGE = Path(__file__).parents[3] / "docs" / "api.md"


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)


def token(office: Running, who: str) -> str:
    """What a person's program gets of Google, through a client that the proxy lists."""
    gate = office.box.iap.gate  # type: ignore[union-attr]
    gate.bearers.clients.add(DESKTOP.id)
    claims = {"email": who, "email_verified": True, "hd": "example.com"}
    return office.box.google.issuer.token(audience=DESKTOP.id, azp=DESKTOP.id, sub="1" * 21, **claims)


def said(command: str, env: dict[str, str]) -> Any:
    done = subprocess.run(  # the page's own line
        ["bash", "-euc", command],
        env={"PATH": "/usr/bin:/bin", **env},
        capture_output=True,
        timeout=60,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed here")
def test_every_example_does_what_the_page_says(office: Running) -> None:
    assert office.box.iap is not None
    me, offered, wait, ask, approve, end, long = blocks("sh")
    told = [json.loads(each) for each in blocks("json")]
    env = {
        "URL": office.box.iap.gate.url,
        "TOKEN": token(office, ALICE),
        "APPROVER": token(office, BOB),
        "no_proxy": "*",
    }

    assert said(me, env) == told[0]
    assert [each["id"] for each in said(offered, env)["items"]] == ["admin"]
    filed = said(ask, env)
    env |= {"ID": filed["id"], "REVISION": str(filed["revision"]), "DIGEST": filed["digest"]}
    assert said(wait, env)["state"] == "pending"
    assert said(approve, env)["state"] == "approved"
    assert said(end, env)["access"] == "ended"
    assert said(ask, env) == filed
    assert said(long, env) == told[1]


def test_the_page_names_every_address_and_no_other() -> None:
    named = set(re.findall(r"`(GET|POST|PUT|DELETE) (/v1/[A-Za-z/_]+)`", PAGE.read_text()))

    assert {path.replace("ID", "*").removeprefix("/v1/") for _, path in named} == {
        "me",
        "entitlements",
        "history",
        "export",
        "numbers",
        "freezes",
        "thaws",
        "absence",
        "requests",
        "requests/*",
        *(f"requests/*/{verb}" for verb in ("approve", "deny", "take_back", "withdraw", "end")),
        *(f"requests/*/{verb}" for verb in ("extend", "offer", "accept", "after_review")),
    }
