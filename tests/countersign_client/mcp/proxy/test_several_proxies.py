"""Several proxies before one server: one of them makes a call, and the others say what they know of it."""

import asyncio
from pathlib import Path

import pytest

from countersign_client.mcp.proxy.gates import Gate
from tests.countersign_client.mcp.desk import Desk
from tests.countersign_client.mcp.proxy.proxied import proxied
from tests.countersign_client.mcp.proxy.test_claims import ARGUMENTS, REMOVE, asked, lose, names
from tests.countersign_client.mcp.proxy.test_held import told


@pytest.mark.parametrize("shared", [True, False])
def test_of_two_proxies_one_runs_it_whether_or_not_they_share_a_journal(tmp_path: Path, *, shared: bool) -> None:
    desk = Desk()
    other = tmp_path if shared else tmp_path / "other"
    other.mkdir(exist_ok=True)
    claimed, both_have = [0], asyncio.Event()

    async def both_there() -> None:
        """Neither goes on before both have their claim."""
        claimed[0] += 1
        if claimed[0] == 2:
            both_have.set()
        await both_have.wait()

    async def main() -> None:
        async with (
            proxied(tmp_path, desk=desk, gates=REMOVE) as one,
            proxied(other, desk=desk, gates=REMOVE) as two,
            one.client("legacy") as first,
            two.client("2026-07-28") as second,
        ):
            await asked(first, desk)
            desk.meanwhile = both_there if shared else None
            both = (first.session.call_tool("remove", ARGUMENTS), second.session.call_tool("remove", ARGUMENTS))
            results = await asyncio.gather(*both)
            runs = [*one.ran(), *([] if shared else two.ran())]

            assert sorted(each.is_error for each in results) == [False, True]
            assert [name for name, _, _ in runs] == ["remove"]
            assert len(desk.uses) == 1

    asyncio.run(main())


def test_a_proxy_says_that_another_one_makes_the_call_as_long_as_that_is_there(tmp_path: Path) -> None:
    desk, silent = Desk(), (Gate(action="crm", server="crm", name="silent"),)

    async def main() -> None:
        async with proxied(tmp_path, desk=desk, gates=silent) as two, two.client("2026-07-28") as second:
            async with proxied(tmp_path, desk=desk, gates=silent) as one, one.client("legacy") as first:
                request = await asked(first, desk, "silent", {})
                runs = asyncio.create_task(first.session.call_tool("silent", {}))
                while "silent" not in names(one):
                    await asyncio.sleep(0.01)
                meanwhile = [await second.session.call_tool("silent", {}) for _ in range(2)]
                runs.cancel()
                await asyncio.wait([runs])
            after = await second.session.call_tool("silent", {})

            assert all(each.is_error for each in (*meanwhile, after))
            assert all(
                f"another proxy on this machine has made this very call ({request}" in told(each)
                for each in meanwhile
            )
            assert f"used before ({request}" in told(after)
            assert "whether it ran is not known" in told(after)
            assert list(desk.requests) == [request]
            assert names(two) == ["silent"]

    asyncio.run(main())


def test_a_claim_of_another_agent_with_the_same_folder_is_left_to_it(tmp_path: Path) -> None:
    """Two agents of one person may call the same tool alike: neither takes the other's approval, or spoils it."""
    desk, elsewhere = Desk(), Desk()

    async def main() -> None:
        async with (
            proxied(tmp_path, desk=desk, gates=REMOVE) as one,
            proxied(tmp_path, desk=elsewhere, gates=REMOVE, agent="another") as two,
            one.client("legacy") as first,
            two.client("legacy") as second,
        ):
            await second.session.call_tool("remove", {"id": "something else"})
            await asked(first, desk)
            desk.meanwhile = lambda: lose(desk, 1)
            lost = await first.session.call_tool("remove", ARGUMENTS)
            desk.meanwhile = None
            other = await second.session.call_tool("remove", ARGUMENTS)
            done = await first.session.call_tool("remove", ARGUMENTS)

            assert lost.is_error
            assert "waits for people" in told(other)
            assert not done.is_error
            assert names(one) == ["remove"]
            assert len(desk.uses) == 1

    asyncio.run(main())


def test_what_another_proxy_has_just_answered_is_not_said_to_be_unknown(tmp_path: Path) -> None:
    desk = Desk()

    async def main() -> None:
        async with (
            proxied(tmp_path, desk=desk, gates=REMOVE) as one,
            proxied(tmp_path, desk=desk, gates=REMOVE) as two,
            one.client("legacy") as first,
            two.client("2026-07-28") as second,
        ):
            await asked(first, desk)
            done = await first.session.call_tool("remove", ARGUMENTS)
            meanwhile = await second.session.call_tool("remove", ARGUMENTS)

            assert not done.is_error
            assert "not known" not in told(meanwhile)
            assert "whose answer is for whoever called there" in told(meanwhile)

    asyncio.run(main())
