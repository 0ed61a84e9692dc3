"""The script that sets both Cloud Run services up, against a `gcloud` that makes nothing twice."""

import inspect
import json
from pathlib import Path
from typing import Any

import pytest

from bot.settings import read
from bot.variables import VARIABLES
from handlers.settings import Secret
from tests.deploy.conftest import NAME
from tests.deploy.desk import ROOT, TOKEN, Desk
from tests.support.running import POLICY

ACCOUNT = "countersign@shop-tools.iam.gserviceaccount.com"
SECRETS = [each.name for each in VARIABLES if inspect.signature(each.parse).return_annotation is Secret]
OWN = (
    "COUNTERSIGN_ROUTES",
    "COUNTERSIGN_PAGES_URL",
    "COUNTERSIGN_STORE",
    "COUNTERSIGN_SIGNER",
    "COUNTERSIGN_SWEEP_ACCOUNT",
    "IAP_AUDIENCE",
)


# --- what it refuses


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"PROJECT": "", "PEOPLE": ""}, "not set: PROJECT PEOPLE"),
        ({"PROJECT": "shop tools"}, "PROJECT: set a project's id"),
        ({"PROJECT": "shop-tools; true"}, "PROJECT: set a project's id"),
        ({"PROJECT": "shop-tools\n$(true)"}, "PROJECT: set a project's id"),
        ({"REGION": "Europe"}, "REGION: set a region"),
        ({"IMAGE": "an image"}, "IMAGE: set the address of an image"),
        ({"LOCATION": "$(true)"}, "LOCATION: set a location of Firestore"),
        ({"PEOPLE": "example.com"}, "PEOPLE: set members"),
        ({"PEOPLE": "allUsers"}, "PEOPLE: set members"),
        ({"PEOPLE": "domain:example.com --project=x"}, "PEOPLE: set members"),
        ({"NUMBER": "shop-tools"}, "NUMBER: set a project's number"),
        ({"PAGES_URL": "http://pages.example.com"}, "PAGES_URL: set the address of a host alone"),
        ({"PAGES_URL": "https://pages.example.com/x"}, "PAGES_URL: set the address of a host alone"),
        ({"POLICY": "nowhere.yaml"}, "POLICY: nowhere.yaml cannot be read"),
        ({"SETTINGS": "nowhere.env"}, "SETTINGS: nowhere.env cannot be read"),
    ],
    ids=repr,
)
def test_what_it_cannot_use_is_named_and_nothing_is_made(desk: Desk, changes: dict[str, str], said: str) -> None:
    done = desk.run("--apply", **{"NUMBER": "42", **changes})

    assert done.returncode == 2
    assert said in done.stderr
    assert (done.stdout, desk.calls) == ("", [])


@pytest.mark.parametrize(
    ("line", "said"),
    [
        *[(f"{name}=x", f"{name} is a secret") for name in SECRETS],
        *[(f"{name}=x", f"{name} is set by this script") for name in OWN],
        ("SMTP_SENDER_NAME=a##COUNTERSIGN_ROUTES=all", "no value may hold ##"),
        ("smtp", "'smtp' is no NAME=value"),
    ],
)
def test_a_setting_that_has_another_place_is_named(desk: Desk, line: str, said: str) -> None:
    (desk.folder / "more.env").write_text(f"LOG_LEVEL=INFO\n{line}\n")
    done = desk.run("--apply", NUMBER="42", SETTINGS="more.env")

    assert (done.returncode, desk.calls) == (2, [])
    assert said in done.stderr


def test_arguments_that_it_does_not_have_are_refused(desk: Desk) -> None:
    for arguments in (["--aply"], ["--apply", "--apply"], ["-n"]):
        done = desk.run(*arguments)
        assert (done.returncode, desk.calls) == (2, [])
        assert "usage:" in done.stderr


def test_a_number_that_nobody_tells_stops_it(desk: Desk) -> None:
    (desk.folder / "bin" / "gcloud").write_text("#!/bin/sh\nexit 1\n")
    done = desk.run("--apply")

    assert done.returncode == 2
    assert "sign in there, or set NUMBER" in done.stderr


def test_a_token_that_is_missing_stops_it_before_an_empty_secret_is_made(desk: Desk) -> None:
    done = desk.run("--apply", SLACK_BOT_TOKEN="")

    assert done.returncode != 0
    assert "SLACK_BOT_TOKEN" in done.stderr
    assert "secrets" not in desk.state["made"]


