"""`countersign report`: who had what, on both stores; reasons for auditors alone, and no formula in any cell."""

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import Result

from approvals.policy.model import Requirement
from approvals.policy.reading.parse import digest_of
from approvals.ports.store import Store, StoredPolicy
from approvals.requests import Decision
from approvals.reviews import typed
from sandbox.google import Google
from tests.bot.commands import run
from tests.contracts.stores.conftest import firestore_host, new_place, place
from tests.contracts.stores.places import Place
from tests.support.builders import NOW, filed, grant, terms
from tests.support.damage import spoil
from tests.support.googles import google, google_stage, google_url
from tests.support.running import POLICY

__all__ = ["firestore_host", "google", "google_stage", "google_url", "new_place", "place"]

AUDITED = POLICY.replace(
    "identity: {domains: [example.com]}\n",
    "identity: {domains: [example.com], aliases: {alice@example.com: [a.smith@example.com]}}\n"
    'auditors: ["group:security", "group:audit@example.com"]\n',
)
APPROVED = Decision(outcome="approved", at=NOW, by=("bob@example.com",))
Reports = Callable[..., Result]


def had(store: Store, request_id: str, state: Any, *, day: int = 0, **changes: Any) -> None:
    """Store an approved request with a grant of an hour, `day` days after the first."""
    start = NOW + timedelta(days=day)
    asked = terms(justification=typed(changes.pop("reason", "INC-42"), salt="s" * 16), **changes.pop("terms", {}))
    made = {"state": "approved", "decision": APPROVED, "terms": asked} | changes.pop("request", {})
    store.create(filed(request_id, grant=grant(state, start=start, **changes), **made), key=f"key:{request_id}")


@pytest.fixture
def reports(place: Place) -> Reports:
    """Runs the command on a store in which four people had something, and one nothing."""
    store = place.open()
    store.keep(StoredPolicy(digest=digest_of(AUDITED), text=AUDITED, source="policy.yaml", loaded_at=NOW))
    closed = NOW + timedelta(minutes=20)
    had(store, "r-0000000001", "ended", closed_at=closed, closed_by="alice@example.com", cause="holder")
    had(store, "r-0000000002", "active", day=2, request={"requester": "dan@example.com"})
    had(store, "r-0000000003", "failed", day=3, request={"requester": "carol@example.com"})
    had(
        store,
        "r-0000000004",
        "ended",
        day=4,
        terms={"resource": "folders/1", "requirement": Requirement(kind="self")},
    )
    store.create(filed("r-0000000005", requester="erin@example.com"), key="key:5")
    store.close()
    settings = place.settings() | {"COUNTERSIGN_SANDBOX": "1"}  # type: ignore[attr-defined]
    return lambda *arguments, **env: run("report", *arguments, env=settings | env)


def rows(done: Result) -> list[dict[str, Any]]:
    assert done.exit_code == 0, done.output
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def requests_of(done: Result) -> list[str]:
    return [row["request"][-1] for row in rows(done)]


def installation(place: Place) -> list[dict[str, Any]]:
    store = place.open()
    found = [
        dict(entry.detail) | {"actor": entry.actor} for entry in store.entries("") if "report" in entry.action
    ]
    store.close()
    return found


@pytest.mark.parametrize("who", ["alice@example.com", "bob@example.com", "gwen@partner.example"])
def test_who_is_no_auditor_reads_no_reason_and_nothing_else_either(
    reports: Reports, place: Place, who: str
) -> None:
    done = reports("--as", who, "--json", GOOGLE_API_BASE_URL="http://127.0.0.1:9", COUNTERSIGN_SANDBOX="1")
    assert (done.exit_code, done.stdout) == (1, "")
    assert installation(place) == []


