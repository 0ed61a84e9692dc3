"""`policy lint --people`: how many people each rule tells, for people to read."""

from pathlib import Path

import pytest

from sandbox.app import Sandbox
from tests.bot.commands import run
from tests.support.running import POLICY

SOUND = POLICY.replace("roles/compute.instanceAdmin.v1", "roles/cloudsql.editor")
COUNT = f"entitlements read: {POLICY.count('  - id: ')}"
TOLD = """\
admin: 4 people would be told
pair: 4 people would be told
signed, stage 1 of 2: 3 people would be told
signed, stage 2 of 2: 1 person would be told
narrow: 1 person would be told
logs: no people would be told
"""


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    file = tmp_path / "policy.yaml"
    file.write_text(SOUND)
    return file


def test_every_rule_s_number_is_said_to_people_and_is_no_problem(policy: Path) -> None:
    done = run("policy", "lint", "--people", policy)

    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == f"{TOLD}no problems; {COUNT}\n"


def test_directory_groups_are_counted_where_google_is_asked(policy: Path) -> None:
    theirs = SOUND.replace('approvers: ["group:security"], needed: 1}', 'approvers: ["group:team@example.com"]}')
    policy.write_text(theirs)
    with Sandbox.start() as box:
        box.google.set_group("team@example.com", ["alice@example.com", "bob@example.com"])
        env = {"GOOGLE_API_BASE_URL": box.google_api_url, "COUNTERSIGN_SANDBOX": "1"}
        alone, live = (run("policy", "lint", "--people", *more, policy, env=env) for more in ((), ("--live",)))

    unknown = "narrow: no people would be told, besides team@example.com, whose people are not known here"
    assert unknown in alone.stderr.splitlines()
    assert "narrow: 2 people would be told" in live.stderr.splitlines()
    assert live.exit_code == 0


def test_nobody_is_counted_in_a_file_with_errors(policy: Path) -> None:
    policy.write_text(SOUND.replace("version: 1", "version: 2"))
    done = run("policy", "lint", "--people", policy)

    assert (done.exit_code, done.stderr) == (1, "1 error\n")
