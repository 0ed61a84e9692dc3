"""A write changes nothing but what it is for, whatever else the policy holds: large ones and odd ones, too."""

import copy
import json
from collections.abc import Callable, Mapping
from typing import Any

import httplib2
import pytest
from googleapiclient.errors import HttpError
from hypothesis import given, settings
from hypothesis import strategies as st

from approvals.backends.google_rest import _constraint
from approvals.backends.granters.google_iam import GoogleIam
from approvals.ports.targets import Binding, Impossible
from handlers.wording.refusing.refusals import sentence
from sandbox.google import Google
from tests.support.googles import PROJECT

OURS = Binding(
    role="roles/run.admin",
    member="user:alice@example.com",
    title="JIT access activation",
    description="Approved by bob@example.com",
    expression='request.time < timestamp("2030-01-01T00:00:00Z")',
)
MEMBERS = st.sampled_from(
    [
        "user:alice@example.com",
        "user:Alice@Example.com",
        "group:ops@example.com",
        "domain:example.com",
        "allAuthenticatedUsers",
        "deleted:user:alice@example.com?uid=123456789012345678901",
        "deleted:serviceAccount:ci@shop.iam.gserviceaccount.com?uid=1",
        "deleted:principal://iam.googleapis.com/locations/global/workforcePools/staff/subject/alice",
        "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/subject/main",
        "principalSet://iam.googleapis.com/locations/global/workforcePools/staff/group/ops",
        "projectOwner:shop-prod",
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
UNKNOWN = st.dictionaries(st.text(min_size=1, max_size=8).map("x-{}".format), JSON, max_size=3)


@st.composite
def bindings(draw: st.DrawFn) -> dict[str, Any]:
    """A binding as Google shows it, with members whom nobody here knows and fields of a later release."""
    found: dict[str, Any] = {
        "role": draw(st.sampled_from(["roles/run.admin", "roles/owner", "organizations/1/roles/Odd"])),
        "members": draw(st.lists(MEMBERS, min_size=1, max_size=4, unique=True)),
    }
    if draw(st.booleans()):
        text = draw(st.sampled_from(["true", "resource.name.startsWith('a')", OURS.expression]))
        found["condition"] = {"title": draw(st.text(max_size=9)), "expression": text} | draw(UNKNOWN)
    return found | draw(UNKNOWN)


POLICIES = st.builds(
    lambda held, more: {"version": 3, "etag": "BwY", "bindings": held, **more},
    st.lists(bindings(), max_size=6),
    UNKNOWN,
)


class _Kept:
    """Stands for Google's side of the wire: shows one policy, and keeps what it is sent."""

    def __init__(self, shown: Mapping[str, Any]) -> None:
        self.shown = shown
        self.sent: dict[str, Any] = {}

    def call(self, prepare: Callable[[Any], Any], *, timeout: float, reason: str = "") -> Mapping[str, Any]:
        body = prepare(self)
        if "policy" in body:
            self.sent = json.loads(json.dumps(body["policy"]))
            return self.sent
        return copy.deepcopy(self.shown)

    def __getattr__(self, _: str) -> Any:
        return lambda: self

    def getIamPolicy(self, *, resource: str, body: Any) -> Any:  # noqa: N802 - Google's name
        return body

    setIamPolicy = getIamPolicy  # noqa: N815


def granter(kept: _Kept) -> GoogleIam:
    found = GoogleIam()
    found.__dict__["_rest"] = kept
    return found


@given(POLICIES)
@settings(max_examples=60)
def test_what_is_added_stands_beside_all_that_was_there(shown: dict[str, Any]) -> None:
    kept = _Kept(shown)
    iam = granter(kept)
    iam.write(iam.read(PROJECT, timeout=5, reason="r"), add=[OURS], remove=[], timeout=5, reason="r")

    assert {name: each for name, each in kept.sent.items() if name != "bindings"} == {
        name: each for name, each in shown.items() if name != "bindings"
    }
    left = _without_ours(kept.sent["bindings"])
    assert left == _without_ours(shown["bindings"])


@given(POLICIES)
@settings(max_examples=60)
def test_what_is_added_and_taken_away_leaves_the_policy_as_it_was(shown: dict[str, Any]) -> None:
    """Down to each member's place, and each field that nobody here knows."""
    kept = _Kept(shown)
    iam = granter(kept)
    if OURS in (read := iam.read(PROJECT, timeout=5, reason="r")).bindings:
        return
    iam.write(read, add=[OURS], remove=[], timeout=5, reason="r")
    kept.shown = kept.sent
    iam.write(iam.read(PROJECT, timeout=5, reason="r"), add=[], remove=[OURS], timeout=5, reason="r")

    assert kept.sent == shown


def test_who_shares_a_binding_with_us_keeps_it_with_all_that_it_has() -> None:
    condition = {"title": OURS.title, "description": OURS.description, "expression": OURS.expression}
    shared = {
        "role": OURS.role,
        "members": [OURS.member, "user:bob@example.com"],
        "x-of-a-later-release": {"a": 1},
    }
    kept = _Kept(
        {"version": 3, "etag": "BwY", "bindings": [shared | {"condition": condition | {"location": "x"}}]}
    )
    iam = granter(kept)
    iam.write(iam.read(PROJECT, timeout=5, reason="r"), add=[], remove=[OURS], timeout=5, reason="r")

    (left,) = kept.sent["bindings"]
    assert left == {**kept.shown["bindings"][0], "members": ["user:bob@example.com"]}


def _without_ours(held: list[dict[str, Any]]) -> list[Any]:
    """The bindings without our member, where the condition is ours to the letter."""
    found = []
    for each in held:
        condition = {
            name: each.get("condition", {}).get(name, "") for name in ("title", "description", "expression")
        }
        ours = (each["role"], condition) == (
            OURS.role,
            {"title": OURS.title, "description": OURS.description, "expression": OURS.expression},
        )
        members = [one for one in each["members"] if not (ours and one == OURS.member)]
        if members:
            found.append({**each, "members": members})
    return found


def test_a_policy_of_hundreds_of_kilobytes_is_read_and_written_whole(google: Google, google_url: str) -> None:
    """1,499 principals with long addresses, and one that fits beside them."""
    odd = [
        "deleted:user:gone@example.com?uid=123456789012345678901",
        "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/subject/main",
    ]
    name = "somebody.with.a.very.long.name" * 8
    many = [f"user:{name}.{number}@example.com" for number in range(1499 - len(odd))]
    long = {"title": "by hand", "expression": f"resource.name != '{'x' * 2000}'"}
    before = [
        {"role": "roles/run.viewer", "members": odd},
        {"role": "roles/run.viewer", "members": many, "condition": long},
    ]
    google._keep(PROJECT, {"bindings": before})
    iam = GoogleIam(base_url=google_url)
    snapshot = iam.read(PROJECT, timeout=20, reason="r")
    assert len(json.dumps(snapshot.raw)) > 390_000
    iam.write(snapshot, add=[OURS], remove=[], timeout=30, reason="r")
    after = google.policies()[PROJECT]["bindings"]

    assert after[:-1] == before
    assert after[-1]["members"] == [OURS.member]
    again = iam.read(PROJECT, timeout=20, reason="r")
    another = Binding(
        role="roles/run.viewer", member=OURS.member, title="t", description="", expression=OURS.expression
    )
    with pytest.raises(Impossible) as full:
        iam.write(again, add=[another], remove=[], timeout=30, reason="r")
    assert "1,501 principals" in sentence(full.value.reason)
    assert len(google.calls("setIamPolicy")) == 1


def test_an_organization_policy_that_forbids_a_member_is_told_by_its_name(google: Google, google_url: str) -> None:
    google.organization_policies.customers["example.com"] = "C01"
    google.organization_policies.allow(PROJECT, ["C02"])
    iam = GoogleIam(base_url=google_url)
    with pytest.raises(Impossible) as refusal:
        iam.write(iam.read(PROJECT, timeout=5, reason="r"), add=[OURS], remove=[], timeout=5, reason="r")

    said = sentence(refusal.value.reason)
    assert said.startswith("Google refused: an organization policy (iam.allowedPolicyMemberDomains) forbids it.")
    assert google.policies()[PROJECT].get("bindings", []) == []


@pytest.mark.parametrize(
    "details",
    [
        "none",
        [7],
        [{"violations": "all"}],
        [{"violations": [7, {"type": "constraints/x\ny"}]}],
        [{}],
        {"violations": []},
    ],
)
def test_details_of_a_shape_that_nobody_knows_name_no_constraint(details: Any) -> None:
    body = json.dumps({"error": {"code": 400, "message": "Not you.", "details": details}}).encode()
    error = HttpError(httplib2.Response({"status": "400", "content-type": "application/json"}), body)
    assert _constraint(error) == ""
