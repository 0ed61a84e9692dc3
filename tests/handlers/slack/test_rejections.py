"""A door that refuses says so: once a minute and kind, with what to check. And Slack's look at the certificate."""

import http.client
import logging
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from handlers.seldom import MINUTE, Seldom
from handlers.slack import deadline, front
from handlers.slack.front import LIMIT, Front
from tests.handlers.slack.bed import Bed
from tests.handlers.slack.requests import FORM, form, signed
from tests.support.servers import serve


class Door:
    """A door of its own, so that nothing was said there yet. `minutes` moves its clock, `said` is its log."""

    def __init__(self, bed: Bed, log: pytest.LogCaptureFixture) -> None:
        self.bed = bed
        self.now = 0.0
        self._log = log
        self.seldom = Seldom(logging.getLogger("countersign.test.door"), clock=lambda: self.now)
        self.front = Front(
            bed.app,
            signing_secret=bed.box.signing_secret,
            executor=bed.pool,
            clock=bed.clock,
            pace=bed.pace,
            seldom=self.seldom,
        )
        self.url = ""

    def post(self, body: bytes, headers: Mapping[str, str], *, method: str = "POST", path: str = "/") -> int:
        with closing(http.client.HTTPConnection("127.0.0.1", urlsplit(self.url).port or 0, timeout=30)) as one:
            one.request(method, path, body=body, headers=dict(headers))
            return one.getresponse().status

    def said(self) -> list[str]:
        records = [one for one in self._log.records if one.name == "countersign.test.door"]
        assert all(one.levelno == logging.WARNING for one in records)
        return [one.getMessage() for one in records]


@pytest.fixture
def door(shared_bed: Bed, caplog: pytest.LogCaptureFixture) -> Iterator[Door]:
    made = Door(shared_bed, caplog)
    with serve(made.front) as made.url:
        yield made


def unsigned(door: Door) -> int:
    return door.post(form(), {"Content-Type": FORM})


def with_another_secret(door: Door) -> int:
    return door.post(form(), signed(door.bed, form(), secret="0" * 32))


def with_the_secret_in_quotes(door: Door) -> int:
    return door.post(form(), signed(door.bed, form(), secret=f'"{door.bed.box.signing_secret}"'))


def sent_ten_minutes_ago(door: Door) -> int:
    return door.post(form(), signed(door.bed, form(), stamp=str(int(door.bed.clock.seconds()) - 600)))


def sent_in_ten_minutes(door: Door) -> int:
    return door.post(form(), signed(door.bed, form(), stamp=str(int(door.bed.clock.seconds()) + 600)))


def without_a_number_for_a_time(door: Door) -> int:
    return door.post(form(), signed(door.bed, form(), stamp="yesterday"))


def looked_at_in_a_browser(door: Door) -> int:
    return door.post(b"", {}, method="GET")


def of_a_size_that_slack_never_sends(door: Door) -> int:
    return door.post(b"", signed(door.bed, b"") | {"Content-Length": str(LIMIT + 1)})


def that_never_ends(door: Door) -> int:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(front, "TIMEOUT", 0.2)
        return door.post(b"", signed(door.bed, b"") | {"Content-Length": "100"})


def that_breaks_off(door: Door) -> int:
    with socket.create_connection(("127.0.0.1", urlsplit(door.url).port or 0), timeout=30) as one:
        heads = signed(door.bed, b"") | {"Content-Length": "100", "Host": "x"}
        one.sendall(b"POST / HTTP/1.1\r\n")
        one.sendall(b"".join(f"{name}: {value}\r\n".encode() for name, value in heads.items()) + b"\r\nabc")
    return 0


def of_garbage(door: Door) -> int:
    return door.post(b"payload=[]", signed(door.bed, b"payload=[]"))


def of_an_unknown_kind(door: Door) -> int:
    body = b'payload={"type":"shortcut","user":{"id":"U0BOB"},"callback_id":"x"}'
    return door.post(body, signed(door.bed, body))


def of_a_command_that_the_app_does_not_have(door: Door) -> int:
    return door.post(form(command="/tij"), signed(door.bed, form(command="/tij")))


def that_waited_for_its_turn(door: Door) -> int:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deadline, "ANSWER", -1.0)
        return door.post(form(), signed(door.bed, form()))