def test_numbers_are_of_everything_and_of_nothing_less(reports: Reports) -> None:
    for narrowed in (("--csv",), ("--person", "alice@example.com"), ("--as", "carol@example.com")):
        assert reports("--numbers", *narrowed).exit_code == 2
    assert reports("--numbers", "--since", "yesterday").exit_code == 2

    said = reports("--numbers", "--since", "2020-01-01")
    told = json.loads(reports("--numbers", "--since", "2020-01-01", "--json").stdout)

    assert (told["read"], told["whole"], told["outcomes"]) == (5, True, {"approved": 4, "pending": 1})
    assert said.exit_code == 0
    assert "5 requests since 2020-01-01" in said.stdout
    assert "0 requests since 2026-" in reports("--numbers", "--since", "1s").stdout
    assert "Never asked for: admin" in said.stdout


def test_reasons_are_left_out_unless_an_auditor_is_named(reports: Reports) -> None:
    for form in ((), ("--csv",), ("--json",)):
        done = reports(*form)
        assert done.exit_code == 0
        assert "alice@example.com" in done.stdout
        assert "INC-42" not in done.stdout


def test_an_auditor_reads_reasons_and_the_audit_says_so(
    reports: Reports, place: Place, google: Google, google_url: str
) -> None:
    env = {"GOOGLE_API_BASE_URL": google_url, "LOGNAME": "somebody-else"}
    google.set_group("audit@example.com", ["erin@example.com"])
    for who in ("carol@example.com", "erin@example.com"):
        done = reports("--as", who, "--json", "--person", "alice@example.com", **env)
        assert [row["reason"] for row in rows(done)] == ["INC-42", "INC-42"]
    carol, erin = installation(place)
    assert (carol["as"], erin["as"]) == ("carol@example.com", "erin@example.com")
    assert carol["person"] == "alice@example.com"
    assert carol["actor"].startswith("os:")
    assert carol["actor"] != "os:somebody-else"


def test_each_access_that_was_given_has_a_row_oldest_first(reports: Reports) -> None:
    assert requests_of(reports("--json")) == ["1", "2", "4"]
    assert rows(reports("--json"))[0] == {
        "person": "alice@example.com",
        "resource": "projects/payments-prod",
        "roles": ["roles/run.admin"],
        "grant": "iam",
        "entitlement": "payments-admin",
        "title": "Payments administration",
        "since": "2026-11-22T10:00:00Z",
        "until": "2026-11-22T10:20:00Z",
        "state": "ended",
        "ended_by": "alice@example.com",
        "approved_by": ["bob@example.com"],
        "break_glass": "",
        "request": "r-0000000001",
    }


def test_an_access_whose_time_ended_while_the_service_was_stopped_is_not_called_active(
    new_place: Callable[[str], Place],
) -> None:
    at, now = new_place("sqlite"), datetime.now(UTC)
    store = at.open()
    had(store, "r-0000000001", "active")
    made = {"grant": grant("active", start=now.replace(microsecond=0) - timedelta(minutes=10))}
    store.create(filed("r-0000000002", state="approved", decision=APPROVED, **made), key="key:2")
    store.close()

    found = rows(run("report", "--json", env=at.settings()))  # type: ignore[attr-defined]
    assert [row["state"] for row in found] == ["ended", "active"]


def test_it_can_be_narrowed(reports: Reports) -> None:
    assert requests_of(reports("--json", "--resource", "folders/1")) == ["4"]
    assert requests_of(reports("--json", "--person", "dan@example.com")) == ["2"]
    assert requests_of(reports("--json", "--person", "A.Smith@example.com")) == ["1", "4"]
    assert requests_of(reports("--json", "--since", "2026-11-23")) == ["2", "4"]
    assert requests_of(reports("--json", "--since", "2026-11-22T10:20:00Z")) == ["2", "4"]


def test_people_read_a_line_for_each_and_how_many_there_are(reports: Reports) -> None:
    lines = reports().stdout.splitlines()
    assert lines[0] == (
        "2026-11-22T10:00:00Z to 2026-11-22T10:20:00Z  alice@example.com  projects/payments-prod  roles/run.admin"
        "  ended by alice@example.com, approved by bob@example.com (r-0000000001)"
    )
    assert "approved by nobody else" in lines[2]
    assert lines[-1] == "3 accesses"


FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "|cmd", "＝1"]