@pytest.mark.parametrize(
    "failing",
    [
        "services enable run.googleapis.com",
        "iam service-accounts create countersign-signer",
        "firestore indexes composite create",
        "run deploy countersign --quiet",
    ],
)
@pytest.mark.parametrize("printed", [False, True], ids=["run", "printed"])
def test_what_google_refuses_stops_it_and_nothing_is_made_after_it(
    desk: Desk, failing: str, printed: bool
) -> None:
    """Only that something is there already is no refusal."""
    gcloud = desk.folder / "bin" / "gcloud"
    refusing = f'case "$*" in "{failing}"*) echo "PERMISSION_DENIED: no" >&2; exit 1 ;; esac\n'
    gcloud.write_text(gcloud.read_text().replace("exec ", f"{refusing}exec "))
    if printed:
        (desk.folder / "lines.sh").write_text(desk.run().stdout)
    done = desk.called(["sh", "-eu", "lines.sh"]) if printed else desk.run("--apply")

    assert done.returncode != 0
    assert "PERMISSION_DENIED" in done.stderr
    assert list(desk.state.get("made", {}).get("services", {})) == []


# --- what it does


def test_without_apply_nothing_is_made(desk: Desk) -> None:
    done = desk.run()

    assert done.returncode == 0, done.stderr
    assert desk.calls == [["projects", "describe", "shop-tools", "--format=value(projectNumber)"]]
    assert TOKEN not in done.stdout


def test_each_service_starts_with_the_settings_that_it_gets(deployed: Desk) -> None:
    public, pages = (settings(deployed, name) for name in ("countersign", "countersign-pages"))

    assert (public.routes, pages.routes) == ("public", "pages")
    assert public.pages_url == pages.pages_url == "https://countersign-pages-42.europe-west1.run.app"
    assert pages.channels["iap"].audiences == ("/projects/42/locations/europe-west1/services/countersign-pages",)
    assert public.channels["iap"].audiences == ()
    for each in (public, pages):
        assert str(each.store) == "firestore://shop-tools/(default)"
        assert str(each.signer) == "iam:countersign-signer@shop-tools.iam.gserviceaccount.com"
        assert each.channels["mail"].sender == "countersign@example.com"
        assert each.channels["mail"].sender_name == NAME
    assert not (deployed.folder / "forged").exists()


def settings(desk: Desk, name: str) -> Any:
    """What the program reads in that service's container, as it would there."""
    service = desk.state["made"]["services"][name]
    held = desk.state["made"]["secrets"]
    secrets = {
        each: held[source.partition(":")[0]]["versions"][-1]
        for each, source in service["secrets"].items()
        if not each.startswith("/")
    }
    assert service["secrets"]["/etc/countersign/policy.yaml"] == "countersign-policy:latest"
    assert held["countersign-policy"]["versions"] == [POLICY]
    return read({**service["env"], **secrets, "K_SERVICE": name})


def test_the_pages_alone_stand_behind_the_proxy(deployed: Desk) -> None:
    services, bindings = deployed.state["made"]["services"], deployed.state["bindings"]

    cpu = {"quiet", "cpu-boost", "no-cpu-throttling"}
    assert set(services["countersign"]["flags"]) == cpu | {"no-invoker-iam-check"}
    assert set(services["countersign-pages"]["flags"]) == cpu | {"iap", "no-allow-unauthenticated"}
    agent = "serviceAccount:service-42@gcp-sa-iap.iam.gserviceaccount.com"
    assert [each for each in bindings if "run.invoker" in each] == [
        f"run services countersign-pages roles/run.invoker {agent}"
    ]
    passing = "iap web countersign-pages roles/iap.httpsResourceAccessor"
    assert [each for each in bindings if "httpsResourceAccessor" in each] == [
        f"{passing} domain:example.com",
        f"{passing} group:staff@example.com",
    ]


def test_an_instance_of_each_always_runs(deployed: Desk, swept: Desk) -> None:
    """Or, where Cloud Scheduler sweeps, one of the pages alone."""
    always, now_and_then = (
        [
            each.state["made"]["services"][name]["with"]["min-instances"]
            for name in ("countersign", "countersign-pages")
        ]
        for each in (deployed, swept)
    )
    assert (always, now_and_then) == (["1", "1"], ["0", "1"])


def test_the_database_is_not_deleted_by_a_slip(deployed: Desk) -> None:
    made = deployed.state["made"]["firestore databases"]["(default)"]
    assert "delete-protection" in made
    assert made["location"] == ["eur3"]


