# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The clients that Factory knows, by name."""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.factory.mcp.plugins.module_utils.client_dialect import ClientDialect
from ansible_collections.factory.mcp.plugins.module_utils.client_dialects.claude_code import CLAUDE_CODE
from ansible_collections.factory.mcp.plugins.module_utils.client_dialects.claude_desktop import CLAUDE_DESKTOP
from ansible_collections.factory.mcp.plugins.module_utils.client_dialects.codex import CODEX
from ansible_collections.factory.mcp.plugins.module_utils.client_dialects.cursor import CURSOR
from ansible_collections.factory.mcp.plugins.module_utils.client_dialects.gemini import GEMINI
from ansible_collections.factory.mcp.plugins.module_utils.client_dialects.vscode import VSCODE
from ansible_collections.factory.mcp.plugins.module_utils.client_dialects.windsurf import WINDSURF
from ansible_collections.factory.mcp.plugins.module_utils.client_dialects.zed import ZED

DIALECTS: Mapping[str, ClientDialect] = {
    dialect.name: dialect for dialect in (CLAUDE_DESKTOP, CLAUDE_CODE, CURSOR, VSCODE, WINDSURF, ZED, CODEX, GEMINI)
}
