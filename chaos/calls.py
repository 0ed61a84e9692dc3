"""What must be true of the calls that agents made, whatever was killed when: what ran, was told, and is stored."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

from approvals.requests import Request
from countersign_client import shapes
from countersign_client.canonical import canonical
from countersign_client.chain import Entry
from countersign_client.keys import Keys
from countersign_client.receipts import Receipt, ReceiptError, verify
from countersign_client.tools import ARGUMENT, NAME, written

_DENIED = re.compile(r"othing has run\. It was denied\b.*\((r-[0-9a-z]{10})\)")


class Ran(msgspec.Struct, frozen=True, kw_only=True):
    """A run that the tool itself has counted. `receipt` is what came with it."""

    name: str
    arguments: Mapping[str, Any]
    receipt: str

    @property
    def what(self) -> str:
        """It, for comparing."""
        return named(self.name, self.arguments)


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent was told of a call in the end: that it ran, that nobody knows, that it did not, or nothing.

    `request` is whose receipt came with the answer, or which was denied.
    """

    what: str
    told: Literal["ran", "unknown", "denied", "not", "nothing"]
    request: str = ""


def named(tool: str, arguments: Mapping[str, Any]) -> str:
    """A call, for comparing."""
    return f"{tool} {canonical(dict(arguments)).decode()}"


def counted(ledger: Path) -> list[Ran]:
    """The runs in the tool's ledger."""
    lines = ledger.read_bytes().splitlines(keepends=True) if ledger.exists() else []
    return [shapes.decode(line, Ran) for line in lines if line.endswith(b"\n")]


def proven(ran: Iterable[Ran], keys: Keys) -> tuple[list[Receipt], list[str]]:
    """The receipts by which the tool ran, and what ran by none that is for exactly this call."""
    found: list[Receipt] = []
    wrong: list[str] = []
    for each in ran:
        try:
            receipt = verify(each.receipt, keys)
        except ReceiptError as error:
            wrong.append(f"{each.what} ran by no receipt: {error}")
            continue
        found.append(receipt)
        if receipt.used is None or receipt.decision.outcome != "approved" or not _is_for(receipt, each):
            wrong.append(f"{each.what} ran by {receipt.request}, which is not for it")
    return found, wrong


def _is_for(receipt: Receipt, ran: Ran) -> bool:
    (target,) = receipt.terms["targets"]
    said = {each["name"]: each["value"] for each in target["parameters"]}
    arguments = {f"{ARGUMENT}{name}": written(value) for name, value in ran.arguments.items()}
    bound = {name: value for name, value in said.items() if name.startswith(ARGUMENT)}
    return said.get(NAME) == ran.name and bound == arguments


def repeated(ran: Sequence[Ran], receipts: Iterable[Receipt]) -> Iterator[str]:
    """No call ran a second time, and nothing ran twice by one approval."""
    for what, times in Counter(each.what for each in ran).items():
        if times > 1:
            yield f"{what} ran {times} times"
    for request, times in Counter(each.request for each in receipts).items():
        if times > 1:
            yield f"by {request} ran {times} calls"


def misreported(outcomes: Iterable[Outcome], ran: Iterable[Ran], receipts: Iterable[Receipt]) -> Iterator[str]:
    """Whoever was told that a call ran, or did not, was told what is so."""
    times, by = Counter(each.what for each in ran), {each.request for each in receipts}
    for each in outcomes:
        if each.told == "ran" and not (times[each.what] and each.request in by):
            yield f"{each.what} was told to have run by {each.request}, and did not"
        if each.told in ("not", "denied") and times[each.what]:
            yield f"{each.what} was told not to have run, and did ({each.told})"


def overshot(opener: Request, entries: Sequence[Entry], taken: Sequence[Request]) -> Iterator[str]:
    """A window counts no more calls than were approved, each of its calls once, and no others."""
    window, uses = opener.window, opener.terms.window
    if window is None or uses is None:
        if taken:
            yield f"{opener.id} is for one call, and {[each.id for each in taken]} are of its window"
        return
    numbered = sorted((each.terms.within.number, each.id, each.digest) for each in taken if each.terms.within)
    told = [each.detail for each in entries if each.action == "window.taken"]
    on_record = [(each["number"], each["request"], each["digest"]) for each in told]
    if 1 + len(numbered) > min(window.uses, uses.uses) or window.taken != 1 + len(numbered):
        yield f"{opener.id} is for {window.uses} calls, counts {window.taken} and has {1 + len(numbered)}"
    if numbered != on_record or [each[0] for each in numbered] != list(range(2, 2 + len(numbered))):
        yield f"{opener.id} counts {on_record}, and its calls are {numbered}"


def by_window(requests: Iterable[Request]) -> Mapping[str, list[Request]]:
    """The calls that were taken from windows, by the request that opened each."""
    found: dict[str, list[Request]] = defaultdict(list)
    for each in requests:
        if each.terms.within is not None:
            found[each.terms.within.request].append(each)
    return found


def choosing(opener: Request, approvers: Collection[str]) -> Iterator[str]:
    """A window was opened by people who may, each of whom chose it, and never by whom it is for."""
    decision = opener.decision
    by = set(decision.by) if decision is not None and decision.outcome == "approved" else set()
    chose = {each.person for each in opener.reviews if each.verdict == "approve" and each.window}
    if opener.window is not None and (not by or not by <= chose & set(approvers) - {opener.requester}):
        yield f"{opener.id} opened a window by {sorted(by)}, of whom {sorted(chose)} chose it"


def read(answer: Mapping[str, Any], what: str, *, keys: Keys) -> Outcome:
    """What an answer of the proxy says of a call. One that says neither comes again."""
    result = answer.get("result") or {}
    if result and not result.get("isError"):
        return Outcome(what=what, told="ran", request=_shown(result, keys))
    text = json.dumps(answer)
    if "hether it ran is not known" in text:
        return Outcome(what=what, told="unknown")
    if (denied := _DENIED.search(text)) is not None:
        return Outcome(what=what, told="denied", request=denied[1])
    return Outcome(what=what, told="not" if "othing has run" in text else "nothing")


def _shown(result: Mapping[str, Any], keys: Keys) -> str:
    """Whose receipt came with it; empty where none did that holds."""
    try:
        return verify(str((result.get("_meta") or {}).get("countersign/receipt", "")), keys).request
    except ReceiptError:
        return ""
