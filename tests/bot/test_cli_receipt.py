"""`receipt` and `key`: receipts of a lived history, and keys in files, in secrets or at Google."""

import json
from pathlib import Path

import pytest
from joserfc import jws
from joserfc.jwk import ECKey

from approvals.backends.signers.file import create_keys
from approvals.backends.signers.purposes import RECEIPTS
from sandbox.google import Fault, Google
from tests.bot.commands import environment, run
from tests.support.builders import NOW
from tests.support.googles import google, google_stage, google_url
from tests.support.running import running
from tests.support.world import BOB

__all__ = ["google", "google_stage", "google_url"]

SECRET = "projects/demo-prod/secrets/signer"


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], str, str, bytes]:
    """Settings of a store, one approved and one pending request in it, and the keys that its service published."""
    import urllib.request  # noqa: PLC0415 - the test's own look at the service

    folder = tmp_path_factory.mktemp("receipts")
    with running(folder, environ={"COUNTERSIGN_RECEIPT_SIGNER": f"file:{folder / 'receipts.jwk'}"}) as office:
        approved = office.ask("alice", "admin")
        office.approve("bob", approved)
        office.granted(approved)
        pending = office.ask("alice", "narrow")
        with urllib.request.urlopen(f"{office.url}/.well-known/jwks.json", timeout=10) as answer:
            published: bytes = answer.read()
    return office.environ, approved, pending, published


@pytest.fixture
def shown(lived: tuple[dict[str, str], str, str, bytes]) -> str:
    """The receipt of the approved request."""
    done = run("receipt", "show", lived[1], env=lived[0])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_request_that_waits_has_no_receipt(lived: tuple[dict[str, str], str, str, bytes]) -> None:
    done = run("receipt", "show", lived[2], env=lived[0])

    assert (done.exit_code, "there is no decision yet" in done.output) == (1, True)


def test_a_request_that_does_not_exist_has_no_receipt(lived: tuple[dict[str, str], str, str, bytes]) -> None:
    done = run("receipt", "show", "r-0000000000", env=lived[0])

    assert (done.exit_code, "r-0000000000" in done.output) == (1, True)


def test_without_a_receipt_signer_nothing_is_signed_and_the_setting_is_named(
    lived: tuple[dict[str, str], str, str, bytes],
) -> None:
    done = run("receipt", "show", lived[1], env=lived[0] | {"COUNTERSIGN_RECEIPT_SIGNER": ""})

    assert (done.exit_code, "COUNTERSIGN_RECEIPT_SIGNER" in done.output) == (2, True)


def test_a_receipt_that_was_changed_is_refused(
    lived: tuple[dict[str, str], str, str, bytes], shown: str, tmp_path: Path
) -> None:
    head, body, signature = shown.strip().split(".")
    (tmp_path / "receipt.jws").write_text(f"{head}.{body[:-4]}AAAA.{signature}")

    done = run("receipt", "verify", tmp_path / "receipt.jws", env=lived[0])

    assert (done.exit_code, "signature does not hold" in done.output) == (1, True)


@pytest.mark.parametrize("text", ["", "r-7k2m9qd4xw", "{}", "a.b"])
def test_what_is_no_receipt_at_all_is_said_to_be_none(
    lived: tuple[dict[str, str], str, str, bytes], tmp_path: Path, text: str
) -> None:
    (tmp_path / "receipt.jws").write_text(text)

    done = run("receipt", "verify", tmp_path / "receipt.jws", env=lived[0])

    assert (done.exit_code, "it is no receipt: one is a line of three parts" in done.output) == (1, True)


def test_a_receipt_under_foreign_keys_is_refused(shown: str, tmp_path: Path) -> None:
    (tmp_path / "receipt.jws").write_text(shown)
    create_keys(tmp_path / "other.jwk", now=NOW, purpose=RECEIPTS)

    done = run("receipt", "verify", tmp_path / "receipt.jws", "--keys", tmp_path / "other.jwk")

    assert (done.exit_code, "none of these keys signed it" in done.output) == (1, True)


