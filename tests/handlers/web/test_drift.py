"""The page of drift: for administrators alone, and nothing that it shows is markup."""

from collections.abc import Iterator

import pytest

from sandbox.google import Fault
from tests.handlers.web.conftest import ALICE, BOB, CAROL, EVE
from tests.support.running import POLICY, PROD, Running, running
from tests.support.visits import Browser


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    policy = POLICY.replace("groups:\n", 'administrators: ["group:security"]\ngroups:\n', 1)
    source = f"sources: {{jit_access: {{scope: {PROD}, duration: {{default: 1h, max: 2h}}}}}}\n"
    with running(tmp_path_factory.mktemp("office"), policy=policy + source, iap_port=0) as office:
        bindings = [
            {"role": "roles/logging.viewer", "members": ["user:eve@example.com"]},
            {
                "role": "roles/logging.viewer",
                "members": ["group:ops@example.com"],
                "condition": {"title": "JIT access activation", "expression": 'request.path != "<b>&\\""'},
            },
        ]
        office.box.google.edit(PROD, lambda policy: policy["bindings"].extend(bindings))
        yield office


def test_only_an_administrator_learns_that_there_is_such_a_page(office: Running) -> None:
    assert office.fetch("/drift")[0] == 403
    for who in (ALICE, BOB, EVE):
        browser = Browser(office, who)
        assert browser.get("/drift").status == 404
        assert "/drift" not in browser.get("/").body
    assert Browser(office, CAROL).post("/drift", {"remove": "1"}).status == 404


def test_an_administrator_finds_and_reads_it(office: Running) -> None:
    carol = Browser(office, CAROL)
    assert 'href="/drift"' in carol.get("/").body
    page = carol.get("/drift")

    assert page.status == 200
    for said in (
        (f"2 to look at on 2 of 2 covered resources, and on 1 that Asset Inventory has bindings of in {PROD}."),
        "Access that stands beside the policy",
        f"user:eve@example.com roles/logging.viewer {PROD} none gives access",
        "Looks like ours, and is not",
    ):
        assert said in page.words
    assert "<b>" not in page.body
    assert "&lt;b&gt;" in page.body
    assert "style=" not in page.body
    assert page.headers["content-security-policy"].startswith("default-src 'none'")


def test_what_an_operator_types_stands_there_as_code(office: Running) -> None:
    carol = Browser(office, CAROL)
    pages = [carol.get(each) for each in ("/drift", "/numbers")]

    assert all("`" not in page.words for page in pages)
    assert "<code>countersign drift</code> lists the eligible bindings" in pages[1].body


def test_a_project_that_cannot_be_read_is_named_beside_the_others(office: Running) -> None:
    office.box.google.faults.set(Fault(method="getIamPolicy", resource="projects/shop-data", status=503, times=9))
    try:
        page = Browser(office, CAROL).get("/drift")
    finally:
        office.box.google.faults.clear()

    assert page.status == 200
    assert "on 1 of 2 covered resources" in page.words
    assert "projects/shop-data: Google did not answer clearly (503)" in page.words
    assert "user:eve@example.com" in page.words


def test_asset_inventory_that_is_silent_is_named_beside_what_was_read(office: Running) -> None:
    office.box.google.faults.set(Fault(method="searchAllIamPolicies", status=403, times=9))
    try:
        page = Browser(office, CAROL).get("/drift")
    finally:
        office.box.google.faults.clear()

    assert f"{PROD}: Asset Inventory does not say what IAM offers" in page.words
    assert "user:eve@example.com" in page.words
