"""A server of the Model Context Protocol with one tool, which counts every run of it. It needs nothing but Python.

`python upstream.py LEDGER`: each run is a line in the ledger before anything of it is done, with its arguments and
the receipt that came with it.
"""

import json
import os
import sys
import time
from typing import Any

NAME = "clear"
TOOL = {
    "name": NAME,
    "description": "Clear an account.",
    "inputSchema": {
        "type": "object",
        "properties": {"account": {"type": "string"}, "milliseconds": {"type": "integer"}},
        "required": ["account", "milliseconds"],
    },
}


def run(params: dict[str, Any]) -> dict[str, Any]:
    """Count it, and take as long as the call says."""
    arguments, meta = params.get("arguments") or {}, params.get("_meta") or {}
    told = {"name": params["name"], "arguments": arguments, "receipt": meta.get("countersign/receipt", "")}
    file = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(file, json.dumps(told).encode() + b"\n")
    os.close(file)
    time.sleep(arguments.get("milliseconds", 0) / 1000)
    return {"content": [{"type": "text", "text": f"{arguments.get('account')} is cleared"}]}


def answer(method: str, params: dict[str, Any]) -> dict[str, Any] | None:
    """The result of what is asked; None of what it does not know."""
    if method == "initialize":
        info = {"name": "ledger", "version": "1"}
        return {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": info}
    if method == "tools/list":
        return {"tools": [TOOL]}
    return run(params) if method == "tools/call" else None


def main() -> None:
    for line in sys.stdin.buffer:
        message = json.loads(line)
        if "id" in message:
            result = answer(message["method"], message.get("params") or {})
            unknown = {"error": {"code": -32601, "message": "Method not found"}}
            said = {"result": result} if result is not None else unknown
            sys.stdout.write(json.dumps({"jsonrpc": "2.0", "id": message["id"], **said}) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
