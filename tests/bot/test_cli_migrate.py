"""`countersign migrate jit-access`: what is printed is an environment file, and says the rest in comments."""

import json
from pathlib import Path

import pytest

from approvals.policy.reading.parse import parse
from bot.settings import read_local
from tests.bot.commands import run

APP = """\
runtime: java17
env_variables:
  RESOURCE_SCOPE: projects/shop-prod
  ACTIVATION_TIMEOUT: 240
  JUSTIFICATION_PATTERN: '(CHG|it''s)-\\d+'
  SMTP_SENDER_ADDRESS: jit@example.com
  SMTP_PASSWORD: hunter2
"""


@pytest.fixture
def app(tmp_path: Path) -> Path:
    file = tmp_path / "app.yaml"
    file.write_text(APP)
    return file


def test_a_file_that_is_none_ends_the_command_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "app.yaml"
    file.write_text("env_variables:\n  A: 1\n  A: 2\n")
    done = run("migrate", "jit-access", file)

    assert (done.exit_code, done.stdout) == (2, "")
    assert f"{file}:3:3: duplicate-key" in done.stderr


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    done = run("migrate", "jit-access", tmp_path / "none.yaml")

    assert done.exit_code == 2
    assert "none.yaml cannot be read" in done.stderr


def test_a_value_to_mend_ends_with_one_and_everything_else_is_printed(app: Path) -> None:
    app.write_text(APP.replace("240", "soon"))
    done = run("migrate", "jit-access", app)

    assert done.exit_code == 1
    assert f"# To mend:\n# {app}:4: ACTIVATION_TIMEOUT: 'soon' is no number of minutes" in done.stdout
    assert "SMTP_SENDER_ADDRESS=jit@example.com\n" in done.stdout
    assert done.stderr == "1 setting, 5 differences, 1 to mend\n"


def test_what_is_printed_is_an_environment_file(app: Path) -> None:
    done = run("migrate", "jit-access", app)
    lines = [line for line in done.stdout.splitlines() if not line.startswith("#")]

    assert done.exit_code == 0, done.output
    assert lines == ["SMTP_SENDER_ADDRESS=jit@example.com"]
    read_local(dict(line.split("=", 1) for line in lines))


def test_it_says_what_the_policy_file_says_and_no_secret(app: Path) -> None:
    done = run("migrate", "jit-access", app)

    assert "#   defaults: {duration: {default: 60m, max: 240m}, pending: 60m}\n" in done.stdout
    assert "justification: {pattern: '(CHG|it''s)-\\d+'}\n" in done.stdout
    assert f"# {app}:3: RESOURCE_SCOPE: " in done.stdout
    assert "hunter2" not in done.output


def test_with_iam_as_the_list_it_prints_a_source_that_lint_accepts(app: Path, tmp_path: Path) -> None:
    app.write_text(
        APP.replace("projects/shop-prod", "organizations/456").replace(
            "  SMTP_S", '  AVAILABLE_PROJECTS_QUERY: "labels.team:it\'s"\n  SMTP_S', 1
        )
    )
    printed = run("migrate", "jit-access", app).stdout.splitlines()
    (defaults,) = [line.removeprefix("#   ") for line in printed if line.startswith("#   defaults: ")]
    (source,) = [line.partition(": ")[2] for line in printed if line.startswith("#   or, with IAM as the list: ")]
    policy = tmp_path / "sources.yaml"
    policy.write_text(
        f"version: 1\nidentity: {{domains: [example.com]}}\nentitlements: []\n{defaults}\n{source}\n"
    )
    done = run("policy", "lint", policy)

    assert (done.exit_code, done.output) == (0, "no problems; entitlements read: 0\n")
    read = parse(policy.read_text(), source="sources.yaml").source
    assert read is not None
    assert (read.scope, read.query) == ("organizations/456", "labels.team:it's")
    assert read.usual.justification is not None


def test_of_a_scope_that_is_none_no_source_is_printed(app: Path) -> None:
    app.write_text(APP.replace("projects/shop-prod", "shop"))

    assert "with IAM as the list" not in run("migrate", "jit-access", app).stdout


EXPORT = [
    {
        "resource": "//cloudresourcemanager.googleapis.com/projects/shop-prod",
        "policy": {
            "bindings": [
                {
                    "role": "roles/compute.admin",
                    "members": ["user:alice@example.com"],
                    "condition": {"expression": "has({}.jitAccessConstraint)"},
                },
                {
                    "role": "roles/run.admin",
                    "members": ["user:alice@example.com"],
                    "condition": {"expression": "has({}.jitAccessConstraint) == true"},
                },
            ]
        },
    }
]


@pytest.fixture
def export(tmp_path: Path) -> Path:
    file = tmp_path / "iam.json"
    file.write_text(json.dumps(EXPORT))
    return file


