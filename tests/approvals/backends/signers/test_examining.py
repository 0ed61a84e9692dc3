"""Keys by which what was signed does not verify are found out before somebody's approval fails by them."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from approvals.backends.signers.examining import examine, missing, signs, stamps
from approvals.backends.signers.file import FileSigner, KeyFileError, create_keys
from approvals.backends.signers.purposes import RECEIPTS, TOKENS, WEBHOOKS, Purpose
from approvals.refusals.errors import Unavailable
from tests.support.builders import NOW


def signer(path: Path, purpose: Purpose) -> FileSigner:
    create_keys(path, now=NOW, purpose=purpose)
    return FileSigner(path, issuer=lambda: "doctor", purpose=purpose)


def codes(act: Callable[[], None], purpose: Purpose) -> list[tuple[str, str]]:
    return [(each.code, each.verdict) for each in examine("file:x", purpose, act)]


class Odd:
    """Signs by one set of keys and verifies by another, or reads something else."""

    def __init__(self, signs_by: FileSigner, verifies_by: FileSigner, added: Mapping[str, Any]) -> None:
        self._signs_by, self._verifies_by, self._added = signs_by, verifies_by, added

    def sign(self, claims: Mapping[str, Any]) -> str:
        return self._signs_by.sign(claims)

    def verify(self, token: str) -> Mapping[str, Any]:
        return {**self._verifies_by.verify(token), **self._added}

    def knows(self, kid: str) -> bool:
        return self._verifies_by.knows(kid)

    def stamp(self, message: bytes) -> bytes:
        return self._signs_by.stamp(message)

    def keys(self) -> Mapping[str, Any]:
        return self._verifies_by.keys()


@pytest.mark.parametrize("purpose", [TOKENS, RECEIPTS], ids=lambda each: each.name)
def test_a_signature_that_does_not_verify_or_reads_otherwise_is_wrong(tmp_path: Path, purpose: Purpose) -> None:
    own, other = signer(tmp_path / "own.jwk", purpose), signer(tmp_path / "other.jwk", purpose)

    for odd in (Odd(own, other, {}), Odd(own, own, {"aud": "somebody else"})):
        assert codes(lambda odd=odd: signs(odd, purpose), purpose) == [(f"keys.{purpose.name}", "wrong")]  # type: ignore[misc]
    assert codes(lambda: signs(own, purpose), purpose) == [("keys.ok", "ok")]


def test_a_message_that_none_of_the_published_keys_verifies_is_wrong(tmp_path: Path) -> None:
    own, other = signer(tmp_path / "own.jwk", WEBHOOKS), signer(tmp_path / "other.jwk", WEBHOOKS)
    assert codes(lambda: stamps(Odd(own, other, {})), WEBHOOKS) == [("keys.webhooks", "wrong")]

    published = [*own.keys()["keys"], *other.keys()["keys"]]
    for keys in (published, published[::-1]):
        rotated = Odd(own, own, {})
        rotated.keys = lambda keys=keys: {"keys": keys}  # type: ignore[method-assign, misc]
        assert codes(lambda rotated=rotated: stamps(rotated), WEBHOOKS) == [("keys.ok", "ok")]  # type: ignore[misc]


def test_what_is_away_is_unknown_and_not_wrong() -> None:
    def away() -> None:
        raise Unavailable("Google does not answer")

    assert codes(away, TOKENS) == [("keys.unanswered", "unknown")]


def test_keys_that_a_start_could_not_make_are_wrong_and_not_merely_missing(tmp_path: Path) -> None:
    def impossible() -> None:
        raise KeyFileError("the directory does not exist")

    assert [(each.code, each.verdict) for each in missing("file:x", TOKENS, impossible)] == [
        ("keys.tokens", "wrong")
    ]
    assert [(each.code, each.verdict) for each in missing("file:x", TOKENS, lambda: None)] == [
        ("keys.none", "warning")
    ]
