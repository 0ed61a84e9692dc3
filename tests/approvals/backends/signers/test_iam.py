"""Signing without a key: what is missing is named with its role and account, and clicks need nobody but us."""

import json
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from approvals.backends.signers.iam import IamSigner
from approvals.backends.signers.keyset import KeysError
from approvals.refusals.errors import Refused, Unavailable
from approvals.tokens import Tokens
from sandbox.google import Fault, Google
from tests.support.builders import filed, installation, terms

EMAIL = "signer@demo-prod.iam.gserviceaccount.com"
ROOT = Path(__file__).parents[4]


@pytest.fixture(autouse=True)
def account(google: Google) -> str:
    return google.accounts.add(EMAIL)


@pytest.fixture
def signer(google_url: str) -> IamSigner:
    return IamSigner(EMAIL, base_url=google_url)


def claims(**more: Any) -> dict[str, Any]:
    return {"sub": "r-0123456789", "exp": int(time.time()) + 3600, **more}


def test_claims_that_never_expire_are_refused_by_name(signer: IamSigner, google: Google) -> None:
    with pytest.raises(KeysError, match=f"iam:{EMAIL} signs activation tokens only"):
        signer.sign({"knd": "receipt", "sub": "r-0123456789"})
    assert google.calls("signJwt") == []


@pytest.mark.parametrize("status", [403])
def test_a_missing_permission_is_named_with_its_role_and_the_account(
    signer: IamSigner, google: Google, status: int
) -> None:
    google.faults.set(Fault(method="signJwt", status=status))

    with pytest.raises(Unavailable, match=f"roles/iam.serviceAccountTokenCreator on {EMAIL}"):
        signer.sign(claims())


def test_a_check_names_a_missing_permission_for_good(signer: IamSigner, google: Google) -> None:
    google.faults.set(Fault(method="signJwt", status=403))

    with pytest.raises(KeysError, match=f"roles/iam.serviceAccountTokenCreator on {EMAIL}"):
        signer.check()


def test_a_check_signs_nothing_that_opens(signer: IamSigner, google: Google) -> None:
    signer.check()

    (call,) = google.calls("signJwt")
    assert json.loads(call.body["payload"])["knd"] == "check"


def test_a_spent_quota_says_so_and_when_to_try_again(signer: IamSigner, google: Google) -> None:
    google.faults.set(Fault(method="signJwt", status=429))

    with pytest.raises(Unavailable, match=f"quota of signJwt for {EMAIL}") as refused:
        signer.sign(claims())
    assert refused.value.retry_after > 0


def test_an_account_that_does_not_exist_is_named(google_url: str) -> None:
    nobody = IamSigner("nobody@demo-prod.iam.gserviceaccount.com", base_url=google_url)

    with pytest.raises(Unavailable, match="no service account nobody@demo-prod"):
        nobody.sign(claims())
    with pytest.raises(KeysError, match="no such service account"):
        nobody.check()


@pytest.mark.parametrize("status", [400, 401, 500, 503, 504])
def test_other_failures_are_unavailable(signer: IamSigner, google: Google, status: int) -> None:
    google.faults.set(Fault(method="signJwt", status=status))

    with pytest.raises(Unavailable, match=EMAIL):
        signer.sign(claims())


@pytest.mark.parametrize("status", [503, 504])
def test_one_signature_is_one_call_whatever_the_answer(signer: IamSigner, google: Google, status: int) -> None:
    google.faults.set(Fault(method="signJwt", times=10, status=status))

    with pytest.raises(Unavailable):
        signer.sign(claims())
    assert len(google.calls("signJwt")) == 1


@pytest.mark.parametrize("lost", ["connection", "answer"])
def test_an_answer_that_is_lost_is_unavailable(signer: IamSigner, google: Google, lost: Any) -> None:
    google.faults.set(Fault(method="signJwt", lost=lost))

    with pytest.raises(Unavailable):
        signer.sign(claims())


