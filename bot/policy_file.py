"""The policy in force: the file on disk, re-read when it changes, and the last good one in the store."""

import errno
import logging
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from approvals.again import again
from approvals.policy.alone import newly_alone
from approvals.policy.load import accepted, load
from approvals.policy.loosening import differences, looser
from approvals.policy.model import Policy
from approvals.policy.reading.document import PolicyError
from approvals.policy.reading.parse import digest_of
from approvals.ports.store import Policies, StoredPolicy
from approvals.uses.changing import Changing
from bot.held import Held

_MISSING = (0, 0, 0)
_log = logging.getLogger(__name__)


def contents(path: Path) -> bytes:
    """What stands in a policy file. Raises `OSError`: also for a pipe, which would be waited for without end."""
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "this is no regular file", str(path))
    return path.read_bytes()


class PolicyFile:
    """Holds the current policy. A broken file never replaces a good one, not even over a restart.

    Where the policy in force says who accepts a looser one, such a file does not either until they have.
    """

    def __init__(self, path: Path, *, store: Policies, clock: Callable[[], datetime]) -> None:
        """Load the file, or the last good policy where the file is refused: only then is the store asked.

        Raises `PolicyError` when the file is refused and the store holds no good one, `OSError` when it cannot
        be read, or what the store raises.
        """
        self._path = path
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._stamp = _MISSING
        self._unrecorded: bytes | None = None
        self._changed = self._adopted = False
        self._held: Held | None = None
        self._changing: Changing | None = None
        self._policy = self._first()

    def join(self, changing: Changing) -> None:
        """From here on people are asked to accept what is held."""
        self._changing = changing
        if self._adopted:
            self._clear()
        if self._unrecorded is None and (kept := self._store.last_good()) is not None:
            self._settle(kept)

    def current(self) -> Policy:
        """The policy in force. The first time the store may be asked which one that is: raises what it does."""
        if self._unrecorded is not None:
            self.record()
        return self._policy

    @property
    def read(self) -> Policy:
        """What was read at the start, which may be held: for what is set up, and never for what is decided."""
        return self._policy

    @property
    def held(self) -> str:
        """That a looser policy is held, in a sentence; empty where none is."""
        return "" if self._held is None else self._held.said

    def record(self) -> None:
        """Find out whether the policy of the start is in force, and keep it in the store. Once is enough."""
        if self._unrecorded is None:
            return
        with self._lock:
            self._record()

    def _record(self) -> None:
        raw = self._unrecorded
        if raw is None:  # another thread did it meanwhile
            return
        before = self._store.last_good()
        changed = self._settled(self._policy, raw)
        self._changed = changed and before is not None
        self._unrecorded = None

    def refresh(self) -> bool:
        """Read the file again when it changed on disk; say whether another policy is in force now.

        One that changed while nothing ran counts the first time. What is held is taken once it is accepted.
        """
        self.record()
        # Kept until it is said: the store may fail between the two.
        self._changed = self._reread() or self._changed
        self._changed = self._taken() or self._changed
        changed, self._changed = self._changed, False
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
            self._release()
            changed = False
        # Noted last: what the store could not keep is tried again.
        self._stamp = stamp
        return changed

    def _take(self, raw: bytes) -> bool:
        digest = digest_of(raw)
        if self._held is not None and self._held.digest == digest:
            return False
        if digest == self._policy.digest:
            self._release()
            return False
        policy = load(raw, source=str(self._path))
        self._release()
        return self._settled(policy, raw)

    def _settled(self, policy: Policy, raw: bytes) -> bool:
        """Put a policy in force, or hold it; say whether another one is in force by that.

        Several processes read a file at once, and one of them is first.
        """
        return again(lambda: self._weighed(policy, raw), changing="the policy in force")

    def _weighed(self, policy: Policy, raw: bytes) -> bool:
        kept = self._store.last_good()
        if kept is not None and kept.digest == policy.digest:
            self._settle(kept)
            changed, self._policy = self._policy.digest != policy.digest, policy
            return changed
        before = _before(kept) if kept is not None else None
        found = differences(policy, before=before) if before is not None and before.change is not None else ()
        if before is None or not looser(found):
            self._clear()
            self._adopt(policy, raw, instead_of=kept.digest if kept is not None else "")
            if before is not None:
                _compare(policy, before)
            return True
        self._held = Held(policy, raw, before, found, source=str(self._path), since=self._clock())
        self._held.say()
        changed, self._policy = self._policy.digest != before.digest, before
        return changed and self._unrecorded is None

    def _taken(self) -> bool:
        """Take what was held once it was accepted, here, by another process, or by an operator."""
        held, changing = self._held, self._changing
        if held is None:
            return False
        kept = self._store.last_good()
        if kept is not None and kept.digest == held.digest:
            self._policy = held.policy
            _log.info("the policy that was held is in force: %s", held.digest)
            self._settle(kept)
        elif kept is not None and kept.digest != held.before:
            # Compared with another one than is in force by now: what was accepted of that says nothing here.
            self._release()
            self._stamp = _MISSING  # what the store could not keep is tried again
            return self._settled(held.policy, held.raw)
        elif changing is not None and held.accepted(changing, now=self._clock()):
            self._adopt(held.policy, held.raw, instead_of=held.before)
        else:
            return False
        self._release()
        return True

    def _release(self) -> None:
        """Hold nothing more, and withdraw what was asked."""
        held, changing = self._held, self._changing
        if held is not None and changing is not None:
            held.close(changing, now=self._clock())
        self._held = None

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

    def _clear(self) -> None:
        """Hold nothing that is noted: what was accepted before a crash must not serve again after the way back."""
        if self._changing is not None:
            self._changing.clear(now=self._clock())

    def _settle(self, kept: StoredPolicy) -> None:
        """This one is in force by the doing of another process, of an operator, or of an earlier life."""
        forced = self._changing.settle(kept, now=self._clock()) if self._changing is not None else None
        if forced is not None:
            _log.error("policy %s is in force by BREAK-GLASS of %s: %s", kept.digest, forced.by, forced.why.text)

    def _adopt(self, policy: Policy, raw: bytes, *, instead_of: str) -> None:
        text, source = raw.decode(), str(self._path)
        stored = StoredPolicy(digest=policy.digest, text=text, source=source, loaded_at=self._clock())
        self._store.keep(stored, instead_of=instead_of)
        self._policy = policy
        self._adopted = True
        _log.info("policy %s is in force: %s", self._path, policy.digest)
        if not instead_of and policy.change is not None:
            _log.warning("it is the first one of this store: nobody was asked to accept it")


def _compare(policy: Policy, before: Policy) -> None:
    """Warn of what nobody else has to approve since this policy came into force."""
    for each in newly_alone(policy, before=before):
        _log.warning("policy: %s", each.text)


def _before(stored: StoredPolicy) -> Policy | None:
    """The last good policy; None where it cannot be read, which is said."""
    try:
        return accepted(stored.text, digest=stored.digest, source=stored.source).policy
    except PolicyError as error:
        _log.warning("the policy cannot be compared with the one before it: %s", error)
        return None


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
