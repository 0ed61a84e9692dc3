"""`policy lint --people`: how many people each rule tells, for people to read."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.app import Sandbox
from sandbox.slack.faults import Kind
from tests.bot.commands import environment, run
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


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox.start() as started:
        yield started


def said(box: Sandbox, policy: Path, **changes: str) -> list[str]:
    """What is said with the settings of a service, once its numbers are through."""
    outside = {"SLACK_API_URL": box.slack_api_url, "GOOGLE_API_BASE_URL": box.google_api_url}
    env = environment(policy.parent, **outside, SLACK_BOT_TOKEN=box.bot_token) | changes
    done = run("policy", "lint", "--people", "--live", policy, env=env)
    assert (done.exit_code, done.stdout) == (0, "")
    return done.stderr.removeprefix(TOLD).splitlines()[:-1]


def test_whoever_has_no_account_any_more_is_named_with_what_counts_on_them(box: Sandbox, policy: Path) -> None:
    assert said(box, policy) == []
    people = box.slack.state.people
    dan = next(who for who, each in people.items() if each.email == "dan@example.com")
    box.slack.state.change_person(dan, deleted=True)
    gone = "dan@example.com has no active account in slack, and is counted for admin; pair; signed, stage 1 of 2"

    assert said(box, policy) == [gone]

    alias = "domains: [example.com], aliases: {dan@example.com: [d.ray@example.com]}"
    policy.write_text(SOUND.replace("domains: [example.com]", alias))
    box.slack.state.change_person(dan, deleted=False, email="d.ray@example.com")
    assert said(box, policy) == []
    box.slack.state.change_person(dan, email="dan@example.com")


@pytest.mark.parametrize("kind", ["error", "ratelimit"])
def test_what_slack_does_not_say_is_not_known_and_nobody_is_called_gone(
    box: Sandbox, policy: Path, kind: Kind
) -> None:
    box.slack.faults.add("users.lookupByEmail", kind)
    (line,) = said(box, policy)
    assert line.startswith("from alice@example.com on, who of them still has an account is not known: ")


def test_without_the_settings_of_the_service_nobody_is_called_gone(box: Sandbox, policy: Path) -> None:
    (line,) = said(box, policy, SLACK_BOT_TOKEN="")
    assert line.startswith("who of them still has an account is not known: run this with all settings")


def test_nobody_is_counted_in_a_file_with_errors(policy: Path) -> None:
    policy.write_text(SOUND.replace("version: 1", "version: 2"))
    done = run("policy", "lint", "--people", policy)

    assert (done.exit_code, done.stderr) == (1, "1 error\n")
