"""The chaos run finds what is decided or given of what is frozen by name, and what an export leaves out."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from approvals.access.bindings import TITLE
from approvals.backends.stores.sqlite import open_sqlite
from approvals.ports.store import Store
from chaos import ice
from chaos.findings import Findings
from chaos.home import missing
from chaos.ice import Ice, Part
from chaos.outside import Outside
from chaos.records import Records
from sandbox.app import Sandbox
from tests.support.builders import NOW, filed, following, review, review_key, terms

BOB = "bob@example.com"
PART = Part(entitlements=["two-shop-0"], mute=BOB)
ROLE = "roles/storage.objectViewer"


FROZEN, FREE, NEW = "r-0000000001", "r-0000000002", "r-0000000003"
NAMES = {FROZEN: "two-shop-0", FREE: "two-shop-1"}


class Scene(NamedTuple):
    """A store and a Google Cloud, in which something happens behind the service's back."""

    store: Store
    box: Sandbox

    def asked(self, name: str, entitlement: str) -> None:
        self.store.create(filed(name, terms=terms(entitlement=entitlement)), key=name)

    def voted(self, name: str, who: str) -> None:
        stored = self.store.request(name)
        self.store.commit(following(stored, key=review_key(stored, who), reviews=(review(who),)))

    def given(self, role: str, resource: str = "projects/shop-0") -> None:
        condition = {
            "title": TITLE,
            "description": f"countersign:{self.store.installation().instance}/r-1",
            "expression": 'request.time < timestamp("2999-01-01T00:00:00Z")',
        }
        made = {"role": role, "members": ["user:alice@example.com"], "condition": condition}
        self.box.google.edit(resource, lambda policy: policy.setdefault("bindings", []).append(made))


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with Sandbox.start() as box, closing(open_sqlite(tmp_path / "countersign.db", now=NOW)) as store:
        for project in ("projects/shop-0", "projects/shop-1"):
            box.google.add(project)
        made = Scene(store, box)
        for name, entitlement in NAMES.items():
            made.asked(name, entitlement)
        yield made


WRONG: dict[str, Callable[[Scene], object]] = {
    "a vote on what is frozen": lambda scene: scene.voted(FROZEN, "carol@example.com"),
    "a vote by who is frozen": lambda scene: scene.voted(FREE, BOB),
    "a request for it": lambda scene: scene.asked(NEW, "two-shop-0"),
    "a role of it": lambda scene: scene.given(ROLE),
}
RIGHT: dict[str, Callable[[Scene], object]] = {
    "a vote on what is not": lambda scene: scene.voted(FREE, "carol@example.com"),
    "a request for what is not": lambda scene: scene.asked(NEW, "two-shop-1"),
    "another role": lambda scene: scene.given("roles/run.viewer"),
    "the role elsewhere": lambda scene: scene.given(ROLE, "projects/shop-1"),
}


@pytest.mark.parametrize("what", [*WRONG, *RIGHT])
def test_what_happens_to_what_is_frozen_by_name_is_found(
    scene: Scene, tmp_path: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ice, "UNDER_WAY", 0.0)
    findings = Findings()
    with closing(Records(tmp_path / "countersign.db")) as records:
        made = Ice(Outside(scene.box, None), records, findings, part=PART)
        made.look()
        assert findings.clean()

        (WRONG | RIGHT)[what](scene)
        made.look()

    assert findings.clean() == (what in RIGHT), findings.table()


@pytest.mark.parametrize(
    ("rows", "promised", "stored", "wrong"),
    [
        (["r-1", "r-2"], ["r-1"], ["r-1", "r-2"], 0),
        (["r-2"], ["r-1"], ["r-1", "r-2"], 1),
        (["r-1", "r-2"], ["r-1"], ["r-1"], 1),
        ([], ["r-1", "r-2"], ["r-1", "r-2"], 2),
    ],
)
def test_an_export_that_lacks_or_makes_up_something_is_found(
    rows: list[str], promised: list[str], stored: list[str], wrong: int
) -> None:
    file = "\ufeff" + "".join(f"{row},x\r\n" for row in ["request", *rows])
    assert len(missing(file, promised, stored)) == wrong
