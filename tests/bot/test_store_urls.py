"""Where the store is, and where it must not be."""

import re
from pathlib import Path

import pytest

from bot.settings import read
from bot.store_urls import FirestoreUrl, SqliteUrl
from tests.bot.test_settings import HTTP, only_refusal, refusal


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("COUNTERSIGN_STORE", "postgres://host/db"),
        ("COUNTERSIGN_STORE", "sqlite:///"),
        ("COUNTERSIGN_STORE", "sqlite://data/countersign.db"),
        ("COUNTERSIGN_STORE", "sqlite:///:memory:"),
        ("COUNTERSIGN_STORE", "sqlite:///data/?mode=ro"),
        ("COUNTERSIGN_STORE", "firestore://my-project"),
        ("COUNTERSIGN_STORE", "firestore://my-project/"),
        ("COUNTERSIGN_STORE", "firestore:///database"),
        ("COUNTERSIGN_STORE", "firestore://My_Project/database"),
        ("COUNTERSIGN_STORE", "firestore://my-project/database/requests"),
        ("COUNTERSIGN_STORE", "firestore://my-project/Database"),
        ("FIRESTORE_EMULATOR_HOST", "http://localhost:8787"),
        ("FIRESTORE_EMULATOR_HOST", "localhost"),
    ],
)
def test_a_place_that_cannot_be_meant_is_refused_by_name_with_what_to_set(name: str, value: str) -> None:
    problem = only_refusal(HTTP | {name: value})

    assert problem.startswith(f"{name}: ")
    assert "Set one such as " in problem


@pytest.mark.parametrize("database", ["(default)", "approvals"])
def test_a_firestore_database_may_be_the_default_one_or_a_named_one(database: str) -> None:
    settings = read(HTTP | {"COUNTERSIGN_STORE": f"firestore://example.com:my-project/{database}"})

    assert settings.store == FirestoreUrl("example.com:my-project", database)
    assert str(settings.store) == f"firestore://example.com:my-project/{database}"


def test_four_slashes_make_an_absolute_path() -> None:
    settings = read(HTTP | {"COUNTERSIGN_STORE": "sqlite:////data/countersign.db"})

    assert settings.store == SqliteUrl(Path("/data/countersign.db"))


def test_cloud_run_takes_a_store_in_firestore() -> None:
    problems = refusal(
        HTTP | {"K_SERVICE": "countersign", "COUNTERSIGN_STORE": "firestore://my-project/(default)"}
    )

    assert [problem.partition(":")[0] for problem in problems] == ["COUNTERSIGN_SIGNER"]


def test_a_file_on_cloud_run_is_pointed_to_firestore() -> None:
    problems = refusal(HTTP | {"K_SERVICE": "countersign"})

    assert any(re.match(r"COUNTERSIGN_STORE: .*Set firestore://PROJECT/DATABASE\.", line) for line in problems)


def test_a_firestore_emulator_is_refused_outside_a_sandbox() -> None:
    problem = only_refusal(HTTP | {"FIRESTORE_EMULATOR_HOST": "127.0.0.1:8787"})

    assert problem.startswith("FIRESTORE_EMULATOR_HOST: ")
    assert "COUNTERSIGN_SANDBOX=1" in problem
