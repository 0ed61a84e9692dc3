"""`countersign doctor` as people and programs meet it: its lines, its object, its exit codes."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from approvals.ports.examining import Diagnosis, found
from bot.doctor.examination import Part, examined
from bot.doctor.printed import lines, summary
from bot.redaction import Redaction
from handlers.settings import Secret
from handlers.wording.diagnoses import DIAGNOSES
from sandbox.google.faults import Fault
from tests.bot.commands import ROOT, ended, run
from tests.bot.doctor.patients import Patient, Timed

SECRET = "xoxb-1234-very-secret"


def test_what_is_wrong_ends_with_1_and_says_what_why_and_the_command_that_mends_it(patient: Patient) -> None:
    patient.box.slack.methods.granted = ("commands",)
    patient.box.google.faults.set(
        Fault(method="testIamPermissions", disabled="cloudresourcemanager.googleapis.com", times=9)
    )
    done = run("doctor", env=patient.environ)

    assert done.exit_code == 1
    line = "Mend: `gcloud services enable cloudresourcemanager.googleapis.com --project=300` switches it on."
    assert f"{'':<19}{line}" in done.output.splitlines()
    assert "slack     WRONG    the app lacks the scope chat:write" in done.output.splitlines()
    assert done.output.splitlines()[-1].startswith("Something is wrong: ")


def test_where_nothing_is_wrong_but_that_it_is_a_sandbox_it_ends_with_0(patient: Patient) -> None:
    code, out, err = ended("doctor", env=patient.environ)

    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == "Nothing is wrong: 3 warnings, 13 ok."


def test_what_could_not_be_looked_at_ends_with_1(patient: Patient) -> None:
    patient.box.google.faults.set(Fault(method="testIamPermissions", status=503, times=9))
    done = run("doctor", env=patient.environ)

    assert done.exit_code == 1
    assert done.output.splitlines()[-1].startswith("Not everything could be looked at: 2 unknown")


def test_programs_get_one_object(patient: Patient) -> None:
    patient.box.slack.change_channel("#access", members=())
    done = run("doctor", "--json", env=patient.environ)
    told = json.loads(done.stdout)

    assert done.exit_code == 1
    assert list(told) == ["schema", "countersign", "at", "verdict", "diagnoses"]
    assert (told["schema"], told["verdict"]) == (1, "wrong")
    (absent,) = [each for each in told["diagnoses"] if each["verdict"] == "wrong"]
    assert absent == {
        "part": "slack",
        "verdict": "wrong",
        "code": "slack.absent",
        "what": "the app is not in #access",
        "why": "Nobody gets what the policy sends there, cards or alarms",
        "mend": "Type /invite @countersign in #access, or correct the channel's name in the policy",
        "facts": {"channel": "#access"},
    }


def test_settings_that_cannot_be_used_at_all_are_a_finding_and_no_failure() -> None:
    done = run("doctor", env={"COUNTERSIGN_STORE": "nothing", "COUNTERSIGN_SIGNER": "nothing", "PORT": "x"})

    assert done.exit_code == 1
    for name in ("COUNTERSIGN_STORE", "COUNTERSIGN_SIGNER", "PORT", "SLACK_BOT_TOKEN"):
        assert f"WRONG    {name}: " in done.output


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_no_secret_is_printed_whoever_repeats_it(patient: Patient, form: tuple[str, ...]) -> None:
    # Slack's answer repeats the token, as a proxy's page may.
    said = f"no such token {patient.box.bot_token} {SECRET}"
    patient.box.slack.faults.add("blocks.validate", "refuse", code="invalid_view", messages=(said,))
    done = run("doctor", *form, env=patient.environ)

    assert "no such token [secret]" in done.output
    for secret in (patient.box.bot_token, SECRET, patient.box.signing_secret):
        assert secret not in done.output


def test_what_others_say_steers_no_terminal_and_makes_no_line() -> None:
    seen = found("slack", "wrong", "slack.socket", said="a\x1b[31m\nkeys      ok       forged")
    (what, *_) = lines([seen], Redaction((), hidden=()))
    assert "\x1b" not in what
    assert "\n" not in what


def test_what_is_wrong_stands_first_and_the_part_is_named_once() -> None:
    seen = [found("store", "ok", "store.ok", where="x"), found("store", "wrong", "store.broken", said="y.")]
    assert list(lines(seen, Redaction((), hidden=()))) == [
        "store     WRONG    it cannot be used: y",
        f"{'':<19}Why:  Without it nothing is asked, decided or given; what is given ends by itself.",
        f"{'':<19}Mend: Do what it says; where the store is lost, docs/runbooks/store-lost.md says how to go on.",
        "          ok       x keeps what it is given, and gives it back",
    ]


# --- parts that fail


def _hanging(*, timeout: float) -> Iterator[Diagnosis]:
    yield found("slack", "ok", "slack.blocks.ok")
    threading.Event().wait(60)


def _raising(*, timeout: float) -> Iterator[Diagnosis]:
    yield found("mail", "ok", "mail.ok", where="x")
    raise RuntimeError(f"with {SECRET}")


def _good(*, timeout: float) -> Iterator[Diagnosis]:
    yield found("keys", "ok", "keys.ok", purpose="tokens", where="x")


def test_a_part_that_hangs_or_raises_is_a_finding_and_hides_no_other() -> None:
    parts = [
        Part(name="slack", examine=_hanging),
        Part(name="mail", examine=_raising),
        Part(name="keys", examine=_good),
    ]
    with Timed() as took:
        seen = list(examined(parts, within=2))

    assert [[(each.code, each.verdict) for each in part] for part in seen] == [
        [("slack.blocks.ok", "ok"), ("unanswered", "unknown")],
        [("mail.ok", "ok"), ("failed", "wrong")],
        [("keys.ok", "ok")],
    ]
    assert took.seconds < 15
    assert summary([each for part in seen for each in part]) == "Something is wrong: 1 wrong, 1 unknown, 3 ok."
    said = " ".join(lines(seen[1], Redaction([Secret(SECRET)], hidden=())))
    assert "RuntimeError: with [secret]" in said


def test_all_parts_are_looked_at_at_once() -> None:
    """So all of it takes no longer than one of them may."""
    all_there = threading.Barrier(3)

    def meeting(*, timeout: float) -> Iterator[Diagnosis]:
        all_there.wait(timeout)
        yield found("keys", "ok", "keys.ok", purpose="tokens", where="x")

    seen = examined([Part(name=name, examine=meeting) for name in ("slack", "mail", "keys")], within=30)

    assert [each.code for part in seen for each in part] == ["keys.ok"] * 3


@pytest.mark.parametrize("seconds", ["nan", "inf", "0", "-1", "601", "soon"])
def test_a_time_that_is_none_is_unusable(seconds: str) -> None:
    done = run("doctor", "--within", seconds, env={})

    assert done.exit_code == 2
    assert "--within" in done.output


# --- what it costs, and what it says


def test_other_commands_start_without_it() -> None:
    script = "import sys, bot.cli; print([m for m in sys.modules if 'doctor.' in m or 'diagnoses' in m])"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_every_sentence_reads_as_one() -> None:
    for code, words in DIAGNOSES.items():
        assert all(not each.endswith(".") for each in words), code
        assert not words.why or words.why[0].isupper() or words.why[0] == "`", code
        assert bool(words.why) == bool(words.mend), code
