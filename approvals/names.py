"""Whether a typed name is the name of an account: by its words, not by their order, case or accents."""

import unicodedata
from collections.abc import Mapping

from approvals.people.accounts import Account
from approvals.people.principals import IdentityRules
from approvals.refusals.errors import Refused
from approvals.requests import Request
from approvals.reviews import says_something
from countersign_client.patterns import Pattern


def fits(typed: str, name: str) -> bool:
    """The two hold the same words. An account without a name fits nothing."""
    return bool(_words(name)) and _words(typed) == _words(name)


def noted(typed: str, account: Account, rules: IdentityRules) -> str:
    """Return the account's name where it has to be noted beside another that signs, else the empty string.

    Raises `Refused` of kind `printed_name` where the policy takes no other (`sign_name: match`).
    """
    if fits(typed, account.name):
        return ""
    if rules.sign_name == "match":
        if not says_something(account.name):
            raise Refused("printed_name.none")
        raise Refused("printed_name", name=account.name)
    return account.name


def _words(name: str) -> list[str]:
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", name) if not unicodedata.combining(sign))
    return sorted("".join(sign if _spells(sign) else " " for sign in plain.casefold()).split())


def _spells(sign: str) -> bool:
    """Letters, numbers, and marks that are no accents: vowels of Devanagari and others tell names apart."""
    return sign.isalnum() or (unicodedata.category(sign) in {"Mc", "Mn"} and not _VARIANT.match(sign))


# How the sign before it is drawn, a heart in colours or an ideograph in another form (Unicode, chapter 23.4).
_VARIANT = Pattern("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")


def names_shown(request: Request, accounts: Mapping[str, Account | None]) -> dict[str, str]:
    """What the accounts show that were looked up, by their people's addresses."""
    refs = {request.account: request.requester} | {vote.account: vote.person for vote in request.reviews}
    found = {person: accounts.get(ref) for ref, person in refs.items()}
    return {person: account.name for person, account in found.items() if account is not None}
