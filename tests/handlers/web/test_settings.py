"""What the pages need to be told, and what stops the start."""

import pytest

from bot.settings import SettingsError, read
from handlers.web.settings import WebSettings

SLACK = {"SLACK_BOT_TOKEN": "xoxb-1-2-abc", "SLACK_SIGNING_SECRET": "0123456789abcdef0123456789abcdef"}
PAGES = {"COUNTERSIGN_PAGES_URL": "https://countersign.example.com"}
AUDIENCE = "/projects/123/locations/europe-west1/services/pages"
WHOLE = PAGES | {"IAP_AUDIENCE": AUDIENCE}


def refusal(environ: dict[str, str]) -> str:
    with pytest.raises(SettingsError) as refused:
        read(SLACK | environ)
    (problem,) = refused.value.problems
    return problem


@pytest.mark.parametrize(
    ("environ", "begins", "names"),
    [
        (PAGES, "IAP_AUDIENCE: it is missing", "Cloud console"),
        (PAGES | {"IAP_AUDIENCE": "  "}, "IAP_AUDIENCE: it is missing", "COUNTERSIGN_ROUTES=public"),
        (PAGES | {"IAP_AUDIENCE": ","}, "IAP_AUDIENCE: it is missing", "Cloud console"),
        (PAGES | {"IAP_AUDIENCE": "*"}, "IAP_AUDIENCE: '*' is no audience", "/projects/NUMBER/locations/"),
        (PAGES | {"IAP_AUDIENCE": f"{AUDIENCE},x"}, "IAP_AUDIENCE: 'x' is no audience", "/apps/PROJECT_ID"),
        ({"IAP_AUDIENCE": AUDIENCE}, "COUNTERSIGN_PAGES_URL: it is missing", "https://"),
        ({"COUNTERSIGN_ROUTES": "pages", "IAP_AUDIENCE": AUDIENCE}, "COUNTERSIGN_PAGES_URL: ", "https://"),
        (WHOLE | {"IAP_JWKS_URL": "keys"}, "IAP_JWKS_URL: ", "https://HOST/PATH"),
        (
            WHOLE | {"COUNTERSIGN_ROUTES": "private"},
            "COUNTERSIGN_ROUTES: ",
            "public, pages",
        ),
        (
            WHOLE | {"IAP_JWKS_URL": "https://keys.example.com"},
            "IAP_JWKS_URL: ",
            "SANDBOX=1",
        ),
        ({"IAP_VERIFY_AUDIENCE": "false"}, "IAP_VERIFY_AUDIENCE: ", "set `IAP_AUDIENCE` to /projects/NUMBER/"),
        ({"IAP_VERIFY_AUDIENCE": "true"}, "IAP_VERIFY_AUDIENCE: ", "always verified"),
        ({"IAP_BACKEND_SERVICE_ID": "42"}, "IAP_BACKEND_SERVICE_ID: ", "/global/backendServices/ID"),
        ({"IAP_AUDIENCES": AUDIENCE}, "IAP_AUDIENCES: there is no such setting", "Did you mean IAP_AUDIENCE?"),
    ],
)
def test_what_cannot_work_stops_the_start_and_says_what_to_set(
    environ: dict[str, str], begins: str, names: str
) -> None:
    problem = refusal(environ)

    assert problem.startswith(begins)
    assert names in problem


def test_a_service_of_pages_alone_is_told_of_all_that_it_lacks() -> None:
    with pytest.raises(SettingsError) as refused:
        read(SLACK | {"COUNTERSIGN_ROUTES": "pages"})

    assert [problem.partition(":")[0] for problem in refused.value.problems] == [
        "COUNTERSIGN_PAGES_URL",
        "IAP_AUDIENCE",
    ]


def test_the_service_takes_no_offence_at_what_login_reads_in_the_same_shell() -> None:
    assert "web" not in read(SLACK | {"IAP_CLIENT_ID": "1-x.apps.googleusercontent.com"}).channels


CLOUD_RUN = WHOLE | {
    "K_SERVICE": "pages",
    "COUNTERSIGN_STORE": "firestore://project/(default)",
    "COUNTERSIGN_SIGNER": "secret:projects/project/secrets/tokens/versions/latest",
}


def test_a_service_of_cloud_run_that_the_proxy_covers_whole_is_none_that_slack_could_reach() -> None:
    problem = refusal(CLOUD_RUN)

    assert problem.startswith("COUNTERSIGN_ROUTES: ")
    assert "covers the whole service pages" in problem
    assert "COUNTERSIGN_ROUTES=public" in problem
    assert "SLACK_APP_TOKEN" in problem


@pytest.mark.parametrize(
    "otherwise",
    [
        {"COUNTERSIGN_ROUTES": "pages"},
        {"SLACK_APP_TOKEN": "xapp-1-A-1-a"},
        {"K_SERVICE": "another"},
        {"IAP_AUDIENCE": "/projects/123/global/backendServices/42"},
    ],
)
def test_what_slack_reaches_all_the_same_starts(otherwise: dict[str, str]) -> None:
    assert "iap" in read(SLACK | CLOUD_RUN | otherwise).channels


def test_without_an_address_there_are_no_pages() -> None:
    assert "iap" not in read(SLACK).channels


def test_a_public_service_counts_what_pages_decided_and_needs_no_audience() -> None:
    settings = read(SLACK | PAGES | {"COUNTERSIGN_ROUTES": "public"})

    assert settings.channels["iap"].audiences == ()


def test_several_audiences_may_be_listed() -> None:
    other = "/projects/123/global/backendServices/42"

    found = read(SLACK | PAGES | {"IAP_AUDIENCE": f"{AUDIENCE}, {other}"}).channels["iap"]

    assert found == WebSettings(
        pages_url="https://countersign.example.com",
        audiences=(AUDIENCE, other),
        keys_url="https://www.gstatic.com/iap/verify/public_key-jwk",
    )


def test_beside_a_sandbox_the_keys_may_be_the_sandbox_s() -> None:
    keys = {"IAP_JWKS_URL": "http://localhost:8081/keys", "COUNTERSIGN_SANDBOX": "1"}

    assert read(SLACK | PAGES | {"IAP_AUDIENCE": AUDIENCE} | keys).channels["iap"].keys_url == keys["IAP_JWKS_URL"]
