# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Foreign texts as a manifest may say them: references in its own syntax, and references in the place of secrets.

Whatever leaves an import went through here first, messages included.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from urllib.parse import unquote

from ansible_collections.factory.core.plugins.module_utils.reference import references_in
from ansible_collections.factory.mcp.plugins.module_utils.import_draft import Draft, NeededVariable
from ansible_collections.factory.mcp.plugins.module_utils.import_secrets import (
    ADDRESS,
    SCHEME,
    looks_secret,
    secret_since_called,
)
from ansible_collections.factory.mcp.plugins.module_utils.server_entry import TextValue, Variable

_BRACED = re.compile(r"\$\{([^{}]*)\}")
_BRACED_OR_BARE = re.compile(r"\$(?:\{([^{}]*)\}|([A-Za-z_]\w*))", re.ASCII)
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_WITH_DEFAULT = re.compile(r"([A-Za-z_]\w*):?[-=+?].*", re.ASCII | re.DOTALL)
_KINDS = ("env", "input", "file", "command", "config")
_CAMEL_CASE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_ASSIGNED = re.compile(r"(-{0,2}[A-Za-z_][\w.-]*)(=|:[ \t]*)(?![=/\\])(.*\S.*)", re.DOTALL)
_PORT = re.compile(r"\[[^]]*\]|:\d+$")


class Wording:
    """Rewrites the texts of one file, and remembers which variables that takes.

    *known* is every text of the file: a variable that it refers to keeps its name, so that no secret gets that one.
    With *bare*, ``$NAME`` is a reference as well.
    """

    def __init__(self, known: Iterable[str], bare: bool = False) -> None:
        self._pattern = _BRACED_OR_BARE if bare else _BRACED
        self._values: dict[str, str | None] = {}
        self._needed: dict[str, str] = {}
        for text in known:
            self._values.update(dict.fromkeys(self._parsed(text).variables))

    def variables_of(self, drafts: Iterable[Draft]) -> tuple[NeededVariable, ...]:
        """The variables that *drafts* refer to, by name."""
        referred = {one.variable for draft in drafts for one in references_in(draft.spec)}
        return tuple(sorted(NeededVariable(name, where) for name, where in self._needed.items() if name in referred))

    def refer(self, name: str, owner: str, where: str) -> str:
        """``${env:NAME}``, for a value that the file does not hold."""
        self._values.setdefault(name, None)
        self._needed.setdefault(name, f"{where} of '{owner}'")
        return f"${{env:{name}}}"

    def hidden(self, name: str, text: str, owner: str, where: str) -> str:
        """A reference in the place of *text*, which is a secret; equal values of one name share it."""
        scheme = SCHEME.match(text)
        start = scheme[0] if scheme and scheme.end() < len(text) else ""
        value = text.removeprefix(start)
        owned = variable_name(f"{owner}_{name or 'secret'}")
        wanted = [variable_name(name), owned] if where == f"env.{name}" else [owned]
        wanted += [f"{owned}_{number}" for number in range(2, len(self._values) + 3)]
        found = next(one for one in wanted if self._values.get(one, value) == value)
        self._values[found] = value
        self._needed.setdefault(found, f"{where} of '{owner}', where the file holds a literal value")
        return f"{start}${{env:{found}}}"

    def text(self, name: str, text: str, owner: str, where: str) -> str:
        """*text*, called *name*, of the server *owner*, as a manifest may say it; *where* it stands in the file."""
        value = self._parsed(text)
        if any(secret_since_called(name, part) for part in _after_scheme(value)):
            return self.hidden(name, text, owner, where)
        if address := ADDRESS.fullmatch(text):
            return self._address(address, owner, where)
        if assigned := _ASSIGNED.fullmatch(text):
            key, sign, rest = assigned.groups()
            if not looks_secret(key):
                return f"{key}{sign}{self.text(key.lstrip('-'), rest, owner, where)}"
        return self._part(name, text, owner, where)

    def arguments(self, arguments: Sequence[str], owner: str, where: str) -> list[str]:
        """A command line: what follows an option is called as the option is."""
        said: list[str] = []
        previous = ""
        for index, argument in enumerate(arguments):
            said.append(self.text(previous, argument, owner, f"{where}[{index}]"))
            is_option = argument.startswith("-") and not re.search(r"[=\s]", argument)
            previous = argument.lstrip("-") if is_option else ""
        return said

    def _address(self, address: re.Match[str], owner: str, where: str) -> str:
        """An address without its secrets: user and password, parts of its path, values of its query."""
        scheme, host, path, query, fragment = (part or "" for part in address.groups())
        user, at, machine = host.rpartition("@")
        unbraced = self._pattern.sub("", machine)
        is_name = "." in unbraced or unbraced == "localhost" or machine != unbraced
        if ":" in _PORT.sub("", unbraced) or ("@" in f"{path}{query}" and (":" in unbraced or not is_name)):
            # What looks like a host is the beginning of a password with a slash in it.
            return self.hidden("url", address[0], owner, where)
        if re.search(r"\w", self._pattern.sub("", user)):
            user = self.hidden("login", user, owner, where)
        else:
            user = self._referring(user, owner, where)
        machine = self._part("host", machine, owner, where)
        path = "/".join(self._part("path", one, owner, where) for one in path.split("/"))
        pairs = "&".join(self._pair(pair, owner, where) for pair in query[1:].split("&"))
        fragment = self._part("fragment", fragment, owner, where)
        return f"{scheme}{user}{at}{machine}{path}{query[:1]}{pairs}{fragment}"

    def _pair(self, pair: str, owner: str, where: str) -> str:
        """A key of a query with its value."""
        key, sign, value = pair.partition("=")
        return f"{self._part('query', key, owner, where)}{sign}{self._part(key, value, owner, where)}"

    def _part(self, name: str, text: str, owner: str, where: str) -> str:
        """A text that has no further parts with names."""
        literals = _after_scheme(self._parsed(text))
        if any(
            secret_since_called(name, part) or looks_secret(part) or looks_secret(unquote(part)) for part in literals
        ):
            return self.hidden(name, text, owner, where)
        return self._referring(text, owner, where)

    def _referring(self, text: str, owner: str, where: str) -> str:
        return self._parsed(text).rendered(lambda variable: self.refer(variable, owner, where))

    def _parsed(self, text: str) -> TextValue:
        parts: list[str | Variable] = []
        end = 0
        for match in self._pattern.finditer(text):
            parts += [text[end : match.start()], Variable(_variable_meant(match[0]))]
            end = match.end()
        return TextValue(tuple(part for part in (*parts, text[end:]) if part))


