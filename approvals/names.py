"""Whether a typed name is the name of an account: by its words, not by their order, case or accents."""

import unicodedata

from approvals.errors import Refused
from approvals.principals import Account, IdentityRules
from approvals.reviews import says_something


def fits(typed: str, name: str) -> bool:
    """The two hold the same words. An account without a name fits nothing."""
    return bool(_words(name)) and _words(typed) == _words(name)


def noted(typed: str, account: Account, rules: IdentityRules) -> str:
    """Return the account's name where it has to be noted beside another that signs, else the empty string.

    Raises `Refused` with code `printed_name` where the policy takes no other (`sign_name: match`).
    """
    if fits(typed, account.name):
        return ""
    if rules.sign_name == "match":
        if not says_something(account.name):
            raise Refused("printed_name", "Your account shows no name to sign with. Set it first.")
        raise Refused("printed_name", f"Sign with the name of your account: {account.name}.")
    return account.name


def _words(name: str) -> list[str]:
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", name) if not unicodedata.combining(sign))
    return sorted("".join(sign if sign.isalnum() else " " for sign in plain.casefold()).split())
