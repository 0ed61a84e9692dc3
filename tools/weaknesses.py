"""Asks the package index for known weaknesses of everything that is locked: `python -m tools.weaknesses LOCK…`.

Exits with 1 where one is known, and with 0 and a sentence where the index does not say: an index that mirrors the
packages alone has no such records, and one whose certificate cannot be verified is not asked.
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

ACCEPTED: Mapping[str, str] = {}
"""Weaknesses that do not reach us, by id, each with the reason."""

_OUT_OF_REACH = ("Could not connect", "ConnectionError", "ProxyError", "Timeout", "Server Error", "Too Many")
_UNVERIFIED = ("SSLError", "CERTIFICATE_VERIFY_FAILED")


class Scan(NamedTuple):
    """What the index said: of how many it knows anything, of how many it does not, and what is wrong.

    `unasked` says why it was not asked.
    """

    known: int = 0
    unknown: int = 0
    weak: tuple[str, ...] = ()
    unasked: str = ""

    def verdict(self) -> tuple[int, str]:
        """The exit code, and what to say."""
        if self.weak:
            return 1, "\n".join(("known weaknesses in the lock:", *self.weak))
        if self.unasked:
            return 0, f"not looked at for known weaknesses: {self.unasked}"
        if not self.known:
            return 0, "not scanned for known weaknesses: the package index has no records of them"
        missing = f", {self.unknown} are unknown to the index" if self.unknown else ""
        return 0, f"{self.known} distributions without a known weakness{missing}"


def read(report: Mapping[str, Any], *, accepted: Mapping[str, str] = ACCEPTED) -> Scan:
    """Read pip-audit's report."""
    found = [each for each in report["dependencies"] if "skip_reason" not in each]
    weak = [
        f"  {each['name']} {each['version']}: {one['id']}, mended in {', '.join(one['fix_versions']) or 'nothing'}"
        for each in found
        for one in each["vulns"]
        if not {one["id"], *one["aliases"]} & accepted.keys()
    ]
    return Scan(known=len(found), unknown=len(report["dependencies"]) - len(found), weak=tuple(weak))


def scan(lock: Path) -> Scan:
    """Ask of one lock file. Raises `RuntimeError` where that fails otherwise than at the way to the index."""
    order = ["pip_audit", "--requirement", str(lock), "--require-hashes", "--disable-pip", "--format", "json"]
    done = subprocess.run(
        [sys.executable, "-m", *order, "--progress-spinner", "off"], capture_output=True, text=True, check=False
    )
    if done.stdout.startswith("{"):
        return read(json.loads(done.stdout))
    if any(word in done.stderr for word in _UNVERIFIED):
        return Scan(unasked="the package index's certificate cannot be verified here")
    if any(word in done.stderr for word in _OUT_OF_REACH):
        return Scan(unasked="the package index is out of reach")
    raise RuntimeError(f"pip-audit failed: {done.stderr[-2000:]}")


def main(locks: Sequence[str]) -> int:
    worst = 0
    for lock in locks:
        code, said = scan(Path(lock)).verdict()
        print(f"{lock}: {said}")
        worst = max(worst, code)
    return worst


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
