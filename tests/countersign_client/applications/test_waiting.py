"""Waiting for a decision: how long, what ends it, and what is left behind."""

import asyncio
import threading
import time
from typing import Any

import pytest

from countersign_client.applications import Application, AsyncApplication, core, errors
from tests.countersign_client.applications.saying import ASKED, ID, Both, Mark, problem, request
from tests.support.said import Said


def came(server: Said) -> list[tuple[str, str]]:
    return [(method, path) for method, path, _, _ in server.came]


def test_a_wait_that_is_over_leaves_the_request(server: Said, app: Both) -> None:
    server.says(request())
    with pytest.raises(errors.Pending, match="the time to wait is over") as refused:
        app.require(**ASKED, timeout=0)
    assert refused.value.request_id == ID
    assert came(server) == [("POST", "/v1/requests"), ("GET", f"/v1/requests/{ID}")]


def test_a_wait_that_is_over_withdraws_only_if_told(server: Said, app: Both) -> None:
    server.says(request())
    with pytest.raises(errors.Pending):
        app.require(**ASKED, timeout=0, withdraw=True)
    assert came(server)[-1] == ("DELETE", f"/v1/requests/{ID}")


@pytest.mark.parametrize("receipt", [None, "", 7, "a.b.c"])
def test_what_is_used_at_once_is_believed_by_its_receipt_alone(server: Said, app: Both, receipt: object) -> None:
    app.client._core._keys, app.client._core._pinned = {}, True
    server.says(request("used", approval="allow", receipt=receipt))
    with pytest.raises(errors.NotAllowed) as raised:
        app.require(**ASKED, idempotency_key="job-17")
    assert isinstance(raised.value, errors.Unproven | errors.Unreachable)
    assert raised.value.idempotency_key == "job-17"
    assert came(server) == [("POST", "/v1/requests")]


@pytest.mark.parametrize("state", ["denied", "expired"])
def test_what_has_ended_is_not_withdrawn(server: Said, app: Both, state: str) -> None:
    server.says(request(), request(state))
    with pytest.raises(errors.NotAllowed):
        app.require(**ASKED, withdraw=True)
    assert ("DELETE", f"/v1/requests/{ID}") not in came(server)


def test_a_withdrawal_that_is_refused_hides_nothing(server: Said, app: Both) -> None:
    server.says(request(), request(), problem(409, "decided"))
    with pytest.raises(errors.Pending):
        app.require(**ASKED, timeout=0, withdraw=True)


def test_a_service_that_comes_back_is_waited_for(server: Said, app: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core, "_AGAIN", 0.01)
    server.says(*[problem(503, "unavailable")] * 6, request("approved"))
    assert app.wait(ID, timeout=30).state == "approved"


def test_an_answer_that_is_not_held_back_is_not_asked_for_at_once_again(server: Said, app: Both) -> None:
    server.says(request(), request("approved"))
    began = time.monotonic()
    app.wait(ID, timeout=30)
    assert time.monotonic() - began >= 1


def test_who_waits_asks_the_service_to_hold_its_answer(server: Said, app: Both) -> None:
    server.says(request("approved"))
    app.wait(ID, timeout=300)
    app.wait(ID, timeout=7.5)
    assert [made["htu"].rpartition("?")[2] for made in app.mark.made] == ["wait=25", "wait=7"]


def test_used_is_no_end_for_whoever_may_have_used_it_themselves(server: Said, app: Both) -> None:
    app.client._core._keys, app.client._core._pinned = {}, True
    server.says(request("used"), problem(409, "used"))
    with pytest.raises(errors.Used):
        app.resume(ID, "refund", order="A-17", idempotency_key="job-1")
    assert came(server)[-1] == ("POST", f"/v1/requests/{ID}/consume")
    server.says(request("used"))
    with pytest.raises(errors.Used):
        app.wait(ID)


@pytest.mark.parametrize("withdraw", [False, True])
def test_a_cancelled_wait_withdraws_only_if_told(server: Said, withdraw: bool) -> None:
    server.says(request())

    async def cancelled() -> None:
        waiting = asyncio.create_task(
            AsyncApplication(server.url, "payments", Mark()).require(**ASKED, withdraw=withdraw)  # type: ignore[arg-type]
        )
        while len(server.came) < 2:
            await asyncio.sleep(0.01)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(cancelled())
    assert (("DELETE", f"/v1/requests/{ID}") in came(server)) is withdraw


@pytest.mark.parametrize("withdraw", [False, True])
def test_an_interrupted_wait_withdraws_only_if_told(
    server: Said, withdraw: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("countersign_client.applications.application.time.sleep", interrupted)
    server.says(request())
    with pytest.raises(KeyboardInterrupt):
        Application(server.url, "payments", Mark()).require(**ASKED, withdraw=withdraw)  # type: ignore[arg-type]
    assert (("DELETE", f"/v1/requests/{ID}") in came(server)) is withdraw


def test_a_request_that_was_asked_for_in_a_block_is_withdrawn_at_its_end(server: Said) -> None:
    server.says(request())
    with Application(server.url, "payments", Mark()).asking("refund", on_behalf_of="a.b.c") as held:
        assert held.asked.id == ID
    assert came(server) == [("POST", "/v1/requests"), ("DELETE", f"/v1/requests/{ID}")]

    async def block() -> None:
        async with AsyncApplication(server.url, "payments", Mark()).asking("refund", on_behalf_of="a.b.c") as held:
            with pytest.raises(errors.Pending):
                await held.allowed(timeout=0)

    server.says(request())
    asyncio.run(block())
    assert came(server)[-1] == ("DELETE", f"/v1/requests/{ID}")


def test_what_was_denied_in_a_block_is_not_withdrawn(server: Said) -> None:
    server.says(request(), request("denied"))
    with (
        pytest.raises(errors.Denied),
        Application(server.url, "payments", Mark()).asking("refund", on_behalf_of="a.b.c") as held,
    ):
        held.allowed()
    assert ("DELETE", f"/v1/requests/{ID}") not in came(server)


def test_many_wait_on_one_loop_without_threads(server: Said) -> None:
    server.says(request("approved"))
    app = AsyncApplication(server.url, "payments", Mark())

    async def wait() -> int:
        await asyncio.gather(*(app.wait(ID) for _ in range(50)))
        return threading.active_count()

    before = threading.active_count()
    # The loop's own executor signs and finds addresses, by no more than a handful.
    assert asyncio.run(wait()) - before < 40