def test_an_expiry_that_google_refuses_is_no_token(signer: IamSigner) -> None:
    with pytest.raises(Unavailable, match="no more than 12 hours"):
        signer.sign(claims(exp=int(time.time()) + 13 * 3600))


def test_a_token_whose_key_is_not_published_is_not_handed_out(
    signer: IamSigner, google: Google, account: str
) -> None:
    google.accounts.add(EMAIL)
    google.faults.set(Fault(method="service_accounts.jwk", times=2, status=503))

    with pytest.raises(Unavailable):
        signer.sign(claims())


def test_while_no_key_can_be_read_a_token_is_not_called_foreign(
    signer: IamSigner, google: Google, google_url: str
) -> None:
    token = signer.sign(claims())
    google.faults.set(Fault(method="service_accounts.jwk", status=503))

    with pytest.raises(Unavailable):
        IamSigner(EMAIL, base_url=google_url).verify(token)


@pytest.mark.parametrize("status", [301, 404, 500])
def test_keys_that_cannot_be_read_have_no_say(google: Google, google_url: str, status: int) -> None:
    google.faults.set(Fault(method="service_accounts.jwk", status=status))

    with pytest.raises((Unavailable, KeysError)):
        IamSigner(EMAIL, base_url=google_url).check()


def test_a_key_that_google_no_longer_publishes_verifies_nothing_any_more(
    google: Google, google_url: str, account: str
) -> None:
    now = [0.0]
    signer = IamSigner(EMAIL, base_url=google_url, clock=lambda: now[0])
    token = signer.sign(claims())
    google.accounts.add(EMAIL)
    google.accounts.drop(EMAIL, account)

    now[0] += 3600
    deadline = time.monotonic() + 60
    while account in [key["kid"] for key in signer.keys()["keys"]]:
        assert time.monotonic() < deadline
        time.sleep(0.005)

    with pytest.raises(Refused):
        signer.verify(token)


def test_the_account_is_issuer_and_audience_of_its_tokens(signer: IamSigner) -> None:
    now = datetime.now(UTC)
    request = filed(terms=terms(expires=now + timedelta(days=7))).request

    token = Tokens(signer, installation=installation("g")).mint(request, act="review", now=now)

    found = signer.verify(token)
    assert (found["iss"], found["aud"]) == (EMAIL, EMAIL)
    assert found["exp"] - found["iat"] == 11 * 3600
    assert Tokens(signer, installation=installation("g")).open(token, act="review", now=now).request == request.id


def test_a_token_of_another_account_is_refused(signer: IamSigner, google: Google, google_url: str) -> None:
    other = "other@demo-prod.iam.gserviceaccount.com"
    google.accounts.add(other)

    with pytest.raises(Refused):
        signer.verify(IamSigner(other, base_url=google_url).sign(claims()))


def test_verification_is_local(signer: IamSigner, google: Google) -> None:
    tokens = [signer.sign(claims(n=number)) for number in range(5)]
    before = len(google.calls())

    for token in tokens * 4:
        signer.verify(token)

    assert len(google.calls()) == before
    assert len(google.calls("service_accounts.jwk")) == 1


def test_an_outage_of_the_keys_leaves_known_ones_in_use(signer: IamSigner, google: Google) -> None:
    token = signer.sign(claims())

    google.faults.set(Fault(method="service_accounts.jwk", times=100, status=503))

    assert signer.verify(token)["sub"] == "r-0123456789"


def test_verification_loads_nothing_of_google(signer: IamSigner, google_url: str) -> None:
    """A click may be the first thing that a process does."""
    code = (
        "import sys\n"
        "from approvals.backends.signers.iam import IamSigner\n"
        f"IamSigner({EMAIL!r}, base_url={google_url!r}).verify({signer.sign(claims())!r})\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('google', 'googleapiclient', 'grpc')])\n"
    )

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "[]", "")
