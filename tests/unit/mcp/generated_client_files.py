"""Clients' files as people really leave them: every layout, comments, foreign servers, odd line ends."""

from __future__ import annotations

import json
import random

_WORDS = ("theme", "façade", "日本", "a.b", "x-y", "", 'with "quotes"', "\\back", "🎈", "model", "nested", "env")
_COMMENTS = ("about this", "do not // touch", "TODO: ü", '"mcpServers": {}', "[mcp_servers.ours]", "{ , }")


def jsonc_file(chance: random.Random, key: str) -> str:
    """A JSON file with comments that holds servers under *key*, or has no such key, or is empty."""
    newline = chance.choice(("\n", "\n", "\r\n"))
    return _Jsonc(chance, newline, chance.choice(("  ", "    ", "\t", " ", ""))).document(key)


class _Jsonc:
    """One file's habits."""

    def __init__(self, chance: random.Random, newline: str, unit: str) -> None:
        self.chance, self.newline, self.unit = chance, newline, unit
        self.has_comments = chance.random() < 0.7
        self.has_trailing_commas = chance.random() < 0.4
        self.is_compact = chance.random() < 0.15

    def document(self, key: str) -> str:
        if self.chance.random() < 0.05:
            return self.chance.choice(("", self.newline, "  "))
        names = self.chance.sample(_WORDS, self.chance.randrange(5))
        members = [(name, self.value(1)) for name in names]
        if self.chance.random() < 0.8:
            servers = [(f"other-{index}", self.value(2)) for index in range(self.chance.randrange(4))]
            members.insert(self.chance.randint(0, len(members)), (key, self.object(servers, 1)))
        return self.trivia(0) + self.object(members, 0) + self.trivia(0)

    def trivia(self, depth: int, *, may_end_line: bool = True) -> str:
        """White space and comments that may stand between two tokens."""
        if self.is_compact:
            return self.chance.choice(("", "", " "))
        text = ""
        while self.chance.random() < 0.3:
            text += self.chance.choice((" ", self.newline + self.unit * depth, self.newline * 2, "\t"))
            if self.has_comments and self.chance.random() < 0.5:
                comment = self.chance.choice(_COMMENTS)
                if may_end_line and self.chance.random() < 0.5:
                    text += f"// {comment}{self.newline}"
                else:
                    text += f"/* {comment}{self.chance.choice(('', self.newline))} */"
        return text

    def object(self, members: list[tuple[str, str]], depth: int) -> str:
        line = "" if self.is_compact else self.newline + self.unit * (depth + 1)
        text = "{"
        for index, (name, value) in enumerate(members):
            comma = "," if index < len(members) - 1 or self.has_trailing_commas else ""
            text += f"{self.trivia(depth + 1)}{line}{json.dumps(name, ensure_ascii=False)}{self.trivia(depth)}:"
            text += f"{self.trivia(depth)} {value}{self.trivia(depth + 1)}{comma}"
        return text + self.trivia(depth) + (self.newline + self.unit * depth if members and line else "") + "}"

    def value(self, depth: int) -> str:
        kind = self.chance.randrange(6)
        if kind == 0 and depth < 4:
            return self.object([(name, self.value(depth + 1)) for name in self.chance.sample(_WORDS, 2)], depth)
        if kind == 1 and depth < 4:
            return f"[{self.trivia(depth)}{self.value(depth + 1)},{self.trivia(depth)}{self.value(depth + 1)}]"
        plain = (True, None, -1.5e3, 12, "text // no comment", "/* neither */", 'ünï\n\t"x"', "")
        return json.dumps(self.chance.choice(plain), ensure_ascii=self.chance.random() < 0.5)


def toml_file(chance: random.Random, key: str) -> str:
    """A TOML file with other servers and settings in any order."""
    newline = chance.choice(("\n", "\n", "\r\n"))
    blocks = [f'model = "m{newline}"'.replace(newline, ""), f"# {chance.choice(_COMMENTS)}", "", "", f"[{key}]"]
    blocks = chance.sample(blocks[:4], chance.randrange(5)) + ([blocks[4]] if chance.random() < 0.2 else [])
    for index in range(chance.randrange(5)):
        blocks += chance.choice(([], [""], ["", ""], [f"# {chance.choice(_COMMENTS)}"], ["", "  # indented"]))
        header = chance.choice((f"{key}.other-{index}", f"tui.part{index}", f'projects."/home/ü {index}"'))
        blocks += [chance.choice((f"[{header}]", f"  [ {header} ]  # why"))]
        values = (
            'command="x"',
            'args = [ "a", # first',
            'text = """',
            "odd   =   0x1F  # hex",
            "when = 1979-05-27T07:32:00Z",
            "inline = { a = 1, b = [1, 2] }",
            "literal = 'C:\\[x]'",
        )
        for value in chance.sample(values, chance.randrange(len(values))):
            blocks.append(value)
            if value.startswith("args"):
                blocks += ["  # [mcp_servers.ours]", '  "]" ]']
            if value.startswith("text"):
                blocks += ["[mcp_servers.ours]", "# no comment", 'end"""']
    return newline.join(blocks) + chance.choice(("", newline, newline * 3))
