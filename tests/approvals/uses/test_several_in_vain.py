"""Several calls with the one call that the named person confirmed: refused, by a card and by a program alike."""

import pytest

from approvals.refusals.errors import Refused
from approvals.uses.votes import Press, Shown
from tests.support.refunds import ASSERTED
from tests.support.tool_callers import Call, ToolCallers
from tests.support.world import ALICE, BOB, World


@pytest.mark.parametrize("word", [False, True])
def test_a_program_approves_several_only_where_the_named_person_chose_several(world: World, *, word: bool) -> None:
    agents = ToolCallers(world)
    request = agents.ask(Call(number=1, person=ASSERTED))
    shown = Shown(request=request.id, revision=request.revision, digest=request.digest)
    world.uses.confirming.confirm(world.identity(ALICE), shown, window=word, now=world.clock())
    press = Press(token="", verdict="approve", window=True)

    if word:
        world.uses.deciding.vote(world.identity(BOB), shown, press, now=world.clock())
    else:
        with pytest.raises(Refused) as refused:
            world.uses.deciding.vote(world.identity(BOB), shown, press, now=world.clock())
        assert refused.value.code == "window.confirmed"
        with pytest.raises(Refused):
            agents.approve(request)
        assert world.read(request).reviews == ()
    assert (world.read(request).window is not None) == word
