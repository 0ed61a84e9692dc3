"""The Terraform module, as Terraform itself reads it by the schema of Google's provider.

Runs where Terraform is installed and `TERRAFORM_SCHEMA` names a folder in which
`npm install @cdktf/provider-google-beta` was run; provider.py says why.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.deploy import provider
from tests.deploy.desk import ROOT, Desk
from tests.deploy.test_cloud_run import OWN, SECRETS
from tests.deploy.test_services import FILES

MODULE = ROOT / "deploy" / "terraform"
INSTALLED = os.environ.get("TERRAFORM_SCHEMA", "")
PACKAGE = Path(INSTALLED) / "node_modules/@cdktf/provider-google-beta"
with_terraform = pytest.mark.skipif(
    not INSTALLED or shutil.which("terraform") is None,
    reason="Terraform is not installed, or TERRAFORM_SCHEMA names no folder with its schema in it",
)
Terraform = Callable[..., "subprocess.CompletedProcess[str]"]


def kinds() -> list[str]:
    """What the module makes and asks for."""
    text = "".join(path.read_text() for path in sorted(MODULE.glob("*.tf")))
    found = re.findall(r'^(resource|data) "(\w+)"', text, re.MULTILINE)
    return sorted({name if kind == "resource" else f"data.{name}" for kind, name in found})


@pytest.fixture(scope="module")
def environ() -> Iterator[Mapping[str, str]]:
    with provider.serving(PACKAGE, kinds(), os.getpid()) as attached:
        yield {
            "PATH": os.environ["PATH"],
            "TF_CLI_CONFIG_FILE": os.devnull,
            "CHECKPOINT_DISABLE": "1",
            "TF_IN_AUTOMATION": "1",
            **attached,
        }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of what the module needs, as a checkout has it."""
    shutil.copytree(MODULE, tmp_path / "deploy" / "terraform")
    shutil.copy(ROOT / "firestore.indexes.json", tmp_path)
    return tmp_path / "deploy" / "terraform"


@pytest.fixture
def terraform(folder: Path, environ: Mapping[str, str]) -> Terraform:
    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = ["terraform", *arguments]
        return subprocess.run(
            command, cwd=folder, env=environ, capture_output=True, text=True, timeout=120, check=False
        )

    assert call("init", "-backend=false").returncode == 0
    return call


# --- what is refused


@with_terraform
@pytest.mark.parametrize(
    ("file", "change", "said"),
    [
        ("main.tf", ("iap_enabled  ", "iap_for_all  "), 'argument named "iap_for_all" is not expected here'),
        ("store.tf", ("location_id ", "location "), 'argument "location_id" is required'),
        ("sweep.tf", ("oidc_token {", "oidc {"), 'Blocks of type "oidc" are not expected here'),
        ("accounts.tf", ("service_account.signer.name", "service_account.signr.name"), "undeclared resource"),
        ("sweep.tf", ("google_service_account.sweep[0].email", "google_service_account.sweep[0].mail"), '"mail"'),
        ("main.tf", ("container_port = 8080", 'container_port = "http"'), "a number is required"),
    ],
)
def test_what_the_provider_does_not_know_is_found(
    terraform: Terraform, folder: Path, file: str, change: tuple[str, str], said: str
) -> None:
    text = (folder / file).read_text()
    assert change[0] in text
    (folder / file).write_text(text.replace(*change))
    done = terraform("validate", "-json")

    found = [each["detail"] + each["summary"] for each in json.loads(done.stdout)["diagnostics"]]
    assert any(said in each for each in found), found


# --- the module


@with_terraform
def test_it_is_valid_and_written_as_terraform_writes(terraform: Terraform) -> None:
    done = terraform("validate")
    assert done.returncode == 0, done.stderr

    assert terraform("fmt", "-check", "-recursive").stdout == ""


