"""What is looked at on this machine: settings, clock, store, keys and policy."""

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from approvals.backends.calls import send
from bot.doctor import clocks
from countersign_client.calls import Response
from tests.bot.doctor.patients import EXCUSED, SOUND, Patient, facts, now
from tests.support.servers import serve


def test_where_all_is_well_only_the_sandbox_is_warned_of(patient: Patient) -> None:
    found = patient.look()

    assert {each.code for each in found if each.verdict != "ok"} == EXCUSED
    assert {each.verdict for each in found} == {"ok", "warning"}
    parts = ["settings", "clock", "store", "keys", "policy", "slack", "google", "directory"]
    assert list(dict.fromkeys(each.part for each in found)) == parts
    assert facts(found, "settings.ok") == {"count": str(len(patient.environ))}


# --- settings


def test_a_setting_that_is_wrong_hides_no_other_part(patient: Patient) -> None:
    assert patient.ills(SLACK_BOT_TOKEN="") == [("settings.wrong", "wrong"), ("skipped", "unknown")]
    assert patient.ills(COUNTERSIGN_STORE="postgres://somewhere") == [
        ("settings.wrong", "wrong"),
        ("skipped", "unknown"),
        ("skipped", "unknown"),
    ]


def test_a_name_that_is_mistyped_is_named(patient: Patient) -> None:
    found = patient.look(COUNTERSIGN_POLICI="policy.yaml")
    assert facts(found, "settings.wrong")["said"].startswith("COUNTERSIGN_POLICI: there is no such setting.")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SLACK_API_URL", "http://127.0.0.1:1/api/"),
        ("GOOGLE_API_BASE_URL", "http://127.0.0.1:1"),
        ("COUNTERSIGN_PAGES_URL", "http://pages.example.com"),
        ("FIRESTORE_EMULATOR_HOST", "127.0.0.1:1"),
        ("IAP_JWKS_URL", "http://127.0.0.1:1/keys"),
    ],
)
def test_what_a_sandbox_alone_excuses_is_wrong_without_one_and_is_not_called(
    patient: Patient, name: str, value: str
) -> None:
    found = patient.look({name: value}, COUNTERSIGN_SANDBOX="")

    wrong = [each.facts["said"] for each in found if each.code == "settings.wrong"]
    assert any(said.startswith(f"{name}: ") for said in wrong)
    # The sandbox's Google and Slack stand in for the real ones in plain http: nothing of ours goes there.
    assert "slack.ok" not in {each.code for each in found}
    assert patient.box.google.calls() == []


def test_a_log_that_says_too_much_is_warned_of(patient: Patient) -> None:
    assert patient.ills(LOG_LEVEL="debug") == [("settings.debug", "warning")]


# --- the clock; the sandbox names the second that its server noted last, which may be over for another one


@pytest.mark.parametrize(("seconds", "direction"), [(10, "ahead of"), (-10, "behind"), (3600, "ahead of")])
def test_a_clock_that_is_off_is_named(patient: Patient, seconds: int, direction: str) -> None:
    found = patient.look(clock=lambda: now() + timedelta(seconds=seconds))

    off = [each for each in found if each.code == "clock.off"]
    assert [(each.verdict, each.facts["whose"], each.facts["direction"]) for each in off] == [
        ("wrong", "Slack", direction),
        ("wrong", "Google", direction),
    ]
    assert abs(int(off[0].facts["seconds"]) - abs(seconds)) <= 4


@pytest.mark.parametrize("seconds", [0, 3, -3])
def test_a_clock_that_is_hardly_off_is_well(patient: Patient, seconds: int) -> None:
    assert patient.ills(clock=lambda: now() + timedelta(seconds=seconds)) == []


NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def compared(before: float, after: float) -> str:
    """What is found by a clock that shows so many seconds past noon around an answer of noon."""
    shown = iter([NOON + timedelta(seconds=before), NOON + timedelta(seconds=after)])
    noon = Response(200, {"date": format_datetime(NOON, usegmt=True)}, b"")
    (found,) = clocks.examine(
        {"Somebody": "https://example.com"}, send=lambda *_, **__: noon, clock=lambda: next(shown), timeout=5
    )
    return found.code


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (5.51, "clock.off"),
        (-4.51, "clock.off"),
        (5.5, "clock.ok"),
        (-4.5, "clock.ok"),
    ],
)
def test_five_seconds_are_counted_from_the_middle_of_the_second_that_is_named(seconds: float, code: str) -> None:
    """All of that second is noon by `Date`: counted from either end, clocks would be blamed that are right."""
    assert compared(seconds, seconds) == code


