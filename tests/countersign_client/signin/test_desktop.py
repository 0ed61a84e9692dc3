"""Only the file of a desktop client, with addresses that TLS guards, begins a sign-in."""

import json
from pathlib import Path
from typing import Any

import pytest

from countersign_client.errors import Unusable
from countersign_client.signin import desktop

GOOD = {"client_id": "1-a.apps.googleusercontent.com", "client_secret": "GOCSPX-a", "project_id": "p"}


def read(folder: Path, told: Any) -> desktop.Desktop:
    path = folder / "client_secret.json"
    path.write_text(told if isinstance(told, str) else json.dumps(told))
    return desktop.read(path)


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ("", "is no file of an OAuth client"),
        ("[" * 100_000, "is no file of an OAuth client"),
        ([], "is no file of an OAuth client"),
        ({}, "is no file of a desktop client"),
        ({"installed": {"client_id": "1-a"}}, "is no file of a desktop client"),
        ({"installed": {**GOOD, "client_secret": 7}}, "is no file of a desktop client"),
        ({"web": GOOD}, "is of a web client, which cannot return to this machine"),
        ({"type": "service_account"}, "is a key of a service account"),
        ({"installed": {**GOOD, "token_uri": "http://oauth2.example.com/token"}}, "token_uri is no address"),
        ({"installed": {**GOOD, "auth_uri": "javascript:alert(1)"}}, "auth_uri is no address"),
        ({"installed": {**GOOD, "auth_uri": "https://alice:x@example.com/"}}, "auth_uri is no address"),
        ({"installed": {**GOOD, "auth_uri": "http://[::1/"}}, "auth_uri is no address"),
    ],
)
def test_another_file_is_refused_by_what_it_is(tmp_path: Path, told: Any, why: str) -> None:
    with pytest.raises(Unusable, match=r"client_secret\.json|auth_uri|token_uri") as refused:
        read(tmp_path, told)
    assert why in str(refused.value)
    assert "GOCSPX" not in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="No such file"):
        desktop.read(tmp_path / "none.json")


def test_the_addresses_are_googles_unless_the_file_says_otherwise(tmp_path: Path) -> None:
    own = {"auth_uri": "http://localhost:1/a", "token_uri": "https://example.com/t"}
    plain, other = read(tmp_path, {"installed": GOOD}), read(tmp_path, {"installed": GOOD | own})

    assert (plain.auth_uri, plain.token_uri) == (
        "https://accounts.google.com/o/oauth2/v2/auth",
        "https://oauth2.googleapis.com/token",
    )
    assert (other.auth_uri, other.token_uri) == ("http://localhost:1/a", "https://example.com/t")
