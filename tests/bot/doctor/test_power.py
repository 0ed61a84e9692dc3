"""What the service's account holds beyond what its policy needs."""

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from approvals.backends import google_credentials
from approvals.policy.load import load
from approvals.policy.model import Policy
from approvals.ports.examining import Diagnosis
from approvals.ports.targets import Binding
from approvals.refusals.errors import Unavailable
from bot import googles
from bot.doctor import power
from bot.iam_setup import powers as iam_setup
from sandbox.app import Sandbox
from sandbox.google.faults import Fault
from tests.bot.doctor.patients import ALONE, SOUND

ACCOUNT = "countersign@shop-tools.iam.gserviceaccount.com"
GRANTER = "roles/resourcemanager.projectIamAdmin"
PROD, DATA = "projects/shop-prod", "projects/shop-data"


@pytest.fixture
def policy() -> Policy:
    return load(SOUND, source="policy.yaml")


def hold(box: Sandbox, resource: str, *given: tuple[str, str]) -> None:
    """Give the account roles on a resource, each by a condition or, where that is empty, by none."""
    bindings: list[dict[str, Any]] = []
    for role, expression in given:
        condition = {"condition": {"title": "countersign", "expression": expression}} if expression else {}
        bindings.append({"role": role, "members": [f"serviceAccount:{ACCOUNT}"], **condition})
    box.google.custom_roles.update(role for role, _ in given if not role.startswith("roles/"))
    kept = box.google.read(resource, version=3)
    box.google.write(resource, {**kept, "version": 3, "bindings": bindings})


def as_printed(box: Sandbox, policy: Policy) -> None:
    """Give the account exactly what `countersign setup iam` prints."""
    for each in iam_setup.powers(policy):
        hold(box, each.resource, (each.granter, each.expression))


def found(box: Sandbox, policy: Policy, *, account: str = ACCOUNT) -> list[Diagnosis]:
    read = partial(googles.bindings, base_url=box.google_api_url, timeout=5)
    return list(power.examine(policy, account=account, bindings=read))


def codes(seen: Sequence[Diagnosis]) -> list[tuple[str, str]]:
    return [(each.code, each.verdict) for each in seen]


def test_what_setup_prints_is_no_more_than_is_needed(box: Sandbox, policy: Policy) -> None:
    as_printed(box, policy)
    assert codes(found(box, policy)) == [("power.ok", "ok")]


def test_what_iam_s_offers_take_is_not_beyond_and_an_uncapped_right_is(box: Sandbox) -> None:
    scoped = load(SOUND + f"sources: {{jit_access: {{scope: {PROD}}}}}\n", source="policy.yaml")
    (printed,) = [each for each in iam_setup.powers(scoped) if each.resource == PROD]
    (offered,) = iam_setup.offered(scoped, ["roles/run.admin"])
    readers = [(role, "") for role in iam_setup.READERS]
    capped = [(each.granter, each.expression) for each in (printed, offered)]
    as_printed(box, scoped)
    hold(box, PROD, *readers, *capped)
    assert codes(found(box, scoped)) == [("power.ok", "ok")]

    hold(box, PROD, *readers, *capped, (GRANTER, ""))
    assert ("power.uncapped", "warning") in codes(found(box, scoped))
    plain = load(SOUND, source="policy.yaml")
    assert {"power.beyond", "power.more"} <= {code for code, _ in codes(found(box, plain))}


def test_the_right_to_grant_on_the_scope_itself_is_not_taken_for_that_on_the_projects_below() -> None:
    organization = "organizations/456"
    scoped = load(
        SOUND.replace(PROD, organization) + f"sources: {{jit_access: {{scope: {organization}}}}}\n",
        source="policy.yaml",
    )
    (printed,) = [each for each in iam_setup.powers(scoped) if each.resource == organization]
    (below,) = iam_setup.offered(scoped, ["roles/run.admin"])

    def seen(granter: str) -> set[str]:
        expression = below.expression.replace("hasOnly([", "hasOnly(['roles/resourcemanager.organizationAdmin', ")
        member = f"serviceAccount:{ACCOUNT}"
        held = [
            Binding(role=role, member=member, title="x", description="", expression=said)
            for role, said in ((printed.granter, printed.expression), (granter, expression))
        ]
        found = power.examine(
            scoped, account=ACCOUNT, bindings=lambda resource: held if resource == organization else []
        )
        return {each.code for each in found}

    assert seen(below.granter) == {"power.ok"}
    assert "power.more" in seen(printed.granter)


