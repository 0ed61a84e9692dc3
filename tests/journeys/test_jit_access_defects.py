"""What reading found wrong in JIT Access and JIT Groups is not so here: a test or more for each, X1 to X16.

X13 (group settings that one group changes for all) stands in `test_group_settings.py`.
"""

import ast
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from approvals.access.bindings import expression, window_of
from approvals.auditing.audits import Inspection
from approvals.backends.directories.cloud_identity import CloudIdentity
from approvals.eligible.bindings import Attached, Binding, eligible
from approvals.eligible.marking import marked
from approvals.grants import Window
from approvals.refusals.errors import Refused, Unavailable
from bot.settings import SettingsError, read_local
from handlers.identity.iap import Assertions
from handlers.identity.keys import PublishedKeys
from handlers.wording.refusing.refusals import worded
from sandbox.google import Fault, Google
from tests.approvals.reconcile.clouds import FOREIGN, bindings, during, put, strip, windows
from tests.support.assertions import AUDIENCE, KeyPage, Proxy, headers
from tests.support.builders import NOW, RESOURCE
from tests.support.clouds import google_with
from tests.support.direct import Wire, direct_iam
from tests.support.googles import google, google_stage, google_url
from tests.support.running import running
from tests.support.visits import Browser, forms, link
from tests.support.world import ALICE, APPROVERS, BOB, CAROL, World, policy, refused

__all__ = ["google", "google_stage", "google_url"]

ROOT = Path(__file__).parents[2]
JIT = "has({}.jitAccessConstraint)"


@pytest.fixture
def cloud() -> Google:
    return google_with()


@pytest.fixture
def wire(cloud: Google) -> Wire:
    return Wire(direct_iam(cloud))


@pytest.fixture
def world(tmp_path: Path, wire: Wire) -> Iterator[World]:
    made = World(tmp_path, granter=wire)
    yield made
    assert list(Inspection(made.store).faults()) == []
    made.close()


def test_x1_a_form_of_another_site_decides_nothing_on_any_page_that_takes_one(tmp_path: Path) -> None:
    with running(tmp_path, iap_port=0) as office:
        asked = office.ask("alice", "admin")
        bob = Browser(office, BOB)
        form = forms(bob.get(link(office, asked)))["approve"]
        for elsewhere in (
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": None, "Origin": "https://example.com"},
        ):
            assert bob.post(form["action"], form, headers=elsewhere).status == 403

        assert office.request(asked).reviews == ()


@pytest.mark.parametrize("status", [409, 412])
def test_x2_a_change_in_between_means_the_whole_read_modify_write_again(
    world: World, cloud: Google, wire: Wire, status: int
) -> None:
    cloud.faults.set(Fault(method="setIamPolicy", status=status))
    wire.writes = [lambda: put(cloud, FOREIGN)]
    world.granted()

    assert wire.sent == 2
    assert bindings(cloud)[: len(FOREIGN)] == FOREIGN


def test_x3_what_was_granted_is_in_the_audit_although_nobody_can_be_told(world: World) -> None:
    request = world.file()
    world.room.faults = [Unavailable("down")] * 10_000
    voted = world.press(BOB, request)
    world.pass_()

    events = [entry.action for entry in world.store.entries(request.id)]
    assert voted.request.state == "approved"
    assert [event for event in events if "approved" in event] != []
    assert world.state(request) == "active"
    world.room.faults = []


def test_x4_a_late_approval_gives_the_whole_duration_or_nothing(world: World, cloud: Google) -> None:
    request = world.file(minutes=5)
    world.clock.advance(600)
    world.press(BOB, request)
    world.pass_()

    assert windows(cloud) == [("roles/run.admin", during("10:10:00", "10:15:00"))]
    late = world.file(minutes=5)
    world.clock.advance(3601)
    with refused("token_expired"):
        world.press(BOB, late)


def test_x5_an_approval_sent_again_neither_extends_nor_restores_access(world: World, cloud: Google) -> None:
    request = world.file()
    token = world.tokens.mint(request, act="review", now=world.clock())
    world.vote_by_token(world.identity(BOB), token)
    world.pass_()
    before = windows(cloud)
    world.clock.advance(600)
    strip(cloud)
    world.passes(300)
    for person in (BOB, CAROL):
        with suppress(Refused):
            world.vote_by_token(world.identity(person), token)
    world.passes(300)

    assert before == [("roles/run.admin", during("10:00:00", "11:00:00"))]
    assert (windows(cloud), world.state(request)) == ([], "revoked")


def test_x6_who_may_not_ask_any_more_gets_nothing_by_an_approval(world: World, cloud: Google) -> None:
    request = world.file()
    world.policy = policy(("requesters: [alice@example.com, bob@example.com,", "requesters: [bob@example.com,"))
    with suppress(Refused):
        world.press(BOB, request)
    world.passes(60)

    assert world.read(request).grant is None
    assert windows(cloud) == []


def test_x6_an_approver_who_left_the_group_approves_nothing(world: World) -> None:
    request = world.file()
    world.people.groups[APPROVERS] = {CAROL}
    world.clock.advance(61)
    with refused("not_approver"):
        world.press(BOB, request)

    assert world.read(request).state == "pending"


def test_x7_nobody_elses_binding_goes_whatever_it_looks_like(world: World, cloud: Google) -> None:
    condition = f'({during("09:00:00", "20:00:00")}) && (resource.name == "b")'
    theirs = {
        "role": "roles/run.admin",
        "members": [f"user:{ALICE}"],
        "condition": {"title": "JIT access activation", "description": "by hand", "expression": condition},
    }
    put(cloud, [*FOREIGN, theirs])
    request = world.granted()
    world.end(ALICE, request)
    world.passes(60)

    assert world.state(request) == "ended"
    assert bindings(cloud) == [*FOREIGN, theirs]


