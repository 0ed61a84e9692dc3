"""Keys in Secret Manager: what is missing is named with its role, and a rotation loses no key."""

import base64
import json
from datetime import timedelta

import pytest

from approvals.backends.signers.keyset import KeysError
from approvals.backends.signers.purposes import RECEIPTS, TOKENS
from approvals.backends.signers.secret import SecretSigner, rotate_secret
from approvals.refusals.errors import Unavailable
from sandbox.google import Fault, Google
from tests.support.builders import NOW

SECRET = "projects/demo-prod/secrets/signer"
LATEST = f"{SECRET}/versions/latest"
CLAIMS = {"sub": "r-0123456789"}


@pytest.fixture(autouse=True)
def _secret(google: Google) -> None:
    google.secrets.create(SECRET)


def signer(url: str, version: str = LATEST) -> SecretSigner:
    return SecretSigner(version, issuer=lambda: "countersign:test", purpose=TOKENS, base_url=url)


def rotate(url: str, *, hours: int = 0, version: str = LATEST) -> tuple[str, str]:
    return rotate_secret(version, now=NOW + timedelta(hours=hours), purpose=TOKENS, base_url=url)


def test_a_secret_without_a_version_is_named_with_the_command_that_fills_it(google_url: str) -> None:
    with pytest.raises(KeysError, match=f"there is no {LATEST}: .*`countersign key rotate`"):
        signer(google_url).check()


def test_a_secret_that_is_closed_is_named_with_the_role_that_opens_it(google: Google, google_url: str) -> None:
    google.faults.set(Fault(method="versions.access", status=403))

    with pytest.raises(KeysError, match=f"^{SECRET} .*roles/secretmanager.secretAccessor"):
        signer(google_url).check()


def test_a_version_that_is_disabled_is_named(google: Google, google_url: str) -> None:
    rotate(google_url)
    google.secrets.versions(SECRET)[0].state = "DISABLED"

    with pytest.raises(KeysError, match="DISABLED"):
        signer(google_url).check()


def test_a_secret_that_holds_something_else_is_named(google: Google, google_url: str) -> None:
    google.secrets.add(SECRET, {"data": base64.b64encode(b"hunter2").decode()}, created="2026-11-22T10:00:00Z")

    with pytest.raises(KeysError, match=f"secret:{SECRET}/versions/1 is no set") as refused:
        signer(google_url).check()
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("status", [429, 500, 503, 504])
def test_a_secret_that_cannot_be_read_now_is_unavailable(google: Google, google_url: str, status: int) -> None:
    google.faults.set(Fault(method="versions.access", status=status))

    with pytest.raises(Unavailable):
        signer(google_url).sign(CLAIMS)


def test_a_rotation_without_the_role_names_it_and_changes_nothing(google: Google, google_url: str) -> None:
    rotate(google_url)
    google.faults.set(Fault(method="secrets.addVersion", status=403))

    with pytest.raises(KeysError, match=f"^{SECRET} .*roles/secretmanager.secretVersionAdder"):
        rotate(google_url)
    assert len(google.secrets.versions(SECRET)) == 1


def test_a_rotation_of_a_broken_secret_is_refused_and_adds_nothing(google: Google, google_url: str) -> None:
    google.secrets.add(SECRET, {"data": base64.b64encode(b"{}").decode()}, created="2026-11-22T10:00:00Z")

    with pytest.raises(KeysError):
        rotate(google_url)
    assert len(google.secrets.versions(SECRET)) == 1


def test_the_first_rotation_makes_the_first_key(google_url: str) -> None:
    version, kid = rotate(google_url)

    assert version == f"{SECRET}/versions/1"
    assert [key["kid"] for key in signer(google_url).keys()["keys"]] == [kid]


def test_a_rotation_adds_a_version_that_holds_the_keys_before(google_url: str) -> None:
    first = rotate(google_url)[1]

    version, second = rotate(google_url, hours=1)

    assert version == f"{SECRET}/versions/2"
    assert [key["kid"] for key in signer(google_url).keys()["keys"]] == [first, second]


def test_a_rotation_builds_on_the_newest_version_whichever_is_in_use(google_url: str) -> None:
    pinned = f"{SECRET}/versions/1"
    kids = [rotate(google_url, hours=hours, version=pinned)[1] for hours in range(3)]

    assert [key["kid"] for key in signer(google_url).keys()["keys"]] == kids


def test_a_pinned_version_goes_on_signing_after_a_rotation(google_url: str) -> None:
    rotate(google_url)
    pinned = signer(google_url, f"{SECRET}/versions/1")
    token = pinned.sign(CLAIMS)

    rotate(google_url, hours=1)

    assert signer(google_url, f"{SECRET}/versions/1").verify(token) == CLAIMS


def test_only_the_newest_key_of_a_version_can_sign(google: Google, google_url: str) -> None:
    for hours in range(3):
        rotate_secret(LATEST, now=NOW + timedelta(hours=hours), purpose=TOKENS, base_url=google_url)

    newest = json.loads(google.secrets.versions(SECRET)[-1].data)["keys"]

    assert ["d" in key for key in newest] == [False, False, True]


def test_the_keys_are_read_once_for_many_tokens(google: Google, google_url: str) -> None:
    rotate(google_url)
    ours = signer(google_url)

    for number in range(20):
        assert ours.verify(ours.sign({"n": number})) == {"n": number}

    # One reading is the rotation's.
    assert len(google.calls("versions.access")) == 2


def test_an_outage_stops_neither_signing_nor_verifying(google: Google, google_url: str) -> None:
    rotate(google_url)
    ours = signer(google_url)
    token = ours.sign(CLAIMS)

    google.faults.set(Fault(method="versions.access", times=100, status=503))

    assert ours.verify(token) == CLAIMS
    assert ours.verify(ours.sign(CLAIMS)) == CLAIMS


def test_a_secret_of_the_keys_of_tokens_makes_no_receipts(google_url: str) -> None:
    rotate(google_url)
    receipts = SecretSigner(LATEST, issuer=lambda: "countersign:test", purpose=RECEIPTS, base_url=google_url)

    with pytest.raises(KeysError, match="holds keys for tokens, not for receipts"):
        receipts.check()
    with pytest.raises(KeysError, match="holds keys for tokens, not for receipts"):
        rotate_secret(LATEST, now=NOW, purpose=RECEIPTS, base_url=google_url)
