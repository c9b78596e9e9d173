# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Options that name a server to talk to."""

from __future__ import annotations


class ModuleDocFragment:
    """How a server is reached."""

    DOCUMENTATION = r"""
options:
  command:
    description: The program that is the server, which speaks over its standard input and output.
    type: str
  args:
    description:
      - Its arguments.
      - Keep secrets out of them, since the process list shows them. Use O(env).
    type: list
    elements: str
    default: []
  env:
    description:
      - Variables that it gets, besides E(HOME), E(LOGNAME), E(PATH), E(SHELL), E(TERM) and E(USER).
      - Values of six characters and more are kept out of all output.
    type: dict
    default: {}
  cwd:
    description: The folder that it runs in.
    type: path
  host:
    description: The host of a server that speaks as over standard input and output on a TCP port, as socat offers it.
    type: str
  port:
    description: Its port.
    type: int
  url:
    description: The URL of a server that speaks streamable HTTP.
    type: str
  headers:
    description:
      - HTTP headers that go with every request, such as C(Authorization).
      - Values of six characters and more are kept out of all output.
    type: dict
    default: {}
notes:
  - A server that is started for a task is ended with it, and all of its process group.
requirements:
  - python >= 3.11
  - mcp >= 2.3
  - rfc8785 >= 0.1.4
  - structlog >= 25.5
  - tenacity >= 9.1
author:
  - The Factory authors
"""