@pytest.mark.parametrize("content", ["", "{}", '{"keys": []}', "[" * 100_000], ids=["", "{}", "no keys", "deep"])
def test_keys_that_are_none_are_unusable(shown: str, tmp_path: Path, content: str) -> None:
    (tmp_path / "receipt.jws").write_text(shown)
    (tmp_path / "jwks.json").write_text(content)

    assert run("receipt", "verify", tmp_path / "receipt.jws", "--keys", tmp_path / "jwks.json").exit_code == 2
    assert run("receipt", "verify", tmp_path / "receipt.jws", "--keys", tmp_path / "none.json").exit_code == 2
    assert run("receipt", "verify", tmp_path / "none.jws", "--keys", tmp_path / "jwks.json").exit_code == 2


def test_what_is_no_text_is_refused(lived: tuple[dict[str, str], str, str, bytes], tmp_path: Path) -> None:
    (tmp_path / "receipt.jws").write_bytes(b"\xff\x00" * 100)

    assert run("receipt", "verify", tmp_path / "receipt.jws", env=lived[0]).exit_code == 1


def test_a_receipt_verifies_with_nothing_but_the_keys_that_the_service_published(
    lived: tuple[dict[str, str], str, str, bytes], shown: str, tmp_path: Path
) -> None:
    (tmp_path / "receipt.jws").write_text(shown)
    (tmp_path / "jwks.json").write_bytes(lived[3])

    done = run("receipt", "verify", tmp_path / "receipt.jws", "--keys", tmp_path / "jwks.json")

    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    assert lines[0] == f"This receipt holds: request {lived[1]} was approved."
    assert any(line.startswith("Decision ") and "approved" in line and BOB in line for line in lines)
    assert "WARNING" not in done.output
    assert any("roles/compute.instanceAdmin.v1" in line for line in lines)
    assert "disk full" not in done.output


def test_a_receipt_of_another_issuer_than_the_one_demanded_is_refused(
    lived: tuple[dict[str, str], str, str, bytes], shown: str, tmp_path: Path
) -> None:
    (tmp_path / "receipt.jws").write_text(shown)

    done = run("receipt", "verify", tmp_path / "receipt.jws", "--issuer", "countersign:other", env=lived[0])

    assert (done.exit_code, "not by countersign:other" in done.output) == (1, True)


def test_the_service_publishes_the_keys_of_receipts_alone_and_marks_them(
    lived: tuple[dict[str, str], str, str, bytes],
) -> None:
    published = [(key["kid"], key["countersign_purpose"]) for key in json.loads(lived[3])["keys"]]
    (kept,) = json.loads(Path(lived[0]["COUNTERSIGN_RECEIPT_SIGNER"].removeprefix("file:")).read_bytes())["keys"]

    assert published == [(kept["kid"], "receipts")]
    assert b'"d"' not in lived[3]


def test_a_receipt_verifies_after_its_key_was_replaced(
    lived: tuple[dict[str, str], str, str, bytes], shown: str, tmp_path: Path
) -> None:
    (tmp_path / "receipt.jws").write_text(shown)
    for _ in range(3):
        assert run("key", "rotate", "--receipts", env=lived[0]).exit_code == 0

    assert run("receipt", "verify", tmp_path / "receipt.jws", env=lived[0]).exit_code == 0


def test_nothing_in_a_receipt_steers_the_terminal(
    lived: tuple[dict[str, str], str, str, bytes], shown: str, tmp_path: Path
) -> None:
    key = ECKey.generate_key("P-256")
    claims = json.loads(jws.extract_compact(shown.strip().encode()).payload)
    claims["reviews"][0]["channel"] = "slack\x1b[2J\u202e"
    claims["iss"] = "countersign:\nThis receipt holds: by nobody"
    forged = jws.serialize_compact({"alg": "ES256", "kid": key.thumbprint()}, json.dumps(claims), key)
    (tmp_path / "receipt.jws").write_text(forged)
    (tmp_path / "jwks.json").write_text(json.dumps({"keys": [key.as_dict(private=False)]}))

    done = run("receipt", "verify", tmp_path / "receipt.jws", "--keys", tmp_path / "jwks.json")

    assert done.exit_code == 0, done.output
    assert not any(steering in done.output for steering in ("\x1b", "\u202e", "\nThis receipt holds: by"))