@pytest.mark.parametrize(
    ("before", "after", "code"), [(5.0, 6.0, "clock.ok"), (0.0, 12.0, "clock.ok"), (7.0, 8.0, "clock.off")]
)
def test_an_answer_that_took_long_is_taken_for_made_at_any_moment_meanwhile(
    before: float, after: float, code: str
) -> None:
    assert compared(before, after) == code


def test_whoever_does_not_say_what_time_it_is_is_named() -> None:
    with serve(Starlette(routes=[Route("/", lambda _: PlainTextResponse(""))]), date_header=False) as url:
        (found,) = clocks.examine({"Somebody": url}, send=send, clock=now, timeout=5)

    assert (found.code, found.facts["said"]) == ("clock.unanswered", "its answer had no date")


@pytest.mark.parametrize("said", ["Fri, 31 Dec 9999 23:59:59 -2300", "no date"])
def test_a_date_that_is_none_hides_no_other_clock(said: str) -> None:
    odd = Route("/odd", lambda _: PlainTextResponse("", headers={"Date": said}))
    well = Route("/well", lambda _: PlainTextResponse("", headers={"Date": format_datetime(now(), usegmt=True)}))
    with serve(Starlette(routes=[odd, well]), date_header=False) as url:
        others = {"Odd": f"{url}/odd", "Well": f"{url}/well"}
        found = clocks.examine(others, send=send, clock=now, timeout=20)
        assert [each.code for each in found] == ["clock.unanswered", "clock.ok"]


def test_a_date_is_in_utc_also_where_it_says_that_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    said = now().strftime("%a, %d %b %Y %H:%M:%S -0000")
    try:
        with serve(
            Starlette(routes=[Route("/", lambda _: PlainTextResponse("", headers={"Date": said}))]),
            date_header=False,
        ) as url:
            (found,) = clocks.examine({"Somebody": url}, send=send, clock=now, timeout=20)
    finally:
        monkeypatch.undo()
        time.tzset()
    assert found.code == "clock.ok"


# --- the policy


def test_a_policy_with_errors_is_named_with_all_of_them_and_what_hangs_on_it_says_so(patient: Patient) -> None:
    patient.policy.write_text(SOUND.replace("needed: 2", "needed: many").replace("version: 1", "version: 7"))
    found = patient.look()

    said = [each.facts["said"] for each in found if each.code == "policy.wrong"]
    assert len(said) == 2
    assert all(each.startswith(f"{patient.policy}:") for each in said)
    assert {each.part for each in found if each.code == "skipped"} == {"slack", "google", "asset", "directory"}


def test_a_policy_that_is_not_there_is_named(patient: Patient) -> None:
    nowhere = patient.folder / "other.yaml"
    found = patient.look(COUNTERSIGN_POLICY=str(nowhere))
    assert facts(found, "policy.unreadable") == {"where": str(nowhere), "said": "No such file or directory"}


def test_a_policy_that_lint_warns_of_is_warned_of(patient: Patient) -> None:
    patient.in_force(SOUND.replace("roles/cloudsql.editor", "roles/compute.instanceAdmin.v1"))
    assert patient.ills() == [("policy.warnings", "warning")]


def test_another_policy_than_the_one_in_force_is_warned_of(patient: Patient) -> None:
    patient.policy.write_text(SOUND.replace("max: 4h", "max: 8h"))
    assert patient.ills() == [("policy.other", "warning")]


PAYMENTS = """
applications:
  - id: payments
    title: Payments
    jwks_uri: https://payments.example.com/jwks
    may_assert: true
actions:
  - id: refund
    application: payments
    title: Refund a customer
    requesters: ["domain:example.com"]
    approval:
      - {approvers: ["group:sre", "group:security"], needed: 1}
"""


def test_what_the_policy_needs_of_this_service_and_has_not_is_named(patient: Patient) -> None:
    patient.in_force(SOUND + PAYMENTS)
    found = patient.look(COUNTERSIGN_RECEIPT_SIGNER="", COUNTERSIGN_API_URL="")

    said = facts(found, "policy.lacking")["said"]
    assert "COUNTERSIGN_API_URL: it is missing" in said
    assert "COUNTERSIGN_RECEIPT_SIGNER: it is missing" in said
