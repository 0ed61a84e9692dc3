"""The walk from JIT Access, played by the page's own lines: 300 bindings, 40 projects, and access at its end."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.app import Sandbox
from tests.support.estate import BINDINGS, BROKEN, HERS, PROJECTS, bindings, build
from tests.support.running import Clock, Running

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "migrating.md").read_text()
TOPIC = "projects/shop-tools/topics/jit"
APP = f"""\
runtime: java17
instance_class: F2
env_variables:
  RESOURCE_SCOPE: organizations/456
  RESOURCE_CATALOG: AssetInventory
  RESOURCE_CUSTOMER_ID: C0abc1234
  ACTIVATION_TIMEOUT: 120
  ACTIVATION_REQUEST_TIMEOUT: 60
  JUSTIFICATION_PATTERN: '(INC|CHG)-\\d+.*'
  JUSTIFICATION_HINT: 'the incident or change, such as INC-42'
  ACTIVATION_REQUEST_MIN_REVIEWERS: 1
  NOTIFICATION_TOPIC: {TOPIC}
  NOTIFICATION_TIMEZONE: Europe/Berlin
"""


class Desk:
    """Somebody's folder with a shell, in which our commands and Google's are what they are on their machine."""

    def __init__(self, folder: Path, box: Sandbox) -> None:
        self.folder = folder
        (folder / ".venv" / "bin").mkdir(parents=True)
        self._program(".venv/bin/countersign", f'exec "{sys.executable}" -m bot "$@"')
        self._program("bin/less", "exec cat")
        (folder / "deploy").symlink_to(ROOT / "deploy")
        (folder / "firestore.indexes.json").symlink_to(ROOT / "firestore.indexes.json")
        (folder / "token").write_text("sandbox")
        self.environ = {
            "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "HOME": str(folder),
            "CLOUDSDK_CONFIG": str(folder / "gcloud"),
            "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(folder / "token"),
            "CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDASSET": f"{box.google_api_url}/cloudasset/",
            "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
            "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "1",
            "CLOUDSDK_CORE_DISABLE_FILE_LOGGING": "1",
            "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "1",
            # Whatever would be said to anybody but the sandbox ends here.
            "HTTP_PROXY": "http://127.0.0.1:9",
            "HTTPS_PROXY": "http://127.0.0.1:9",
            "NO_PROXY": "127.0.0.1",
        }

    def _program(self, path: str, line: str) -> None:
        program = self.folder / path
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\n{line}\n")
        program.chmod(0o755)

    def types(self, line: str, *, environ: Mapping[str, str] | None = None, code: int = 0) -> str:
        """Type a line and return what it says."""
        done = subprocess.run(
            ["sh", "-c", line],
            cwd=self.folder,
            env=self.environ | dict(environ or {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def read(self, name: str) -> str:
        return (self.folder / name).read_text()


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def lines() -> list[str]:
    """What the page says to type that is not inside a list, in order."""
    return [line for block in blocks("sh") for line in block.splitlines()]


def typed(beginning: str) -> str:
    """The one line of the page that begins so."""
    (found,) = [line for line in lines() if line.startswith(beginning)]
    return found


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Sandbox, Clock]]:
    clock = Clock()
    with Sandbox.start(clock=clock.seconds) as made:
        build(made.google)
        made.google.topics.create(TOPIC)
        yield made, clock


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, box: tuple[Sandbox, Clock]) -> Desk:
    """The desk after the first step of the page."""
    made = Desk(tmp_path_factory.mktemp("desk"), box[0])
    (made.folder / "app.yaml").write_text(APP)
    made.types(typed("gcloud asset"))
    made.types(typed(".venv/bin/countersign migrate"), code=1)
    made.types(typed(".venv/bin/countersign policy lint"))
    _, sources = blocks("yaml")
    (made.folder / "sources.yaml").write_text(sources)
    return made


def left_out(desk: Desk) -> list[str]:
    after = desk.read("countersign.env").partition("# To mend, for it could not be taken over:\n")[2]
    return after.splitlines()


def test_the_estate_is_as_large_as_the_page_says() -> None:
    found = list(bindings())
    assert (len(found), BINDINGS, len(PROJECTS)) == (300, 300, 40)
    assert "300 eligible bindings over 40 projects" in PAGE


def test_each_broken_binding_is_named_once_with_a_sentence_of_the_page_and_hides_no_other(desk: Desk) -> None:
    left = left_out(desk)
    sentences = re.findall(r"^\| `([^`]+)` \|", PAGE, re.MULTILINE)

    assert len(sentences) == 9
    for sentence in sentences:
        assert [line for line in left if sentence in line], sentence
    for line in left:
        assert [sentence for sentence in sentences if sentence in line], line
    policy = yaml.safe_load(desk.read("policy.yaml"))
    offered = {(each["resource"], role) for each in policy["entitlements"] for role in each["roles"]}
    sound = {(each.resource, each.role) for each in bindings() if each not in BROKEN}
    assert {each for each in sound if each[0].startswith("projects/")} <= offered
    assert {(project, "roles/monitoring.viewer") for project in PROJECTS} <= offered
    assert not any(role == "roles/pubsub.admin" for place, role in offered if place != "projects/risk-dev")


def test_the_policy_with_sources_says_what_the_settings_said(desk: Desk) -> None:
    desk.types(".venv/bin/countersign policy lint sources.yaml")
    policy, settings = yaml.safe_load(desk.read("sources.yaml")), desk.read("countersign.env")

    assert "defaults: {duration: {default: 60m, max: 120m}, pending: 60m}" in settings
    assert policy["defaults"]["duration"] == {"default": "60m", "max": "120m"}
    assert policy["defaults"]["pending"] == "60m"
    said = re.search(r"justification: (\{.*\})", settings)
    assert said
    assert yaml.safe_load(said[1]) == policy["sources"]["jit_access"]["justification"]
    assert f"\nNOTIFICATION_TOPIC={TOPIC}\n" in settings


def test_the_account_gets_the_roles_that_are_offered_and_no_other(desk: Desk) -> None:
    for line in lines():
        if "setup iam" in line or line.startswith("grep"):
            desk.types(line)
    written = yaml.safe_load(desk.read("policy.yaml"))
    wanted = {role for each in written["entitlements"] for role in each["roles"]}
    by_file, by_sources = _grants(desk.read("iam.sh")), _grants(desk.read("iam-sources.sh"))

    assert set(by_file) == set(by_sources) == wanted
    assert len(by_sources) == len(wanted)
    assert "make anybody an owner" not in desk.read("iam-sources.sh")
    for name in ("iam.sh", "iam-sources.sh"):
        desk.types(f"sh -n {name}")


def _grants(script: str) -> list[str]:
    conditions = re.findall(r"hasOnly\(\[(.*?)\]\)", script)
    return [role for each in conditions for role in re.findall(r"'([^']+)'", each)]


def test_the_deployment_takes_the_settings_as_they_were_written(desk: Desk) -> None:
    (block,) = [block for block in blocks("sh") if "deploy/cloud-run.sh" in block]
    environ = {
        "PROJECT": "shop-tools",
        "NUMBER": "1042000000001",
        "REGION": "europe-west1",
        "LOCATION": "eur3",
        "PEOPLE": "domain:example.com",
        "IMAGE": "europe-west1-docker.pkg.dev/shop-tools/countersign/countersign:0.1.0",
    }
    printed = desk.types(block, environ=environ)

    assert printed.count(f"##NOTIFICATION_TOPIC={TOPIC}##NOTIFICATION_TIMEZONE=Europe/Berlin") == 2
    assert "policy.yaml" in printed


@pytest.mark.parametrize(("file", "what"), [("policy.yaml", "shop-prod-compute-admin"), ("sources.yaml", "")])
def test_somebody_asks_a_peer_approves_and_iam_has_it(
    desk: Desk, box: tuple[Sandbox, Clock], tmp_path: Path, file: str, what: str
) -> None:
    (addition, _), (cloud, clock) = blocks("yaml"), box
    text = desk.read(file)
    if file == "policy.yaml":
        text = text.replace("defaults:\n", addition, 1)
    (tmp_path / "policy.yaml").write_text(text)
    settings = [line for line in desk.read("countersign.env").splitlines() if not line.startswith("#")]
    environ = dict(line.split("=", 1) for line in settings) | {"COUNTERSIGN_LOG_ACTIVATIONS": "1"}
    before = len(cloud.google.topics.messages(TOPIC))
    office = Running(cloud, tmp_path, clock=clock, environ=environ)
    try:
        said = json.loads(
            desk.types(f"{typed('.venv/bin/countersign doctor')} --json --within 120", environ=office.environ)
        )
        assert said["verdict"] in ("ok", "warning")
        asked = office.ask("alice", what or "compute.admin on shop-prod", "INC-42 the disk is full")
        assert "own request" in office.refused("alice", "approve", asked)
        assert "not an approver" in office.refused("dan", "approve", asked)
        assert office.bindings(asked) == []
        office.approve("bob", asked)
        (given,) = office.granted(asked)
        told = office.until(lambda: _told(cloud, before))
        assert given in cloud.google.policies()[HERS[0]]["bindings"]
        theirs = _activated_by_jit_access(cloud)
        for _ in range(2):
            office.ahead(seconds=61)
        office.until(lambda: office.grant(asked) == "revoked")
        assert office.bindings(asked) == []
        assert theirs in cloud.google.policies()[HERS[0]]["bindings"]
    finally:
        office.stop()

    assert (given["role"], given["members"]) == (HERS[1], ["user:alice@example.com"])
    assert given["condition"]["title"] == "JIT access activation"
    assert [each["type"] for each in told] == ["RequestActivation", "ActivationApproved"]
    marked = [
        each
        for policy in cloud.google.policies().values()
        for each in policy.get("bindings", [])
        if each.get("condition", {}).get("title", "").startswith("eligible ")
    ]
    assert len(marked) == BINDINGS


def _told(cloud: Sandbox, before: int) -> list[dict[str, object]]:
    """What a function gets by the page's filter, once it is both of JIT Access's messages."""
    assert "--message-filter='NOT attributes:ce-type'" in PAGE
    sent = cloud.google.topics.messages(TOPIC)[before:]
    found = [each.data for each in sent if "ce-type" not in each.attributes]
    return [json.loads(each) for each in found] if len(found) >= 2 else []


def _activated_by_jit_access(cloud: Sandbox) -> dict[str, Any]:
    """Alice activates the same role there: every temporary binding of it that she has goes, and its own comes."""
    window = (
        'request.time >= timestamp("2026-01-01T00:00:00Z") && request.time < timestamp("2036-01-01T00:00:00Z")'
    )
    condition = {
        "title": "JIT access activation",
        "description": "Approved by bob@example.com, justification: INC-43",
        "expression": f"({window})",
    }
    own: dict[str, Any] = {"role": HERS[1], "members": ["user:alice@example.com"], "condition": condition}

    def activate(policy: dict[str, Any]) -> None:
        kept = [each for each in policy["bindings"] if not _temporary(each, own)]
        policy["bindings"] = [*kept, own]

    cloud.google.edit(HERS[0], activate)
    return own


def _temporary(binding: dict[str, Any], like: dict[str, Any]) -> bool:
    same = (binding["role"], binding["members"]) == (like["role"], like["members"])
    return same and "request.time" in binding.get("condition", {}).get("expression", "")