# --- keys elsewhere


def at_google(folder: Path, url: str, signer: str) -> dict[str, str]:
    return environment(folder, GOOGLE_API_BASE_URL=url, COUNTERSIGN_SIGNER=signer)


def test_google_rotates_the_keys_of_a_service_account(tmp_path: Path, google_url: str) -> None:
    env = at_google(tmp_path, google_url, "iam:signer@demo-prod.iam.gserviceaccount.com")

    done = run("key", "rotate", env=env)

    assert (done.exit_code, "Google rotates the keys of signer@demo-prod" in done.output) == (1, True)


@pytest.mark.parametrize("purpose", ["receipt", "webhook"])
def test_without_a_signer_there_is_nothing_to_rotate(tmp_path: Path, purpose: str) -> None:
    done = run("key", "rotate", f"--{purpose}s", env=environment(tmp_path))

    assert done.exit_code == 1
    assert f"COUNTERSIGN_{purpose.upper()}_SIGNER is not set: no key signs {purpose}s" in done.output


def test_one_kind_of_keys_is_rotated_at_a_time(tmp_path: Path) -> None:
    assert run("key", "rotate", "--receipts", "--webhooks", env=environment(tmp_path)).exit_code == 2


def test_a_secret_gets_its_first_keys_for_webhooks(tmp_path: Path, google: Google, google_url: str) -> None:
    google.secrets.create(SECRET)
    settings = {"COUNTERSIGN_WEBHOOK_SIGNER": f"secret:{SECRET}/versions/latest"}
    env = environment(tmp_path, GOOGLE_API_BASE_URL=google_url) | settings
    for _ in range(2):
        assert run("key", "rotate", "--webhooks", env=env).exit_code == 0

    old, new = json.loads(google.secrets.versions(SECRET)[1].data)["keys"]
    assert [(each["crv"], each["countersign_purpose"]) for each in (old, new)] == [("Ed25519", "webhooks")] * 2
    assert ("d" in old, "d" in new) == (False, True)


def test_a_secret_that_may_not_be_written_is_named_with_the_role(
    tmp_path: Path, google: Google, google_url: str
) -> None:
    google.secrets.create(SECRET)
    google.faults.set(Fault(method="secrets.addVersion", status=403))

    done = run("key", "rotate", env=at_google(tmp_path, google_url, f"secret:{SECRET}/versions/latest"))

    assert (done.exit_code, "roles/secretmanager.secretVersionAdder" in done.output) == (1, True)
    assert google.secrets.versions(SECRET) == []


def test_a_secret_gets_its_first_key_and_then_the_next(tmp_path: Path, google: Google, google_url: str) -> None:
    google.secrets.create(SECRET)
    env = at_google(tmp_path, google_url, f"secret:{SECRET}/versions/latest")

    outputs = [run("key", "rotate", env=env).output for _ in range(2)]

    assert [output.partition(":")[0] for output in outputs] == [f"{SECRET}/versions/{n}" for n in (1, 2)]
    assert len(json.loads(google.secrets.versions(SECRET)[1].data)["keys"]) == 2


def test_who_uses_a_fixed_version_is_told_to_move_on(tmp_path: Path, google: Google, google_url: str) -> None:
    google.secrets.create(SECRET)

    done = run("key", "rotate", env=at_google(tmp_path, google_url, f"secret:{SECRET}/versions/1"))

    assert "once COUNTERSIGN_SIGNER names this version" in done.output
