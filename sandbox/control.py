"""The sandbox's own JSON interface, for its page, for tests and for the scripted demo. Loopback only.

`GET /sandbox/state?as=U0ALICE`, `GET /sandbox/app` (whether it can be reached), `GET /sandbox/google`,
`GET /sandbox/places` (where the proxy and the mail server are),
`GET /sandbox/mail?as=ADDRESS`, `GET /sandbox/mail/NUMBER?as=ADDRESS` (its HTML), `GET /sandbox/events?since=V`
(long poll), `POST /sandbox/act`, `POST /sandbox/faults`, `POST /sandbox/google`, `POST /sandbox/scanner`.
"""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox import google
from sandbox.letters import Letters
from sandbox.loopback import is_foreign, is_rebound
from sandbox.slack.faults import Fault
from sandbox.slack.records import Json, Message, Outcome, SlackError
from sandbox.slack.workspace import Slack
from sandbox.walk import Step, Walk

POLL_SECONDS = 0.1
LONGEST_WAIT = 25.0

Endpoint = Callable[[Request], Awaitable[Response]]


class Control:
    """Shows everything, and acts for everyone: hence only for a caller on this machine and of this origin."""

    def __init__(self, slack: Slack, cloud: google.Google, letters: Letters, steps: tuple[Step, ...] = ()) -> None:
        self.slack = slack
        self.google = cloud
        self.letters = letters
        self.pages_url = ""
        """Where Identity-Aware Proxy is, where there is one."""
        self.walk = Walk(steps)
        self.stopping = False

    def routes(self) -> list[BaseRoute]:
        """Routes below `/sandbox`."""
        return [
            Route("/state", _local(self._state)),
            Route("/app", _local(self._app)),
            Route("/places", _local(self._places)),
            Route("/events", _local(self._events)),
            Route("/google", _local(self._policies)),
            Route("/mail", _local(self.letters.listed)),
            Route("/mail/{number:int}", _local(self.letters.shown)),
            Route("/act", _local(self._act), methods=["POST"]),
            Route("/scanner", _local(self.letters.scanned), methods=["POST"]),
            Route("/faults", _local(self._fault), methods=["POST"]),
            Route("/google", _local(google.control(self.google)), methods=["POST"]),
        ]

    async def _state(self, request: Request) -> Response:
        try:
            return JSONResponse(self.seen_by(request.query_params.get("as", "")))
        except SlackError as error:
            return JSONResponse(error.answer(), 404)

    def seen_by(self, who: str) -> Json:
        """The workspace before one person's eyes; without a person, who there is."""
        state, world = self.slack.state, self.slack.state.world
        people = [msgspec.to_builtins(person) for person in state.people.values()]
        shown: Json = {
            "version": self._version(),
            "workspace": msgspec.to_builtins(world.workspace),
            "bot": msgspec.to_builtins(world.bot),
            "people": people,
        }
        if not who:
            return shown
        person = state.person(who)
        with state.lock:
            # An app's direct messages stand in the side bar before the first one is written.
            state.open_direct(person.id)
            channels = [c for c in state.channels.values() if person.id in c.members]
            held = [self._channel(msgspec.to_builtins(c), person.id) for c in channels]
            said = [m.json("") for channel in state.channels for m in state.messages(channel) if m.app_id]
        walk = self.walk.look(said)
        return shown | {
            "channels": held,
            "view": self.slack.view(person.id),
            "home": self.slack.home(person.id),
            "walk": walk,
        }

    def _channel(self, channel: Json, reader: str) -> Json:
        messages = self.slack.state.messages(channel["id"], seen_by=reader)
        return channel | {"messages": [self._message(message) for message in messages]}

    def _message(self, message: Message) -> Json:
        team = self.slack.state.world.workspace.id
        return message.json(team) | {"channel": message.channel, "is_ephemeral": bool(message.to)}

    async def _places(self, _: Request) -> Response:
        mailbox = self.letters.mailbox
        return JSONResponse({"pages": self.pages_url, "mail": mailbox.port if mailbox else 0})

    async def _app(self, _: Request) -> Response:
        return JSONResponse({"reachable": await run_in_threadpool(self.slack.outward.reachable)})

    async def _events(self, request: Request) -> Response:
        since = request.query_params.get("since", "")
        wait = min(float(request.query_params.get("timeout", LONGEST_WAIT)), LONGEST_WAIT)
        for _ in range(int(wait / POLL_SECONDS)):
            if self.stopping or self._version() != since:
                break
            await asyncio.sleep(POLL_SECONDS)
        return JSONResponse({"version": self._version()})

    def _version(self) -> str:
        policies = json.dumps(self.google.policies(), sort_keys=True, default=str)
        counted = f"{self.slack.state.version}-{self.letters.version()}-{self.walk.at}"
        return f"{counted}-{hashlib.sha256(policies.encode()).hexdigest()[:12]}"

    async def _policies(self, _: Request) -> Response:
        return JSONResponse(self.google.policies())

    async def _act(self, request: Request) -> Response:
        try:
            order = json.loads(await request.body())
            outcome = await run_in_threadpool(self.act, order)
        except SlackError as error:
            return JSONResponse(error.answer(), 409)
        except (KeyError, TypeError, ValueError) as error:
            return JSONResponse({"ok": False, "error": f"unusable order: {error}"}, 400)
        return JSONResponse(msgspec.to_builtins(outcome))

    def act(self, order: dict[str, Any]) -> Outcome:
        """Obey `{"as": WHO, "do": VERB, ...}`; the rest are the arguments of the workspace's method of that name.

        Verbs: `command` (line, channel), `say` (text, channel), `press` (action_id, message, block_id),
        `press_in_view` (action_id), `open_home` (tab), `press_at_home` (action_id, block_id), `shortcut`
        (callback_id, message), `choose` (block_id, value, values), `suggest` (action_id, query),
        `submit` (values), `close`, and `walked`, by which somebody says that a step of the guided walk is done.
        """
        told = dict(order)
        who, verb = str(told.pop("as")), told.pop("do")
        acts: dict[str, Callable[..., Outcome]] = {
            "command": self.slack.command,
            "say": self.slack.say,
            "press": self.slack.press,
            "press_in_view": self.slack.press_in_view,
            "open_home": self.slack.open_home,
            "press_at_home": self.slack.press_at_home,
            "shortcut": self.slack.shortcut,
            "choose": self.slack.choose,
            "suggest": self.slack.suggest,
            "submit": self.slack.submit,
            "close": self.slack.close,
            "walked": self._walked,
        }
        return acts[verb](who, **told)

    def _walked(self, _who: str) -> Outcome:
        self.walk.done()
        return Outcome(ok=True)

    async def _fault(self, request: Request) -> Response:
        try:
            fault = msgspec.json.decode(await request.body(), type=Fault)
        except msgspec.DecodeError as error:
            return JSONResponse({"ok": False, "error": str(error)}, 400)
        self.slack.faults.add(fault.method, fault.kind, times=fault.times, seconds=fault.seconds, code=fault.code)
        return JSONResponse({"ok": True})


def _local(endpoint: Endpoint) -> Endpoint:
    """Refuse what a web page elsewhere could send: a foreign Host (a rebound name), a foreign Origin, a form."""

    async def answer(request: Request) -> Response:
        if is_rebound(request):
            return JSONResponse({"ok": False, "error": "this interface is for this machine alone"}, 403)
        if is_foreign(request):
            return JSONResponse({"ok": False, "error": "this interface is for its own page alone"}, 403)
        if request.method == "POST" and request.headers.get("content-type") != "application/json":
            return JSONResponse({"ok": False, "error": "send application/json"}, 415)
        return await endpoint(request)

    return answer
