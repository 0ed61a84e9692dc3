"""`countersign policy`: what is wrong and where, in exit codes that scripts can use."""

import json
from pathlib import Path

import pytest

from approvals.backends.stores.sqlite import open_sqlite
from approvals.policy.reading.parse import digest_of
from approvals.ports.store import StoredPolicy
from bot import __version__
from sandbox.app import Sandbox
from tests.bot.commands import run
from tests.support.builders import NOW
from tests.support.running import POLICY


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    file = tmp_path / "policy.yaml"
    file.write_text(POLICY)
    return file


def test_lint_says_every_problem_at_once_with_its_place(policy: Path) -> None:
    policy.write_text(
        POLICY.replace("version: 1", "version: 1\nnonsense: true").replace(
            'requesters: ["group:sre"]', 'requesters: ["group:nobody"]', 1
        )
    )
    done = run("policy", "lint", policy)

    assert done.exit_code == 1
    lines = done.stdout.splitlines()
    assert lines[0].startswith(f"{policy}:2:1: unknown-key: ")
    assert any("group:nobody" in line or "nobody" in line for line in lines[1:])
    assert all(line.startswith(f"{policy}:") for line in lines)


def test_lint_says_of_a_sound_policy_how_much_it_read_and_prints_nothing_that_a_program_would_read(
    policy: Path,
) -> None:
    policy.write_text(POLICY.replace("roles/compute.instanceAdmin.v1", "roles/cloudsql.editor"))
    done = run("policy", "lint", policy)
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == f"no problems; entitlements read: {POLICY.count('  - id: ')}\n"


def test_what_only_people_can_judge_is_said_and_is_no_error(policy: Path) -> None:
    policy.write_text(POLICY.replace("roles/logging.viewer", "roles/iam.securityAdmin"))
    done = run("policy", "lint", policy)
    assert done.exit_code == 0
    assert done.stdout.count("lasting-role") == 2
    assert done.stderr == f"2 warnings; entitlements read: {POLICY.count('  - id: ')}\n"


def test_errors_and_warnings_are_counted_apart(policy: Path) -> None:
    policy.write_text(POLICY.replace("version: 1", "version: 2"))
    done = run("policy", "lint", policy)
    assert (done.exit_code, done.stderr) == (1, "1 error, 1 warning\n")


def test_live_says_what_google_lacks_and_fails(policy: Path) -> None:
    sound = POLICY.replace("roles/compute.instanceAdmin.v1", "roles/cloudsql.editor")
    with Sandbox.start() as box:
        env = {"GOOGLE_API_BASE_URL": box.google_api_url, "COUNTERSIGN_SANDBOX": "1"}
        policy.write_text(sound)
        done = run("policy", "lint", "--live", policy, env=env)
        assert (done.exit_code, done.stdout) == (0, "")
        policy.write_text(sound.replace("projects/shop-data", "projects/shop-dta"))
        done = run("policy", "lint", "--live", policy, env=env)
        assert (done.exit_code, done.stderr) == (1, "1 warning; entitlements read: 5\n")
        assert "missing-resource: warning: there is no projects/shop-dta" in done.stdout


def test_live_asks_nothing_of_a_file_with_errors(policy: Path) -> None:
    policy.write_text(POLICY.replace("version: 1", "version: 2"))
    env = {"GOOGLE_API_BASE_URL": "http://127.0.0.1:9", "COUNTERSIGN_SANDBOX": "1"}
    done = run("policy", "lint", "--live", policy, env=env)
    assert (done.exit_code, done.stderr) == (1, "1 error, 1 warning; mend the errors, then Google is asked\n")


