"""What a killed service told an application: one false word, or a decision that is never told, is found."""

import base64
import hmac
import json
import socket
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest

from approvals.ids import webhook_subject
from approvals.refusals.reasons import reason
from approvals.requests import Decision, Request
from approvals.telling import webhooks
from chaos.news import Heard, Receiver, missed, untrue, verified
from chaos.records import Job
from countersign_client.chain import Entry
from tests.support.builders import NOW, action_terms, filed

ID, MESSAGE = "r-0123456789", "msg_r-0123456789_approved"
RAW = bytes(range(32))
KEY = b"whsec_" + base64.b64encode(RAW)
AT = NOW + timedelta(seconds=2)


def approved() -> Request:
    decision = Decision(outcome="approved", at=NOW, by=("bob@example.com",))
    return msgspec.structs.replace(filed(ID, terms=action_terms()).request, state="approved", decision=decision)


def heard(*, message: str = MESSAGE, version: int = 2, secret: bytes = RAW) -> Heard:
    data = {"request": ID, "state": "approved", "version": version}
    stated = {"type": "request.approved", "timestamp": "2026-11-22T10:00:00Z", "data": data}
    body = json.dumps(stated).encode()
    sent = str(int(AT.timestamp()))
    signature = base64.b64encode(hmac.digest(secret, f"{message}.{sent}.".encode() + body, "sha256")).decode()
    headers = {"webhook-id": message, "webhook-timestamp": sent, "webhook-signature": f"v1,{signature}"}
    return Heard(at=AT, headers=headers, body=body, taken=True)


def acts(*names: str, at: str = "2026-11-22T10:00:00Z") -> Sequence[Entry]:
    return [
        Entry(request=ID, seq=number, at=at, actor="bob@example.com", action=name, detail={}, prev="")
        for number, name in enumerate(names, 1)
    ]


def job(outcome: str, **changes: Any) -> Job:
    told = webhooks.caught_up(webhooks.Told(), approved())
    (message,) = told.open
    begun = webhooks.begin(message, now=NOW)
    became = {
        "": begun,
        "taken": webhooks.taken(begun),
        "dead": webhooks.dead(begun, reason("webhook.gone")),
    }[outcome]
    good: dict[str, Any] = {"subject": webhook_subject("shop", ID), "owner": "", "until": 0.0, "due": None}
    return Job(**(good | {"body": webhooks.encoded(told.having(became))} | changes))


@pytest.mark.parametrize(
    "found",
    [
        [heard(secret=bytes(32))],
        [heard(), heard(version=3)],
        [heard(message="msg_another_one")],
    ],
)
def test_what_proves_nothing_or_comes_again_as_something_else_is_found(found: list[Heard]) -> None:
    assert verified(found, KEY)[1]


@pytest.mark.parametrize(
    "entries",
    [
        acts("request.filed"),
        acts("request.filed", "request.denied"),
        acts("request.filed", "request.approved", "request.approved"),
        acts("request.filed", "request.approved", at="2026-11-22T10:00:03Z"),
    ],
)
def test_what_was_told_and_is_not_so_is_found(entries: Sequence[Entry]) -> None:
    told, wrong = verified([heard()], KEY)

    assert wrong == []
    assert list(untrue(AT, told[0][1], entries))


@pytest.mark.parametrize("found", [None, job(""), job("taken")])
def test_a_decision_that_is_never_told_is_found(found: Job | None) -> None:
    assert list(missed(approved(), found, [], []))


def test_what_is_on_record_as_taken_and_was_not_is_found() -> None:
    assert list(missed(approved(), job("taken"), [MESSAGE], []))


@pytest.mark.parametrize("found", [job("", due=1.0), job("", owner="a process"), job("dead")])
def test_what_is_still_to_be_told_or_given_up_is_right(found: Job) -> None:
    assert list(missed(approved(), found, [], [])) == []


def test_what_was_told_as_it_is_is_right() -> None:
    told, wrong = verified([heard(), heard()], KEY)

    assert wrong == []
    assert list(untrue(AT, told[0][1], acts("request.filed", "request.approved"))) == []
    assert list(missed(approved(), job("taken"), [MESSAGE], [MESSAGE])) == []


def test_half_a_message_of_a_process_that_was_killed_meanwhile_says_nothing() -> None:
    receiver = Receiver(seed=1)
    with receiver.serving() as webhook:
        where = urlsplit(webhook)
        for body in (b"half", b"a whole one"):
            with socket.create_connection((where.hostname, where.port), timeout=60) as line:
                line.sendall(f"POST {where.path} HTTP/1.0\r\nContent-Length: 11\r\n\r\n".encode() + body)
                line.shutdown(socket.SHUT_WR)
                while line.recv(4096):
                    pass

    assert [each.body for each in receiver.heard] == [b"a whole one"]
