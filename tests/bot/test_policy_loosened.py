"""What the log says of a policy that is taken: what nobody else has to approve any more, which refuses nothing."""

import logging
from pathlib import Path

import pytest

from approvals.backends.stores.sqlite import SqliteStore
from approvals.ports.store import StoredPolicy
from bot.policy_file import PolicyFile
from tests.bot.policy_files import OTHER, file, now, path, store
from tests.support.running import POLICY

__all__ = ["file", "path", "store"]

STAGES = """\
    approval:
      - {approvers: ["group:sre", "group:security"], needed: 1}
"""
LOOSE = POLICY.replace(STAGES, "    approval: self\n")
SAID = "policy: admin no longer needs anybody else's approval: people approve it themselves"


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


def test_what_nobody_else_approves_any_more_is_warned_of_once_and_is_in_force(
    file: PolicyFile, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path.write_text(LOOSE)

    assert [file.refresh(), file.refresh()] == [True, False]
    assert file.current().entitlements["admin"].requirement.kind == "self"
    assert warnings(caplog) == [SAID]

    path.write_text(POLICY)
    assert file.refresh()
    assert warnings(caplog) == [SAID]


def test_what_changed_so_while_nothing_ran_is_warned_of_at_the_start(
    file: PolicyFile, path: Path, store: SqliteStore, caplog: pytest.LogCaptureFixture
) -> None:
    path.write_text(LOOSE)
    for _ in range(2):
        again = PolicyFile(path, store=store, clock=now)
        again.record()
    assert warnings(caplog) == [SAID]


def test_a_first_policy_is_compared_with_nothing(
    path: Path, store: SqliteStore, caplog: pytest.LogCaptureFixture
) -> None:
    path.write_text(LOOSE)
    PolicyFile(path, store=store, clock=now).record()
    assert warnings(caplog) == []


def test_a_last_good_policy_that_cannot_be_read_keeps_no_file_from_being_taken(
    path: Path, file: PolicyFile, store: SqliteStore, caplog: pytest.LogCaptureFixture
) -> None:
    kept = store.last_good()
    assert kept is not None
    store.keep(StoredPolicy(digest=kept.digest, text=LOOSE, source=kept.source, loaded_at=kept.loaded_at))
    path.write_text(OTHER)
    again = PolicyFile(path, store=store, clock=now)
    again.record()

    assert again.current().entitlements["admin"].title == "Compute administration"
    (said,) = warnings(caplog)
    assert said.startswith("the policy cannot be compared with the one before it: ")