def test_the_service_gets_no_more_than_it_needs(deployed: Desk) -> None:
    own = [each.split() for each in deployed.state["bindings"] if each.endswith(f"serviceAccount:{ACCOUNT}")]

    assert sorted(each[-2] for each in own) == [
        "projects/shop-tools/roles/countersignIapReader",
        "roles/datastore.user",
        "roles/iam.serviceAccountTokenCreator",
        *["roles/secretmanager.secretAccessor"] * 3,
    ]
    (reader,) = deployed.state["made"]["iam roles"].values()
    assert reader["permissions"] == ["iap.webServices.getSettings"]


def test_every_index_of_the_store_is_made(deployed: Desk) -> None:
    wanted = set()
    for index in json.loads((ROOT / "firestore.indexes.json").read_text())["indexes"]:
        ways = [
            f"{field['fieldPath']},order={field['order'].lower()}"
            if "order" in field
            else f"{field['fieldPath']},array-config={field['arrayConfig'].lower()}"
            for field in index["fields"]
        ]
        wanted.add(" ".join([index["collectionGroup"], *(f"field-path={way}" for way in ways)]))

    assert set(deployed.state["made"]["firestore indexes composite"]) == wanted


def test_run_again_it_makes_nothing_twice_and_brings_a_new_policy(deployed: Desk, tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.environ["SETTINGS"] = deployed.environ["SETTINGS"]
    (tmp_path / "state.json").write_text(json.dumps(deployed.made() | {"calls": []}))
    (tmp_path / "policy.yaml").write_text(POLICY + "# new\n")

    # The tokens are wanted for secrets that are not there, and these are.
    done = desk.run("--apply", SLACK_BOT_TOKEN="", SLACK_SIGNING_SECRET="")

    assert done.returncode == 0, done.stderr
    after = desk.made()
    assert after["made"]["secrets"]["countersign-policy"]["versions"].pop() == POLICY + "# new\n"
    assert after == deployed.made()
    made = [call for call in desk.calls if "create" in call]
    assert {call[1] for call in made} == {"services", "indexes"}, "of these alone it is not asked before"


# --- sweeps


def test_without_sweeps_an_instance_always_runs(deployed: Desk) -> None:
    assert "scheduler jobs" not in deployed.state["made"]
    assert settings(deployed, "countersign").sweep_account is None


def test_what_cannot_say_whether_to_sweep_is_named(desk: Desk) -> None:
    done = desk.run("--apply", NUMBER="42", SWEEP="yes")

    assert (done.returncode, desk.calls) == (2, [])
    assert "SWEEP: set 1" in done.stderr


def test_the_account_of_sweeps_is_no_setting(desk: Desk) -> None:
    (desk.folder / "more.env").write_text("COUNTERSIGN_SWEEP_ACCOUNT=sweep@x.iam.gserviceaccount.com\n")
    done = desk.run("--apply", NUMBER="42", SETTINGS="more.env")

    assert (done.returncode, desk.calls) == (2, [])
    assert "set SWEEP=1" in done.stderr


def test_with_sweeps_cloud_scheduler_calls_where_the_service_expects_it(swept: Desk) -> None:
    job, public = swept.state["made"]["scheduler jobs"]["countersign-sweep"], settings(swept, "countersign")

    assert job["uri"] == job["oidc-token-audience"] == [f"{public.api_url}/internal/sweep"]
    assert job["oidc-service-account-email"] == [public.sweep_account]
    assert (job["http-method"], job["schedule"]) == (["POST"], ["* * * * *"])
    assert "cpu-throttling" in swept.state["made"]["services"]["countersign"]["flags"]
    assert settings(swept, "countersign-pages").sweep_account is None
    assert not [each for each in swept.state["bindings"] if "countersign-sweep@" in each], "it may do nothing else"


def test_sweeps_go_where_applications_call(desk: Desk) -> None:
    (desk.folder / "more.env").write_text("COUNTERSIGN_API_URL=https://approvals.example.com\n")
    done = desk.run("--apply", SWEEP="1", SETTINGS="more.env")

    assert done.returncode == 0, done.stderr
    job = desk.state["made"]["scheduler jobs"]["countersign-sweep"]
    assert job["uri"] == job["oidc-token-audience"] == ["https://approvals.example.com/internal/sweep"]
    assert settings(desk, "countersign").api_url == "https://approvals.example.com"
