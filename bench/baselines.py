"""`python -m bench.baselines`: what ours is measured against, an empty Bolt app that serves at `PORT`."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor

import uvicorn
from slack_bolt import Ack, App, BoltRequest
from slack_bolt.authorization import AuthorizeResult
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


def bare() -> None:
    """An empty app on the pieces that ours stands on."""
    app = App(
        signing_secret=os.environ["SLACK_SIGNING_SECRET"],
        authorize=lambda **_: AuthorizeResult(enterprise_id=None, team_id=None),
        process_before_response=True,
    )
    _empty(app)
    threads = ThreadPoolExecutor(64)

    async def events(request: Request) -> Response:
        body = (await request.body()).decode()
        made = BoltRequest(body=body, headers=dict(request.headers))
        answer = await asyncio.get_running_loop().run_in_executor(threads, app.dispatch, made)
        return Response(answer.body, status_code=answer.status, headers=answer.first_headers_without_set_cookie())

    routes = [Route("/slack/events", events, methods=["POST"])]
    uvicorn.run(
        Starlette(routes=routes),
        host="127.0.0.1",
        port=int(os.environ["PORT"]),
        loop="uvloop",
        http="httptools",
        log_config=None,
        access_log=False,
    )


def _empty(app: App) -> None:
    @app.action("approve")
    def approve(ack: Ack) -> None:
        ack()

    @app.command("/jit")
    def command(ack: Ack) -> None:
        ack()


if __name__ == "__main__":
    bare()
