"""Which entitlements what was typed means: by id, title or role, and resource; and what may have been meant."""

from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache

import msgspec

from approvals.nearest import nearest
from approvals.policy.model import OF_IAM, Entitlement
from approvals.targets import all_roles, resources
from handlers.wording.targets import apart, resource_in_words
from handlers.wording.text.plain import plainly
from handlers.wording.text.typed import clip

PARTLY = "Google does not say now all that IAM offers, so more may be offered than is listed. Try again soon."
PARTLY_IN_SHORT = "IAM does not say all that it offers just now"
"""The same where a list of a chat has no room for a sentence."""

NONE_AND_PARTLY = "Nothing fits, and IAM does not say all that it offers just now"
"""The same above all that somebody may ask for, where nothing of it has the words that they typed."""

_SEVERAL = 10
_PLACES = 5
_APART = 120  # characters of the condition by which one is told from the next
_ROLES = "roles/"
_START = 3  # letters of an id that say which is meant
_KNOWN = 16_384  # entitlements whose names are remembered: working them out takes most of a mistyped line's time


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """What was meant, as far as that is certain, and why it does not do; both empty where nothing was typed.

    `known`: something is called so. `near` is what may have been meant where nothing is.
    """

    entitlement: Entitlement | None = None
    problem: str = ""
    known: bool = True
    near: str = ""


def choose(offered: Sequence[Entitlement], *, what: str, where: str) -> Choice:
    """Find the one entitlement that was meant. A guess is only named, never chosen."""
    if not what and not where:
        return Choice(known=False)
    fitting = fitting_in(offered, what=what, where=where)
    if len(fitting) == 1:
        return Choice(entitlement=fitting[0])
    if fitting:
        return Choice(problem=several(fitting, what=what, where=where))
    named = _named(offered, what)
    if not named:
        near = _near(offered, what)
        hint = f"Did you mean {near}?" if near else "Type below to see what you can ask for."
        problem = f"You cannot ask for anything called “{_short(what, where)}”. {hint}"
        return Choice(problem=problem, known=False, near=near)
    # There is no doubt about what, only about where: who sees the form sees both.
    return Choice(entitlement=named[0] if len(named) == 1 else None, problem=_elsewhere(named, what, where))


def fitting_in(offered: Sequence[Entitlement], *, what: str, where: str) -> Sequence[Entitlement]:
    """Find what is meant by an id or a title, else everything that a role and a resource fit."""
    wanted = _wanted(what, where).lower()
    return (
        [each for each in offered if each.id == wanted]
        or [each for each in offered if wanted == _title(each.title)]
        or [each for each in _named(offered, what) if _placed(each, where)]
    )


def several(fitting: Sequence[Entitlement], *, what: str, where: str) -> str:
    """Say that what was typed leaves a choice."""
    ids = ", ".join(map(_called, fitting[:_SEVERAL]))
    more = f" and {len(fitting) - _SEVERAL} more" if len(fitting) > _SEVERAL else ""
    return f"“{_short(what, where)}” fits several: {ids}{more}. Name one of them."


def _called(each: Entitlement) -> str:
    """Its id, which of what IAM offers says nothing by itself."""
    if not each.id.startswith(OF_IAM):
        return each.id
    where = apart(each)
    return f"{each.title} ({each.id}{f', {clip(where, _APART)}' if where else ''})"


def _elsewhere(named: Sequence[Entitlement], what: str, where: str) -> str:
    places = list(dict.fromkeys(place for each in named for place in resources(each.targets)))
    said = ", ".join(map(resource_in_words, places[:_PLACES]))
    said += f" and {len(places) - _PLACES} more" if len(places) > _PLACES else ""
    subject = f"“{clip(what, 60)}” is offered on {said}" if what else "Nothing is offered there"
    meant = nearest(where.lower(), _short_names(places)) if len(places) > 1 else None
    hint = f" Did you mean {meant}?" if meant else ""
    return f"{subject}, not on “{clip(where, 60)}”.{hint}"


def _near(offered: Iterable[Entitlement], what: str) -> str:
    typed = plainly(what).lower()
    names = {name for each in offered for name in _names(each.id, each.title, all_roles(each.targets))}
    # Whoever types words means a title; only then an id without its dashes.
    words = {name for name in names if " " in name}
    near = nearest(typed, words) if " " in typed else None
    near = near or _near_name(typed.replace(" ", "-"), names - words)
    return next((each.id for each in offered if near in (each.id, _title(each.title))), near)


def _near_name(typed: str, names: Collection[str]) -> str:
    """A role is compared without its `roles/`, which makes any two alike. The start of one id alone means that."""
    bare = typed.removeprefix(_ROLES)
    begun = [name for name in names if name.startswith(bare)] if len(bare) >= _START else []
    near = nearest(bare, [name for name in names if not name.startswith(_ROLES)])
    near = near or (begun[0] if len(begun) == 1 else "")
    return f"{_ROLES}{near}" if bare != typed and f"{_ROLES}{near}" in names else near


def _short_names(places: Iterable[str]) -> Collection[str]:
    return [place.lower().partition("/")[2] for place in places]


def _short(what: str, where: str) -> str:
    return clip(_wanted(what, where), 80)


def _wanted(what: str, where: str) -> str:
    return f"{what} on {where}" if what and where else what or f"on {where}"


def _named(offered: Iterable[Entitlement], what: str) -> Sequence[Entitlement]:
    """What is called so; everything where no name was typed."""
    name = what.lower()
    return [each for each in offered if not name or name in _names(each.id, each.title, all_roles(each.targets))]


def _placed(each: Entitlement, where: str) -> bool:
    places = [place.lower() for place in resources(each.targets)]
    named = {*places, *(place.partition("/")[2] for place in places)}
    return not where or where.lower().lstrip("#") in named


@lru_cache(maxsize=_KNOWN)
def _names(entitlement: str, title: str, roles: tuple[str, ...]) -> Collection[str]:
    """All that an entitlement is called, in lower case: a role also without its `roles/`."""
    full = [role.lower() for role in roles]
    return frozenset([entitlement, _title(title), *full, *(role.removeprefix("roles/") for role in full)])


@lru_cache(maxsize=_KNOWN)
def _title(title: str) -> str:
    """The title as a command is read: two that differ in the shape of a dash alone fit both."""
    return plainly(title).lower()
