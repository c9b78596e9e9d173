# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An MCP server over streamable HTTP, made with the SDK: the tools that a file names, at ``HOST:PORT``.

Arguments: the file, a JSON list of names; the address. Beside the file it adds a line at each start.
"""

import json
import os
import sys
from pathlib import Path

from mcp.server import MCPServer
from mcp.types import ToolAnnotations

FILE, ADDRESS = Path(sys.argv[1]), sys.argv[2]


def echo(text: str) -> str:
    """Say a text again."""
    return text


def main() -> None:
    with Path(f"{FILE}.starts").open("a", encoding="utf-8") as starts:
        print(os.getpid(), file=starts)
    server = MCPServer("sdk", version="1.0", instructions="Say it again.")
    for name in json.loads(FILE.read_text(encoding="utf-8")):
        server.add_tool(echo, name=name, annotations=ToolAnnotations(read_only_hint=True))
    host, _, port = ADDRESS.rpartition(":")
    server.run("streamable-http", host=host, port=int(port))


if __name__ == "__main__":
    main()
