"""IAM roles in plain words: Google's own titles, and in a few words what a role can do. No name is made up."""

from collections.abc import Iterable

from approvals.policy.roles import Risk, google_role, is_predefined, risk
from approvals.targets import MEMBER
from handlers.wording.text.lines import Code, Line

RISKS: dict[Risk, str] = {
    "reads": "changes no resources",
    "views": "for viewing, and may do more than read",
    "writes": "can change resources",
    "lasts": "can outlast its window",
    "unknown": "what it can do is not known here",
}


def named_role(role: str) -> Code | str:
    """Name a role by its id; what one is in a group by a word."""
    return "membership" if role == MEMBER else Code(role)


def short_role(role: str) -> str:
    """The same as short as can be."""
    return "membership" if role == MEMBER else role.removeprefix("roles/")


def role_line(role: str) -> Line:
    """Say a role by Google's title, with its id; one that nobody here knows by its id alone."""
    known = google_role(role)
    if known is not None:
        return (known.title, " ", Code(role))
    return (Code(role), " (not known here)") if is_predefined(role) else ("Custom role ", Code(role))


def risk_in_words(roles: Iterable[str]) -> str:
    """Say in a few words what several roles together can do, at worst."""
    return RISKS[risk(roles)]
