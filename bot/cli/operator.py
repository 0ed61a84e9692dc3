"""Who runs a command, as the audit names them."""

import os


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
