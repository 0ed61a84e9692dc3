"""`countersign setup iam`: what it prints grants exactly what the policy names, and is sound where it is read."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from approvals.backends.stores.sqlite import open_sqlite
from approvals.policy.reading.parse import digest_of
from approvals.ports.store import StoredPolicy
from sandbox.google import conditions
from tests.bot.commands import run
from tests.support.builders import NOW
from tests.support.running import POLICY

ACCOUNT = "countersign@shop-tools.iam.gserviceaccount.com"
WIDE = """\
version: 1
identity: {domains: [example.com]}
groups:
  leads: ["group:leads@example.com"]
defaults:
  duration: {default: 1h, max: 4h}
entitlements:
  - id: a
    title: A
    resource: folders/123
    roles: [roles/compute.viewer]
    requesters: ["group:leads"]
    approval: self
  - id: b
    title: B
    resource: organizations/456
    roles: [organizations/456/roles/Led, roles/logging.viewer]
    requesters: ["domain:example.com"]
    approval: self
"""


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    file = tmp_path / "policy.yaml"
    file.write_text(POLICY)
    return file


def printed(*arguments: str | Path, env: dict[str, str] | None = None) -> str:
    done = run("setup", "iam", "--account", ACCOUNT, *arguments, env=env)
    assert done.exit_code == 0, done.output
    return done.stdout


def conditions_in(text: str) -> dict[str, dict[str, str]]:
    """The files that the lines write, read as gcloud reads them, by name."""
    files = re.findall(r"^cat > (\S+) <<'EOF'\n(.*?)^EOF$", text, re.MULTILINE | re.DOTALL)
    return {name: yaml.safe_load(content) for name, content in files}


def roles_of(expression: str) -> list[str]:
    return re.findall(r"'([^']+/[^']+)'", expression.partition("hasOnly")[2])


@pytest.mark.parametrize(
    "account",
    [
        "alice@example.com",
        "countersign@shop-tools.iam.gserviceaccount.com; rm -rf /",
        "$(id)@shop-tools.iam.gserviceaccount.com",
        "123-compute@developer.gserviceaccount.com",
    ],
)
def test_what_is_no_account_of_its_own_is_refused(account: str, policy: Path) -> None:
    done = run("setup", "iam", "--account", account, policy)
    assert done.exit_code == 2
    assert "NAME@PROJECT.iam.gserviceaccount.com" in done.stderr
    assert done.stdout == ""


def test_a_policy_that_is_refused_prints_nothing_to_run(policy: Path) -> None:
    policy.write_text(POLICY.replace("version: 1", "version: 2"))
    done = run("setup", "iam", "--account", ACCOUNT, policy)
    assert (done.exit_code, done.stdout) == (2, "")


def test_each_resource_gets_a_condition_with_exactly_the_roles_of_the_policy(policy: Path) -> None:
    found = conditions_in(printed(policy))
    assert {name: roles_of(each["expression"]) for name, each in found.items()} == {
        "condition-shop-prod.yaml": [
            "roles/artifactregistry.writer",
            "roles/compute.instanceAdmin.v1",
            "roles/logging.privateLogViewer",
            "roles/logging.viewer",
            "roles/run.developer",
        ],
        "condition-shop-data.yaml": ["roles/bigquery.dataViewer"],
    }
    for each in found.values():
        conditions.check(each, at="condition")


def test_the_lines_are_sound_for_a_shell(policy: Path, tmp_path: Path) -> None:
    text = printed(policy)
    script = tmp_path / "lines.sh"
    # Nothing is there at first: what is described is not found.
    script.write_text(f'gcloud() {{ printf "%s\\n" "$*"; test "$3" != describe; }}\n{text}')
    done = subprocess.run(["sh", "-eu", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "services enable cloudresourcemanager.googleapis.com iam.googleapis.com --project=shop-tools",
        "iam service-accounts create countersign --project=shop-tools",
        *(
            "iam roles create countersignGranter --title=Countersign granter --permissions="
            "resourcemanager.projects.get,resourcemanager.projects.getIamPolicy,resourcemanager.projects.setIamPolicy"
            f" --project={project}"
            for project in ("shop-prod", "shop-data")
        ),
        *(
            f"projects add-iam-policy-binding {project} --member=serviceAccount:{ACCOUNT}"
            f" --role=projects/{project}/roles/countersignGranter --condition-from-file=condition-{project}.yaml"
            for project in ("shop-prod", "shop-data")
        ),
    ]
    assert (tmp_path / "condition-shop-prod.yaml").is_file()


def test_the_lines_run_again_after_a_change_of_the_policy(policy: Path, tmp_path: Path) -> None:
    policy.write_text(WIDE)
    script = tmp_path / "lines.sh"
    # Google refuses to make what is there.
    script.write_text(f'gcloud() {{ printf "%s\\n" "$*"; test "$3" != create; }}\n{printed(policy)}')
    done = subprocess.run(["sh", "-eu", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "organizations add-iam-policy-binding 456" in done.stdout


def test_folders_organizations_and_groups_have_lines_of_their_own(policy: Path) -> None:
    policy.write_text(WIDE)
    text = printed(policy)
    commands = shlex.split(text.replace("\\\n", ""), comments=True)
    assert "cloudidentity.googleapis.com" in commands
    assert "Groups Reader" in text
    assert "gcloud resource-manager folders add-iam-policy-binding 123" in text
    assert "--role=roles/resourcemanager.folderIamAdmin" in commands
    assert "gcloud iam roles create countersignGranter --title='Countersign granter'" in text
    assert "--role=organizations/456/roles/countersignGranter" in commands
    assert roles_of(conditions_in(text)["condition-organization_456.yaml"]["expression"]) == [
        "organizations/456/roles/Led",
        "roles/logging.viewer",
    ]


def test_a_folder_can_have_no_role_of_its_own_and_gets_googles(policy: Path) -> None:
    policy.write_text(f"{POLICY}sources: {{jit_access: {{scope: folders/123}}}}\n")
    commands = shlex.split(printed("--role=roles/run.admin", policy).replace("\\\n", ""), comments=True)

    assert commands.count("--role=roles/resourcemanager.projectIamAdmin") == 1
    assert "folders/123/roles/countersignGranter" not in " ".join(commands)


def test_the_role_that_is_made_holds_what_changing_a_policy_takes_and_nothing_else(policy: Path) -> None:
    policy.write_text(f"{POLICY}sources: {{jit_access: {{scope: organizations/456}}}}\n")
    made = re.findall(r"--permissions=(\S+) (\S+)", printed("--role=roles/run.admin", policy))

    assert {where for _, where in made} == {"--project=shop-prod", "--project=shop-data", "--organization=456"}
    assert {each for held, _ in made for each in held.split(",")} == {
        "resourcemanager.projects.get",
        "resourcemanager.projects.getIamPolicy",
        "resourcemanager.projects.setIamPolicy",
    }


def test_more_roles_than_a_condition_holds_are_parted_between_entitlements(policy: Path) -> None:
    roles = [[f"roles/compute.role{name}{number}" for number in range(6)] for name in "ab"]
    entitlements = "".join(
        f"  - {{id: e{index}, title: E, resource: projects/shop-prod, roles: [{', '.join(each)}],"
        ' requesters: ["domain:example.com"], approval: self}\n'
        for index, each in enumerate(roles)
    )
    policy.write_text(POLICY[: POLICY.index("entitlements:")] + "entitlements:\n" + entitlements)
    text = printed(policy)
    assert [roles_of(each["expression"]) for each in conditions_in(text).values()] == roles
    assert text.count("More roles than one condition holds") == 1


def test_terraform_says_the_same(policy: Path) -> None:
    policy.write_text(WIDE)
    text = printed("--terraform", policy)
    expressions = re.findall(r'^    expression = "(.*)"$', text, re.MULTILINE)
    assert expressions == [each["expression"] for each in conditions_in(printed(policy)).values()]
    assert re.findall(r'^resource "(\w+)" "([\w-]+)" \{$', text, re.MULTILINE) == [
        ("google_service_account", "countersign"),
        ("google_project_service", "cloudresourcemanager"),
        ("google_project_service", "iam"),
        ("google_project_service", "cloudidentity"),
        ("google_organization_iam_custom_role", "countersign-456"),
        ("google_folder_iam_member", "countersign-folder_123"),
        ("google_organization_iam_member", "countersign-organization_456"),
    ]
    assert text.count("{") == text.count("}")
    assert text.count("  disable_on_destroy = false\n") == text.count('"google_project_service"')
    for line in (
        '  folder = "folders/123"',
        '  org_id = "456"',
        "  role   = google_organization_iam_custom_role.countersign-456.name",
        '  role   = "roles/resourcemanager.folderIamAdmin"',
    ):
        assert line in text.splitlines()


OFFERING = f"""\
{POLICY}sources:
  jit_access:
    scope: organizations/456
