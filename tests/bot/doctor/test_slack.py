"""Slack looks at itself: the token, the workspace, the scopes, Socket Mode, the channels and our blocks."""

import time
from collections.abc import Sequence

import msgspec
import pytest

from approvals.policy.load import load
from approvals.ports.examining import Diagnosis
from approvals.refusals.errors import Unavailable
from bot.outside import outside
from bot.settings import read
from handlers.channel import Looked
from handlers.slack.examining import look
from handlers.slack.manifest import SCOPES
from sandbox.slack.faults import Fault
from tests.bot.doctor.patients import SOUND, Patient, Timed, facts
from tests.support.running import running


def _ills(found: list[Diagnosis]) -> list[tuple[str, str]]:
    return [(each.code, each.verdict) for each in found if each.part == "slack" and each.verdict != "ok"]


@pytest.mark.parametrize("scope", SCOPES)
def test_a_scope_that_is_missing_is_named(patient: Patient, scope: str) -> None:
    patient.box.slack.methods.granted = tuple(each for each in SCOPES if each != scope)
    found = patient.look()

    assert facts(found, f"slack.scope.{scope}") == {"scope": scope}
    assert "slack.scopes.ok" not in {each.code for each in found}


def test_a_missing_scope_is_all_that_is_wrong(patient: Patient) -> None:
    patient.box.slack.methods.granted = tuple(each for each in SCOPES if each != "chat:write")
    assert patient.ills() == [("slack.scope.chat:write", "wrong")]


def test_each_of_several_missing_scopes_has_a_line_of_its_own(patient: Patient) -> None:
    patient.box.slack.methods.granted = tuple(each for each in SCOPES if each not in ("commands", "im:write"))
    assert patient.ills() == [("slack.scope.commands", "wrong"), ("slack.scope.im:write", "wrong")]


def test_scopes_beyond_those_that_are_needed_are_warned_of(patient: Patient) -> None:
    patient.box.slack.methods.granted = (*SCOPES, "files:write", "admin")
    found = patient.look()
    assert facts(found, "slack.scopes.beyond") == {"scopes": "admin, files:write"}


def test_a_token_that_was_revoked_ends_the_look_at_slack(patient: Patient) -> None:
    patient.box.slack.revoke(patient.box.bot_token)
    assert patient.ills() == [("slack.token", "wrong")]


def test_a_token_of_another_workspace_than_the_open_requests_is_named(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with running(tmp_path_factory.mktemp("ran")) as ran:
        ran.ask("alice", "admin")
        patient = Patient(ran.box, tmp_path_factory.mktemp("looks"))
        state = ran.box.slack.state
        elsewhere = msgspec.structs.replace(state.world.workspace, id="T0OTHER")
        assert "slack.team" not in dict(patient.ills(COUNTERSIGN_STORE=ran.environ["COUNTERSIGN_STORE"]))
        state.world = msgspec.structs.replace(state.world, workspace=elsewhere)
        found = patient.look(COUNTERSIGN_STORE=ran.environ["COUNTERSIGN_STORE"])

    assert facts(found, "slack.team") == {"team": "T0OTHER", "before": "T0SANDBOX1"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"members": ()}, "slack.absent"),
        ({"members": (), "is_private": True}, "slack.absent"),
        ({"is_archived": True}, "slack.absent"),
        ({"is_ext_shared": True}, "slack.shared"),
        ({"is_pending_ext_shared": True}, "slack.shared"),
    ],
)
def test_a_channel_that_gets_no_cards_is_named(patient: Patient, changes: dict[str, object], code: str) -> None:
    patient.box.slack.change_channel("#access", **changes)
    found = patient.look()

    assert patient.ills() == [(code, "wrong")]
    assert facts(found, code) == {"channel": "#access"}


@pytest.mark.parametrize(
    ("changes", "code"), [({"members": ()}, "slack.absent"), ({"is_archived": True}, "slack.archived")]
)
def test_a_channel_by_its_id_is_looked_at_as_well(patient: Patient, changes: dict[str, object], code: str) -> None:
    channel = patient.box.slack.change_channel("#access", **changes).id
    patient.in_force(patient.policy.read_text().replace('"#access"', channel))
    assert patient.ills() == [(code, "wrong")]


def test_a_channel_that_is_not_there_is_named(patient: Patient) -> None:
    patient.in_force(patient.policy.read_text().replace('"#access"', "C0NOWHERE"))
    found = patient.look()
    assert facts(found, "slack.hidden") == {"channel": "C0NOWHERE", "said": "channel_not_found"}


def test_channels_that_cannot_be_listed_are_said_to_be(patient: Patient) -> None:
    patient.box.slack.faults.add("users.conversations", "refuse", code="missing_scope")
    assert facts(patient.look(), "slack.channels") == {"said": "missing_scope"}


