"""What is refused of freezing and thawing, by whichever way somebody comes."""

from typing import NamedTuple

from handlers.wording.errors import NOTHING
from tests.handlers.web.conftest import BOB, CAROL, DAN

SMITH = "d.smith@example.com"


class Move(NamedTuple):
    """What somebody does: `freeze` or `thaw`, of what, by which name, and why."""

    move: str
    of: str
    name: str
    why: str = "INC-9"


NO_ENTITLEMENT = ("freezing.entitlement", "The policy names no entitlement or action “amdin”.")
NO_PERSON = "is no address of a person here. Write all of it, such as name@example.com."
NO_REASON = ("why.freeze", "Say why: it is kept, and whoever is refused")
YOU = ("frozen.you", "You are frozen by alice@example.com: you can ask for nothing and decide nothing until")
NOWHERE = ("not_found", NOTHING)

REFUSED: dict[str, tuple[str, Move, tuple[str, str], tuple[tuple[str, str], ...]]] = {
    "nobody's administrator freezes": (BOB, Move("freeze", "entitlement", "admin"), NOWHERE, ()),
    "nobody's administrator thaws": (
        BOB,
        Move("thaw", "entitlement", "admin"),
        NOWHERE,
        (("entitlement", "admin"),),
    ),
    "an id that is none": (CAROL, Move("freeze", "entitlement", "amdin"), NO_ENTITLEMENT, ()),
    "a person of elsewhere": (
        CAROL,
        Move("freeze", "person", "bob@example.org"),
        ("freezing.person", f"“bob@example.org” {NO_PERSON}"),
        (),
    ),
    "no address": (CAROL, Move("freeze", "person", "bob"), ("freezing.person", f"“bob” {NO_PERSON}"), ()),
    "no reason for an entitlement": (CAROL, Move("freeze", "entitlement", "admin", ""), NO_REASON, ()),
    "no reason for a person": (CAROL, Move("freeze", "person", BOB, " "), NO_REASON, ()),
    "no reason for everything": (CAROL, Move("freeze", "everything", "", "\t"), NO_REASON, ()),
    "no reason to thaw": (CAROL, Move("thaw", "person", BOB, ""), NO_REASON, (("person", BOB),)),
    "all that is wrong at once": (CAROL, Move("freeze", "entitlement", "amdin", ""), NO_REASON, ()),
    "an entitlement that is frozen": (
        CAROL,
        Move("freeze", "entitlement", "admin"),
        (
            "already_frozen",
            "is frozen already, by alice@example.com. Nothing was changed. Their reason: “INC-1”.",
        ),
        (("entitlement", "admin"),),
    ),
    "a person who is frozen": (
        CAROL,
        Move("freeze", "person", BOB),
        ("already_frozen", f"{BOB} is frozen already, by alice@example.com."),
        (("person", BOB),),
    ),
    "everything that is frozen": (
        CAROL,
        Move("freeze", "everything", ""),
        ("already_frozen", "Everything is frozen already, by alice@example.com."),
        (("everything", ""),),
    ),
    "to thaw what is not frozen": (
        CAROL,
        Move("thaw", "entitlement", "pair"),
        ("not_frozen", "pair is not frozen by itself, so nothing was changed."),
        (("entitlement", "admin"), ("everything", "")),
    ),
    "to thaw everything that is not frozen": (
        CAROL,
        Move("thaw", "everything", ""),
        ("not_frozen", "Not everything is frozen, so nothing was changed."),
        (("entitlement", "admin"),),
    ),
    "a frozen administrator thaws themselves": (DAN, Move("thaw", "person", DAN), YOU, (("person", DAN),)),
    "they do so by another address": (DAN, Move("thaw", "person", SMITH), YOU, (("person", SMITH),)),
    "they thaw something else": (
        DAN,
        Move("thaw", "entitlement", "admin"),
        YOU,
        (("entitlement", "admin"), ("person", SMITH)),
    ),
    "they thaw everything": (DAN, Move("thaw", "everything", ""), YOU, (("everything", ""), ("person", DAN))),
    "they freeze another administrator": (DAN, Move("freeze", "person", CAROL), YOU, (("person", DAN),)),
    "they freeze everything": (DAN, Move("freeze", "everything", ""), YOU, (("person", DAN),)),
}
