"""The policy in force: the file on disk, re-read when it changes, and the last good one in the store."""

import errno
import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from approvals.policy.alone import newly_alone
from approvals.policy.load import accepted, load
from approvals.policy.model import Policy
from approvals.policy.reading.document import PolicyError
from approvals.policy.reading.parse import digest_of
from approvals.ports.store import Policies, StoredPolicy

_MISSING = (0, 0, 0)
_log = logging.getLogger(__name__)


def contents(path: Path) -> bytes:
    """What stands in a policy file. Raises `OSError`: also for a pipe, which would be waited for without end."""
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "this is no regular file", str(path))
    return path.read_bytes()


class PolicyFile:
    """Holds the current policy. A broken file never replaces a good one, not even over a restart."""

    def __init__(self, path: Path, *, store: Policies, clock: Callable[[], datetime]) -> None:
        """Load the file, or the last good policy where the file is refused: only then is the store asked.

        Raises `PolicyError` when the file is refused and the store holds no good one, `OSError` when it cannot
        be read, or what the store raises.
        """
        self._path = path
        self._store = store
        self._clock = clock
        self._stamp = _MISSING
        self._unrecorded: bytes | None = None
        self._changed = False
        self._policy = self._first()

    def current(self) -> Policy:
        """The policy in force."""
        return self._policy

    def record(self) -> None:
        """Keep the policy of the start in the store, unless it is the last good one there. Once is enough."""
        if self._unrecorded is None:
            return
        kept = self._store.last_good()
        if kept is None or kept.digest != self._policy.digest:
            self._adopt(self._policy, self._unrecorded)
            self._changed = kept is not None
            if kept is not None:
                _compare_with_stored(self._policy, kept)
        self._unrecorded = None

    def refresh(self) -> bool:
        """Read the file again when it changed on disk; say whether another policy is in force now.

        One that changed while nothing ran counts the first time.
        """
        self.record()
        changed = self._reread() or self._changed
        self._changed = False
        return changed

    def _reread(self) -> bool:
        try:
            stamp = self._stat()
            if stamp == self._stamp:
                return False
            raw = contents(self._path)
            if self._stat() != stamp:
                # Somebody is writing it at this moment: half a file may be a policy too, but not the one meant.
                return False
        except OSError as error:
            if self._stamp != _MISSING:
                self._complain(error)
            self._stamp = _MISSING
            return False
        try:
            changed = self._take(raw)
        except PolicyError as error:
            self._complain(error)
            changed = False
        # Noted last: what the store could not keep is tried again.
        self._stamp = stamp
        return changed

    def _take(self, raw: bytes) -> bool:
        if digest_of(raw) == self._policy.digest:
            return False
        before = self._policy
        self._adopt(load(raw, source=str(self._path)), raw)
        _compare(self._policy, before)
        return True

    def _stat(self) -> tuple[int, int, int]:
        status = self._path.stat()
        return status.st_mtime_ns, status.st_size, status.st_ino

    def _first(self) -> Policy:
        raw = b""
        try:
            self._stamp = self._stat()
            raw = contents(self._path)
            policy = load(raw, source=str(self._path))
        except (PolicyError, OSError) as error:
            stored = self._store.last_good()
            if stored is None:
                raise
            if digest_of(raw) != stored.digest:
                _say(error)
            return _last_good(stored)
        self._unrecorded = raw
        return policy

    def _complain(self, error: Exception) -> None:
        _say(error)
        _log.error("the policy before it stays in force: %s", self._policy.digest)

    def _adopt(self, policy: Policy, raw: bytes) -> None:
        text, source = raw.decode(), str(self._path)
        self._store.keep(StoredPolicy(digest=policy.digest, text=text, source=source, loaded_at=self._clock()))
        self._policy = policy
        _log.info("policy %s is in force: %s", self._path, policy.digest)


def _compare(policy: Policy, before: Policy) -> None:
    """Warn of what nobody else has to approve since this policy came into force."""
    for each in newly_alone(policy, before=before):
        _log.warning("policy: %s", each.text)


def _compare_with_stored(policy: Policy, stored: StoredPolicy) -> None:
    try:
        before = accepted(stored.text, digest=stored.digest, source=stored.source).policy
    except PolicyError as error:
        _log.warning("the policy cannot be compared with the one before it: %s", error)
    else:
        _compare(policy, before)


def _last_good(stored: StoredPolicy) -> Policy:
    """Go on with what the store holds, and say loudly what it is and what this version has against it."""
    found = accepted(stored.text, digest=stored.digest, source=stored.source)
    for problem in found.problems:
        _log.error("the policy in force has what this version refuses: %s", problem)
    if found.problems and not found.policy.entitlements:
        _log.error("nothing can be asked for or approved until that is mended")
    _log.error(
        "the last good policy stays in force: %s, read from %s on %s UTC; `countersign policy show` prints it",
        stored.digest,
        stored.source,
        f"{stored.loaded_at:%Y-%m-%d %H:%M}",
    )
    return found.policy


def _say(error: Exception) -> None:
    if isinstance(error, PolicyError):
        for problem in error.problems:
            _log.error("policy refused: %s", problem)
    else:
        _log.error("policy cannot be read: %s", error)
