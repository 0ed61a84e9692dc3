"""Google's generated clients over REST, each call with one deadline and sent once.

Importing this module loads Google's libraries, so backends do it when they first call.
"""

import time
from typing import Any

import requests
from google.auth.credentials import AnonymousCredentials
from google.cloud.iam_credentials_v1 import IAMCredentialsClient
from requests.adapters import BaseAdapter

from approvals.backends.google_rest import Authority, Signed
from countersign_client.streams import left_until

_REDIRECTS = range(300, 400)


def iam_credentials(base_url: str | None) -> IAMCredentialsClient:
    """The client of the IAM Credentials API. `base_url` leads to an emulator.

    The library builds the requests and reads the answers; who asks, and for how long, is the carrier's business.
    """
    client = IAMCredentialsClient(
        transport="rest",
        credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]
        client_options={"api_endpoint": f"{base_url}/iamcredentials"} if base_url else None,
    )
    session: requests.Session = vars(client.transport)["_session"]  # the library takes none from outside
    for scheme in ("https://", "http://"):
        session.mount(scheme, _Carrier(Authority(base_url)))
    return client


class _Carrier(BaseAdapter):
    """What a session of requests sends by."""

    def __init__(self, authority: Authority) -> None:
        super().__init__()
        self._authority = authority

    def send(self, request: requests.PreparedRequest, *_: Any, **options: Any) -> requests.Response:
        """Send within the timeout as a whole. Raises `Unavailable`, `CredentialsError` or an `OSError`."""
        left = left_until(time.monotonic() + float(options["timeout"]))
        signed = Signed(self._authority(left), left)
        headers = {name: str(value) for name, value in request.headers.items()}
        head, body = signed.request(str(request.url), str(request.method), request.body, headers)
        if head.status in _REDIRECTS:
            # The session would follow, and give the credentials to whoever is named.
            raise requests.ConnectionError(f"HTTP {head.status} leads elsewhere")
        answer = requests.Response()
        answer.status_code = head.status
        answer.headers.update(head)
        answer.url, answer.request = str(request.url), request
        answer._content = body  # noqa: SLF001 - an answer that is read already has no other way in
        return answer

    def close(self) -> None:
        """Nothing is kept open."""
