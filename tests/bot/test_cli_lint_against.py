"""`policy lint --against`: what nobody else has to approve any more, compared with a file or what is in force."""

from pathlib import Path

import pytest

from approvals.backends.stores.sqlite import open_sqlite
from approvals.policy.reading.parse import digest_of
from approvals.ports.store import StoredPolicy
from tests.bot.commands import run
from tests.support.builders import NOW
from tests.support.running import POLICY

SOUND = POLICY.replace("roles/compute.instanceAdmin.v1", "roles/cloudsql.editor")
STAGES = """\
    approval:
      - {approvers: ["group:sre", "group:security"], needed: 1}
"""
LOOSE = SOUND.replace(STAGES, "    approval: self\n")
COUNT = f"entitlements read: {POLICY.count('  - id: ')}"
SAID = "admin no longer needs anybody else's approval: people approve it themselves"


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    file = tmp_path / "policy.yaml"
    file.write_text(LOOSE)
    return file


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """The settings of a machine on which a service may have run."""
    return {"COUNTERSIGN_STORE": f"sqlite:///{tmp_path / 'countersign.db'}"}


def keep(tmp_path: Path, text: str, *, digest: str) -> None:
    store = open_sqlite(tmp_path / "countersign.db", now=NOW)
    store.keep(StoredPolicy(digest=digest, text=text, source="/etc/policy.yaml", loaded_at=NOW))
    store.close()


def test_a_file_that_asks_fewer_people_than_another_is_warned_of_and_is_no_error(
    policy: Path, tmp_path: Path
) -> None:
    other = tmp_path / "before.yaml"
    other.write_text(SOUND)
    done = run("policy", "lint", policy, "--against", other)

    assert done.exit_code == 0
    alone, looser = done.stdout.splitlines()
    assert alone == f"{policy}:16:15: now-alone: warning: {SAID}"
    assert looser.startswith(
        f"{policy}:16:15: looser: warning: admin: approval: by themselves; was 1 of group:sre "
    )
    assert done.stderr == f"2 warnings; {COUNT}\n"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            'requesters: ["group:sre"]',
            'requesters: ["domain:example.com"]',
            "may be asked for by: domain:example.com",
        ),
        ("  sre: [", "  sre: [erin@example.com, ", "group:sre (erin@example.com, alice@example.com, "),
        (
            "{default: 1h, max: 4h}",
            "{default: 1h, max: 5h}",
            "longest duration: 5 hours",
        ),
    ],
    ids=["who may ask", "who is in a group", "how long"],
)
def test_whatever_is_looser_is_named_at_its_place(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in SOUND
    (tmp_path / "before.yaml").write_text(SOUND)
    (tmp_path / "now.yaml").write_text(SOUND.replace(old, new, 1))
    done = run("policy", "lint", tmp_path / "now.yaml", "--against", tmp_path / "before.yaml")

    assert done.exit_code == 0
    assert said in done.stdout
    assert ": looser: warning: " in done.stdout


def test_what_is_looser_of_whose_accounts_count_is_named_where_that_is_written(tmp_path: Path) -> None:
    (tmp_path / "before.yaml").write_text(SOUND)
    (tmp_path / "now.yaml").write_text(SOUND.replace("[example.com]}", "[example.com], guests: request}", 1))
    done = run("policy", "lint", tmp_path / "now.yaml", "--against", tmp_path / "before.yaml")

    assert f"{tmp_path / 'now.yaml'}:2:1: looser: warning: identity: " in done.stdout


def test_what_is_narrower_is_said_and_is_no_warning(tmp_path: Path) -> None:
    (tmp_path / "before.yaml").write_text(SOUND.replace("  sre: [", "  sre: [erin@example.com, ", 1))
    (tmp_path / "now.yaml").write_text(SOUND)
    done = run("policy", "lint", tmp_path / "now.yaml", "--against", tmp_path / "before.yaml")

    assert (done.exit_code, done.stdout) == (0, "")
    assert "narrower: admin: approval: 1 of group:sre (alice@example.com" in done.stderr


def test_the_policy_in_force_is_the_last_good_one_of_the_store(
    policy: Path, tmp_path: Path, env: dict[str, str]
) -> None:
    keep(tmp_path, SOUND, digest=digest_of(SOUND))
    assert SAID in run("policy", "lint", "--against", "in-force", policy, env=env).stdout

    keep(tmp_path, LOOSE, digest=digest_of(LOOSE))
    done = run("policy", "lint", "--against", "in-force", policy, env=env)
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", f"no problems; {COUNT}\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "no policy was in force yet"),
        ("version: 1\n", "somebody changed it there"),
    ],
)
def test_nothing_in_force_that_can_be_compared_with_is_exit_code_two(
    policy: Path, tmp_path: Path, env: dict[str, str], text: str | None, said: str
) -> None:
    if text is not None:
        keep(tmp_path, text, digest=digest_of(SOUND))
    done = run("policy", "lint", "--against", "in-force", policy, env=env)

    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr


@pytest.mark.parametrize(
    ("text", "said"), [(None, "cannot be read: No such file or directory"), ("version: 2\n", ":1:10: bad-version")]
)
def test_another_file_that_is_no_policy_is_exit_code_two(
    policy: Path, tmp_path: Path, text: str | None, said: str
) -> None:
    other = tmp_path / "before.yaml"
    if text is not None:
        other.write_text(text)
    done = run("policy", "lint", "--against", other, policy)

    assert (done.exit_code, done.stdout) == (2, "")
    assert f"{other}" in done.stderr
    assert said in done.stderr


def test_a_file_with_an_error_is_not_compared_and_that_is_said(policy: Path, tmp_path: Path) -> None:
    other = tmp_path / "before.yaml"
    other.write_text(SOUND)
    policy.write_text(LOOSE.replace("version: 1", "version: 2"))
    done = run("policy", "lint", "--against", other, policy)

    assert done.exit_code == 1
    assert "now-alone" not in done.stdout
    assert done.stderr == "1 error; mend the errors, then it is compared\n"