@pytest.mark.parametrize(
    "text",
    [
        '(request.time >= timestamp("A") && request.time < timestamp("B") || foo == timestamp("x"))',
        during("10:00:00", "11:00:00")[:-1] + " || true)",
        during("10:00:00", "11:00:00") + " || true",
        "((" + during("10:00:00", "11:00:00"),
        "(" + during("10:00:00", "11:00:00") + ") && (a)) || (b",
    ],
)
def test_x8_only_the_exact_text_of_a_window_is_one(text: str) -> None:
    assert window_of(text) is None
    window = Window(start=NOW, end=NOW + timedelta(hours=1))
    assert window_of(expression(window, "a")) == (window, "a")


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        (rf"resource.name == 'it\'s && {JIT}' && {JIT}", f'resource.name == "it\'s && {JIT}"'),
        (f"{JIT} && resource.name == 'a \" b && c'", 'resource.name == "a \\" b && c"'),
        (f"{JIT} && resource.name == 'a)' && b", 'resource.name == "a)" && b'),
        (f"{JIT} // && by hand", ""),
        (f"{JIT} && (a ? b && c : d)", "a ? b && c : d"),
    ],
)
def test_x9_conditions_are_split_where_they_are_joined(text: str, condition: str) -> None:
    found = marked(text)

    assert found is not None
    assert found.condition == condition


def test_x9_one_condition_that_cannot_be_read_hides_no_other_of_its_project() -> None:
    made = [
        Binding(role="roles/run.admin", members=(f"user:{ALICE}",), condition=text, place=str(number))
        for number, text in enumerate([f"{JIT} && (", JIT, "junk ("])
    ]
    found = eligible([Attached(resource=RESOURCE, bindings=tuple(made))], {RESOURCE: ()})

    assert [each.askers for each in found.eligible] == [(f"user:{ALICE}",)]
    assert [each.place for each in found.left_out] == ["0"]


def test_x10_of_several_roles_all_are_given_or_none(world: World, cloud: Google) -> None:
    world.policy = policy(
        ("roles: [roles/storage.objectViewer, roles/run.viewer]", "roles: [roles/run.viewer, roles/run.nobody]")
    )
    request = world.file(ALICE, "pair")
    world.press(BOB, request)
    world.press(CAROL, request)
    world.passes(60)

    assert world.state(request) == "failed"
    assert bindings(cloud) == []


def test_x11_what_google_refuses_is_said_in_its_words_and_not_as_a_sign_in(world: World, cloud: Google) -> None:
    cloud.faults.set(Fault(method="setIamPolicy", status=400, times=10))
    request = world.file()
    world.press(BOB, request)
    world.passes(60)

    grant = world.read(request).grant
    assert grant is not None
    said = worded(grant.trouble or grant.cause)
    assert said == "Google refused (400): a fault on purpose"


@pytest.mark.parametrize("name", ["IAP_VERIFY_AUDIENCE", "IAP_BACKEND_SERVICE_ID"])
def test_x12_the_audience_is_always_verified_and_no_setting_says_otherwise(name: str) -> None:
    with pytest.raises(SettingsError, match="IAP_AUDIENCE"):
        read_local({name: "false"})


@pytest.mark.parametrize(
    "form",
    [
        "/projects/123456789/locations/europe-west1/services/countersign",
        "/projects/123456789/us-central1/backendServices/987654321",
        "/projects/123456789/apps/shop-prod",
    ],
)
def test_x12_each_form_of_an_audience_counts_where_it_is_set_and_nowhere_else(form: str) -> None:
    proxy = Proxy()
    keys = PublishedKeys("https://keys", send=KeyPage(proxy).send, clock=lambda: NOW)
    given = headers(proxy.mint(aud=form))

    assert Assertions([form], find=keys.find).read(given, now=NOW).email == BOB
    with pytest.raises(Exception, match=r"."):
        Assertions([AUDIENCE], find=keys.find).read(given, now=NOW)


def test_x14_the_documented_defaults_are_those_of_the_program() -> None:
    from tools import jit_access_table, settings_table  # noqa: PLC0415

    assert settings_table.table() in (ROOT / "docs" / "settings.md").read_text()
    assert jit_access_table.table() in (ROOT / "README.md").read_text()


def test_x15_a_member_on_a_later_page_of_a_large_group_is_a_member(google: Google, google_url: str) -> None:
    everybody = [f"p{number}@example.com" for number in range(450)]
    google.set_group("all@example.com", everybody)
    directory = CloudIdentity(base_url=google_url)

    assert directory.is_member("all@example.com", everybody[-1], timeout=10)
    assert set(directory.members("all@example.com", most=1000, timeout=10)) == set(everybody)


def test_x15_the_keys_of_assertions_are_fetched_once_and_kept() -> None:
    proxy = Proxy()
    page = KeyPage(proxy)
    keys = PublishedKeys("https://keys", send=page.send, clock=lambda: NOW)
    for _ in range(3):
        Assertions([AUDIENCE], find=keys.find).read(headers(proxy.mint()), now=NOW)

    assert page.asked == 1


@pytest.mark.parametrize("package", ["approvals", "bot", "countersign_client", "handlers"])
def test_x16_no_rule_is_an_assertion_that_a_switch_takes_away(package: str) -> None:
    found = [
        f"{file}:{node.lineno}"
        for file in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Assert)
    ]

    assert found == []