def variable_name(text: str) -> str:
    """A name that an environment variable can have: ``X-Api-Key`` is ``X_API_KEY``."""
    name = re.sub(r"[^A-Za-z0-9]+", "_", _CAMEL_CASE.sub("_", text)).strip("_").upper() or "VALUE"
    return f"_{name}" if name[0].isdigit() else name


def _variable_meant(reference: str) -> str:
    """The variable that a client means by ``$NAME``, ``${NAME:-default}``, ``${env:NAME}``, ``${input:an-id}`` …"""
    inside = reference.strip("${}")
    kind, _, rest = inside.partition(":")
    if kind == "env" and _IDENTIFIER.fullmatch(rest):
        return rest
    if kind in _KINDS and rest:
        return variable_name(rest.rpartition("/")[2])
    if with_default := _WITH_DEFAULT.fullmatch(inside):
        return with_default[1]
    is_plain = _IDENTIFIER.fullmatch(inside) and not _CAMEL_CASE.search(inside)
    return inside if is_plain else variable_name(inside)


def _after_scheme(value: TextValue) -> tuple[str, ...]:
    """What of *value* is plain text, but for the word that says what kind of secret follows."""
    first, *others = value.literals or ("",)
    scheme = SCHEME.match(first) if value.parts[:1] == (first,) else None
    return (first[scheme.end() :] if scheme else first, *others)