REFUSALS: list[tuple[Callable[[Door], int], int, str]] = [
    (unsigned, 401, "without Slack's signature"),
    (without_a_number_for_a_time, 401, "without Slack's signature"),
    (with_another_secret, 401, "compare SLACK_SIGNING_SECRET with the Signing Secret"),
    (with_the_secret_in_quotes, 401, "compare SLACK_SIGNING_SECRET with the Signing Secret"),
    (sent_ten_minutes_ago, 401, "s behind this machine's clock"),
    (sent_in_ten_minutes, 401, "s ahead of this machine's clock"),
    (looked_at_in_a_browser, 405, "a GET request"),
    (of_a_size_that_slack_never_sends, 413, f"a body of more than {LIMIT} bytes"),
    (that_never_ends, 408, "did not come within 0.2 s"),
    (that_breaks_off, 0, "broke off before its end"),
    (of_garbage, 400, "a body that Slack does not send"),
    (of_an_unknown_kind, 404, "does not know (shortcut)"),
    (of_a_command_that_the_app_does_not_have, 404, "does not know (slash command)"),
    (that_waited_for_its_turn, 503, "waited so long for its turn"),
]


@pytest.mark.parametrize(("request_", "status", "words"), REFUSALS, ids=[one[0].__name__ for one in REFUSALS])
def test_every_refusal_is_said_once_a_minute_with_what_to_check(
    door: Door, request_: Callable[[Door], int], status: int, words: str
) -> None:
    assert [request_(door) for _ in range(3)] == [status] * 3
    (line,) = door.bed.box.slack.wait(door.said)
    assert line.startswith("refused at Slack's door: ")
    assert words in line
    assert door.bed.box.signing_secret not in line

    door.bed.box.slack.wait(lambda: sum(one.count for one in door.seldom._kinds.values()) == 2)
    door.now += MINUTE
    door.seldom.flush()
    (counted,) = door.said()[1:]
    assert words in counted
    assert counted.endswith(" (2 more since this was said last)")
    door.seldom.flush()
    assert len(door.said()) == 2


def test_different_kinds_do_not_wait_for_each_other(door: Door) -> None:
    unsigned(door)
    with_another_secret(door)
    sent_ten_minutes_ago(door)

    assert len(door.said()) == 3


def test_what_was_quiet_for_a_minute_is_said_at_once(door: Door) -> None:
    unsigned(door)
    door.now += MINUTE
    unsigned(door)

    assert len(door.said()) == 2


def test_nothing_is_said_of_what_is_answered(door: Door) -> None:
    assert door.post(form(), signed(door.bed, form())) == 200
    assert door.said() == []


CHECK = b"ssl_check=1&token=aTokenThatSlackGaveUp"


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        pytest.param(form(), {"Content-Type": FORM}, id="a command"),
        pytest.param(form(ssl_check="0"), {"Content-Type": FORM}, id="a command beside a check that is none"),
        pytest.param(CHECK + b"&pad=" + b"x" * 1024, {"Content-Type": FORM}, id="more than a kibibyte"),
        pytest.param(CHECK, {"Content-Type": "application/json"}, id="no form"),
        pytest.param(b'{"ssl_check": "1"}', {"Content-Type": "application/json"}, id="JSON"),
        pytest.param(b'{"ssl_check": "1"}', {"Content-Type": FORM}, id="JSON that says it is a form"),
        pytest.param(b"payload=%7B%22ssl_check%22%3A%221%22%7D", {"Content-Type": FORM}, id="an interaction"),
        pytest.param(b"\xff&ssl_check=1", {"Content-Type": FORM}, id="garbage"),
        pytest.param(CHECK + b"&ssl_check=1", {"Content-Type": FORM}, id="twice"),
        pytest.param(CHECK, {"Content-Type": FORM, "X-Slack-Request-Timestamp": "1700000000"}, id="an old time"),
    ],
)
def test_no_other_unsigned_request_passes_for_slacks_look_at_the_certificate(
    door: Door, body: bytes, headers: Mapping[str, str]
) -> None:
    assert door.post(body, headers) == 401


@pytest.mark.parametrize("headers", [{"Content-Type": FORM}, {"Content-Type": f"{FORM}; charset=utf-8"}])
def test_slacks_look_at_the_certificate_is_answered_although_nothing_signs_it(
    door: Door, headers: Mapping[str, str]
) -> None:
    assert door.post(CHECK, headers) == 200
    assert door.post(CHECK + b"&command=/jit&text=request+compute-admin-prod+for+1h+because+x", headers) == 200
    assert door.post(b"", {}, method="GET", path="/?token=x&ssl_check=1") == 200
    assert door.post(CHECK, signed(door.bed, CHECK)) == 200
    assert door.said() == []
    assert not door.bed.store.pending(limit=1)
