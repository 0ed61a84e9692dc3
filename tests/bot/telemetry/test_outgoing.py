"""A call outside is a span of its method, host and status, within the work that made it; never of its address."""

from collections.abc import Iterator

import pytest

from bot.telemetry.recorder import Recorder
from bot.telemetry.watching import watched_calls, watched_work
from countersign_client import calls, outgoing
from tests.bot.telemetry.conftest import Sink
from tests.support.collectors import Collector, collecting

SECRET = "xoxb-secret-path"


@pytest.fixture
def there() -> Iterator[Collector]:
    """Any server that answers a POST."""
    with collecting() as found:
        yield found


@pytest.fixture(autouse=True)
def watched(recorder: Recorder) -> Iterator[None]:
    outgoing.watch(watched_calls(recorder))
    yield
    outgoing.watch(None)


def post(there: Collector, method: str = "POST") -> calls.Response:
    return calls.send(method, f"{there.url}/{SECRET}?token={SECRET}", timeout=30, body=SECRET.encode())


@pytest.mark.parametrize("status", [200, 404, 503])
def test_a_call_is_told_by_method_host_and_status_alone(sink: Sink, there: Collector, status: int) -> None:
    there.status = status
    post(there)

    host, _, port = there.url.removeprefix("http://").partition(":")
    said = {"http.request.method": "POST", "server.address": host, "server.port": int(port)}
    said |= {"http.response.status_code": status} | ({"error.type": str(status)} if status >= 400 else {})
    assert sink.spans == [("POST", said, status >= 400)]
    assert sink.ended[0].kind == "client"
    assert SECRET not in repr(sink.spans)


def test_a_call_that_nobody_answers_is_told_as_failed_and_by_no_sentence(sink: Sink) -> None:
    with pytest.raises(calls.NoAnswer):
        calls.send("GET", f"http://127.0.0.1:1/{SECRET}", timeout=5)

    ((name, said, failed),) = sink.spans
    assert (name, failed, said["error.type"]) == ("GET", True, "ConnectionRefusedError")
    assert "http.response.status_code" not in said


def test_a_strange_method_is_no_name_of_a_span(sink: Sink) -> None:
    with pytest.raises(calls.NoAnswer):
        calls.send("ALICE", "http://127.0.0.1:1/", timeout=5)

    assert [(name, said["http.request.method"]) for name, said, _ in sink.spans] == [("HTTP", "_OTHER")]


def test_calls_of_work_lie_within_it_and_those_after_it_do_not(
    recorder: Recorder, sink: Sink, there: Collector
) -> None:
    over = watched_work(recorder)("request:r-0000000001")
    post(there)
    over("done")
    post(there)
    inner, work, outer = sink.ended

    assert (work.name, inner.within, outer.within) == ("reconcile request", work, None)


def test_where_nobody_watches_nothing_is_told(sink: Sink, there: Collector) -> None:
    outgoing.watch(None)

    assert post(there).status == 200
    assert sink.spans == []