@with_terraform
def test_its_own_tests_hold(terraform: Terraform) -> None:
    done = terraform("test", "-no-color")

    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^Success! [1-9]\d* passed, 0 failed\.$", done.stdout, re.MULTILINE)


@with_terraform
@pytest.mark.parametrize("name", FILES)
def test_it_makes_the_services_that_the_script_makes(terraform: Terraform, name: str, swept: Desk) -> None:
    wanted, made = swept.state["made"]["services"][name], service(terraform, name)
    template = made["template"][0]
    (container,) = template["containers"]
    env = {each["name"]: each for each in container["env"]}

    settings = {key: each["value"] for key, each in env.items() if not each["value_source"]}
    assert settings == wanted["env"]
    policy = template["volumes"][0]["secret"][0]
    at = f"{container['volume_mounts'][0]['mount_path']}/{policy['items'][0]['path']}"
    refs = {key: each["value_source"][0]["secret_key_ref"][0] for key, each in env.items() if each["value_source"]}
    secrets = {key: f"{ref['secret']}:{ref['version']}" for key, ref in refs.items()}
    assert secrets | {at: f"{policy['secret']}:latest"} == wanted["secrets"]
    ran = {
        "image": container["image"],
        "service-account": template["service_account"],
        "min-instances": str(template["scaling"][0]["min_instance_count"]),
    }
    assert ran == wanted["with"]
    assert container["startup_probe"][0]["http_get"][0]["path"] == "/ready"
    assert container["resources"][0]["startup_cpu_boost"] is ("cpu-boost" in wanted["flags"])
    assert container["resources"][0]["cpu_idle"] is ("cpu-throttling" in wanted["flags"])
    assert made["iap_enabled"] is ("iap" in wanted["flags"])
    assert made["invoker_iam_disabled"] is ("no-invoker-iam-check" in wanted["flags"])
    # What Cloud Run has in its beta alone is asked of that: the script does so by `gcloud beta`.
    assert made["launch_stage"] == ("BETA" if "iap" in wanted["flags"] else "GA")


@with_terraform
@pytest.mark.parametrize("name", FILES)
def test_each_is_reached_as_the_image_serves(terraform: Terraform, name: str) -> None:
    """What the script leaves to Cloud Run the module says: where the image listens, and that it speaks HTTP/1."""
    made = service(terraform, name)
    (container,) = made["template"][0]["containers"]
    (port,), (probe,) = container["ports"], container["startup_probe"]

    assert port["name"] == "http1"
    assert f"EXPOSE {port['container_port']}" in (ROOT / "Dockerfile").read_text()
    assert probe["http_get"][0]["port"] == port["container_port"]
    # Slack and Identity-Aware Proxy come by the internet.
    assert made["ingress"] == "INGRESS_TRAFFIC_ALL"
    # With less than one CPU an instance takes one call at a time, and a click waits behind a page.
    assert container["resources"][0]["limits"] == {"cpu": "1", "memory": "512Mi"}


@with_terraform
def test_a_change_of_the_policy_makes_a_new_revision(terraform: Terraform) -> None:
    """A service that named another version than the module writes would go on with an older policy."""
    found = resources(terraform)
    (written,) = [values["version"] for kind, values in found if kind == "google_secret_manager_secret_version"]
    read = [
        values["template"][0]["volumes"][0]["secret"][0]["items"][0]["version"]
        for kind, values in found
        if kind == "google_cloud_run_v2_service"
    ]

    assert read == [written, written]


RIGHTS = {
    "google_service_account_iam_member": ("iam service-accounts", "service_account_id"),
    "google_iap_web_cloud_run_service_iam_member": ("iap web", "cloud_run_service_name"),
    "google_project_iam_member": ("projects", "project"),
    "google_cloud_run_v2_service_iam_member": ("run services", "name"),
    "google_secret_manager_secret_iam_member": ("secrets", "secret_id"),
}
"""What gives a right: on what, as `gcloud` calls it, and by which attribute that is named."""