@pytest.mark.parametrize("between", [";", ",", '"', "; ", ";;"])
def test_no_formula_begins_behind_what_a_spreadsheet_may_part_cells_by(
    new_place: Callable[[str], Place], between: str
) -> None:
    at = new_place("sqlite")
    store = at.open()
    store.keep(StoredPolicy(digest=digest_of(AUDITED), text=AUDITED, source="policy.yaml", loaded_at=NOW))
    had(store, "r-0000000001", "ended", reason=f"INC-42{between}=1+cmd")
    store.close()

    done = run("report", "--csv", "--as", "carol@example.com", env=at.settings())  # type: ignore[attr-defined]
    (_, row) = csv.reader(io.StringIO(done.stdout))
    assert row[-1] == f"INC-42{between.rstrip()}'{' ' * (len(between) - len(between.rstrip()))}=1+cmd"


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_cell_of_a_spreadsheet_is_a_formula_and_no_line_steers_a_terminal(
    new_place: Callable[[str], Place], formula: str
) -> None:
    at = new_place("sqlite")
    store = at.open()
    store.keep(StoredPolicy(digest=digest_of(AUDITED), text=AUDITED, source="policy.yaml", loaded_at=NOW))
    had(store, "r-0000000001", "ended", reason=f"{formula}\x1b[2J\n\u202esecond", terms={"title": formula})
    store.close()
    env = at.settings()  # type: ignore[attr-defined]
    done = run("report", "--csv", "--as", "carol@example.com", env=env)
    assert done.exit_code == 0, done.output
    head, row = csv.reader(io.StringIO(done.stdout))
    assert head[-1] == "reason"
    assert row[-1].startswith("'")
    assert row[head.index("title")].startswith("'")
    for form in ((), ("--csv",), ("--json",)):
        shown = run("report", *form, "--as", "carol@example.com", env=env).stdout
        assert not {"\x1b", "\u202e"} & set(shown)


def test_what_cannot_be_used_is_exit_code_two(reports: Reports) -> None:
    assert reports("--csv", "--json").exit_code == 2
    done = reports("--since", "yesterday")
    assert done.exit_code == 2
    assert "--since: 'yesterday' is neither a day such as 2026-11-01 nor a time such as 30d" in done.stderr
    # A name that no resource or person can have is no reason to say that nobody had anything.
    for wrong in (
        ("--resource", "payments-prod"),
        ("--resource", "projects/payments-prod/"),
        ("--person", "bob"),
        ("--as", "x"),
    ):
        done = reports(*wrong)
        assert (done.exit_code, done.stdout) == (2, "")
        assert f"{wrong[0]}: {wrong[1]!r}" in done.stderr


# --- what cannot be read


def test_a_record_that_cannot_be_read_is_named_and_the_others_are_reported(reports: Reports, place: Place) -> None:
    store = place.open()
    spoil(store, store.request("r-0000000002"))
    store.close()

    done = reports("--json")

    assert done.exit_code == 1
    assert [row["request"][-1] for row in json.loads(done.stdout)] == ["1", "4"]
    assert "not whole: 1 request cannot be read (r-0000000002)" in done.stderr


INVALID = ["version: 1\nidentity: {}\nentitlements: []\n", "version: 9\n", "- no policy\n"]


@pytest.mark.parametrize("text", INVALID)
def test_a_policy_in_force_that_cannot_be_read_ends_no_report(reports: Reports, place: Place, text: str) -> None:
    _keep(place, text)

    assert requests_of(reports("--json")) == ["1", "2", "4"]
    assert reports("--json").stderr == ""
    done = reports("--json", "--person", "alice@example.com")
    assert requests_of(done) == ["1", "4"]
    assert "aliases are not known: name each address" in done.stderr


@pytest.mark.parametrize("text", INVALID)
def test_nobody_is_an_auditor_by_a_policy_that_cannot_be_read(reports: Reports, place: Place, text: str) -> None:
    _keep(place, text)

    done = reports("--json", "--as", "carol@example.com")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "leave --as out for a report without reasons" in done.stderr
    assert installation(place) == []


def _keep(place: Place, text: str) -> None:
    store = place.open()
    store.keep(StoredPolicy(digest=digest_of(text), text=text, source="policy.yaml", loaded_at=NOW))
    store.close()
