"""Which policies come into force, and that an upgrade ends no service whose policy it would refuse."""

from pathlib import Path

import pytest

from approvals.backends.stores.sqlite import SqliteStore
from approvals.policy.lint import lint
from approvals.policy.reading.document import PolicyError
from approvals.policy.reading.parse import digest_of
from approvals.ports.store import StoredPolicy
from bot.policy_file import PolicyFile
from tests.bot.policy_files import BROKEN, OTHER, errors, now, store
from tests.support.running import POLICY

__all__ = ["store"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "policy.yaml"


# Each of these lint calls an error; the first one is no mistake of the file's form.
UNREACHABLE = ('["group:sre", "group:security"], needed: 2', '["group:sre"], needed: 3')
CHANNEL = ('channel: "#access"', 'channel: "access"')
ENTITLEMENT = ("title: Deploy", 'title: ""')
IDENTITY = ("identity: {domains: [example.com]}", "identity: {domains: [example.com, x]}")


@pytest.mark.parametrize("change", [UNREACHABLE, CHANNEL, ENTITLEMENT, IDENTITY])
def test_what_lint_calls_an_error_is_refused_at_the_start_and_when_the_file_changes(
    change: tuple[str, str], path: Path, store: SqliteStore, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = POLICY.replace(*change)
    assert wrong != POLICY
    assert any(problem.severity == "error" for problem in lint(wrong, source="p.yaml"))
    path.write_text(wrong)
    with pytest.raises(PolicyError):
        PolicyFile(path, store=store, clock=now)

    path.write_text(POLICY)
    file = PolicyFile(path, store=store, clock=now)
    file.record()
    path.write_text(wrong)
    assert not file.refresh()
    assert file.current().digest == digest_of(POLICY)
    assert errors(caplog)[-1] == f"the policy before it stays in force: {digest_of(POLICY)}"


def upgraded(text: str, path: Path, store: SqliteStore) -> PolicyFile:
    """A start with a policy that an earlier version accepted, in the store and on disk."""
    store.keep(StoredPolicy(digest=digest_of(text), text=text, source=str(path), loaded_at=now()))
    path.write_text(text)
    return PolicyFile(path, store=store, clock=now)


@pytest.mark.parametrize(
    ("change", "offered"),
    [
        (UNREACHABLE, {"admin", "pair", "signed", "narrow", "logs"}),
        (CHANNEL, {"admin", "pair", "signed", "narrow", "logs"}),
        # What cannot be read is not there, and grants nothing.
        (ENTITLEMENT, {"admin", "pair", "narrow", "logs"}),
        # Where people, groups or defaults cannot be read, the rest might mean more than it did.
        (IDENTITY, set()),
        (("{default: 1h, max: 4h}", "{default: 1h, max: 4}"), set()),
        (("security: [carol@example.com]", "security: [carol]"), set()),
    ],
)
def test_a_policy_in_force_survives_an_upgrade_that_refuses_it_and_the_log_says_so_at_each_start(
    change: tuple[str, str], offered: set[str], path: Path, store: SqliteStore, caplog: pytest.LogCaptureFixture
) -> None:
    text = POLICY.replace(*change)
    for _ in range(2):
        caplog.clear()
        file = upgraded(text, path, store)
        assert set(file.current().entitlements) == offered
        assert file.current().digest == digest_of(text)
        said = errors(caplog)
        assert said[0].startswith(f"the policy in force has what this version refuses: {path}:")
        assert said[-1].startswith(f"the last good policy stays in force: {digest_of(text)}, read from {path} on ")
        assert any("nothing can be asked for" in each for each in said) == (not offered)
        assert not any(each.startswith("policy refused") for each in said)
    assert not file.refresh()

    path.write_text(OTHER)
    assert file.refresh()


def test_another_file_does_not_come_into_force_by_the_digest_of_the_one_that_is(
    path: Path, store: SqliteStore
) -> None:
    text = POLICY.replace(*UNREACHABLE)
    upgraded(text, path, store)
    path.write_text(text + "# changed\n")
    assert PolicyFile(path, store=store, clock=now).current().digest == digest_of(text)


def test_a_kept_policy_that_was_changed_in_the_store_is_not_used(path: Path, store: SqliteStore) -> None:
    store.keep(StoredPolicy(digest=digest_of(OTHER), text=POLICY, source=str(path), loaded_at=now()))
    path.write_text(BROKEN)
    with pytest.raises(PolicyError, match="somebody changed it there"):
        PolicyFile(path, store=store, clock=now)
