"""The metadata server of a machine in Google Cloud, by which a program learns who it is, and proves it.

Sources: https://cloud.google.com/compute/docs/metadata/querying-metadata and
https://cloud.google.com/compute/docs/instances/verifying-instance-identity#request_signature. A client finds it by
`GCE_METADATA_HOST`, and looks whether it is there by `GCE_METADATA_IP`.
"""

import secrets
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.google.issuer import Issuer

PROGRAM = "program@sandbox-project.iam.gserviceaccount.com"
FLAVOR = {"Metadata-Flavor": "Google"}
_SCOPES = ["https://www.googleapis.com/auth/cloud-platform"]
_ACCOUNT = "/computeMetadata/v1/instance/service-accounts/{name}/"

Answer = Callable[[Request], Response]


class Metadata:
    """What the machine is told about itself. `account` is the service account that is attached to it."""

    def __init__(self, issuer: Issuer) -> None:
        self._issuer = issuer
        self.account = PROGRAM

    def routes(self) -> list[BaseRoute]:
        """Routes that stand for `http://metadata.google.internal`, but for its root, which `root` answers."""
        served: dict[str, Answer] = {
            "/computeMetadata/v1/universe/universe-domain": lambda _: PlainTextResponse("googleapis.com"),
            "/computeMetadata/v1/project/project-id": lambda _: PlainTextResponse(_project(self.account)),
            _ACCOUNT: lambda _: JSONResponse({"aliases": ["default"], "email": self.account, "scopes": _SCOPES}),
            f"{_ACCOUNT}email": lambda _: PlainTextResponse(self.account),
            f"{_ACCOUNT}token": _access_token,
            f"{_ACCOUNT}identity": self._identity,
        }
        return [Route(path, self._guarded(answer)) for path, answer in served.items()]

    @staticmethod
    def root(request: Request) -> Response | None:
        """What the root answers to somebody who looks whether this is a metadata server; None to anybody else."""
        asked = request.headers.get("metadata-flavor") == "Google"
        return PlainTextResponse("computeMetadata/\n", headers=FLAVOR) if asked else None

    def _guarded(self, answer: Answer) -> Callable[[Request], Awaitable[Response]]:
        async def guarded(request: Request) -> Response:
            response = _refused(request) or self._unknown(request) or answer(request)
            response.headers.update(FLAVOR)
            return response

        return guarded

    def _unknown(self, request: Request) -> Response | None:
        is_known = request.path_params.get("name", "default") in ("default", self.account)
        return None if is_known else HTMLResponse("Error 404 (Not Found)", 404)

    def _identity(self, request: Request) -> Response:
        audience = request.query_params.get("audience", "")
        if not audience:
            return HTMLResponse("non-empty audience parameter required", 400)
        # The short form says the number of the account and not its address.
        is_full = request.query_params.get("format") == "full"
        token = self._issuer.of_service_account(self.account, audience=audience, with_email=is_full)
        return HTMLResponse(token)


def _refused(request: Request) -> Response | None:
    # Neither a page of the web nor a proxy that passes on what others ask can send these as they must be.
    if request.headers.get("metadata-flavor") != "Google":
        return HTMLResponse("Missing Metadata-Flavor:Google header.", 403)
    if "x-forwarded-for" in request.headers:
        return HTMLResponse("X-Forwarded-For is not allowed.", 403)
    return None


def _access_token(_: Request) -> Response:
    told = {"access_token": f"ya29.c.{secrets.token_urlsafe(60)}", "expires_in": 3599, "token_type": "Bearer"}
    return JSONResponse(told)


def _project(account: str) -> str:
    return account.partition("@")[2].partition(".")[0]