def test_live_without_credentials_says_where_to_get_some(policy: Path, tmp_path: Path) -> None:
    env = {"GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "none.json")}
    done = run("policy", "lint", "--live", policy, env=env)
    assert done.exit_code == 2
    assert "Google's application-default credentials cannot be used" in done.stderr


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe", b"version: [", b"- a", b"\x00", b"a: &a [*a]"])
def test_lint_places_what_is_no_policy_at_all(policy: Path, raw: bytes) -> None:
    policy.write_bytes(raw)
    done = run("policy", "lint", policy)
    assert done.exit_code == 1
    assert done.output.startswith(f"{policy}:1:")


@pytest.mark.parametrize("command", [("lint",), ("explain", "admin", "--requester", "alice@example.com")])
def test_a_file_that_cannot_be_read_is_exit_code_two(tmp_path: Path, command: tuple[str, ...]) -> None:
    for unreadable in (tmp_path / "none.yaml", tmp_path):
        done = run("policy", *command, unreadable)
        assert done.exit_code == 2
        assert str(unreadable) in done.output


def test_explain_says_who_may_ask_and_who_approves(policy: Path) -> None:
    done = run("policy", "explain", "signed", "--requester", "alice@example.com", policy)
    assert done.exit_code == 0
    for word in ("roles/run.developer", "sre", "security", "signed"):
        assert word in done.output


def test_explain_says_who_may_not_ask(policy: Path) -> None:
    done = run("policy", "explain", "pair", "--requester", "carol@example.com", policy)
    assert done.exit_code == 0
    assert "carol@example.com is not among the people who may ask" in done.output


def test_explain_refuses_an_unknown_entitlement_and_an_unusable_address(policy: Path) -> None:
    unknown = run("policy", "explain", "nothing", "--requester", "alice@example.com", policy)
    assert unknown.exit_code == 1
    assert "no entitlement or action 'nothing'; it has admin, pair" in unknown.output
    assert run("policy", "explain", "admin", "--requester", "alice", policy).exit_code == 2


def test_explain_names_the_entitlement_and_the_person_that_may_have_been_meant(policy: Path) -> None:
    entitlement = run("policy", "explain", "singed", "--requester", "alice@example.com", policy)
    person = run("policy", "explain", "admin", "--requester", "alcie@example.com", policy)
    known = run("policy", "explain", "admin", "--requester", "alice@example.com", policy)
    other = run("policy", "explain", "admin", "--requester", "gwen@example.com", policy)

    assert "no entitlement or action 'singed'; did you mean signed?" in entitlement.output
    assert f"{policy} does not name alcie@example.com; did you mean alice@example.com?" in person.stderr
    assert "did you mean" not in known.output + other.output


def test_explain_places_what_is_wrong_in_the_policy(policy: Path) -> None:
    policy.write_text("version: 2\n")
    done = run("policy", "explain", "admin", "--requester", "alice@example.com", policy)
    assert done.exit_code == 2
    assert f"{policy}:1:10" in done.output


@pytest.fixture
def env(policy: Path, tmp_path: Path) -> dict[str, str]:
    """The settings of a machine on which a service ran with the policy file."""
    store = open_sqlite(tmp_path / "countersign.db", now=NOW)
    stored = StoredPolicy(digest=digest_of(POLICY), text=POLICY, source="/etc/policy.yaml", loaded_at=NOW)
    store.keep(stored)
    store.close()
    return {"COUNTERSIGN_STORE": f"sqlite:///{tmp_path / 'countersign.db'}", "COUNTERSIGN_POLICY": str(policy)}


@pytest.mark.parametrize(
    ("text", "beside"),
    [
        (POLICY, "{} is this one"),
        (POLICY + "# more\n", "{} is another one: a running service that reads it takes it within seconds"),
        (
            POLICY.replace("version: 1", "version: 2"),
            "{} is another one, and is refused: 1 error; `countersign policy lint` says what",
        ),
        (None, "{} cannot be read: No such file or directory"),
    ],
)
def test_show_prints_the_policy_in_force_and_how_the_file_stands_to_it(
    policy: Path, env: dict[str, str], text: str | None, beside: str
) -> None:
    policy.unlink() if text is None else policy.write_text(text)
    done = run("policy", "show", env=env)
    assert done.exit_code == 0
    head, rest = done.stdout.splitlines()[:3], done.stdout.splitlines()[3:]
    assert head == [
        f"# in force: {digest_of(POLICY)}",
        "# read from /etc/policy.yaml on 2026-11-22 10:00 UTC",
        f"# {beside.format(policy)}",
    ]
    assert rest == POLICY.splitlines()


def test_show_sends_no_escape_sequence_to_the_terminal(tmp_path: Path, env: dict[str, str]) -> None:
    store = open_sqlite(tmp_path / "countersign.db", now=NOW)
    store.keep(StoredPolicy(digest="sha256:0", text="a: \x1b[2J\n", source="/etc/\x1b[2J", loaded_at=NOW))
    store.close()
    assert "\x1b" not in run("policy", "show", env=env).output


def test_show_says_where_there_is_none(tmp_path: Path) -> None:
    assert run("policy", "show", env={"COUNTERSIGN_STORE": f"sqlite:///{tmp_path}/none.db"}).exit_code == 2
    open_sqlite(tmp_path / "new.db", now=NOW).close()
    done = run("policy", "show", env={"COUNTERSIGN_STORE": f"sqlite:///{tmp_path}/new.db"})
    assert (done.exit_code, done.stderr) == (1, "countersign: no policy was in force yet\n")


def test_schema_is_json_schema() -> None:
    done = run("policy", "schema")
    described = json.loads(done.output)
    assert done.exit_code == 0
    assert {"version", "identity", "entitlements"} <= set(described["properties"])


def test_version_and_help() -> None:
    assert run("--version").output.strip() == f"countersign, version {__version__}"
    for command in ("serve", "demo", "policy", "audit", "store", "key", "manifest"):
        assert command in run("--help").output
        assert run(command, "--help").exit_code == 0


@pytest.mark.parametrize(
    "line", ["nonsense", "policy explain", "demo --port 70000", "--nonsense", "store restore"]
)
def test_arguments_that_cannot_be_used_are_exit_code_two(line: str) -> None:
    assert run(*line.split()).exit_code == 2


def test_manifest_is_for_socket_mode_unless_there_is_an_address() -> None:
    assert "socket_mode_enabled: true" in run("manifest").output
    http = run("manifest", "--url", "https://bot.example.com", "--command", "/access").output
    assert "https://bot.example.com/slack/events" in http
    assert "/access" in http


@pytest.mark.parametrize("bad", [("--url", "bot.example.com"), ("--command", "jit"), ("--command", "/JIT x")])
def test_manifest_refuses_what_slack_would_refuse(bad: tuple[str, str]) -> None:
    done = run("manifest", *bad)
    assert done.exit_code == 2
    assert "countersign:" in done.output
