"""`policy explain`, `policy test` and numbers of what IAM offers: as Google says now, or as a file states it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from sandbox.google import Fault, Google
from tests.bot.commands import run
from tests.support.eligible import ADMIN, JIT, MPA, SOURCE, VIEWER, mark
from tests.support.googles import FOLDER, PROJECT, google, google_stage, google_url

__all__ = ["google", "google_stage", "google_url"]

POLICY = f"version: 1\nidentity: {{domains: [example.com]}}\nentitlements: []\n{SOURCE}"
ALICE, BOB = "alice@example.com", "bob@example.com"
Explains = Callable[..., Result]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "policy.yaml"
    path.write_text(POLICY)
    return path


@pytest.fixture
def explains(file: Path, google: Google, google_url: str) -> Explains:
    mark(google, ADMIN, f"user:{ALICE}", f"user:{BOB}")
    mark(google, VIEWER, f"user:{ALICE}", by=JIT, on=FOLDER)
    env = {"GOOGLE_API_BASE_URL": google_url, "COUNTERSIGN_SANDBOX": "1"}
    return lambda what, who=ALICE: run("policy", "explain", what, file, "--who", who, env=env)


@pytest.mark.parametrize("what", ["roles/compute.admin on demo-prod", "compute.admin on projects/demo-prod"])
def test_a_role_on_a_project_is_explained_as_google_says_it_now(explains: Explains, what: str) -> None:
    done = explains(what)

    assert done.exit_code == 0, done.output
    assert "Compute Admin on demo-prod (iam.demo-prod." in done.stdout
    assert f"Approval, stage 1 of 1: 1 of {BOB}. Who can: {BOB}." in done.stdout
    name = done.stdout.partition("(")[2].partition(")")[0]
    assert explains(name).stdout == done.stdout


def test_who_is_not_eligible_is_told_so(explains: Explains) -> None:
    said = explains("run.viewer on demo-prod", "dan@example.com").stdout

    assert f"Who may ask: {ALICE}. " in said
    assert "dan@example.com may ask" not in said


@pytest.mark.parametrize(
    ("what", "said"),
    [
        (
            "run.admin on demo-prod",
            "on projects/demo-prod IAM offers Cloud Run Viewer on demo-prod (",
        ),
        ("run.admin on demo-none", "and nothing else on projects/demo-none"),
        ("iam.demo-prod.0000000000000000", ", Compute Admin on demo-prod (iam.demo-prod."),
        ("run.admin on folders/200", "names no project: write ROLE on PROJECT"),
        ("run-admin", "has no entitlement or action"),
    ],
)
def test_what_nobody_offers_is_named_with_what_is(explains: Explains, what: str, said: str) -> None:
    done = explains(what)

    assert done.exit_code == 1
    assert said in done.stderr


@pytest.mark.parametrize("status", [403, 429, 503])
def test_where_google_does_not_say_it_that_is_said(explains: Explains, google: Google, status: int) -> None:
    google.faults.set(Fault(method="batchGet", status=status))
    done = explains("compute.admin on demo-prod")

    assert done.exit_code == 2
    assert "what IAM offers on projects/demo-prod cannot be known: Asset Inventory does not say" in done.stderr


def test_a_binding_that_offers_nothing_is_named_beside_what_is_explained(
    explains: Explains, google: Google
) -> None:
    mark(google, "roles/run.admin", f"user:{ALICE}", by=f"{JIT} || true")
    done = explains("compute.admin on demo-prod")

    assert done.exit_code == 0
    assert f"offers nothing: {PROJECT}, bindings[" in done.stderr


def cases(file: Path, *lines: str, eligible: str = "") -> Result:
    path = file.with_name("cases.yaml")
    stated = (
        eligible
        or f"""\
  - {{resource: {PROJECT}, role: {ADMIN}, members: ["user:{ALICE}", "user:{BOB}"], condition: "{MPA}"}}
  - {{resource: {PROJECT}, role: {VIEWER}, members: ["group:sre@example.com"], condition: "{JIT}"}}
"""
    )
    head = f"groups: {{sre@example.com: [{ALICE}]}}\neligible:\n{stated}cases:\n"
    path.write_text(head + "".join(f"  - {line}\n" for line in lines))
    return run("policy", "test", path)


def test_cases_of_what_iam_would_offer_are_tried(file: Path) -> None:
    what = f"what: {ADMIN} on demo-prod"
    done = cases(
        file,
        f"{{who: {ALICE}, {what}, for: 1h, why: x, can: [[{BOB}]]}}",
        f"{{who: dan@example.com, {what}, for: 1h, why: x, refused: requester}}",
        f"{{who: {ALICE}, {what}, for: 3h, why: x, refused: duration}}",
        f"{{who: {ALICE}, what: run.viewer on {PROJECT}, for: 1h, why: x, needs: []}}".replace(
            "needs: []", "can: []"
        ),
        f"{{who: {BOB}, what: run.viewer on {PROJECT}, for: 1h, why: x, refused: requester}}",
        f"{{who: {ALICE}, what: run.admin on {PROJECT}, for: 1h, why: x, refused: entitlement.absent}}",
    )

    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == "6 cases, none other than expected\n"


def test_a_case_that_is_wrong_says_what_comes_of_it(file: Path) -> None:
    done = cases(
        file, f"{{who: {ALICE}, what: {ADMIN} on demo-prod, for: 1h, why: x, can: [[carol@example.com]]}}"
    )

    assert done.exit_code == 1
    assert f"It can be by {BOB}" in done.stdout


@pytest.mark.parametrize("what", ["run.admin on demo-test", "iam.demo-test.0000000000000000"])
def test_a_case_of_a_project_of_which_nothing_is_stated_is_named(file: Path, what: str) -> None:
    done = cases(file, f"{{who: {ALICE}, what: {what}, for: 1h, why: x, refused: entitlement}}")

    assert done.exit_code == 2
    assert "is IAM's to offer: state under eligible who has which binding there" in done.stderr


@pytest.mark.parametrize(
    ("binding", "said"),
    [
        (
            f"resource: folders/1, role: {ADMIN}, members: [], condition: x",
            "resource is a project, such as projects/shop-prod",
        ),
        (
            f"resource: {PROJECT}, role: {ADMIN}, members: ['user:{ALICE}'], condition: '{JIT} || x'",
            "a clause of its own",
        ),
        (
            f"resource: {PROJECT}, role: {ADMIN}, members: ['domain:example.com'], condition: '{JIT}'",
            "is no user or group",
        ),
        (f"resource: {PROJECT}, role: {ADMIN}, members: ['user:{ALICE}']", "needs “condition”"),
    ],
)
def test_a_stated_binding_that_makes_nobody_eligible_is_named_with_its_line(
    file: Path, binding: str, said: str
) -> None:
    done = cases(file, f"{{who: {ALICE}, what: x, refused: entitlement}}", eligible=f"  - {{{binding}}}\n")

    assert done.exit_code == 2
    assert said in done.stderr
    assert "cases.yaml:3:" in done.stderr


def test_a_policy_without_a_source_has_no_place_for_stated_bindings(file: Path) -> None:
    file.write_text(POLICY.replace(SOURCE, ""))
    done = cases(file, f"{{who: {ALICE}, what: x, refused: entitlement}}")

    assert done.exit_code == 2
    assert "sources.jit_access" in done.stderr
