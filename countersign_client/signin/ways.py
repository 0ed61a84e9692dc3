"""The ways to sign in, by the names that `countersign login --by` takes."""

from collections.abc import Callable

from countersign_client.errors import Unusable
from countersign_client.signin import service_accounts
from countersign_client.signin.credential import Credential
from countersign_client.signin.kept import Login
from countersign_client.signin.person import Person
from countersign_client.signin.service_accounts import Ask, IdTokens, OwnJwts

PERSON = "person"
_AS: dict[str, Callable[[str], Ask]] = {
    "impersonate": service_accounts.impersonated,
    "sign-jwt": service_accounts.exchanged,
}
NAMES = (PERSON, "service-account", "own-jwt", "own-jwt:EMAIL", *(f"{name}:EMAIL" for name in _AS))


def credential(login: Login) -> Credential:
    """Return the credential of a sign-in. Raises `Unusable` where its way is none, or something is missing."""
    way, _, email = login.by.partition(":")
    if login.by == PERSON:
        return _of_person(login)
    if login.by == "service-account":
        return IdTokens(login.iap_client, service_accounts.fetched)
    if login.by == "own-jwt":
        return OwnJwts(service_accounts.signed)
    if way == "own-jwt" and _is_address(email):
        return OwnJwts(service_accounts.signed_by_google(email))
    if way in _AS and _is_address(email):
        return IdTokens(login.iap_client, _AS[way](email))
    raise Unusable(f"there is no way to sign in by {login.by!r}: choose one of {', '.join(NAMES)}")


def _of_person(login: Login) -> Credential:
    if login.client is None or not login.refresh_token:
        raise Unusable("nobody is signed in here: run countersign login")
    return Person(login.client, login.refresh_token, iap_client=login.iap_client)


def _is_address(email: str) -> bool:
    return email.count("@") == 1 and email.isascii() and email.isprintable() and " " not in email
