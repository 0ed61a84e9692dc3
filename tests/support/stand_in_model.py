"""What stands in the place of a model for a published client: it calls what it was told to call, and is done.

It streams the events of two vendors, as far as their clients read them: the Messages API
(https://docs.anthropic.com/en/docs/build-with-claude/streaming) and the Responses API
(https://platform.openai.com/docs/api-reference/responses-streaming).
"""

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

AGAIN = ("Call again with the same arguments", "timed out")
"""After an answer that has one of these the same call is made again, as a model does that reads it."""


class Wanted(NamedTuple):
    """A call of a server's tool."""

    server: str
    tool: str
    arguments: Mapping[str, Any]


Step = Callable[[Sequence[str]], Wanted]
"""The next call, by the answers to those before."""


class Model:
    """Makes calls one after the other. `answers` is what came of each try, `offered` the tools there are."""

    def __init__(self, *steps: Step) -> None:
        self.url = ""
        self.answers: list[str] = []
        self.offered: set[tuple[str, str]] = set()
        self.paths: set[str] = set()
        self._steps = steps

    def next(self, answers: Sequence[str]) -> Wanted | None:
        """The next call; None where all were made."""
        self.answers = list(answers)
        final = [each for each in answers if not any(again in each for again in AGAIN)]
        return self._steps[len(final)](final) if len(final) < len(self._steps) else None


def messages(model: Model, body: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """An answer of the Messages API. A question without tools is one of the client's own, such as for a title."""
    parts = [part for each in body["messages"] if isinstance(each["content"], list) for part in each["content"]]
    answers = [_text(each["content"]) for each in parts if each["type"] == "tool_result"]
    if not answers:
        # Not among its `tools`: of those of servers the client sends the names alone, in a message.
        said = "\n".join(_text(each["content"]) for each in body["messages"])
        model.offered |= set(re.findall(r"\bmcp__([a-z]+)__([a-z_]+)\b", said))
    wanted = model.next(answers) if body.get("tools") else None
    usage = {"input_tokens": 1, "output_tokens": 1}
    begun = {"id": f"msg_{len(answers)}", "type": "message", "role": "assistant", "model": body["model"]}
    stopped = {"stop_reason": None, "stop_sequence": None}
    yield "message_start", {"message": {**begun, "content": [], **stopped, "usage": usage}}
    block: dict[str, Any]
    if wanted is None:
        block, delta = {"type": "text", "text": ""}, {"type": "text_delta", "text": "Done."}
    else:
        name = f"mcp__{wanted.server}__{wanted.tool}"
        block = {"type": "tool_use", "id": f"toolu_{len(answers)}", "name": name, "input": {}}
        delta = {"type": "input_json_delta", "partial_json": json.dumps(wanted.arguments)}
    yield "content_block_start", {"index": 0, "content_block": block}
    yield "content_block_delta", {"index": 0, "delta": delta}
    yield "content_block_stop", {"index": 0}
    why = "end_turn" if wanted is None else "tool_use"
    yield "message_delta", {"delta": {**stopped, "stop_reason": why}, "usage": usage}
    yield "message_stop", {}


def responses(model: Model, body: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """An answer of the Responses API."""
    for space in (each for each in body.get("tools", []) if each["type"] == "namespace"):
        server = space["name"].removeprefix("mcp__")
        model.offered |= {(server, each["name"]) for each in space["tools"]}
    answers = [_text(each["output"]) for each in body["input"] if each.get("type") == "function_call_output"]
    wanted, number = model.next(answers), len(answers)
    if wanted is None:
        content = [{"type": "output_text", "text": "Done."}]
        item: dict[str, Any] = {"type": "message", "role": "assistant", "id": f"m_{number}", "content": content}
    else:
        item = {
            "type": "function_call",
            "call_id": f"call_{number}",
            "namespace": f"mcp__{wanted.server}",
            "name": wanted.tool,
            "arguments": json.dumps(wanted.arguments),
        }
    usage = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}
    yield "response.created", {"response": {"id": f"resp_{number}"}}
    yield "response.output_item.done", {"output_index": 0, "item": item}
    yield "response.completed", {"response": {"id": f"resp_{number}", "usage": usage}}


def _text(content: str | list[dict[str, Any]]) -> str:
    return content if isinstance(content, str) else "\n".join(each.get("text", "") for each in content)


VENDORS = {"/v1/messages": messages, "/v1/responses": responses}


class _Handler(BaseHTTPRequestHandler):
    model: Model

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        path = self.path.partition("?")[0]
        self.model.paths.add(path)
        if path not in VENDORS:
            self.send_error(404)
            return
        events = VENDORS[path](self.model, json.loads(body))
        lines = [f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n" for name, data in events]
        octets = "".join(lines).encode()
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("content-length", str(len(octets)))
        self.end_headers()
        self.wfile.write(octets)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def stand_in(*steps: Step) -> Iterator[Model]:
    """Answer on loopback until the block ends, at `url`."""
    made = Model(*steps)
    with ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"model": made})) as server:
        server.daemon_threads = True
        made.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield made
        finally:
            print("the model was told", made.answers)
            server.shutdown()
            thread.join(60)
