"""`countersign mcp-proxy` where Bob approves several calls: what runs by that, and what waits for him anew."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from approvals.auditing.audits import Inspection
from approvals.requests import unshut
from countersign_client.keys import read_keys
from countersign_client.receipts import Receipt, verify
from tests.support.proxies import Agents, Forked, Proxy, open_agents

WINDOW = "    window: {for: 30m, uses: 3}\n"


@pytest.fixture(scope="module")
def agents(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agents]:
    with open_agents(tmp_path_factory.mktemp("office"), window=WINDOW) as agents:
        yield agents


@pytest.fixture(autouse=True)
def over(agents: Agents) -> Iterator[None]:
    """No test finds what another opened."""
    yield
    store = agents.office.service.store
    for request in filter(None, store.chains()):
        if unshut(store.request(request)):
            ended(agents, request)


def opened(agents: Agents, proxy: Proxy, **arguments: Any) -> tuple[str, dict[str, Any]]:
    """A call that Bob approves together with others: its request, and what it answered."""
    asked = proxy.begin("tools/call", name="remove", arguments=arguments)
    request = waiting(agents)
    assert agents.office.press("bob", "several", request).ok
    return request, proxy.answer(asked)["result"]


def waiting(agents: Agents) -> str:
    """The request that waits for people, once there is one."""
    found = agents.office.until(lambda: agents.office.service.store.pending(limit=10))
    assert len(found) == 1
    return found[0].id


def ended(agents: Agents, request: str) -> None:
    """Bob ends the calls that are left."""
    office = agents.office
    assert office.press("bob", "end", request).view
    assert office.box.slack.submit("bob", {"reason": "Enough of it"}).ok
    office.until(lambda: not unshut(office.request(request)))


def shown(agents: Agents, result: dict[str, Any]) -> Receipt:
    """The receipt of a call that ran, which holds."""
    assert not result.get("isError"), result["content"]
    keys = read_keys(agents.office.fetch("/.well-known/jwks.json")[1].encode())
    return verify(result["_meta"]["countersign/receipt"], keys)


def removed(proxy: Proxy) -> list[Any]:
    """What the upstream removed, in order."""
    return [arguments["id"] for name, arguments, _ in proxy.ran() if name == "remove"]


def test_as_many_calls_run_as_bob_approved_each_once_with_its_own_receipt_and_the_next_waits(
    agents: Agents, tmp_path: Path
) -> None:
    environ = agents.environment(tmp_path)
    first = Forked(tmp_path, environ)
    opener, one = opened(agents, first, id="A-1")
    two = first.call("remove", id="A-2")
    first.close()
    proxy = Forked(tmp_path, environ)
    three = proxy.call("remove", id="A-3")
    asked = proxy.begin("tools/call", name="remove", arguments={"id": "A-4"})
    fourth = waiting(agents)
    before = removed(proxy)
    agents.office.approve("bob", fourth)
    four = proxy.answer(asked)["result"]
    proxy.close()

    receipts = [shown(agents, each) for each in (one, two, three, four)]
    ran = ["A-1", "A-2", "A-3", "A-4"]
    assert (before, removed(proxy)) == (ran[:3], ran)
    assert [bound(each) for each in receipts] == [{"id": each} for each in ran]
    assert [each.request for each in (receipts[0], receipts[3])] == [opener, fourth]
    assert len({each.request for each in receipts}) == len(receipts)
    assert [within(each) for each in receipts] == [None, (opener, 2), (opener, 3), None]
    assert [each.decision.by for each in receipts] == [("bob@example.com",), (), (), ("bob@example.com",)]
    for each in receipts:
        assert agents.office.actions(each.request).count("request.used") == 1
    assert list(Inspection(agents.office.service.store).faults()) == []


def bound(receipt: Receipt) -> Any:
    """The arguments that a receipt is for."""
    (call,) = receipt.terms["targets"]
    return {
        each["name"].removeprefix("arguments."): each["value"]
        for each in call["parameters"]
        if each["name"].startswith("arguments.")
    }


def within(receipt: Receipt) -> tuple[str, int] | None:
    """Of which request's window it was taken, and as which call."""
    found = receipt.terms.get("within")
    return found and (found["request"], found["number"])


Cause = Callable[[Agents, Proxy, str], AbstractContextManager[None]]


@contextmanager
def end(agents: Agents, _: Proxy, opener: str) -> Iterator[None]:
    ended(agents, opener)
    yield


@contextmanager
def another_tool(_: Agents, proxy: Proxy, __: str) -> Iterator[None]:
    """The upstream says something else of its tool from now on."""
    assert not proxy.call("change").get("isError")
    yield


@contextmanager
def fewer(agents: Agents, _: Proxy, __: str) -> Iterator[None]:
    """The policy offers two calls, where there were three."""
    text = agents.office.policy_file.read_text()
    assert WINDOW in text
    agents.office.policy_file.write_text(text.replace(WINDOW, WINDOW.replace("3", "2")))
    agents.office.service.policy.refresh()
    try:
        yield
    finally:
        agents.office.policy_file.write_text(text)
        agents.office.service.policy.refresh()


CAUSES: dict[str, Cause] = {"it was ended": end, "the tool is another": another_tool, "fewer are offered": fewer}


@pytest.mark.parametrize("why", CAUSES)
def test_what_is_left_of_them_runs_nothing_once(agents: Agents, tmp_path: Path, why: str) -> None:
    proxy = Forked(tmp_path, agents.environment(tmp_path))
    opener, _ = opened(agents, proxy, id=f"{why}, 1")
    assert within(shown(agents, proxy.call("remove", id=f"{why}, 2"))) == (opener, 2)

    with CAUSES[why](agents, proxy, opener):
        asked = proxy.begin("tools/call", name="remove", arguments={"id": f"{why}, 3"})
        held = waiting(agents)
        before = removed(proxy)
        agents.office.approve("bob", held)
        last = proxy.answer(asked)["result"]
    proxy.close()

    assert before == [f"{why}, 1", f"{why}, 2"]
    assert (shown(agents, last).request, within(shown(agents, last))) == (held, None)
    assert removed(proxy) == [*before, f"{why}, 3"]
