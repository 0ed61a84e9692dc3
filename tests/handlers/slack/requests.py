"""What comes to the door: a slash command as Slack sends it, and headers that are nearly right."""

import hashlib
import hmac
from urllib.parse import urlencode

from tests.handlers.slack.bed import Bed

FORM = "application/x-www-form-urlencoded"
COMMAND = {
    "command": "/jit",
    "text": "help",
    "user_id": "U0ALICE",
    "team_id": "T0SANDBOX1",
    "channel_id": "C0ACCESS",
    "trigger_id": "1.2.3",
}


def form(**changes: str) -> bytes:
    return urlencode(COMMAND | changes).encode()


def signed(bed: Bed, body: bytes, *, stamp: str | None = None, secret: str | None = None) -> dict[str, str]:
    stamp = str(int(bed.clock.seconds())) if stamp is None else stamp
    key = (bed.box.signing_secret if secret is None else secret).encode()
    digest = hmac.new(key, b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {"Content-Type": FORM, "X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}
