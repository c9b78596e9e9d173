# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Languages of code blocks: Notion takes only those of its list (developers.notion.com, reference/block#code)."""

from __future__ import annotations

PLAIN = "plain text"
_LANGUAGES = frozenset(
    (
        *("abap", "abc", "agda", "arduino", "ascii art", "assembly", "bash", "basic", "bnf", "c", "c#", "c++"),
        *("clojure", "coffeescript", "coq", "css", "dart", "dhall", "diff", "docker", "ebnf", "elixir", "elm"),
        *("erlang", "f#", "flow", "fortran", "gherkin", "glsl", "go", "graphql", "groovy", "haskell", "hcl"),
        *("html", "idris", "java", "javascript", "json", "julia", "kotlin", "latex", "less", "lisp", "livescript"),
        *("llvm ir", "lua", "makefile", "markdown", "markup", "matlab", "mathematica", "mermaid", "nix"),
        *("notion formula", "objective-c", "ocaml", "pascal", "perl", "php", "powershell", "prolog", "protobuf"),
        *("purescript", "python", "r", "racket", "reason", "ruby", "rust", "sass", "scala", "scheme", "scss"),
        *("shell", "smalltalk", "solidity", "sql", "swift", "toml", "typescript", "vb.net", "verilog", "vhdl"),
        *("visual basic", "webassembly", "xml", "yaml"),
    )
)
_ALIASES = {
    "console": "shell",
    "sh": "shell",
    "zsh": "shell",
    "py": "python",
    "js": "javascript",
    "ts": "typescript",
    "yml": "yaml",
    "dockerfile": "docker",
    "rb": "ruby",
    "rs": "rust",
    "golang": "go",
    "cpp": "c++",
    "cs": "c#",
    "csharp": "c#",
    "md": "markdown",
    "tex": "latex",
    "make": "makefile",
    "ps1": "powershell",
    "terraform": "hcl",
    "tf": "hcl",
    "wasm": "webassembly",
    "proto": "protobuf",
    "kt": "kotlin",
}


def language_of(info: str) -> str:
    """Notion's name for the language after the fence of a code block; plain text for one that it does not have."""
    word = (info.split() or [""])[0].lower()
    candidates = (_ALIASES.get(word, word), word.replace("-", " "))
    return next((one for one in candidates if one in _LANGUAGES), PLAIN)


def info_of(language: str) -> str:
    """What to write after the fence for Notion's *language*."""
    return "" if language == PLAIN else language.replace(" ", "-")
