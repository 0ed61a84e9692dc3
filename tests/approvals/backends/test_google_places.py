"""What can be seen of a resource before anything is granted there, over HTTP from the sandbox's Google."""

import subprocess
import sys
from queue import Queue
from typing import Any

import pytest

import approvals.backends.google_rest  # noqa: F401 - what is asked needs Google's libraries loaded
from approvals.access.capacity import outside
from approvals.backends import google_places
from approvals.backends.google_places import GooglePlaces
from approvals.refusals.errors import CountersignError, Unavailable
from sandbox.google import Fault, Google
from tests.approvals.backends.test_odd_answers import Says, server, told
from tests.support.googles import FOLDER, ORGANIZATION, PROJECT, google, google_stage, google_url

__all__ = ["google", "google_stage", "google_url", "server", "told"]

OURS, OTHERS = "C0ours", "C0others"


@pytest.fixture
def places(google: Google, google_url: str) -> GooglePlaces:
    google.organization_policies.customers |= {"example.com": OURS, "example.org": OTHERS}
    return GooglePlaces(base_url=google_url)


def barred(places: GooglePlaces, person: str, resource: str = PROJECT) -> bool:
    rule = places.members(resource, timeout=60)
    return outside(rule, person=person, resource=resource) is not None


@pytest.mark.parametrize("resource", [PROJECT, FOLDER, ORGANIZATION])
def test_an_organization_that_admits_others_alone_admits_nobody_of_its_own_domain(
    google: Google, places: GooglePlaces, resource: str
) -> None:
    google.organization_policies.allow(resource, [OTHERS])
    assert barred(places, "alice@example.com", resource)


def test_of_a_domain_that_no_organization_shows_nobody_can_tell(google: Google, places: GooglePlaces) -> None:
    """Google's own answer to the write says it then."""
    google.organization_policies.allow(PROJECT, [OURS])
    assert not barred(places, "carol@example.org")
    assert not barred(places, "alice@example.com")


def test_where_nobody_may_be_named_everybody_is_barred(google: Google, places: GooglePlaces) -> None:
    google.organization_policies.allow(PROJECT, [])
    assert barred(places, "alice@example.com")


def test_a_set_of_principals_beside_customers_leaves_it_open(google: Google, places: GooglePlaces) -> None:
    everybody = "principalSet://iam.googleapis.com/organizations/100"
    google.organization_policies.allow(PROJECT, [OTHERS, everybody])
    assert not barred(places, "alice@example.com")


def rules(told: tuple[Says, str], *found: dict[str, Any], organizations: Any = ()) -> GooglePlaces:
    """A Google whose organization policy has these rules, and that shows these organizations."""
    told[0].to = {
        ":getEffectivePolicy": {"name": f"{PROJECT}/policies/x", "spec": {"rules": [*found]}},
        "organizations:search": {"organizations": [*organizations]},
    }
    return GooglePlaces(base_url=told[1])


def test_of_several_rules_one_that_admits_everybody_leaves_it_open(told: tuple[Says, str]) -> None:
    ours = {"displayName": "example.com", "directoryCustomerId": OURS}
    others = {"values": {"allowedValues": [OTHERS]}}
    assert barred(rules(told, others, organizations=[ours]), "alice@example.com")
    assert not barred(rules(told, others, {"allowAll": True}, organizations=[ours]), "alice@example.com")


def test_organizations_that_do_not_say_whose_they_are_hide_no_other(told: tuple[Says, str]) -> None:
    shown = [
        {},
        {"displayName": "example.org"},
        {"directoryCustomerId": OURS},
        {"displayName": "Example.com", "directoryCustomerId": OURS},
    ]
    places = rules(told, {"values": {"allowedValues": [OTHERS]}}, organizations=shown)
    assert barred(places, "alice@example.com")
    assert not barred(places, "carol@example.org")


def test_without_a_restriction_everybody_may_be_named(places: GooglePlaces) -> None:
    assert not barred(places, "alice@example.com")


