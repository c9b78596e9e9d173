# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# ruff: noqa: E501 (messages stand as they are told)
"""Every mistake in the manifest of a McpServer is told in words, at line and column."""

import pytest

from ansible_collections.factory.core.plugins.module_utils.manifest import load_stack
from ansible_collections.factory.core.plugins.module_utils.problem import InvalidManifests
from ansible_collections.factory.core.plugins.module_utils.provider import installed_providers
from ansible_collections.factory.core.plugins.module_utils.schema import validate

HEAD = "apiVersion: factory/v1\nkind: McpServer\nmetadata: {name: files}\nspec:\n"
COMMAND = "  source: {command: {path: /bin/files}}\n"
REMOTE = "  source: {remote: {url: https://example.org/mcp}}\n"
TOKEN = "ghp_" + "a1B2c3D4e5F6g7H8i9J0" * 2


def problems(folder, spec):
    """What is wrong with *spec*, whose first line is the fifth of its file."""
    (folder / "files.yml").write_text(HEAD + spec)
    try:
        validate(load_stack(folder, "sandbox"), installed_providers())
    except InvalidManifests as refused:
        return str(refused).replace(f"{folder}/files.yml:", "").splitlines()
    return []


CASES = {
    "no source": "  args: [a]\n",
    "two sources": "  source: {command: {path: /a}, npm: {package: a, version: '1'}}\n",
    "an unknown source": "  source: {nmp: {package: a, version: '1'}}\n",
    "a command beside the source": COMMAND + "  command: /bin/files\n",
    "a range of versions": "  source: {npm: {package: files, version: ^1.2}}\n",
    "a tag for a version": "  source: {pypi: {package: files, version: latest}}\n",
    "a number for a version": "  source: {npm: {package: files, version: 1.10}}\n",
    "a tag for a digest": "  source: {oci: {image: mcp/files, digest: latest}}\n",
    "a tag in the image": f"  source: {{oci: {{image: 'mcp/files@1', digest: 'sha256:{'a' * 64}'}}}}\n",
    "a relative path": "  source: {command: {path: bin/files}}\n",
    "a user in the URL": "  source: {remote: {url: 'https://ana:pw@example.org/mcp'}}\n",
    "an unknown transport": COMMAND + "  transport: sse\n",
    "arguments of a remote one": REMOTE + "  args: [a]\n",
    "where a server over stdio listens": COMMAND + "  listen: {port: 8811}\n",
    "nothing on where it listens": COMMAND + "  transport: tcp\n",
    "all interfaces": COMMAND + "  transport: tcp\n  listen: {host: 0.0.0.0, port: 8811}\n",
    "a path with tcp": COMMAND + "  transport: tcp\n  listen: {port: 8811, path: /mcp}\n",
    "a port that cannot be": COMMAND + "  transport: tcp\n  listen: {port: 70000}\n",
    "a number for an argument": COMMAND + "  args: [--port, 8811]\n",
    "a variable among the arguments": COMMAND + "  args: ['--key=${env:KEY}']\n",
    "a secret in the environment": COMMAND + f"  env:\n    GITHUB_TOKEN: {TOKEN}\n",
    "a secret in a header": f"  source: {{remote: {{url: https://e.org, headers: {{Authorization: Bearer {TOKEN}}}}}}}\n",
    "a name that is none of a variable": COMMAND + "  env: {my-level: info}\n",
    "a working folder of a container": f"  source: {{oci: {{image: mcp/files, digest: 'sha256:{'a' * 64}'}}}}\n"
    "  cwd: /srv\n",
    "an unknown client": COMMAND + "  clients: [cursr]\n",
    "a client twice": COMMAND + "  clients: [cursor, cursor]\n",
    "a project without its folder": COMMAND + "  clients: [{client: cursor, scope: project}]\n",
    "a folder for the user's file": COMMAND + "  clients: [{client: cursor, scope: user, project: /srv}]\n",
    "a project of a client that has none": COMMAND
    + "  clients: [{client: claude-desktop, scope: project, project: /srv}]\n",
    "a tool allowed and denied": COMMAND + "  tools: {allow: [read], deny: [read]}\n",
    "a tool expected and denied": COMMAND + "  tools: {expect: [read], deny: [read]}\n",
    "a probe of a denied tool": COMMAND + "  tools: {deny: [read]}\n  probe: {tool: read}\n",
    "a deadline of no time": COMMAND + "  deadline: 1\n",
    "three at once": "  source: {npm: {package: files, version: '*'}}\n  transport: http\n  clients: [emacs]\n",
}
EXPECTED = {
    "no source": [
        "5:3: spec: missing key 'source'",
    ],
    "two sources": [
        "5:11: spec.source: expected exactly one of npm, pypi, oci, command, remote",
    ],
    "an unknown source": [
        "5:12: spec.source.nmp: unknown key 'nmp'; did you mean 'npm'?",
    ],
    "a command beside the source": [
        "6:3: spec.command: unknown key 'command'; say it under source: source: {command: {path: …}}",
    ],
    "a range of versions": [
        "5:43: spec.source.npm.version: expected one exact version in quotes; a range or a tag would be another program tomorrow, not '^1.2'",
    ],
    "a tag for a version": [
        "5:44: spec.source.pypi.version: expected one exact version in quotes; a range or a tag would be another program tomorrow, not 'latest'",
    ],
    "a number for a version": [
        "5:43: spec.source.npm.version: expected one exact version in quotes; a range or a tag would be another program tomorrow",
    ],
    "a tag for a digest": [
        "5:44: spec.source.oci.digest: expected sha256:… of 64 hexadecimal digits; tags may move, not 'latest'",
    ],
    "a tag in the image": [
        "5:25: spec.source.oci.image: expected a name such as docker.io/mcp/fetch, not 'mcp/files@1'",
    ],
    "a relative path": [
        "5:28: spec.source.command.path: expected an absolute path, not 'bin/files'",
    ],
    "a user in the URL": [
        "5:26: spec.source.remote.url: expected an http or https address without a user",
    ],
    "an unknown transport": [
        "6:14: spec.transport: 'sse' cannot be declared: the protocol has dropped it; use streamable-http",
    ],
    "arguments of a remote one": [
        "6:3: spec.args: a remote server has no args: somebody else runs it",
    ],
    "where a server over stdio listens": [
        "6:3: spec.listen: a server over stdio listens nowhere; say transport: streamable-http or tcp",
    ],
    "nothing on where it listens": [
        "6:14: spec.transport: with tcp say where it listens: listen: {port: …}",
    ],
    "all interfaces": [
        "7:18: spec.listen.host: others than this host can reach 0.0.0.0, and nobody is asked who he is; use 127.0.0.1, or say exposed: true if that is meant",
    ],
    "a path with tcp": [
        "7:24: spec.listen.path: only streamable-http has a path",
    ],
    "a port that cannot be": [
        "7:18: spec.listen.port: expected a port from 1 to 65535, not the number 70000",
    ],
    "a number for an argument": [
        "6:18: spec.args.1: expected a text; numbers and true or false stand in quotes",
    ],
    "a variable among the arguments": [
        "6:10: spec.args.0: refers to ${env:KEY}; references are for env and headers only, since others can read arguments and addresses in the list of processes and in logs",
    ],
    "a secret in the environment": [
        "7:19: spec.env.GITHUB_TOKEN: holds a literal value and looks like a token or a private key; secrets are given by reference only: write ${env:GITHUB_TOKEN} and keep the value in the environment",
    ],
    "a secret in a header": [
        "5:66: spec.source.remote.headers.Authorization: holds a literal value and looks like a token or a private key; secrets are given by reference only: write ${env:AUTHORIZATION} and keep the value in the environment",
    ],
    "a name that is none of a variable": [
        "6:9: spec.env.my-level: this is no name that can be used here",
    ],
    "a working folder of a container": [
        "6:3: spec.cwd: a container has its own working folder; give -w in source.oci.options",
    ],
    "an unknown client": [
        "6:13: spec.clients.0: expected one of claude-code, claude-desktop, codex, cursor, gemini, vscode, windsurf, zed, or {client: …, scope: project, project: /…}, not 'cursr'",
    ],
    "a client twice": [
        "6:21: spec.clients.1: 'cursor' is listed twice; take one of them out",
    ],
    "a project without its folder": [
        "6:13: spec.clients.0: say whose project: project: /…",
    ],
    "a folder for the user's file": [
        "6:43: spec.clients.0.project: the user's file belongs to no project; say scope: project",
    ],
    "a project of a client that has none": [
        "6:13: spec.clients.0: Claude Desktop has no file for a project; use scope: user",
    ],
    "a tool allowed and denied": [
        "6:19: spec.tools.allow.0: 'read' is denied as well; take it out of one of the lists",
    ],
    "a tool expected and denied": [
        "6:20: spec.tools.expect.0: 'read' is denied as well; take it out of one of the lists",
    ],
    "a probe of a denied tool": [
        "7:17: spec.probe.tool: 'read' is denied; probe with another tool",
    ],
    "a deadline of no time": [
        "6:13: spec.deadline: expected whole seconds from 2 to 600, not the number 1",
    ],
    "three at once": [
        "5:43: spec.source.npm.version: expected one exact version in quotes; a range or a tag would be another program tomorrow, not '*'",
        "6:14: spec.transport: 'http' cannot be declared: use streamable-http",
        "7:13: spec.clients.0: expected one of claude-code, claude-desktop, codex, cursor, gemini, vscode, windsurf, zed, or {client: …, scope: project, project: /…}, not 'emacs'",
    ],
}


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_is_told_where_it_is(tmp_path, case):
    told = problems(tmp_path, CASES[case])
    assert told == EXPECTED[case]
    assert TOKEN not in str(told)


GOOD = {
    "a package with everything": """\
  source: {npm: {package: "@scope/files", version: 2026.8.31, bin: files}}
  args: [/srv]
  env: {LEVEL: info, API_TOKEN: "${env:API_TOKEN}"}
  clients: [cursor, {client: claude-code, scope: project, project: /srv/shop}]
  tools: {allow: [read], expect: [read], deny: [write]}
  probe: {tool: read, arguments: {path: a}, expect: {contains: b}}
  deadline: 60
""",
    "a tunnel": COMMAND + "  transport: tcp\n  listen: {port: 8811}\n",
    "one that others may reach": COMMAND
    + "  transport: streamable-http\n  listen: {host: 0.0.0.0, port: 8811, path: /, exposed: true}\n",
    "a remote one": "  source: {remote: {url: 'https://example.org/@acme/mcp?a=b', headers: {X-Key: '${env:KEY}'}}}\n",
}


@pytest.mark.parametrize("case", GOOD)
def test_what_is_right_is_taken(tmp_path, case):
    assert problems(tmp_path, GOOD[case]) == []
