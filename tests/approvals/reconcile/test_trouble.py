"""What stands in the way of a grant: the card says what can be mended, and says it once."""

from approvals.ports.targets import Forbidden, Unsure
from handlers.wording.refusing.refusals import worded
from tests.support.direct import Wire
from tests.support.world import BOB, World


def test_the_card_says_which_permission_is_missing_once_google_has_said_it(world: World, wire: Wire) -> None:
    request = world.file()
    world.press(BOB, request)
    wire.reads = [*[Unsure("503")] * 3, *[Forbidden("needs setIamPolicy")] * 3, *[Unsure("503")] * 20]
    world.passes(600)

    drawn = world.room.only(request.id, "status").drawn
    assert drawn is not None
    assert drawn.request.grant is not None
    assert worded(drawn.request.grant.trouble) == "needs setIamPolicy"
    assert world.actions(request).count("grant.trouble") == 2


def test_the_card_names_the_permission_that_is_missing_now(world: World, wire: Wire) -> None:
    request = world.file()
    world.press(BOB, request)
    wire.reads = [Forbidden("the account needs getIamPolicy", needed="getIamPolicy")] * 3
    wire.writes = [Forbidden("the account needs setIamPolicy", needed="setIamPolicy")] * 200
    world.passes(900)

    grant = world.read(request).grant
    assert grant is not None
    assert worded(grant.trouble) == "the account needs setIamPolicy"
    assert world.actions(request).count("grant.trouble") == 2