def test_an_export_needs_a_place_for_the_policy(app: Path, export: Path) -> None:
    done = run("migrate", "jit-access", app, "--iam", export)

    assert done.exit_code == 2
    assert "--iam and --policy go together" in done.stderr


def test_a_policy_file_that_is_there_is_never_replaced(app: Path, export: Path, tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text("mine")
    done = run("migrate", "jit-access", app, "--iam", export, "--policy", file)

    assert (done.exit_code, done.stdout, file.read_text()) == (2, "", "mine")
    assert "is never replaced: name another file" in done.stderr


@pytest.mark.parametrize("scope", ["folders/all", "", " "])
def test_nothing_is_taken_by_a_scope_that_is_none(app: Path, export: Path, tmp_path: Path, scope: str) -> None:
    """Without one JIT Access has its own project alone, which an app.yaml does not name."""
    app.write_text(APP.replace("projects/shop-prod", f"'{scope}'"))
    done = run("migrate", "jit-access", app, "--iam", export, "--policy", tmp_path / "policy.yaml")

    assert done.exit_code == 2
    assert "Write RESOURCE_SCOPE into the file" in done.stderr
    assert not (tmp_path / "policy.yaml").exists()


def test_nothing_is_written_where_nothing_lies_in_the_scope(app: Path, export: Path, tmp_path: Path) -> None:
    app.write_text(APP.replace("projects/shop-prod", "folders/1"))
    done = run("migrate", "jit-access", app, "--iam", export, "--policy", tmp_path / "policy.yaml")

    assert done.exit_code == 1
    assert "policy.yaml is not written: there is no usable binding of a project within folders/1." in done.stdout
    assert not (tmp_path / "policy.yaml").exists()


def test_an_export_that_is_none_is_named(app: Path, export: Path, tmp_path: Path) -> None:
    export.write_text("role,member\n")
    done = run("migrate", "jit-access", app, "--iam", export, "--policy", tmp_path / "policy.yaml")

    assert done.exit_code == 2
    assert f"{export}: line 1 is no JSON" in done.stderr


def test_eligible_bindings_become_a_policy_that_lint_accepts_and_the_rest_is_named(
    app: Path, export: Path, tmp_path: Path
) -> None:
    file = tmp_path / "policy.yaml"
    done = run("migrate", "jit-access", app, "--iam", export, "--policy", file)

    assert done.exit_code == 1
    assert f"# {file} has 1 entitlement.\n# To mend, for it could not be taken over:\n" in done.stdout
    assert (
        f"# {export}: [0].policy.bindings[1]: roles/run.admin: the marker must be a clause of its own."
        in done.stdout
    )
    assert run("policy", "lint", file).exit_code == 0
    assert "max: 240m" in file.read_text()
    assert all(line.startswith(("#", "SMTP_SENDER_ADDRESS=")) for line in done.stdout.splitlines())


def test_where_all_could_be_taken_over_nothing_is_to_mend(app: Path, export: Path, tmp_path: Path) -> None:
    bindings = EXPORT[0]["policy"]["bindings"][:1]  # type: ignore[index]
    export.write_text(json.dumps([{**EXPORT[0], "policy": {"bindings": bindings}}]))
    done = run("migrate", "jit-access", app, "--iam", export, "--policy", tmp_path / "policy.yaml")

    assert done.exit_code == 0, done.output
    assert "To mend" not in done.stdout
    assert done.stdout.endswith("policy.yaml has 1 entitlement.\n")


@pytest.mark.parametrize("catalog", ["PolicyAnalyzer", "AssetInventory"])
def test_whoever_had_either_catalog_is_told_which_one_is_asked_here(app: Path, catalog: str) -> None:
    app.write_text(f"{APP}  RESOURCE_CATALOG: {catalog}\n")
    done = run("migrate", "jit-access", app)

    (line,) = [each for each in done.stdout.splitlines() if "RESOURCE_CATALOG" in each]
    assert ": What IAM offers is asked of Asset Inventory alone, by `sources.jit_access` of" in line
    assert "20 times a day" in line
    assert "Set " not in line


def test_a_binding_that_jit_access_passed_over_is_said_to_be_new(app: Path, export: Path, tmp_path: Path) -> None:
    found = json.dumps(EXPORT).replace('jitAccessConstraint)"', "jitAccessConstraint) && resource.name == 'x'\"")
    export.write_text(found)
    analyzed = run("migrate", "jit-access", app, "--iam", export, "--policy", tmp_path / "one.yaml")
    app.write_text(f"{APP}  RESOURCE_CATALOG: AssetInventory\n")
    listed = run("migrate", "jit-access", app, "--iam", export, "--policy", tmp_path / "two.yaml")

    assert "# Entitlements with a `condition` may be new" in analyzed.stdout
    assert "may be new" not in listed.stdout
