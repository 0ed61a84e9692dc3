"""Requests as Slack sends them: a command, a press of Approve of about 8 KB, a type-ahead; signed just now."""

import hashlib
import hmac
import json
import time
from typing import Any
from urllib.parse import urlencode

from approvals.ports.messages import Notice, ToRoom
from approvals.requests import Request
from approvals.telling.cards import Card
from approvals.votes.counting import StageTally
from approvals.votes.tally import Tally
from bench.people import APP, APPROVERS, CHANNEL, SECRET, TEAM, asker, past
from handlers.slack.cards import message

SIZE = 8192
"""Bytes of a press: a card of some fifteen blocks comes back with every press of its buttons."""

_HOOK = "https://hooks.slack.com/actions/T0BENCH00/1234567890123/abcdefghijklmnopqrstuvwx"


def signed(fields: dict[str, str]) -> bytes:
    """A whole HTTP request with Slack's signature (docs.slack.dev, Verifying requests from Slack)."""
    body, stamp = urlencode(fields).encode(), str(int(time.time()))
    digest = hmac.new(SECRET.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    head = (
        "POST /slack/events HTTP/1.1\r\nHost: countersign.example.com\r\nUser-Agent: Slackbot 1.0\r\n"
        "Accept: application/json,*/*\r\nAccept-Encoding: gzip,deflate\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"X-Slack-Signature: v0={digest}\r\nX-Slack-Request-Timestamp: {stamp}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def commands(count: int) -> list[bytes]:
    """So many slash commands, each from somebody else: those of one person are taken up at a pace."""
    return [command(account=past(number)) for number in range(count)]


def command(text: str = "help", *, account: str = asker(0)) -> bytes:
    """The slash command."""
    return signed(
        {
            "token": "bench",
            "team_id": TEAM,
            "team_domain": "bench",
            "channel_id": CHANNEL,
            "channel_name": "access",
            "user_id": account,
            "user_name": "somebody",
            "command": "/jit",
            "text": text,
            "api_app_id": APP,
            "is_enterprise_install": "false",
            "response_url": _HOOK,
            "trigger_id": "13345224609.738474920.8088930838d88f008e0",
        }
    )


def press(request: Request, token: str) -> bytes:
    """A press of Approve on a request's own card, as one of the approvers."""
    stages = tuple(
        StageTally(counted=(), unknown=(), needed=stage.needed) for stage in request.terms.requirement.stages
    )
    tally = Tally(requirement=request.terms.requirement, stages=stages)
    approver = APPROVERS[ord(request.id[-1]) % len(APPROVERS)]
    notice = Notice(key="card", kind="card", to=ToRoom("#access"))
    drawn = message(notice, Card(request=request, tally=tally, token=token), buttons=True)
    payload = _interaction("block_actions", approver) | {
        "container": {"type": "message", "message_ts": "1700000000.000100", "channel_id": CHANNEL},
        "channel": {"id": CHANNEL, "name": "access"},
        "state": {"values": {}},
        "response_url": _HOOK,
        "message": {"type": "message", "user": "U0BOT", "text": drawn.text, "ts": "1700000000.000100"}
        | {"blocks": list(drawn.blocks)},
        "actions": [
            {"type": "button", "action_id": "approve", "block_id": "b1", "value": token, "action_ts": "1"}
        ],
    }
    return signed({"payload": json.dumps(payload)})


def type_ahead(text: str) -> bytes:
    """A look into the list of entitlements."""
    payload = _interaction("block_suggestion", asker(0)) | {
        "container": {"type": "view", "view_id": "V1"},
        "view": {"id": "V1", "callback_id": "request", "private_metadata": "", "state": {"values": {}}},
        "block_id": "entitlement",
        "action_id": "entitlement",
        "value": text,
    }
    return signed({"payload": json.dumps(payload)})


def _interaction(kind: str, account: str) -> dict[str, Any]:
    return {
        "type": kind,
        "user": {"id": account, "username": "somebody", "name": "somebody", "team_id": TEAM},
        "api_app_id": APP,
        "token": "bench",
        "team": {"id": TEAM, "domain": "bench"},
        "enterprise": None,
        "is_enterprise_install": False,
        "trigger_id": "13345224609.738474920.8088930838d88f008e0",
    }
