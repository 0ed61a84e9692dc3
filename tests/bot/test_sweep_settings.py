"""Sweeps are set up whole, or the start says what is missing."""

import pytest

from bot.settings import SettingsError, read

ACCOUNT = "sweep@shop-tools.iam.gserviceaccount.com"
AUDIENCE = "/projects/42/locations/europe-west1/services/countersign"
BASE = {
    "SLACK_BOT_TOKEN": "xoxb-1-2-abc",
    "SLACK_SIGNING_SECRET": "0123456789abcdef0123456789abcdef",
    "COUNTERSIGN_ROUTES": "public",
    "COUNTERSIGN_API_URL": "https://approvals.example.com",
    "COUNTERSIGN_SWEEP_ACCOUNT": ACCOUNT,
}
ON_CLOUD_RUN = {
    "K_SERVICE": "countersign",
    "COUNTERSIGN_STORE": "firestore://shop-tools/(default)",
    "COUNTERSIGN_SIGNER": "iam:signer@shop-tools.iam.gserviceaccount.com",
}
PAGES = {"COUNTERSIGN_PAGES_URL": "https://pages.example.com", "IAP_AUDIENCE": AUDIENCE}
SOCKET = {"SLACK_APP_TOKEN": "xapp-1-A-2-abc", "SLACK_SIGNING_SECRET": ""}


@pytest.mark.parametrize(
    ("changes", "named", "said"),
    [
        ({"COUNTERSIGN_API_URL": ""}, "COUNTERSIGN_API_URL", "COUNTERSIGN_SWEEP_ACCOUNT is set"),
        ({"COUNTERSIGN_API_URL": "x"}, "COUNTERSIGN_API_URL", "it is no address"),
        ({"COUNTERSIGN_ROUTES": "pages", **PAGES}, "COUNTERSIGN_SWEEP_ACCOUNT", "COUNTERSIGN_ROUTES=public"),
        (
            {"COUNTERSIGN_ROUTES": "all", **PAGES, **SOCKET, **ON_CLOUD_RUN},
            "COUNTERSIGN_SWEEP_ACCOUNT",
            "Cloud Scheduler cannot reach it",
        ),
        ({"COUNTERSIGN_SWEEP_ACCOUNT": "alice@example.com"}, "COUNTERSIGN_SWEEP_ACCOUNT", "no service account"),
        ({"COUNTERSIGN_SWEEP_ACCOUNT": "sweep"}, "COUNTERSIGN_SWEEP_ACCOUNT", "no service account"),
        ({"COUNTERSIGN_SWEEP_ACCOUNT": ACCOUNT.upper()}, "COUNTERSIGN_SWEEP_ACCOUNT", "no service account"),
        ({"COUNTERSIGN_SWEEP_ACCOUNT": f"a,{ACCOUNT}"}, "COUNTERSIGN_SWEEP_ACCOUNT", "no service account"),
        ({"COUNTERSIGN_SWEEP_ACCOUNT": f"a@b@{ACCOUNT}"}, "COUNTERSIGN_SWEEP_ACCOUNT", "no service account"),
        (
            {"COUNTERSIGN_SWEEP_ACCOUNT": "a@iam.gserviceaccount.com.example.com"},
            "COUNTERSIGN_SWEEP_ACCOUNT",
            "no service account",
        ),
    ],
)
def test_sweeps_that_cannot_come_are_named_with_what_to_set(
    changes: dict[str, str], named: str, said: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        read(BASE | changes)

    (problem,) = refused.value.problems
    assert problem.startswith(f"{named}: ")
    assert said in problem


def test_an_account_and_an_address_are_all_that_sweeps_need() -> None:
    found = read(BASE)

    assert (found.sweep_account, found.api_url) == (ACCOUNT, "https://approvals.example.com")
    assert read(BASE | ON_CLOUD_RUN).sweep_account == ACCOUNT
