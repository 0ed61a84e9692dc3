"""Which of mail's variables go together: what is missing beside another one, and what cannot stand beside it."""

from collections.abc import Collection

from handlers.channel import Values
from handlers.mail.settings import SUBMISSIONS, VARIABLES

_OAUTH = ("SMTP_OAUTH_TENANT", "SMTP_OAUTH_CLIENT_ID", "SMTP_OAUTH_CLIENT_SECRET")
_GOOGLE, _MICROSOFT = "smtp.gmail.com", "smtp.office365.com"
_SECRETS = ("SMTP_PASSWORD", "SMTP_SECRET")


def weak(values: Values) -> list[str]:
    """What weakens trust."""
    if (values["SMTP_OAUTH_TOKEN_URL"] or "https://").startswith("https://"):
        return []
    said = "it is plain http, over which the client secret could be read"
    return [f"SMTP_OAUTH_TOKEN_URL: {said}. Set an https address, or COUNTERSIGN_SANDBOX=1 for a sandbox."]


def missing(values: Values, wrong: Collection[str]) -> list[str]:
    """What of the variables does not go together."""
    if not values["SMTP_SENDER_ADDRESS"]:
        return [] if "SMTP_SENDER_ADDRESS" in wrong else _idle(values)
    said = [*_signing_in(values, wrong), *_oauth_problems(values, wrong)] or _of_provider(values, wrong)
    if not values["COUNTERSIGN_PAGES_URL"] and "COUNTERSIGN_PAGES_URL" not in wrong:
        said.append(
            "COUNTERSIGN_PAGES_URL: mail needs it, for people decide on a page."
            " Set https:// and the host of the pages, or unset SMTP_SENDER_ADDRESS."
        )
    return said


def _idle(values: Values) -> list[str]:
    """Without a sender nothing is sent, whatever else is set."""
    own = {variable.name: variable.default for variable in VARIABLES if variable.name.startswith("SMTP_")}
    given = [name for name, default in own.items() if values[name] is not None and not default]
    given += ["SMTP_HOST"] if values["SMTP_HOST"] not in (None, own["SMTP_HOST"]) else []
    if not given:
        return []
    return [f"SMTP_SENDER_ADDRESS: it is missing, and {given[0]} is set. Set the address that mail comes from."]


def _signing_in(values: Values, wrong: Collection[str]) -> list[str]:
    held = [name for name in _SECRETS if values[name] or name in wrong]
    user, oauth = values["SMTP_USERNAME"], any(values[name] or name in wrong for name in _OAUTH)
    encrypted = values["SMTP_ENABLE_STARTTLS"] or values["SMTP_PORT"] == SUBMISSIONS
    if not encrypted and not {"SMTP_ENABLE_STARTTLS", "SMTP_PORT"} & set(wrong) and (user or held or oauth):
        said = "without TLS nobody signs in, for the password could be read on the way"
        return [f"SMTP_ENABLE_STARTTLS: {said}. Unset it, or unset SMTP_USERNAME and what belongs to it."]
    if held and oauth:
        return [
            f"{held[0]}: SMTP_OAUTH_TENANT is set as well. Set a password or the SMTP_OAUTH_* names, not both."
        ]
    if user and not held and not oauth:
        return ["SMTP_PASSWORD: SMTP_USERNAME is set without it. Set it, SMTP_SECRET, or the SMTP_OAUTH_* names."]
    if held and not user and "SMTP_USERNAME" not in wrong:
        return [f"SMTP_USERNAME: it is missing, and {held[0]} is set. Set the name to sign in with."]
    return []


def _of_provider(values: Values, wrong: Collection[str]) -> list[str]:
    """What these two never take, whoever sends: mail without TLS or from nobody, and Google another's tokens."""
    host, oauth = values["SMTP_HOST"], values["SMTP_OAUTH_CLIENT_ID"]
    if host not in (_GOOGLE, _MICROSOFT) or wrong:
        return []
    if host == _GOOGLE and oauth:
        said = f"{host} knows nothing of the SMTP_OAUTH_* names, which are Microsoft's"
        return [f"SMTP_HOST: {said}. Set {_MICROSOFT}, or unset them."]
    if not values["SMTP_ENABLE_STARTTLS"] and values["SMTP_PORT"] != SUBMISSIONS:
        return [f"SMTP_ENABLE_STARTTLS: {host} takes nothing without TLS. Unset it."]
    if not values["SMTP_USERNAME"] and not oauth:
        said = f"it is missing, and {host} takes mail from nobody who does not sign in"
        instead = "Set the name to sign in with and SMTP_PASSWORD, or SMTP_HOST for a server that needs none"
        return [f"SMTP_USERNAME: {said}. {instead}."]
    return []


def _oauth_problems(values: Values, wrong: Collection[str]) -> list[str]:
    given = [name for name in (*_OAUTH, "SMTP_OAUTH_TOKEN_URL") if values[name] or name in wrong]
    # An endpoint that is named needs no tenant to be found by.
    needed = _OAUTH[1:] if values["SMTP_OAUTH_TOKEN_URL"] else _OAUTH
    return [
        f"{name}: it is missing, and {given[0]} is set. Copy it from the app registration in Microsoft Entra."
        for name in needed
        if given and name not in given
    ]
