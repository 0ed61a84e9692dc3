"""Who runs a command, as the audit names them, and why, as they typed it."""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from approvals.reviews import Typed


def operator() -> str:
    """The account on this machine, `os:NAME`, by the system's word and not by what the environment says."""
    try:
        import pwd  # noqa: PLC0415 - other systems than Unix have none
    except ImportError:
        return f"os:{os.getlogin()}"
    try:
        return f"os:{pwd.getpwuid(os.getuid()).pw_name}"
    except KeyError:
        return f"os:{os.getuid()}"


def reason(why: str) -> "Typed | None":
    """The reason that was typed; None where it says nothing."""
    from approvals.ids import new_salt  # noqa: PLC0415 - the store loads when it is needed
    from approvals.reviews import says_something, typed  # noqa: PLC0415

    return typed(why.strip(), salt=new_salt()) if says_something(why) else None
