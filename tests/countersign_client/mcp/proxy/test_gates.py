"""What policy gates is known for a minute at most; without that nothing passes."""

import asyncio
from collections.abc import Sequence

import pytest

from countersign_client.mcp.proxy.gates import FRESH, OLDEST, Gate, Gates, Unknown

GATE = Gate(action="remove", server="crm", name="remove_*")


class Policy:
    """Says what is gated, until it does not; `now` is the time."""

    def __init__(self, *gates: Gate) -> None:
        self.gates: Sequence[Gate] = gates or (GATE,)
        self.down = False
        self.asked = 0
        self.now = 1_000.0

    async def load(self) -> Sequence[Gate]:
        self.asked += 1
        if self.down:
            raise OSError("nobody is there")
        return self.gates

    def before(self, server: str = "crm") -> Gates:
        return Gates(self.load, server, clock=lambda: self.now)


def test_where_countersign_never_answered_nothing_is_known() -> None:
    policy = Policy()
    policy.down = True

    with pytest.raises(Unknown, match="nobody is there"):
        asyncio.run(policy.before().of("harmless"))


def test_what_was_read_counts_for_a_minute_and_then_no_more() -> None:
    policy = Policy()
    gates = policy.before()

    async def main() -> None:
        assert await gates.of("harmless") is None
        policy.down = True
        policy.now += OLDEST - 1
        assert await gates.of("harmless") is None
        policy.now += 2
        with pytest.raises(Unknown):
            await gates.of("harmless")
        policy.down, policy.now = False, policy.now + 1
        assert await gates.of("harmless") is None

    asyncio.run(main())


def test_a_tool_that_is_gated_from_now_on_is_so_within_seconds() -> None:
    policy = Policy()
    gates = policy.before()

    async def main() -> None:
        assert await gates.of("send") is None
        policy.gates = (GATE, Gate(action="send", server="crm", name="send"))
        policy.now += FRESH + 1
        found = await gates.of("send")
        assert found is not None
        assert found.action == "send"

    asyncio.run(main())


def test_many_who_ask_at_once_ask_countersign_once() -> None:
    policy = Policy()
    gates = policy.before()

    async def main() -> None:
        await asyncio.gather(*(gates.of("remove_x") for _ in range(50)))

    asyncio.run(main())

    assert policy.asked == 1


@pytest.mark.parametrize("server", ["CRM", "crm ", "ｃｒｍ"])
def test_a_server_whose_name_is_spelt_another_way_is_gated_and_nobody_can_approve_it(server: str) -> None:
    found = asyncio.run(Policy().before(server).of("remove_x"))

    assert found is not None
    assert found.action == ""


@pytest.mark.parametrize(
    ("pattern", "name", "gated"),
    [
        ("remove_*", "remove_x", True),
        ("remove_*", "remove_", True),
        ("remove_*", "remove", False),
        ("remove_*", "removed_x", False),
        ("*", "anything\nat all", True),
        ("a*b*c", "a-b-b-c", True),
        ("a*b*c", "a-c", False),
        ("remove.x", "remove-x", False),
        ("remove_*", "Remove_x", True),
        ("remove_*", "remove\u200b_x", True),
        ("REMOVE_*", "remove_x", True),
    ],
)
def test_a_star_stands_for_anything_within_a_name(pattern: str, name: str, gated: bool) -> None:
    gates = Policy(Gate(action="a", server="crm", name=pattern)).before()

    assert (asyncio.run(gates.of(name)) is not None) is gated


def test_a_name_as_long_as_a_message_is_looked_at_once() -> None:
    gates = Policy(Gate(action="a", server="crm", name="*_delete_*_all")).before()

    assert asyncio.run(gates.of("_delete_" * 500_000)) is None
