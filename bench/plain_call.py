"""`python -m bench.plain_call KEY`: an empty Starlette application that lets in who signed, and does nothing.

Each call's token is verified as far as anybody has to: signature, body, address and time. It serves at `PORT`.
"""

import base64
import hashlib
import json
import os
import sys
import time
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from countersign_client.call_tokens import read_key
from countersign_client.jws import octets, require_signed


def main(path: str) -> None:
    public = read_key(Path(path).read_text()).private.public_key()

    async def call(request: Request) -> Response:
        body = await request.body()
        signed, _, signature = request.headers["authorization"].removeprefix("Bearer ").rpartition(".")
        require_signed(signed.encode(), octets(signature), public, "ES256")
        claims = json.loads(octets(signed.partition(".")[2]))
        hashed = base64.urlsafe_b64encode(hashlib.sha256(body).digest()).decode().rstrip("=")
        known = claims["bsh"] == hashed and claims["htu"].endswith(request.url.path)
        return JSONResponse({}, 200 if known and claims["exp"] > time.time() else 401)

    uvicorn.run(
        Starlette(routes=[Route("/{path:path}", call, methods=["POST"])]),
        host="127.0.0.1",
        port=int(os.environ["PORT"]),
        loop="uvloop",
        http="httptools",
        log_config=None,
        access_log=False,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
