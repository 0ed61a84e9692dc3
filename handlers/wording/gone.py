"""Why something was taken from somebody whom nobody asked: what became of their account, or of their session."""

from collections.abc import Mapping

from approvals.grants import LEFT, SESSION, Gone

_WHY: Mapping[Gone, str] = {
    LEFT: "the account of {whose} is deactivated, suspended or deleted",
    SESSION: "a session of {whose} was revoked where they sign in",
}


def gone(cause: object) -> Gone | None:
    """The cause, where it is one of these."""
    return next((each for each in (LEFT, SESSION) if each == cause), None)


def what_became(cause: Gone, whose: str) -> str:
    return _WHY[cause].format(whose=whose)


def capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