def test_googles_own_role_by_the_same_condition_is_no_more_than_is_needed(box: Sandbox, policy: Policy) -> None:
    for each in iam_setup.powers(policy):
        hold(box, each.resource, (GRANTER, each.expression))

    assert codes(found(box, policy)) == [("power.ok", "ok")]


def test_other_roles_are_named(box: Sandbox, policy: Policy) -> None:
    as_printed(box, policy)
    hold(box, DATA, ("roles/editor", ""), ("roles/bigquery.admin", ""))
    beyond, well = found(box, policy)

    assert (beyond.code, beyond.verdict) == ("power.beyond", "warning")
    assert beyond.facts == {"resource": DATA, "roles": "roles/bigquery.admin, roles/editor"}
    assert well.facts["count"] == "1"


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "true",
        "api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly(['roles/viewer']) || true",
        "api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly(['roles/viewer', owner])",
        "api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly(['roles/viewer', ' '])",
        "!api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly(['roles/viewer'])",
    ],
)
def test_power_to_grant_any_role_is_named(policy: Policy, expression: str) -> None:
    held = [
        Binding(role=GRANTER, member=f"serviceAccount:{ACCOUNT}", title="x", description="", expression=expression)
    ]
    seen = power.examine(policy, account=ACCOUNT, bindings=lambda resource: held if resource == PROD else [])
    assert codes(list(seen)) == [("power.uncapped", "warning"), ("power.ok", "ok")]


def test_roles_that_the_policy_names_no_more_are_named(box: Sandbox, policy: Policy) -> None:
    as_printed(box, policy)
    (needed,) = [each for each in iam_setup.powers(policy) if each.resource == DATA]
    wider = needed.expression.replace("hasOnly([", "hasOnly(['roles/owner', ")
    hold(box, DATA, (GRANTER, wider))
    more, _ = found(box, policy)

    assert (more.code, more.facts) == ("power.more", {"resource": DATA, "roles": "roles/owner"})


def test_what_others_hold_is_nobody_s_business_here(box: Sandbox, policy: Policy) -> None:
    hold(box, DATA, ("roles/editor", ""))
    assert codes(found(box, policy, account="another@shop-tools.iam.gserviceaccount.com")) == [("power.ok", "ok")]


def test_a_policy_that_grants_nothing_needs_no_power(box: Sandbox) -> None:
    nothing = load(ALONE, source="policy.yaml")
    assert found(box, nothing) == found(box, nothing, account="") == []


def test_where_no_policy_can_be_read_it_is_not_known(box: Sandbox, policy: Policy) -> None:
    box.google.faults.set(Fault(method="getIamPolicy", status=403, times=9))
    assert codes(found(box, policy)) == [("skipped", "unknown")]


def test_a_person_s_credentials_have_no_account_whose_power_could_be_read(box: Sandbox, policy: Policy) -> None:
    assert codes(found(box, policy, account="")) == [("power.unknown", "warning")]


def test_the_account_is_named_by_the_machine_that_gives_its_tokens(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import google.auth.compute_engine._metadata as metadata  # noqa: PLC0415 - loads Google's libraries

    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.setattr(metadata, "_GCE_METADATA_HOST", box.metadata_host)
    monkeypatch.setenv("GCE_METADATA_IP", box.metadata_host)
    assert _named().endswith("gserviceaccount.com")


def _named() -> str:
    """On a busy machine the look for the metadata server may take longer than the seconds that it has."""
    for _ in range(9):
        with suppress(google_credentials.CredentialsError, TimeoutError, Unavailable):
            return google_credentials.account(timeout=20)
    return google_credentials.account(timeout=20)
