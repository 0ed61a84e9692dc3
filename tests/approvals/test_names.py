import pytest

from approvals.names import fits
from approvals.reviews import Attestation
from tests.support.world import BOB, World, policy, refused


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Mickey Mouse", "Carol Chen"),
        ("Carol", "Carol Chen"),
        ("Carol Chen", "Carol"),
        ("Carol Chen Chen", "Carol Chen"),
        ("Carol Chen", ""),
        ("", ""),
        ("…", "!"),
        # Letters that only look alike: the first is Cyrillic.
        ("\u0421arol Chen", "Carol Chen"),
        # Ram and Rom: in Devanagari, and with other vowels in Thai, only a mark tells them apart.
        ("\u0930\u094b\u092e", "\u0930\u093e\u092e"),
        ("\u0e01\u0e34", "\u0e01\u0e31"),
    ],
)
def test_another_name_does_not_fit(typed: str, name: str) -> None:
    assert not fits(typed, name)


@pytest.mark.parametrize(
    "typed",
    [
        "Carol Chén",
        "carol  chen",
        "CHEN, Carol",
        "Carol Che\u0301n",
        "\uff23arol Chén",
        " Carol\u00a0Chén. ",
        "Chén Carol \u2764\ufe0f",
    ],
)
def test_case_order_accents_and_stops_do_not_matter(typed: str) -> None:
    assert fits(typed, "Carol Chén")


MATCH = ("domains: [example.com]", "domains: [example.com]\n  sign_name: match")
SIGN = ("needed: 1}", "needed: 1, sign: typed}")


def signed(world: World, name: str) -> Attestation:
    review = world.press(BOB, world.file(), printed_name=name, meaning="I approve").request.reviews[-1]
    assert review.attestation is not None
    return review.attestation


def test_a_policy_that_says_so_takes_no_other_name(world: World) -> None:
    world.policy = policy(MATCH, SIGN)
    world.people.join(BOB, name="Bob Baker")

    with refused("printed_name"):
        signed(world, "Mickey Mouse")
    assert signed(world, "baker, bob").account_name is None


def test_an_account_without_a_name_signs_nothing_under_such_a_policy(world: World) -> None:
    world.policy = policy(MATCH, SIGN)
    world.people.join(BOB, name="")

    with refused("printed_name"):
        signed(world, "Bob Baker")


def test_another_name_is_noted_beside_the_signature_and_in_the_audit(world: World) -> None:
    world.policy = policy(SIGN)
    world.people.join(BOB, name="Bob Baker")
    request = world.file()
    world.press(BOB, request, printed_name="Mickey Mouse", meaning="I approve")

    attestation = world.read(request).reviews[-1].attestation
    assert attestation is not None
    assert attestation.account_name is not None
    assert attestation.account_name.text == "Bob Baker"
    (entry,) = (each for each in world.store.entries(request.id) if each.action == "review.approve")
    assert entry.detail["account_name"] == attestation.account_name.digest


def test_the_name_of_the_account_needs_no_note(world: World) -> None:
    world.policy = policy(SIGN)
    world.people.join(BOB, name="Bob Baker")

    assert signed(world, "Bob Baker").account_name is None