@with_terraform
def test_it_gives_the_rights_that_the_script_gives_and_no_other(terraform: Terraform, swept: Desk) -> None:
    found = resources(terraform)
    given = []
    for kind, values in found:
        if kind.endswith("_iam_member"):
            on, attribute = RIGHTS[kind]
            name = values[attribute].rpartition("/")[2]
            given.append(f"{on} {name} {values['role']} {values['member']}")
    (reader,) = swept.state["made"]["iam roles"].values()

    assert sorted(given) == swept.state["bindings"]
    assert [each["permissions"] for kind, each in found if kind.endswith("_custom_role")] == [
        reader["permissions"]
    ]


@with_terraform
def test_it_sweeps_as_the_script_does_and_keeps_the_store_as_that_does(terraform: Terraform, swept: Desk) -> None:
    found = dict(resources(terraform))  # of each of these kinds there is one
    job, store = found["google_cloud_scheduler_job"], found["google_firestore_database"]
    (target,) = job["http_target"]
    (token,) = target["oidc_token"]
    said = {
        "project": job["project"],
        "location": job["region"],
        "schedule": job["schedule"],
        "attempt-deadline": job["attempt_deadline"],
        "uri": target["uri"],
        "http-method": target["http_method"],
        "oidc-service-account-email": token["service_account_email"],
        "oidc-token-audience": token["audience"],
    }
    made = swept.state["made"]

    assert said == {name: value for name, (value,) in made["scheduler jobs"][job["name"]].items()}
    assert [store["location_id"]] == made["firestore databases"][store["name"]]["location"]
    assert store["delete_protection_state"] == "DELETE_PROTECTION_ENABLED"


@with_terraform
def test_it_switches_on_what_the_script_does(terraform: Terraform, swept: Desk) -> None:
    needed = [values["service"] for kind, values in resources(terraform) if kind == "google_project_service"]
    assert sorted(needed) == swept.state["apis"]


def resources(terraform: Terraform) -> list[tuple[str, Any]]:
    """What the module's test of sweeps made, each with its kind."""
    for line in terraform("test", "-json", "-verbose").stdout.splitlines():
        said = json.loads(line)
        if said["type"] == "test_state" and said["@testrun"] == "the_scheduler_sweeps":
            return [(each["type"], each["values"]) for each in said["test_state"]["root_module"]["resources"]]
    return []


def service(terraform: Terraform, name: str) -> Any:
    """One of the services that it made."""
    (found,) = [
        each for kind, each in resources(terraform) if kind.endswith("_v2_service") and each["name"] == name
    ]
    return found


def test_what_the_script_refuses_as_a_setting_the_module_does(folder: Path) -> None:
    text = (folder / "variables.tf").read_text()
    assert [name for name in (*SECRETS, *OWN) if text.count(f'"{name}"') != 1] == []


# --- its page


def test_its_page_names_every_variable_and_output() -> None:
    page = (MODULE / "README.md").read_text()
    text = "".join(path.read_text() for path in MODULE.glob("*.tf"))
    named = re.findall(r'^(?:variable|output) "(\w+)"', text, re.MULTILINE)

    assert len(named) > 12
    assert [name for name in named if f"`{name}`" not in page] == []


def test_no_secret_is_kept_in_its_state() -> None:
    """What Slack gave is put into its secret by hand: the policy alone is a version that Terraform writes."""
    text = (MODULE / "accounts.tf").read_text()

    assert re.findall(r'resource "google_secret_manager_secret_version" "(\w+)"', text) == ["policy"]


def test_every_index_of_the_store_has_a_name_of_its_own() -> None:
    """The module names each by its collection and fields, and would lose one of two that are called the same."""
    indexes = json.loads((ROOT / "firestore.indexes.json").read_text())["indexes"]
    names = {
        " ".join([each["collectionGroup"], *(field["fieldPath"] for field in each["fields"])]) for each in indexes
    }

    assert len(names) == len(indexes)
