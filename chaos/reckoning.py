"""All that agents were told and that ran for them, held against each other and against what is stored."""

from collections import Counter
from collections.abc import Iterable, Mapping

from approvals.requests import Request
from chaos import calls, denials, scene, uses
from chaos.agents import Said
from chaos.assistant import USES
from chaos.findings import Findings
from chaos.records import Records
from chaos.uses import Told
from countersign_client.receipts import Receipt

_WHEN = "at the agents"
APPROVERS = frozenset(scene.address(name) for name in scene.APPROVERS)


class Reckoning:
    """One look, once nothing goes on any more."""

    def __init__(self, records: Records, findings: Findings) -> None:
        self._records, self._findings = records, findings
        self._requests = {name: records.request(name) for name in records.ids()}

    def look(self, said: Said) -> Counter[str]:
        """Find what is wrong, and return what there was."""
        receipts, wrong = calls.proven(said.ran, said.keys)
        told = [
            *said.told,
            *(uses.told(each.request, each.used.key if each.used else "", each) for each in receipts),
        ]
        self._check("settled", said.broken)
        self._check("unapproved", wrong)
        self._check("twice", [*calls.repeated(said.ran, receipts), *uses.twice(told)])
        self._check("reported", calls.misreported(said.outcomes, said.ran, receipts))
        self._check("reported", denials.untrue(said.outcomes, self._requests))
        self._check("denied", denials.ran(said.ran, self._requests.values(), denied=said.denied))
        gone = (said.asked | {each.request for each in told}) - set(self._requests)
        self._check("lost", (f"{each} was asked for, and is not there" for each in sorted(gone)))
        self._uses(told)
        counts = Counter(f"agents: told {each.told}" for each in said.outcomes)
        counts["agents: runs that the tool counted"] = len(said.ran)
        counts["agents: calls that people denied"] = len(said.denied)
        counts["agents: approvals used"] = len({each.request for each in told})
        return counts + self._windows()

    def _uses(self, told: Iterable[Told]) -> None:
        for each in told:
            request = self._requests.get(each.request)
            if request is None:
                continue
            within = request.terms.within
            opener = self._requests.get(within.request) if within is not None else None
            entries, _ = self._records.chain(each.request)
            wrong = uses.unapproved(each, request, entries, approvers=APPROVERS, opener=opener)
            self._check("unapproved", wrong)

    def _windows(self) -> Counter[str]:
        taken = calls.by_window(self._requests.values())
        openers = [each for each in self._requests.values() if each.window is not None or each.id in taken]
        for opener in openers:
            entries, _ = self._records.chain(opener.id)
            self._check("windows", calls.overshot(opener, entries, taken.get(opener.id, [])))
            self._check("windows", calls.choosing(opener, APPROVERS))
        unknown = sorted(set(taken) - set(self._requests))
        self._check("windows", (f"calls are of the window of {name}, which is not there" for name in unknown))
        return _counts(openers, taken)

    def _check(self, name: str, problems: Iterable[str]) -> None:
        self._findings.check(name, problems, when=_WHEN)


def _told(receipt: Receipt) -> Told:
    return uses.told(receipt.request, receipt.used.key if receipt.used else "", receipt)


def _counts(openers: Iterable[Request], taken: Mapping[str, list[Request]]) -> Counter[str]:
    sizes = [1 + len(taken.get(each.id, ())) for each in openers]
    return Counter(
        {
            "agents: windows": len(sizes),
            "agents: windows used up": sizes.count(USES),
            "agents: calls of windows": sum(sizes),
        }
    )
