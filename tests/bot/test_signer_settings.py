"""Where keys may be, and which ones may sign what."""

import re
from pathlib import Path

import pytest

from bot.settings import read
from bot.signer_urls import KeyFile, KeySecret, ServiceAccount
from tests.bot.test_settings import HTTP, only_refusal, refusal


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("COUNTERSIGN_SIGNER", "data/signer.jwk"),
        ("COUNTERSIGN_SIGNER", "file:"),
        ("COUNTERSIGN_SIGNER", "file:keys/"),
        ("COUNTERSIGN_SIGNER", "secret:"),
        ("COUNTERSIGN_SIGNER", "secret:projects/p/secrets/s"),
        ("COUNTERSIGN_SIGNER", "secret:projects/p/secrets/s/versions/0"),
        ("COUNTERSIGN_SIGNER", "secret:projects/p/secrets/s/versions/newest"),
        ("COUNTERSIGN_SIGNER", "secret:projects/p/locations/l/secrets/s/versions/1"),
        ("COUNTERSIGN_SIGNER", "secret:projects/p/secrets/../versions/1"),
        ("COUNTERSIGN_SIGNER", "iam:"),
        ("COUNTERSIGN_SIGNER", "iam:alice@example.com"),
        ("COUNTERSIGN_SIGNER", "iam:signer@p.iam.gserviceaccount.com/more"),
        ("COUNTERSIGN_SIGNER", "iam:signer@p.iam.gserviceaccount.com.example.com"),
        ("COUNTERSIGN_SIGNER", "kms:projects/p"),
        ("COUNTERSIGN_RECEIPT_SIGNER", "data/receipts.jwk"),
        ("COUNTERSIGN_RECEIPT_SIGNER", "iam:signer@p.iam.gserviceaccount.com"),
        ("COUNTERSIGN_RECEIPT_SIGNER", "file:data/signer.jwk"),
        ("COUNTERSIGN_WEBHOOK_SIGNER", "data/webhooks.jwk"),
        ("COUNTERSIGN_WEBHOOK_SIGNER", "iam:signer@p.iam.gserviceaccount.com"),
        ("COUNTERSIGN_WEBHOOK_SIGNER", "file:data/signer.jwk"),
    ],
)
def test_a_value_that_names_no_signer_is_refused_by_name_with_what_to_set(name: str, value: str) -> None:
    problem = only_refusal(HTTP | {name: value})

    assert problem.startswith(f"{name}: ")
    assert "Set " in problem


def test_cloud_run_points_a_key_file_to_keys_that_last() -> None:
    names = ("COUNTERSIGN_SIGNER", "COUNTERSIGN_RECEIPT_SIGNER", "COUNTERSIGN_WEBHOOK_SIGNER")
    files = {name: f"file:{name}.jwk" for name in names}
    store = {"COUNTERSIGN_STORE": "firestore://my-project/(default)"}

    tokens, receipts, webhooks = refusal(HTTP | files | store | {"K_SERVICE": "countersign"})

    assert re.search(r"^COUNTERSIGN_SIGNER: .*Set secret:projects/.*iam:", tokens)
    assert re.search(r"^COUNTERSIGN_RECEIPT_SIGNER: .*Set secret:projects/", receipts)
    assert re.search(r"^COUNTERSIGN_WEBHOOK_SIGNER: .*Set secret:projects/", webhooks)
    assert "iam:" not in receipts + webhooks


@pytest.mark.parametrize(
    "signer",
    [
        KeySecret("projects/my-project/secrets/signer/versions/latest"),
        KeySecret("projects/123/secrets/signer_1/versions/7"),
        ServiceAccount("signer@my-project.iam.gserviceaccount.com"),
        ServiceAccount("123-compute@developer.gserviceaccount.com"),
        ServiceAccount("my-project@appspot.gserviceaccount.com"),
    ],
    ids=str,
)
def test_cloud_run_takes_keys_that_are_kept_elsewhere(signer: KeySecret | ServiceAccount) -> None:
    elsewhere = {"COUNTERSIGN_STORE": "firestore://my-project/(default)", "COUNTERSIGN_SIGNER": str(signer)}

    assert read(HTTP | elsewhere | {"K_SERVICE": "countersign"}).signer == signer


def test_keys_of_webhooks_stand_where_no_others_do() -> None:
    kept = {"COUNTERSIGN_RECEIPT_SIGNER": "file:keys.jwk", "COUNTERSIGN_WEBHOOK_SIGNER": "file:keys.jwk"}
    problem = only_refusal(HTTP | kept)

    assert problem.startswith("COUNTERSIGN_WEBHOOK_SIGNER: it is where COUNTERSIGN_RECEIPT_SIGNER is")


def test_a_service_account_is_refused_for_receipts_with_the_reason() -> None:
    problem = only_refusal(HTTP | {"COUNTERSIGN_RECEIPT_SIGNER": "iam:signer@p.iam.gserviceaccount.com"})

    assert "a service account cannot sign receipts: Google stops publishing its keys" in problem


@pytest.mark.parametrize("version", ["latest", "3"])
def test_one_secret_for_tokens_and_receipts_is_refused_whichever_version(version: str) -> None:
    secret = "secret:projects/p/secrets/s/versions/"

    problem = only_refusal(
        HTTP | {"COUNTERSIGN_SIGNER": f"{secret}latest", "COUNTERSIGN_RECEIPT_SIGNER": secret + version}
    )

    assert problem.startswith("COUNTERSIGN_RECEIPT_SIGNER: it is where COUNTERSIGN_SIGNER is")


def test_receipts_may_have_a_file_or_a_secret() -> None:
    file = read(HTTP | {"COUNTERSIGN_RECEIPT_SIGNER": "file:/data/receipts.jwk"})
    secret = read(HTTP | {"COUNTERSIGN_RECEIPT_SIGNER": "secret:projects/p/secrets/s/versions/latest"})

    assert file.receipt_signer == KeyFile(Path("/data/receipts.jwk"))
    assert secret.receipt_signer == KeySecret("projects/p/secrets/s/versions/latest")