def test_an_organization_that_is_hidden_leaves_it_open(google: Google, places: GooglePlaces) -> None:
    google.organization_policies.allow(PROJECT, [OTHERS])
    google.withheld.add((ORGANIZATION, "resourcemanager.organizations.get"))
    assert not barred(places, "alice@example.com")


@pytest.mark.parametrize(
    "fault",
    [
        Fault(method="getEffectivePolicy", status=403),
        Fault(method="getEffectivePolicy", status=429),
        Fault(method="getEffectivePolicy", status=503),
        Fault(method="getEffectivePolicy", disabled="orgpolicy.googleapis.com"),
        Fault(method="getEffectivePolicy", delay=2.0),
    ],
)
def test_an_organization_policy_that_cannot_be_read_is_said_to_be_unknown(
    google: Google, places: GooglePlaces, fault: Fault
) -> None:
    google.faults.set(fault)
    with pytest.raises(CountersignError):
        places.members(PROJECT, timeout=0.5)


def test_nobody_waits_until_google_s_libraries_are_loaded() -> None:
    code = """
import sys
from approvals.backends.google_places import GooglePlaces
from approvals.refusals.errors import Unavailable
places, refused = GooglePlaces(base_url="http://127.0.0.1:9"), 0
for ask in (places.policy, places.grantable, places.members):
    try:
        ask("projects/shop-prod", timeout=5)
    except Unavailable:
        refused += 1
sys.exit(refused != 3 or "googleapiclient" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_roles_of_an_organization_are_not_offered_on_a_project(places: GooglePlaces) -> None:
    offered = places.grantable(PROJECT, timeout=5)
    assert "roles/run.viewer" in offered
    assert "roles/billing.viewer" not in offered


@pytest.mark.parametrize("status", [403, 404, 429, 503])
def test_a_page_of_roles_that_does_not_come_leaves_all_of_them_unknown(
    google: Google, places: GooglePlaces, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    """Whoever took the pages before it for all would refuse every role of the others."""
    monkeypatch.setattr("approvals.backends.google_look._PAGE", 50)
    google.faults.set(Fault(method="queryGrantableRoles"))  # the first page comes
    google.faults.set(Fault(method="queryGrantableRoles", status=status, times=9))
    with pytest.raises(CountersignError):
        places.grantable(PROJECT, timeout=5)

    assert len(google.calls("queryGrantableRoles")) > 1


@pytest.mark.parametrize("answer", [{}, {"roles": []}, {"roles": [], "nextPageToken": ""}])
def test_a_resource_for_which_google_lists_no_role_at_all_is_not_one_that_takes_none(
    told: tuple[Says, str], answer: dict[str, Any]
) -> None:
    """Whoever looks would refuse every entitlement there, though nothing is known."""
    told[0].to = {":queryGrantableRoles": answer}
    with pytest.raises(Unavailable, match=f"Google lists no role for {PROJECT}"):
        GooglePlaces(base_url=told[1]).grantable(PROJECT, timeout=30)


def test_a_resource_that_is_hidden_has_no_policy_to_look_at(places: GooglePlaces) -> None:
    for ask in (places.policy, places.grantable):
        with pytest.raises(CountersignError):
            ask("projects/hidden", timeout=5)


def test_google_s_libraries_are_loaded_soon_after_the_first_look_that_came_too_early(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else a service that has granted nothing yet would refuse nobody."""
    loaded: Queue[str] = Queue()
    monkeypatch.delitem(sys.modules, "googleapiclient.discovery", raising=False)
    monkeypatch.setattr(google_places, "LOADED_AFTER", 0.0)
    monkeypatch.setattr(google_places, "import_module", loaded.put)
    google_places._load_soon.cache_clear()
    for _ in range(3):
        with pytest.raises(Unavailable, match="not loaded"):
            GooglePlaces().policy("projects/x-prod", timeout=1)

    assert [loaded.get(timeout=30) for _ in range(2)] == ["google.auth", "googleapiclient.discovery"]
    assert loaded.empty()
