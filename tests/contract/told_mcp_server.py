# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An MCP server over standard input and output that offers what a file says, and notes each of its starts.

Its first argument is the file: ``tools`` and ``instructions`` as they go over the wire, and ``mode``, which is
``silent``, ``crash`` or ``malformed`` where it misbehaves, and ``wait`` where it says nothing until a file with ``.go``
behind its name is there. Further arguments mean nothing. Beside the file it writes one line per start, and the
environment that it got last.
"""

import json
import os
import sys
import time

FILE = sys.argv[1]


def send(message):
    print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)


def called(params):
    """The result of a call: ``say`` says its argument, ``environment`` a variable's length, all others fail."""
    arguments = params.get("arguments") or {}
    if params["name"] == "say":
        return {"content": [{"type": "text", "text": arguments.get("text", "")}]}
    if params["name"] == "environment":
        return {"content": [{"type": "text", "text": f"{len(os.environ.get(arguments['name'], ''))} characters"}]}
    return {"content": [{"type": "text", "text": "no"}], "isError": True}


def answer(offer, request):
    method, number = request.get("method"), request.get("id")
    if number is None or offer.get("mode") == "silent":
        return
    if method == "initialize":
        send(
            {
                "id": number,
                "result": {
                    "protocolVersion": "2025-11-25",
                    "capabilities": {"tools": {}},
                    "serverInfo": {"name": "told", "version": "1"},
                    "instructions": offer.get("instructions", ""),
                },
            }
        )
    elif method == "tools/list":
        tools = [{"name": 7}] if offer.get("mode") == "malformed" else offer["tools"]
        send({"id": number, "result": {"tools": tools}})
    elif method == "tools/call":
        send({"id": number, "result": called(request["params"])})
    else:
        send({"id": number, "error": {"code": -32601, "message": "Method not found"}})


def main():
    with open(f"{FILE}.starts", "a", encoding="utf-8") as starts:
        print(os.getpid(), file=starts)
    with open(f"{FILE}.environment", "w", encoding="utf-8") as environment:
        json.dump({"environment": dict(os.environ), "arguments": sys.argv[2:], "cwd": os.getcwd()}, environment)
    with open(FILE, encoding="utf-8") as file:
        offer = json.load(file)
    while offer.get("mode") == "wait" and not os.path.exists(f"{FILE}.go"):
        time.sleep(0.02)
    if offer.get("mode") == "crash":
        print("fatal: it is broken", file=sys.stderr, flush=True)
        sys.exit(7)
    for line in sys.stdin:
        answer(offer, json.loads(line))


main()
