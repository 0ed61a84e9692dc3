"""Following something that others change, such as a file: a look now and then, and what follows from a change."""

import logging
import threading
from collections.abc import Callable

from approvals.refusals.errors import Conflict, Unavailable

_log = logging.getLogger("bot.background")


def follow(
    look: Callable[[], bool],
    then: Callable[[], object],
    *,
    stopping: threading.Event,
    pause: Callable[[], float],
    away: str,
    failed: str,
) -> None:
    """Look whether it changed, every so many seconds, until `stopping`; and do what follows, until that is done.

    Whatever fails is said and ends nothing: `away` with what does not answer now, `failed` with where.
    """
    changed, wait = False, 0.0
    while not stopping.wait(wait):
        wait = pause()
        try:
            changed = look() or changed
            if changed:
                then()
                changed = False
        except (Conflict, Unavailable) as error:
            _log.warning(away, error)
        except Exception:  # noqa: BLE001
            _log.exception("%s", failed)
