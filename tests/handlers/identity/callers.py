"""Who may call in tests of applications' calls, and what is said of a call that is not let in."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import pytest

from approvals.policy.parties import Application
from approvals.refusals.errors import Refused
from approvals.refusals.reasons import Reason
from handlers.identity.application import Callers, Signed
from handlers.seldom import Seldom
from tests.support.applications import URL, App
from tests.support.assertions import KeyPage
from tests.support.builders import NOW
from tests.support.world import policy


def callers(known: Mapping[str, Sequence[App]], **options: Any) -> Callers:
    """Lets in applications whose keys the policy lists."""
    return reader(
        *(Application(id=name, title=name, keys=tuple(app.jwk for app in apps)) for name, apps in known.items()),
        **options,
    )


def reader(*applications: Application, **options: Any) -> Callers:
    """Lets in the applications of a policy that holds these."""
    in_force = msgspec.structs.replace(policy(), applications={each.id: each for each in applications})
    good: dict[str, Any] = {
        "url": URL,
        "policy": lambda: in_force,
        "send": KeyPage().send,
        "clock": lambda: NOW,
        "seldom": Seldom(logging.getLogger("countersign")),
    }
    return Callers(**{**good, **options})


def refused(by: Callers, call: Signed, caplog: pytest.LogCaptureFixture, *, now: datetime = NOW) -> str:
    """Have a call refused as every other is, and give the one line in the log, which repeats nothing of it."""
    with caplog.at_level(logging.WARNING), pytest.raises(Refused) as refusal:
        by.caller(call, now=now)

    assert refusal.value.reason == Reason("unauthorized")
    (line,) = caplog.messages
    assert line.isprintable()
    for token in (value.decode("latin-1") for name, value in call.headers if name.lower() == b"authorization"):
        assert not any(len(part) > 6 and part in line for part in token.replace(".", " ").split())
    assert "evil" not in line
    return line
