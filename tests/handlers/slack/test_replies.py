"""What `/jit pending` says of requests that only wait for the person's own word."""

import json

import pytest

from approvals.uses.looking import Waiting
from handlers.slack import replies
from tests.support.builders import filed


@pytest.mark.parametrize(("number", "said"), [(1, 0), (replies.SHOWN, 0), (replies.SHOWN + 2, 1)])
def test_those_beyond_what_is_shown_are_counted(number: int, said: int) -> None:
    asserted = [filed().request for _ in range(number)]
    reply = replies.pending(
        Waiting(requests=(), more=False), asserted, frozen={}, link=lambda _: "", status=lambda _: ""
    )

    text = json.dumps(reply["blocks"])
    assert text.count("and 2 more") == said
    assert sum(text.count(id_) for id_ in {each.id for each in asserted}) == min(number, replies.SHOWN)
