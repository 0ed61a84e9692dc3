"""The metadata server refuses what the real one refuses, and Google's own library takes it for one."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import jwt
import pytest

from sandbox.app import Sandbox
from sandbox.google.metadata import PROGRAM
from tests.bot.commands import ROOT
from tests.sandbox.iap.conftest import Seen, ask

ASKED = {"Metadata-Flavor": "Google"}
IDENTITY = "/computeMetadata/v1/instance/service-accounts/default/identity"


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox.start() as box:
        yield box


def got(box: Sandbox, path: str, **headers: str) -> Seen:
    return ask(box.url, path, headers={name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({}, "Missing Metadata-Flavor:Google header."),
        ({"Metadata_Flavor": "google"}, "Missing Metadata-Flavor:Google header."),
        ({"Metadata_Flavor": "Google", "X_Forwarded_For": "10.0.0.1"}, "X-Forwarded-For is not allowed."),
    ],
)
@pytest.mark.parametrize("what", ["identity?audience=a&format=full", "token", "email"])
def test_who_may_be_a_page_or_a_proxy_is_refused(
    box: Sandbox, what: str, headers: dict[str, str], why: str
) -> None:
    seen = got(box, f"{IDENTITY.removesuffix('identity')}{what}", **headers)

    assert (seen.status, seen.body) == (403, why)


@pytest.mark.parametrize("query", ["", "?format=full", "?audience="])
def test_a_token_for_nobody_is_refused(box: Sandbox, query: str) -> None:
    assert got(box, IDENTITY + query, Metadata_Flavor="Google").status == 400


def test_another_account_is_not_there(box: Sandbox) -> None:
    path = IDENTITY.replace("default", "other@sandbox-project.iam.gserviceaccount.com")
    assert got(box, f"{path}?audience=a", Metadata_Flavor="Google").status == 404


def test_only_the_full_form_says_the_address(box: Sandbox) -> None:
    forms = ("", "&format=full")
    told = [got(box, f"{IDENTITY}?audience=a{form}", Metadata_Flavor="Google").body for form in forms]
    claims = [jwt.decode(token, options={"verify_signature": False}) for token in told]

    assert [one.get("email") for one in claims] == [None, PROGRAM]
    assert {one["aud"] for one in claims} == {"a"}


FETCHING = """
import json
import google.auth
from google.auth.transport.requests import Request
from google.oauth2 import id_token
held, project = google.auth.default()
held.refresh(Request())
print(json.dumps([id_token.fetch_id_token(Request(), "for-me"), project, held.service_account_email]))
"""


def test_googles_library_finds_it_and_fetches_a_token(box: Sandbox) -> None:
    host = box.metadata_host
    environment = {"PATH": os.environ["PATH"], "GCE_METADATA_HOST": host, "GCE_METADATA_IP": host}
    environment["CLOUDSDK_CONFIG"] = "/nonexistent"  # whoever runs this may have signed in to gcloud
    done = subprocess.run(
        [sys.executable, "-c", FETCHING], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    token, project, account = json.loads(done.stdout)

    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["aud"], claims["email"], project, account) == ("for-me", PROGRAM, "sandbox-project", PROGRAM)


def test_the_page_is_still_the_page(box: Sandbox) -> None:
    assert got(box, "/").body.startswith("<!doctype html>")
    assert got(box, "/", Metadata_Flavor="Google").headers["metadata-flavor"] == "Google"
