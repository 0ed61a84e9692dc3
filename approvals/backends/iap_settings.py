"""What Identity-Aware Proxy is set to do for a service (IAP API v1, getIapSettings).

The service's account needs `iap.webServices.getSettings` on it, and no predefined role reads without changing.
"""

from collections.abc import Mapping
from typing import Any

from approvals.refusals.errors import NotFound, Unavailable

_REFUSED = (400, 403, 404)


class IapSettings:
    """Reads settings as they are set on the resource itself. `base_url` leads to an emulator of Google's."""

    def __init__(self, *, base_url: str | None) -> None:
        self._base_url = base_url
        self._opened: Any = None

    def __call__(self, resource: str, *, timeout: float) -> Mapping[str, Any]:
        """Read those of `projects/NUMBER/iap_web/…`. Raises `NotFound` where Google does not show them, or
        `Unavailable`.
        """
        from approvals.backends.google_rest import Rest, RestError  # noqa: PLC0415 - it loads Google's libraries

        try:
            self._opened = self._opened or Rest("iap", "v1", base_url=self._base_url)
            answer: Mapping[str, Any] = self._opened.call(
                lambda api: api.v1().getIapSettings(name=resource), timeout=timeout
            )
        except RestError as error:
            if error.code in _REFUSED:
                raise NotFound(f"Google does not show the settings of {resource}: {error}") from error
            raise Unavailable(f"the settings of {resource} cannot be read now: {error}") from error
        return answer
