"""`countersign drift`: what it prints, what it takes out, and how it ends where a part cannot be read."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import Result

from approvals.backends.stores.sqlite import open_sqlite
from approvals.policy.reading.parse import digest_of
from approvals.ports.store import StoredPolicy
from sandbox.google import Fault, Google
from tests.approvals.uses.test_drifting import put_back
from tests.bot.commands import run
from tests.support.builders import RESOURCE
from tests.support.direct import Wire, direct_iam
from tests.support.eligible import mark
from tests.support.googles import FOLDER, ORGANIZATION, google, google_stage, google_url
from tests.support.running import POLICY
from tests.support.world import POLICY as OF_WORLD
from tests.support.world import World

__all__ = ["google", "google_stage", "google_url"]

PROD, DATA = "projects/shop-prod", "projects/shop-data"
Drifts = Callable[..., Result]


@pytest.fixture
def drifts(tmp_path: Path, google: Google, google_url: str) -> Drifts:
    """Runs the command beside a store with a policy, and a Google with the two projects of it."""
    google.add(PROD)
    google.add(DATA)
    keep(tmp_path, POLICY)
    env = {
        "COUNTERSIGN_STORE": f"sqlite:///{tmp_path / 'store.db'}",
        "GOOGLE_API_BASE_URL": google_url,
        "COUNTERSIGN_SANDBOX": "1",
    }
    return lambda *arguments: run("drift", *arguments, env=env)


def keep(folder: Path, policy: str) -> None:
    """Make a policy that in force."""
    now = datetime.now(UTC)  # as the command reads it: what is older than ninety days is another matter
    store = open_sqlite(folder / "store.db", now=now)
    store.keep(StoredPolicy(digest=digest_of(policy), text=policy, source="policy.yaml", loaded_at=now))
    store.close()


def stand(google: Google, resource: str, member: str, role: str = "roles/logging.viewer") -> None:
    binding = {"role": role, "members": [member]}
    google.edit(resource, lambda policy: policy["bindings"].append(binding))


def test_without_a_store_there_is_nothing_to_hold_it_against(tmp_path: Path) -> None:
    done = run("drift", env={"COUNTERSIGN_STORE": f"sqlite:///{tmp_path / 'none.db'}"})
    assert done.exit_code == 2


def test_where_nothing_drifted_it_ends_well(drifts: Drifts) -> None:
    done = drifts()
    assert (done.exit_code, done.stdout.splitlines()[0]) == (0, "0 to look at on 2 of 2 covered resources")


def test_what_stands_beside_the_policy_is_printed_and_left(drifts: Drifts, google: Google) -> None:
    stand(google, PROD, "user:eve@example.com")
    done = drifts("--remove")

    assert done.exit_code == 1
    assert f"  {PROD} roles/logging.viewer user:eve@example.com; gives access" in done.stdout.splitlines()
    assert google.calls("setIamPolicy") == []
    (found,) = json.loads(drifts("--json").stdout)["found"]
    assert (found["kind"], found["member"], found["gives"]) == ("standing", "user:eve@example.com", True)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(method="getIamPolicy", resource=DATA, status=403),
        Fault(method="getIamPolicy", resource=DATA, status=429),
        Fault(method="getIamPolicy", resource=DATA, status=503),
        Fault(method="getIamPolicy", resource=DATA, delay=3.0),
        Fault(method="getIamPolicy", resource=DATA, drip="body"),
    ],
    ids=["forbidden", "too often", "away", "slow", "in drips"],
)
def test_a_project_that_cannot_be_read_is_named_and_hides_no_other(
    drifts: Drifts, google: Google, fault: Fault
) -> None:
    stand(google, PROD, "user:eve@example.com")
    google.faults.set(fault)
    done = drifts("--within", "1")

    assert done.exit_code == 1
    assert done.stdout.splitlines()[0] == "1 to look at on 1 of 2 covered resources"
    assert f"not looked at: {DATA}: " in done.stdout
    assert "user:eve@example.com" in done.stdout


def test_a_member_that_would_steer_the_terminal_does_not(drifts: Drifts, google: Google) -> None:
    google._keep(
        PROD, {"bindings": [{"role": "roles/logging.viewer", "members": ["user:e\x1b[2J\nve@example.com"]}]}
    )
    said = drifts().stdout
    assert "\x1b" not in said
    assert [line for line in said.splitlines() if line.startswith("ve@")] == []


def test_the_scope_of_what_iam_offers_is_searched_too(drifts: Drifts, tmp_path: Path, google: Google) -> None:
    usual = "duration: {default: 1h, max: 2h}"
    keep(tmp_path, POLICY + f"sources: {{jit_access: {{scope: {ORGANIZATION}, {usual}}}}}\n")
    mark(google, "roles/run.viewer", "user:alice@example.com", on=FOLDER)
    stand(google, FOLDER, "user:eve@example.com", "roles/run.viewer")
    done = drifts("--remove")

    assert done.exit_code == 1
    said = done.stdout.splitlines()
    assert said[0] == (
        "1 to look at on 2 of 2 covered resources,"
        f" and on 1 that Asset Inventory has bindings of in {ORGANIZATION}"
    )
    text = (
        f"  {FOLDER} roles/run.viewer user:eve@example.com; gives access; also on 1 project below with that role"
    )
    assert text in said
    google.faults.set(Fault(method="projects.search", status=403))
    done = drifts()
    assert done.exit_code == 1
    assert f"not looked at: {ORGANIZATION}: Asset Inventory does not say what IAM offers" in done.stdout


def test_who_is_in_a_group_for_good_is_printed_with_what_may_be_asked_for_there(
    drifts: Drifts, tmp_path: Path, google: Google
) -> None:
    group = (
        "entitlements:\n  - id: joins\n    title: Payments\n    grant: group\n    group: payments@example.com\n"
    )
    rest = '    requesters: ["domain:example.com"]\n    duration: {default: 1h, max: 2h}\n    approval: self\n'
    keep(tmp_path, POLICY.replace("entitlements:\n", group + rest, 1))
    google.set_group("payments@example.com", ["eve@example.com"])
    done = drifts("--remove")

    assert done.exit_code == 1
    said = done.stdout.splitlines()
    assert said[0] == "1 to look at on 2 of 2 covered resources and in 1 of 1 group"
    assert "  groups/payments@example.com MEMBER user:eve@example.com; gives access" in said
    assert json.loads(drifts("--json").stdout)["groups"] == 1
    google.faults.set(Fault(method="groups.lookup", status=403))
    done = drifts()
    assert done.exit_code == 1
    assert done.stdout.splitlines()[0] == "0 to look at on 2 of 2 covered resources and in 0 of 1 group"
    assert "not looked at: groups/payments@example.com: " in done.stdout


def test_what_google_did_not_let_it_take_out_is_said_beside_all_else(
    drifts: Drifts, tmp_path: Path, google: Google
) -> None:
    google.add(RESOURCE)
    world = World(tmp_path, granter=Wire(direct_iam(google)))
    put_back(world, google)
    world.close()
    keep(tmp_path, OF_WORLD)
    stand(google, RESOURCE, "user:eve@example.com", "roles/run.admin")
    google.faults.set(Fault(method="setIamPolicy", status=403))
    done = drifts("--remove")

    assert done.exit_code == 1
    assert done.stdout.splitlines()[0].startswith("2 to look at on ")
    assert f"not taken out: {RESOURCE}: " in done.stdout
    assert "not looked at: " not in done.stdout
    google.faults.set(Fault(method="setIamPolicy", status=403))
    assert [each["resource"] for each in json.loads(drifts("--remove", "--json").stdout)["kept"]] == [RESOURCE]
