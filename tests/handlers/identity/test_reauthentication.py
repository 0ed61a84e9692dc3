"""How long ago somebody signed in: known only where the proxy asks everybody, and for as long as it does."""

import logging
from datetime import timedelta
from typing import Any

import pytest

import approvals.backends.google_rest  # noqa: F401 - to load Google's libraries takes longer than a look may
from approvals.backends.iap_settings import IapSettings
from approvals.refusals.errors import Unavailable
from handlers.identity.reauthentication import FRESH, KEPT, Reauthentication
from sandbox.google import Fault, Google
from tests.support.doubles import Clock

AUDIENCE = "/projects/300/locations/europe-west1/services/countersign-pages"
RESOURCE = "projects/300/iap_web/cloud_run-europe-west1/services/countersign-pages"
HOURLY = {"method": "LOGIN", "maxAge": "3600s", "policyType": "MINIMUM"}
METHOD = "iap.v1.getIapSettings"


class Set:
    """What IAP is set to do for the service; a test changes it."""

    def __init__(self, google: Google, resource: str = RESOURCE) -> None:
        self.reauthentication: dict[str, Any] = dict(HOURLY)
        self.clients: list[str] = []
        google.iap_settings[resource] = self

    def __call__(self) -> dict[str, Any]:
        oauth = {"oauthSettings": {"programmaticClients": self.clients}} if self.clients else {}
        return {"accessSettings": oauth | {"reauthSettings": self.reauthentication}}


@pytest.fixture(autouse=True)
def _all_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ages(google_url: str, clock: Clock) -> Reauthentication:
    return Reauthentication([AUDIENCE], settings=IapSettings(base_url=google_url), clock=clock)


@pytest.mark.parametrize(
    "reauthentication",
    [
        {},
        {"maxAge": "3600s"},
        {"method": "METHOD_UNSPECIFIED", "maxAge": "3600s"},
        {"method": "PASSWORD", "maxAge": "3600s"},
        {"method": "LOGIN"},
        {"method": "LOGIN", "maxAge": "0s"},
        {"method": "LOGIN", "maxAge": "-3600s"},
    ],
    ids=repr,
)
def test_where_the_proxy_does_not_ask_everybody_nothing_is_known(
    google: Google,
    ages: Reauthentication,
    reauthentication: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    Set(google).reauthentication = reauthentication
    ages.look()

    assert ages.within(AUDIENCE) == 0
    assert f"who come by {AUDIENCE} is not known: no reauthentication" in caplog.text


def test_where_programs_may_call_nothing_is_known_of_anybody(
    google: Google, ages: Reauthentication, caplog: pytest.LogCaptureFixture
) -> None:
    Set(google).clients = ["300-desktop.apps.googleusercontent.com"]
    ages.look()

    assert ages.within(AUDIENCE) == 0
    assert "programs may call it (`programmaticClients`)" in caplog.text


@pytest.mark.parametrize("there", [True, False], ids=["forbidden", "not found"])
def test_settings_that_google_does_not_show_say_nothing_and_the_log_says_what_is_missing(
    google: Google, ages: Reauthentication, there: bool, caplog: pytest.LogCaptureFixture
) -> None:
    if there:
        Set(google)
        google.withheld.add((RESOURCE, "iap.webServices.getSettings"))
    ages.look()

    assert ages.within(AUDIENCE) == 0
    (said,) = [record for record in caplog.records if record.name == "countersign"]
    assert said.levelno == logging.WARNING
    assert "Give the account of this service iap.webServices.getSettings on it" in said.getMessage()


def test_before_they_were_read_nothing_is_known(google: Google, ages: Reauthentication) -> None:
    Set(google)
    assert ages.within(AUDIENCE) == 0
    assert google.calls(METHOD) == []


def test_a_google_that_does_not_answer_at_the_start_is_asked_again(google: Google, ages: Reauthentication) -> None:
    Set(google)
    google.faults.set(Fault(method=METHOD, status=503, times=1))
    with pytest.raises(Unavailable):
        ages.look()
    assert ages.within(AUDIENCE) == 0
    ages.look()
    assert ages.within(AUDIENCE) == 3600


def test_an_audience_that_names_no_service_is_not_asked_about(
    google_url: str, google: Google, clock: Clock
) -> None:
    app = "/projects/300/apps/demo-prod"
    ages = Reauthentication([app], settings=IapSettings(base_url=google_url), clock=clock)
    ages.look()
    assert ages.within(app) == 0
    assert google.calls(METHOD) == []


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ({"method": "LOGIN", "maxAge": "3600s"}, 3600),
        ({"method": "SECURE_KEY", "maxAge": "300.5s", "policyType": "DEFAULT"}, 301),
        ({"method": "ENROLLED_SECOND_FACTORS", "maxAge": "900s"}, 900),
    ],
)
def test_what_everybody_is_asked_for_is_known(
    google: Google, ages: Reauthentication, asked: dict[str, Any], seconds: int
) -> None:
    Set(google).reauthentication = asked
    ages.look()

    assert ages.within(AUDIENCE) == seconds


def test_each_audience_is_asked_about_by_its_own_name(google: Google, google_url: str, clock: Clock) -> None:
    there = {
        AUDIENCE: RESOURCE,
        "/projects/300/global/backendServices/42": "projects/300/iap_web/compute/services/42",
        "/projects/300/europe-west1/backendServices/42": "projects/300/iap_web/compute-europe-west1/services/42",
    }
    for seconds, resource in enumerate(there.values(), start=1):
        Set(google, resource).reauthentication = {"method": "LOGIN", "maxAge": f"{seconds}s"}
    ages = Reauthentication(there, settings=IapSettings(base_url=google_url), clock=clock)
    ages.look()

    assert [ages.within(audience) for audience in there] == [1, 2, 3]
    assert ages.within("/projects/300/locations/europe-west1/services/other") == 0


def test_what_was_loosened_since_counts_no_more(
    google: Google, ages: Reauthentication, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    is_set = Set(google)
    ages.look()
    is_set.reauthentication = {}
    clock.now += FRESH + timedelta(seconds=1)

    assert ages.within(AUDIENCE) == 0
    assert "is not known: no reauthentication" in caplog.text


def test_it_is_asked_anew_now_and_then_and_not_for_everybody(
    google: Google, ages: Reauthentication, clock: Clock
) -> None:
    Set(google)
    ages.look()
    for minutes in (0, 9, 2, 0, 9, 2):
        clock.now += timedelta(minutes=minutes)
        assert ages.within(AUDIENCE) == 3600
    assert len(google.calls(METHOD)) == 3


def test_while_google_does_not_answer_it_serves_for_an_hour_and_no_longer(
    google: Google, ages: Reauthentication, clock: Clock
) -> None:
    Set(google)
    ages.look()
    google.faults.set(Fault(method=METHOD, status=503, times=10))

    clock.now += KEPT
    assert ages.within(AUDIENCE) == 3600
    for _ in range(3):  # somebody waits for each reading
        assert ages.within(AUDIENCE) == 3600
    assert len(google.calls(METHOD)) == 2
    clock.now += timedelta(seconds=1)
    assert ages.within(AUDIENCE) == 0
