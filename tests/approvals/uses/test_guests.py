"""What guests get without anybody's approval, and who decides under an address with a plus sign."""

from tests.support.world import APPROVERS, BOB, CAROL, GWEN, World, policy, refused

GUESTS_ASK = ("  domains: [example.com]", "  domains: [example.com]\n  guests: request")
NO_PLUS = ("  domains: [example.com]", "  domains: [example.com]\n  plus_addresses: refuse")
BOB_AGAIN = "bob+2@example.com"


def test_a_guest_gets_nothing_that_nobody_else_approves(world: World) -> None:
    world.policy = policy(GUESTS_ASK)
    world.people.join(GWEN, guest=True)

    with refused("requester"):
        world.file(GWEN, "logs")
    assert list(world.store.chains()) == [""]


def test_a_guest_gets_what_the_entitlement_gives_to_guests(world: World) -> None:
    world.policy = policy(GUESTS_ASK, ("approval: self", "approval: self\n    guests: self"))
    world.people.join(GWEN, guest=True)

    assert world.file(GWEN, "logs").state == "approved"


def test_a_guest_gets_what_somebody_else_approves(world: World) -> None:
    world.policy = policy(GUESTS_ASK)
    world.people.join(GWEN, guest=True)

    assert world.granted(GWEN).state == "approved"


def test_a_guest_who_was_let_to_do_without_still_may_not_decide(world: World) -> None:
    world.policy = policy(GUESTS_ASK, ("approval: self", "approval: self\n    guests: self"))
    account = world.people.accounts[world.people.join(BOB, guest=True)]

    with refused("guest"):
        world.accounts.entrance("slack").identify(account, purpose="decide", now=world.clock())


def test_the_policy_keeps_plus_addresses_from_deciding_and_not_from_asking(world: World) -> None:
    account = world.people.accounts[world.people.join(BOB_AGAIN)]

    def decides() -> str:
        return world.accounts.entrance("slack").identify(account, purpose="decide", now=world.clock()).principal

    assert decides() == BOB_AGAIN
    world.policy = policy(NO_PLUS)
    with refused("plus_address"):
        decides()
    assert world.identity(BOB_AGAIN).principal == BOB_AGAIN


def test_a_vote_under_a_plus_address_does_not_count_once_the_policy_refuses_it(world: World) -> None:
    world.people.join(BOB_AGAIN)
    world.people.groups[APPROVERS].add(BOB_AGAIN)
    request = world.file(GWEN, "pair")
    world.press(BOB_AGAIN, request)
    world.policy = policy(NO_PLUS)

    assert world.press(CAROL, request).request.state == "pending"


def test_an_alias_with_a_plus_counts_as_the_address_that_it_is_an_alias_of(world: World) -> None:
    aliases = ("alice@example.com: [a.smith@example.com]", f"bob@example.com: [{BOB_AGAIN}]")
    world.policy = policy(NO_PLUS, aliases)
    account = world.people.accounts[world.people.join(BOB_AGAIN)]
    identity = world.accounts.entrance("slack").identify(account, purpose="decide", now=world.clock())

    assert identity.principal == BOB
