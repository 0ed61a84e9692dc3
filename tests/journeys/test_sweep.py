"""Cloud Scheduler sweeps: what is due is done upon its call, where no timer comes round."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from approvals.refusals.errors import Unavailable
from bot import sweep
from bot.background import Background
from bot.sweep_settings import PATH
from sandbox.google.faults import Fault
from sandbox.google.scheduler import ACCOUNT, Attempt, Job
from tests.support.assertions import Proxy
from tests.support.running import PROD, Running, running

API = "https://approvals.example.com"
ENVIRON = {"COUNTERSIGN_API_URL": API, "COUNTERSIGN_SWEEP_ACCOUNT": ACCOUNT}
DONE = Attempt(status=200, body='{"done":true}')


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """A service whose timer does not come round in this test."""
    monkeypatch.setattr(Background, "_until_due", lambda _: 3600.0)
    with running(tmp_path, environ=ENVIRON) as made:
        yield made


def job(office: Running, **changes: str) -> Job:
    return Job(**{"uri": f"{office.url}{PATH}", "audience": f"{API}{PATH}", **changes})


def over(office: Running) -> str:
    """A request whose access is over by the clock, and still there."""
    request_id = office.ask("alice", "admin")
    office.approve("bob", request_id)
    assert office.granted(request_id)
    # Nothing is left to do, and nobody was woken since.
    assert all(each.result(60) for each in office.service.background.sweep())
    office.clock.ahead += timedelta(hours=2)
    return request_id


def test_a_sweep_takes_away_what_is_over_and_is_answered_when_that_is_done(office: Running) -> None:
    request_id = over(office)
    assert office.bindings(request_id)

    assert office.box.scheduler.run(job(office)) == DONE
    assert not office.bindings(request_id)
    assert office.grant(request_id) == "ended"


def test_a_replayed_sweep_does_nothing_more(office: Running) -> None:
    request_id = over(office)
    token = office.box.scheduler.token(job(office))
    answers = [office.box.scheduler.run(job(office), token=token) for _ in range(3)]
    told, writes = office.actions(request_id), len(office.box.google.calls())

    assert answers == [DONE] * 3
    assert office.box.scheduler.run(job(office), token=token) == DONE
    assert (office.actions(request_id), len(office.box.google.calls())) == (told, writes)


def test_sweeps_at_once_are_all_answered_and_do_what_one_does(office: Running) -> None:
    # Before Google's keys are known, two wait for them and the others are told to come again.
    assert office.box.scheduler.run(job(office)) == DONE
    request_id = over(office)
    office.box.google.faults.set(Fault(method="projects.setIamPolicy", delay=0.5))
    answers: list[Attempt] = []
    threads = [
        threading.Thread(target=lambda: answers.append(office.box.scheduler.run(job(office)))) for _ in range(8)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)

    assert answers == [DONE] * 8
    removals = [each for each in office.box.google.calls() if each.method.endswith("setIamPolicy")]
    assert len(removals) == 2, "one that gave, and one that took away"
    assert not office.bindings(request_id)


REFUSED: dict[str, tuple[dict[str, str], str | None]] = {
    "no token": ({}, ""),
    "garbage": ({}, "x.y.z"),
    "another audience": ({"audience": API}, None),
    "the address itself": ({"audience": ""}, None),
    "another account": ({"account": "deploy@sandbox-project.iam.gserviceaccount.com"}, None),
}


@pytest.mark.parametrize("case", REFUSED)
def test_who_may_not_sweep_is_told_so_and_nothing_is_done(office: Running, case: str) -> None:
    request_id = over(office)
    changes, token = REFUSED[case]
    answer = office.box.scheduler.run(job(office, **changes), token=token)

    assert (answer.status, json.loads(answer.body)["code"]) == (401, "unauthorized")
    assert office.bindings(request_id)


def test_tokens_for_other_ends_do_not_sweep(office: Running) -> None:
    request_id = over(office)
    person = office.box.google.issuer.token(
        audience=f"{API}{PATH}", azp="c", sub="1", email="alice@example.com", email_verified=True
    )
    short = office.box.google.issuer.of_service_account(ACCOUNT, audience=f"{API}{PATH}", with_email=False)
    for token in (person, short, Proxy().mint()):
        assert office.box.scheduler.run(job(office), token=token).status == 401
    assert office.bindings(request_id)


def test_a_token_that_is_over_does_not_sweep(office: Running) -> None:
    token = office.box.scheduler.token(job(office))
    office.clock.ahead += timedelta(seconds=3631)

    assert office.box.scheduler.run(job(office), token=token).status == 401


def test_nobody_sweeps_by_a_link(office: Running) -> None:
    assert office.fetch(PATH)[0] == 405
    assert office.fetch(f"{PATH}/", method="POST")[0] == 404


def test_where_no_account_is_set_there_is_no_such_address(tmp_path: Path) -> None:
    with running(tmp_path) as office:
        assert office.fetch(PATH, method="POST")[0] == 404


def test_more_sweeps_than_anybody_needs_wait_their_turn(office: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "EVERY", 3600.0)  # however slowly they get here
    office.restart()
    token = office.box.scheduler.token(job(office))
    answers = [office.box.scheduler.run(job(office), token=token).status for _ in range(sweep.BURST + 2)]

    assert answers == [200] * sweep.BURST + [429] * 2


def test_a_sweep_is_answered_in_time_however_long_the_work_takes(
    office: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "PATIENCE", 0.3)
    request_id = over(office)
    office.box.google.faults.set(Fault(method="projects.getIamPolicy", delay=2.0))

    assert office.box.scheduler.run(job(office)) == Attempt(status=200, body='{"done":false}')
    office.gone(request_id)


def test_while_the_store_is_away_scheduler_is_told_to_try_again(
    office: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.settled()

    def away(*_: object, **__: object) -> None:
        raise Unavailable("the store is away")

    with monkeypatch.context() as patched:
        patched.setattr(office.service.store, "due", away)
        answer = office.box.scheduler.run(job(office))

    assert (answer.status, json.loads(answer.body)["code"]) == (503, "unavailable")
    assert office.box.scheduler.run(job(office)) == DONE


def test_the_log_says_who_was_not_let_in_and_no_token(office: Running, caplog: pytest.LogCaptureFixture) -> None:
    asked = job(office, audience="https://elsewhere.example.com")
    token = office.box.scheduler.token(asked)
    office.box.scheduler.run(asked, token=token)

    assert f"another audience than {API}{PATH}" in caplog.text
    assert token.rpartition(".")[2] not in caplog.text
    assert PROD not in caplog.text
