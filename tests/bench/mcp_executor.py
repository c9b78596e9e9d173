# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a call through the executor costs over the bare call of the SDK, in one run on one machine.

Both call the same tool of two processes of the same server, turn by turn, each first every other time, so that the
machine's moods meet both.
The executor writes its journal meanwhile. Prints both medians and their ratio; ends with 1 when it is over 1.10.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

from mcp import Client, StdioServerParameters

from ansible_collections.factory.core.plugins.module_utils.journal import open_journal
from ansible_collections.factory.core.plugins.module_utils.redaction import redactor
from ansible_collections.factory.mcp.plugins.module_utils.server_launch import StdioLaunch
from ansible_collections.factory.mcp.plugins.module_utils.tool_call import CallOutcome, ToolCall
from ansible_collections.factory.mcp.plugins.module_utils.tool_executor import open_executor

MOST = 1.10
ROUNDS = 3000
SERVER = """
from mcp.server import MCPServer
server = MCPServer("bench", version="1")
@server.tool()
def add(a: int, b: int) -> dict[str, object]:
    return {"total": a + b}
server.run()
"""


async def measure(program: Path, journal: object) -> tuple[list[float], list[float]]:
    """Seconds of each bare call and of each call through the executor."""
    arguments = {"a": 2, "b": 3}
    bare, ours = [], []
    async with (
        Client(StdioServerParameters(command=sys.executable, args=[str(program)])) as client,
        open_executor(StdioLaunch(sys.executable, (str(program),)), journal=journal) as executor,
    ):

        async def call_bare() -> None:
            began = time.perf_counter()
            await client.call_tool("add", arguments, 30)
            bare.append(time.perf_counter() - began)

        async def call_ours() -> None:
            began = time.perf_counter()
            result = await executor.call(ToolCall("add", arguments))
            ours.append(time.perf_counter() - began)
            assert result.outcome is CallOutcome.DONE, result.problem

        for number in range(ROUNDS):
            for call in (call_bare, call_ours) if number % 2 else (call_ours, call_bare):
                await call()
    return bare[100:], ours[100:]


def main() -> int:
    """Measure, print, and judge."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "server.py"
        program.write_text(SERVER)
        with open_journal(Path(folder) / "journal.jsonl", redactor([])) as journal:
            bare, ours = asyncio.run(measure(program, journal))
    medians = statistics.median(bare), statistics.median(ours)
    ratio = medians[1] / medians[0]
    print(
        f"bare SDK {medians[0] * 1000:.3f} ms, executor {medians[1] * 1000:.3f} ms, ratio {ratio:.3f} (at most {MOST})"
    )
    return int(ratio > MOST)


if __name__ == "__main__":
    sys.exit(main())