"""


@pytest.mark.parametrize(
    "role", ["compute.admin", "roles/run.admin'; rm -rf /", "roles/owner", "projects/p/roles"]
)
def test_what_is_no_role_that_iam_can_offer_is_refused(role: str, policy: Path) -> None:
    policy.write_text(OFFERING)
    done = run("setup", "iam", "--account", ACCOUNT, "--role", role, policy)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "write roles/NAME" in done.stderr or "leave it out" in done.stderr


def test_roles_of_iam_are_refused_where_the_policy_has_no_sources(policy: Path) -> None:
    done = run("setup", "iam", "--account", ACCOUNT, "--role", "roles/run.admin", policy)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "has no sources" in done.stderr


@pytest.mark.parametrize("form", [(), ("--terraform",)])
def test_what_iam_offers_is_never_granted_without_its_roles_unless_somebody_says_so(
    form: tuple[str, ...], policy: Path
) -> None:
    policy.write_text(OFFERING)
    lines = printed(*form, policy).splitlines()
    runs = [line for line in lines if not line.startswith("#")]
    noted = [line for line in lines if line.startswith("#")]

    assert not any("organizations/456" in line for line in runs if "hasOnly" in line)
    assert sum("cloudasset.viewer" in line for line in runs) == 1
    assert sum("roles/browser" in line for line in runs) == 1
    assert sum("projectIamAdmin" in line for line in noted) == 1
    assert any("make anybody an owner" in line for line in noted)
    assert not any("projectIamAdmin" in line or "ProjectGranter" in line for line in runs)


def test_the_roles_that_iam_offers_are_ten_to_a_condition_on_the_scope(policy: Path) -> None:
    policy.write_text(OFFERING)
    roles = [f"roles/compute.role{number:02}" for number in range(11)]
    text = printed(*(f"--role={role}" for role in roles), policy)
    found = conditions_in(text)

    assert roles_of(found["condition-offered_organization_456.yaml"]["expression"]) == roles[:10]
    assert roles_of(found["condition-offered_organization_456_2.yaml"]["expression"]) == roles[10:]
    for each in found.values():
        conditions.check(each, at="condition")
    commands = shlex.split(text.replace("\\\n", ""), comments=True)
    assert commands.count("456") == 4
    assert commands.count("--role=organizations/456/roles/countersignProjectGranter") == 2
    assert sum("setIamPolicy" in each and ".projects." in each for each in commands) == 3
    assert "cloudasset.googleapis.com" in commands
    assert "refused by IAM" not in text
    assert "make anybody an owner" not in text
    shown = printed("--terraform", *(f"--role={role}" for role in roles), policy)
    assert re.findall(r'^    expression = "(.*)"$', shown, re.MULTILINE) == [
        e["expression"] for e in found.values()
    ]
    assert shown.count('"google_organization_iam_member"') == 4
    assert shown.count("google_organization_iam_custom_role.countersign-456-projects.name") == 2
    assert "projectIamAdmin" not in text + shown
    assert shown.count("{") == shown.count("}")


@pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not installed")
def test_terraform_can_read_it_and_would_write_it_so(policy: Path, tmp_path: Path) -> None:
    for text in (POLICY, WIDE, OFFERING):
        policy.write_text(text)
        file = tmp_path / "countersign.tf"
        file.write_text(printed("--terraform", policy))
        subprocess.run(["terraform", "fmt", "-check", "-diff", file], check=True, capture_output=True)


def test_the_policy_in_force_is_meant_unless_a_file_is_named(policy: Path, tmp_path: Path) -> None:
    env = {"COUNTERSIGN_STORE": f"sqlite:///{tmp_path / 'countersign.db'}", "COUNTERSIGN_POLICY": str(policy)}
    assert f"# For the policy {digest_of(POLICY)}, read from {policy}." in printed(env=env)

    store = open_sqlite(tmp_path / "countersign.db", now=NOW)
    store.keep(StoredPolicy(digest=digest_of(WIDE), text=WIDE, source="/etc/policy.yaml", loaded_at=NOW))
    store.close()
    assert f"# For the policy {digest_of(WIDE)}, read from /etc/policy.yaml." in printed(env=env)
    assert f"# For the policy {digest_of(POLICY)}, read from {policy}." in printed(policy, env=env)