def test_every_channel_that_is_told_anything_is_looked_at(patient: Patient) -> None:
    """Not those of cards alone: who is told of an emergency, or that nobody decides, would learn it too late."""
    told = SOUND.replace("version: 1\n", 'version: 1\nsecurity_channel: "#alarm"\n')
    told = told.replace("  - id: pair\n", '  - id: pair\n    channel: "#data"\n')
    told = told.replace("  - id: admin\n", '  - id: admin\n    escalate: {after: 10m, channel: "#duty"}\n')
    patient.in_force(told)

    absent = [each.facts["channel"] for each in patient.look() if each.code == "slack.absent"]
    assert absent == ["#data", "#duty", "#alarm"]


def test_a_channel_that_is_private_or_stands_on_a_later_page_is_found(patient: Patient) -> None:
    patient.box.slack.methods.page = 1
    patient.in_force(SOUND.replace("#access", "#security"))
    assert patient.ills() == []


def test_a_channel_of_which_slack_does_not_say_whether_it_is_shared_is_taken_for_shared(patient: Patient) -> None:
    patient.box.slack.change_channel("#access", is_ext_shared=None)
    assert patient.ills() == [("slack.shared", "wrong")]


def test_blocks_that_slack_refuses_are_named_with_what_it_says(patient: Patient) -> None:
    patient.box.slack.faults.add("blocks.validate", "refuse", code="invalid_view", messages=("too tall",))
    found = patient.look()

    assert [each.verdict for each in found if each.code == "slack.blocks"] == ["wrong"]
    assert facts(found, "slack.blocks") == {"what": "form", "said": "invalid_view; too tall"}


def test_slack_is_shown_the_form_and_the_home_tab(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    take = patient.box.slack.faults.take

    def second(method: str) -> Fault | None:
        calls.append(method)
        if calls.count("blocks.validate") == 2:
            patient.box.slack.faults.add("blocks.validate", "refuse", code="invalid_view")
        return take(method)

    monkeypatch.setattr(patient.box.slack.faults, "take", second)
    assert facts(patient.look(), "slack.blocks") == {"what": "Home tab", "said": "invalid_view"}


@pytest.mark.parametrize("code", ["unknown_method", "method_deprecated", "not_allowed_token_type"])
def test_where_slack_does_not_say_what_it_takes_nothing_is_said_of_it(patient: Patient, code: str) -> None:
    patient.box.slack.faults.add("blocks.validate", "refuse", code=code)
    assert patient.ills() == []


def test_an_app_token_without_socket_mode_is_named(patient: Patient) -> None:
    patient.box.slack.revoke(patient.box.app_token)
    assert patient.ills(SLACK_APP_TOKEN=patient.box.app_token) == [("slack.socket", "wrong")]
    patient.box.slack.restore(patient.box.app_token)
    assert patient.ills(SLACK_APP_TOKEN=patient.box.app_token) == []


@pytest.mark.parametrize("method", ["auth.test", "users.conversations", "conversations.info", "blocks.validate"])
def test_a_slack_that_does_not_answer_is_named_in_seconds(patient: Patient, method: str) -> None:
    patient.box.slack.faults.add(method, "delay", seconds=30)
    with Timed() as took:
        found = patient.look(within=3)

    # Others may need longer than that on a busy machine.
    assert _ills(found) == [("slack.unanswered", "unknown")]
    assert took.seconds < 15


@pytest.mark.parametrize("method", ["auth.test", "users.conversations"])
def test_a_slack_that_answers_in_drops_is_named_in_seconds(patient: Patient, method: str) -> None:
    patient.box.slack.faults.add(method, "drip")
    with Timed() as took:
        found = patient.look(within=3)

    assert _ills(found) == [("slack.unanswered", "unknown")]
    assert took.seconds < 10


def test_what_slack_cannot_do_now_hides_nothing_that_it_can(patient: Patient) -> None:
    patient.box.slack.faults.add("users.conversations", "error")
    found = patient.look()

    assert facts(found, "slack.unanswered")["what"] == "the channels of the policy"
    assert {"slack.ok", "slack.blocks.ok"} <= {each.code for each in found}


def test_a_store_that_takes_all_the_time_leaves_slack_unknown(patient: Patient) -> None:
    def accounts() -> Sequence[str]:
        time.sleep(2.2)
        raise Unavailable("the store is away")

    settings = read(patient.environ).channels["slack"]
    looked = Looked(
        outside=outside(base_url=None, sandbox=True),
        policy=load(SOUND, source="p"),
        accounts=accounts,
        service="",
        timeout=2,
    )
    assert [(each.code, each.verdict) for each in look(settings, looked)][-1] == ("slack.unanswered", "unknown")
