"""What channels call outside: the same for the service and for `countersign doctor`."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from approvals.backends import calls
from approvals.backends.directories.calendars import WithCalendars
from approvals.backends.fetching import Fetcher
from approvals.backends.iap_settings import IapSettings
from approvals.backends.secrets import SecretError, StoredSecret
from approvals.policy.model import Policy
from approvals.ports.people import Directory
from approvals.refusals.errors import Unavailable
from countersign_client.streams import Stream
from handlers.channel import Outside


def outside(*, base_url: str | None, sandbox: bool = False) -> Outside:
    """`base_url` leads to an emulator of Google's services. In a sandbox this machine may be fetched from."""

    def secret(version: str, *, timeout: float) -> bytes:
        try:
            return StoredSecret(version, base_url=base_url).read(timeout=timeout)[1]
        except SecretError as error:
            raise Unavailable(str(error)) from error

    return Outside(
        send=calls.send,
        fetch=Fetcher(sandbox=sandbox),
        dial=_dial,
        secret=secret,
        iap_settings=IapSettings(base_url=base_url),
    )


def with_calendars(
    directory: Directory, *, sandbox: bool, policy: Callable[[], Policy], clock: Callable[[], datetime]
) -> Directory:
    """The directory, and beside it the calendars that a policy names."""
    return WithCalendars(directory, fetch=Fetcher(sandbox=sandbox), policy=policy, clock=clock)


def _dial(host: str, port: int, *, timeout: float) -> Any:
    return Stream(host, port, timeout=timeout)
