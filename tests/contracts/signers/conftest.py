"""Every signer that the contract holds for, over keys that the test can rotate."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from approvals.backends.signers.file import FileSigner, create_keys, rotate_keys
from approvals.backends.signers.iam import IamSigner
from approvals.backends.signers.purposes import TOKENS
from approvals.backends.signers.secret import SecretSigner, rotate_secret
from approvals.ports.signing import Signer
from sandbox.google import Google
from tests.support.googles import google, google_stage, google_url

__all__ = ["google", "google_stage", "google_url"]

EMAIL = "signer@demo-prod.iam.gserviceaccount.com"
SECRET = "projects/demo-prod/secrets/signer"


class Place(NamedTuple):
    """Where keys are: opens signers over them, and rotates them `after` some time."""

    algorithm: str
    open: Callable[[], Signer]
    rotate: Callable[[timedelta], object]


def in_a_file(folder: Path) -> Place:
    path, start = folder / "signer.jwk", datetime.now(UTC)
    create_keys(path, now=start, purpose=TOKENS)
    return Place(
        "ES256",
        lambda: FileSigner(path, issuer=lambda: "countersign:test", purpose=TOKENS),
        lambda after: rotate_keys(path, now=start + after, purpose=TOKENS),
    )


def in_a_secret(google: Google, url: str) -> Place:
    google.secrets.create(SECRET)
    version, start = f"{SECRET}/versions/latest", datetime.now(UTC)

    def rotate(after: timedelta) -> object:
        return rotate_secret(version, now=start + after, purpose=TOKENS, base_url=url)

    rotate(timedelta(0))
    return Place(
        "ES256",
        lambda: SecretSigner(version, issuer=lambda: "countersign:test", purpose=TOKENS, base_url=url),
        rotate,
    )


def at_google(google: Google, url: str) -> Place:
    google.accounts.add(EMAIL)
    return Place("RS256", lambda: IamSigner(EMAIL, base_url=url), lambda _: google.accounts.add(EMAIL))


@pytest.fixture(params=["file", "secret", "iam"])
def place(request: pytest.FixtureRequest, tmp_path: Path, google: Google, google_url: str) -> Place:
    if request.param == "file":
        return in_a_file(tmp_path)
    return in_a_secret(google, google_url) if request.param == "secret" else at_google(google, google_url)


@pytest.fixture
def signer(place: Place) -> Signer:
    return place.open()
