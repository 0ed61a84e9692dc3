"""What carries google-cloud-iam's calls: one deadline, the service's credentials, and nowhere else."""

from collections.abc import Iterator

import pytest
import requests
from google.cloud.iam_credentials_v1 import IAMCredentialsClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from approvals.backends.google_session import iam_credentials
from tests.support.servers import serve

NAME = "projects/-/serviceAccounts/signer@example.com"


@pytest.fixture
def seen() -> list[str]:
    """The paths that were asked for, with the credentials they came with."""
    return []


@pytest.fixture
def client(seen: list[str]) -> Iterator[IAMCredentialsClient]:
    async def answer(request: Request) -> Response:
        seen.append(f"{request.url.path} {request.headers.get('authorization', '')}")
        if b"elsewhere" in await request.body():
            return Response(status_code=307, headers={"location": "/elsewhere"})
        return JSONResponse({"keyId": "1", "signedJwt": "a.b.c"})

    with serve(Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST"])])) as base_url:
        yield iam_credentials(base_url)


def test_nobody_else_is_given_the_credentials_because_an_answer_says_so(
    client: IAMCredentialsClient, seen: list[str]
) -> None:
    with pytest.raises(requests.ConnectionError, match="307 leads elsewhere"):
        client.sign_jwt(name=NAME, payload="elsewhere", retry=None, timeout=5)

    assert [path.split()[0].rpartition("/")[2] for path in seen] == ["signer@example.com:signJwt"]


def test_a_call_carries_the_credentials_and_its_answer_is_read(
    client: IAMCredentialsClient, seen: list[str]
) -> None:
    assert client.sign_jwt(name=NAME, payload="{}", retry=None, timeout=5).signed_jwt == "a.b.c"

    assert seen == [f"/iamcredentials/v1/{NAME}:signJwt Bearer sandbox"]


def test_a_call_whose_time_is_up_is_not_sent(client: IAMCredentialsClient, seen: list[str]) -> None:
    with pytest.raises(TimeoutError):
        client.sign_jwt(name=NAME, payload="{}", retry=None, timeout=1e-9)

    assert seen == []
