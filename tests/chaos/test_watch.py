"""What stands past its time is found, and what another approval holds is not taken for it."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from chaos import truths
from chaos.findings import Findings
from chaos.outside import Outside
from chaos.records import Records
from chaos.watch import Watch
from sandbox.app import Sandbox
from sandbox.google import Google
from tests.support.builders import OTHER, RESOURCE
from tests.support.clouds import wire
from tests.support.direct import Wire
from tests.support.world import ALICE, BOB, World

__all__ = ["wire"]


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox.start() as made:
        made.google.add(RESOURCE)
        yield made


@pytest.fixture
def cloud(box: Sandbox) -> Google:
    return box.google


def test_two_approvals_of_one_second_are_one_binding_until_both_are_over(
    tmp_path: Path, box: Sandbox, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It names the newer one of them, and goes on to as it stands when that one ends."""
    world = World(tmp_path, granter=wire)
    monkeypatch.setattr(truths, "now", world.clock)
    outside = Outside(box, None)
    findings = Findings()
    both = [world.file(), world.file()]
    for request in both:
        world.press(BOB, request)
    world.pass_()
    (binding,) = outside.bindings(RESOURCE)
    (named,) = [each for each in both if binding[4].endswith(each.id)]
    with closing(Records(tmp_path / "store.db")) as records:
        watch = Watch(outside, records, findings, projects=[RESOURCE.removeprefix("projects/")])
        world.clock.advance(100)
        world.end(ALICE, named)
        world.passes(60)
        watch.look()
        assert outside.bindings(RESOURCE) == {binding}
        assert findings.clean()

        (other,) = [each for each in both if each != named]
        world.end(ALICE, other)
        world.clock.advance(60)
        watch.look()
    world.close()

    assert findings.wrong["prompt"] == [f"{other.id} stands past its time [under siege]"]


def test_what_stands_where_nobody_asked_for_it_is_found_by_whom_it_names(
    tmp_path: Path, box: Sandbox, cloud: Google, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A binding that was written to another project is carried by nothing there."""
    world = World(tmp_path, granter=wire)
    monkeypatch.setattr(truths, "now", world.clock)
    outside = Outside(box, None)
    findings = Findings()
    request = world.file()
    world.press(BOB, request)
    world.pass_()
    made = cloud.policies()[RESOURCE]["bindings"]
    cloud.add(OTHER)
    cloud.edit(OTHER, lambda policy: policy["bindings"].extend(made))
    with closing(Records(tmp_path / "store.db")) as records:
        watch = Watch(outside, records, findings, projects=[OTHER.removeprefix("projects/")])
        watch.look()
        assert findings.clean()

        world.end(ALICE, request)
        world.clock.advance(60)
        watch.look()
    world.close()

    assert findings.wrong["prompt"] == [f"{request.id} stands past its time [under siege]"]
