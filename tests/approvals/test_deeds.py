"""What is kept of what was done with access, and until when it is looked for."""

from datetime import timedelta

import msgspec

from approvals.deeds import LOOKS, Deeds, Logged, Stay, counted, next_look
from tests.support.builders import NOW, RESOURCE
from tests.support.world import ALICE, World

STAY = Stay(resource=RESOURCE, roles=("roles/run.admin",), start=NOW, end=NOW + timedelta(hours=1))


def test_what_could_not_all_be_read_is_kept_as_such() -> None:
    entries = [Logged(method="storage.objects.get"), Logged(method="storage.objects.get", denied=True)]
    whole, cut = (counted(STAY, entries, (), cut=each) for each in (False, True))
    above = counted(STAY, entries, (), cut=False, below=99, beyond=True)

    assert (whole.cut, whole.below, whole.beyond) == (False, 0, False)
    assert cut == msgspec.structs.replace(whole, cut=True)
    assert above == msgspec.structs.replace(whole, below=99, beyond=True)
    assert (whole.calls, whole.denied, whole.more) == (2, 1, 0)


def test_it_is_looked_for_twice_and_never_once_it_was_erased(world: World) -> None:
    request = world.granted()
    assert next_look(request, Deeds()) is None
    world.end(ALICE, request)
    world.pass_()
    ended = world.read(request)
    over = world.clock()

    assert [next_look(ended, Deeds(looks=looks)) for looks in range(3)] == [over + LOOKS[0], over + LOOKS[1], None]
    assert next_look(msgspec.structs.replace(ended, erased=over), Deeds()) is None
