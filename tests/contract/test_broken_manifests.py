"""Three hundred broken manifests, made from good ones: each is refused where it is broken, before any request."""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from notion_sandbox_api import NotionApi
from workspace_runs import Stack

from ansible_collections.factory.core.plugins.module_utils.problem import InvalidManifests

ROOT = Path(__file__).resolve().parents[2]
COUNT = 300
NEAR = 2
"""How many lines a problem may be away from what caused it."""


@dataclass(frozen=True)
class Broken:
    """A manifest with one line changed, and which."""

    file: str
    mutation: str
    line: int
    text: str


Mutation = Callable[[str, random.Random], str | None]
"""A line, changed such that its manifest is wrong; ``None`` when it does not lend itself to that."""

RICH = """\
apiVersion: factory/v1
kind: NotionDatabase
metadata:
  name: rich
  labels:
    area: everything
  adopt: false
spec:
  title: Everything
  icon: "🧱"
  cover: https://example.com/cover.png
  description: Every key that a database can have
  inline: false
  locked: true
  prune: false
  properties:
    Name:
      type: title
      description: What it is called
    Note:
      type: rich_text
      renamed_from: Remark
    Fee:
      type: number
      format: euro
    Kind:
      type: select
      options:
        - name: Big
          color: red
        - name: Small
          color: blue
          description: Not big
          renamed_from: Tiny
    Tags:
      type: multi_select
      options:
        - name: Urgent
          color: orange
        - name: Later
    State:
      type: status
      options:
        - name: Open
          group: To-do
        - name: Closed
          group: Complete
          color: green
    Due:
      type: date
    Who:
      type: people
    Where:
      type: place
    Papers:
      type: files
    Done:
      type: checkbox
    Link:
      type: url
    Mail:
      type: email
    Phone:
      type: phone_number
    Others:
      type: relation
      database: other
      synced_property: Riches
    Parent:
      type: relation
      database: rich
    Fees of others:
      type: rollup
      relation: Others
      property: Amount
      function: sum
    Double fee:
      type: formula
      expression: round(prop("Fee") * 2)
    Number:
      type: unique_id
      prefix: RICH
    Made:
      type: created_time
    Made by:
      type: created_by
    Edited:
      type: last_edited_time
    Edited by:
      type: last_edited_by
  rows:
    key: Name
    items:
      - Name: First
        Note: Some text
        Fee: 12.5
        Kind: Big
        Tags: [Urgent, Later]
        State: Open
        Due: 2026-03-01
        Who: [ada@example.com]
        Where: {lat: 52.5, lon: 13.4}
        Papers: [{name: Paper, url: "https://example.com/paper"}]
        Done: true
        Link: https://example.com
        Mail: ada@example.com
        Others: One
      - Name: Second
        Due: {start: 2026-03-01, end: 2026-03-02}
        Parent: First
"""
OTHER = """\
apiVersion: factory/v1
kind: NotionDatabase
metadata: {name: other}
spec:
  title: Other
  properties:
    Name: {type: title}
    Amount: {type: number, format: dollar}
  rows:
    items:
      - Name: One
        Amount: 1
"""


def misspelt_key(line: str, dice: random.Random) -> str | None:
    """A key that schemas name, with two letters swapped or one doubled."""
    known = "apiVersion|kind|metadata|spec|title|properties|type|options|name|color|group|database|relation|function|"
    known += "expression|format|rows|items|key|icon|cover|inline|locked|prune|synced_property|description|labels"
    found = re.search(rf"(?:^|[{{,\- ])({known}):", line)
    if found is None:
        return None
    word = found[1]
    at = dice.randrange(len(word))
    return line[: found.start(1)] + word[:at] + word[at] + word[at:] + line[found.end(1) :]


def value_changed(pattern: str, value: str) -> Mutation:
    """The value of the keys that match, replaced."""

    def mutation(line: str, dice: random.Random) -> str | None:
        found = re.search(rf"(?:^|[{{,\- ])(?:{pattern}): ([^,}}\s][^,}}]*)", line)
        return line[: found.start(1)] + value + line[found.end(1) :] if found else None

    return mutation


def tab_for_indentation(line: str, dice: random.Random) -> str | None:
    return "\t" + line.lstrip() if line.startswith("  ") else None


def indented_one_less(line: str, dice: random.Random) -> str | None:
    return line[1:] if re.match(r"  +[\w ]+:", line) else None


def bracket_left_open(line: str, dice: random.Random) -> str | None:
    return line.replace("}", "", 1) if "}" in line and line.count("}") == 1 else None


def quote_left_open(line: str, dice: random.Random) -> str | None:
    found = re.search(r": (\w[\w ]*)$", line)
    return line[: found.start(1)] + '"' + line[found.start(1) :] if found else None


def colon_lost(line: str, dice: random.Random) -> str | None:
    found = re.match(r" +[\w ]+:$|[a-z]+:$", line)
    return line[:-1] if found else None


def key_twice(line: str, dice: random.Random) -> str | None:
    return f"{line}\n{line}" if re.match(r" *(?!- )[\w ]+: [^|>&]+$", line) else None


def not_a_formula(line: str, dice: random.Random) -> str | None:
    found = re.search(r"expression: (.*)\)", line)
    return line[: found.end(1)] + line[found.end(1) + 1 :] if found else None


def option_with_comma(line: str, dice: random.Random) -> str | None:
    found = re.match(r" +- name: (\w+)$", line)
    return f'{line[: found.start(1)]}"{found[1]}, and more"' if found else None


def without_its_key(line: str, dice: random.Random) -> str | None:
    """A required key and what stands behind it, on one line, left out."""
    found = re.search(r"(type|name): [\w-]+, ", line)
    return line[: found.start()] + line[found.end() :] if found else None


MUTATIONS: dict[str, Mutation] = {
    "misspelt key": misspelt_key,
    "unknown type": value_changed("type", "textt"),
    "type that the API cannot create": value_changed("type", "button"),
    "type that is a number": value_changed("type", "7"),
    "unknown database": value_changed("database", "nowhere"),
    "unknown relation": value_changed("relation", "Nothing"),
    "unknown function": value_changed("function", "count_all"),
    "unknown colour": value_changed("color", "crimson"),
    "unknown group": value_changed("group", "Someday"),
    "format that is none": value_changed("format", "12"),
    "unknown kind": value_changed("kind", "NotionDatabse"),
    "wrong version": value_changed("apiVersion", "factory/v9"),
    "bad name": value_changed(r"metadata: \{name|^  name", "Not_A_Name"),
    "title that is empty": value_changed("title", '""'),
    "title that is a list": value_changed("title", "[a, b]"),
    "flag that is a word": value_changed("inline|locked|prune|Done", "maybe"),
    "cover that is no address": value_changed("cover", "picture.png"),
    "bad date": value_changed("Due|start", "2026-02-30"),
    "number as text": value_changed("Fee|Amount", '"12"'),
    "text as number": value_changed("Note|Mail|Link", "42"),
    "unknown option": value_changed("Kind|State", "Enormous"),
    "person without address": value_changed("Who", "[Ada]"),
    "row that is not there": value_changed("Parent|Others", "Nobody"),
    "prefix too long": value_changed("prefix", "FARTOOLONGAPREFIX"),
    "formula over nothing": value_changed("expression", "prop('Nothing') + 1"),
    "reference to nothing": value_changed("title|description", "${NotionDatabase/nowhere.id}"),
    "reference to no attribute": value_changed("description", "${NotionDatabase/other.colour}"),
    "nothing where something belongs": value_changed("title|type|database|function|expression", "~"),
    "formula cut short": not_a_formula,
    "option with a comma": option_with_comma,
    "tab for indentation": tab_for_indentation,
    "wrong indentation": indented_one_less,
    "bracket left open": bracket_left_open,
    "quote left open": quote_left_open,
    "colon lost": colon_lost,
    "duplicate key": key_twice,
    "missing key": without_its_key,
}


def good_stacks() -> dict[str, dict[str, str]]:
    """The stacks of the repository, and one that uses every key: texts by file, by stack."""
    found = {"rich": {"rich.yml": RICH, "other.yml": OTHER}}
    for stack in sorted((ROOT / "stacks").iterdir()):
        files = sorted(stack.rglob("*.yml"))
        found[stack.name] = {str(file.relative_to(stack)): file.read_text() for file in files}
    return found


def all_broken(name: str, files: dict[str, str]) -> Iterator[Broken]:
    """Every line of a stack with every mutation that it lends itself to."""
    dice = random.Random(name)
    for file, text in files.items():
        lines = text.splitlines()
        for number, line in enumerate(lines):
            if line.lstrip().startswith("#"):
                continue
            for mutation, change in MUTATIONS.items():
                changed = change(line, dice)
                if changed is not None and changed != line:
                    broken = "\n".join([*lines[:number], changed, *lines[number + 1 :]]) + "\n"
                    yield Broken(file, mutation, number + 1, broken)


def chosen(name: str, files: dict[str, str], count: int) -> list[Broken]:
    """*count* of them, every mutation about as often as the others."""
    dice = random.Random(f"{name} again")
    by_mutation: dict[str, list[Broken]] = {}
    for one in all_broken(name, files):
        by_mutation.setdefault(one.mutation, []).append(one)
    for several in by_mutation.values():
        dice.shuffle(several)
    found: list[Broken] = []
    while len(found) < count and any(by_mutation.values()):
        for several in by_mutation.values():
            if several and len(found) < count:
                found.append(several.pop())
    return found


@pytest.fixture
def stack(notion_sandbox: NotionApi, tmp_path: Path) -> Stack:
    return Stack(notion_sandbox, tmp_path)


def write(stack: Stack, files: dict[str, str]) -> None:
    shutil.rmtree(stack.stack_folder, ignore_errors=True)
    for file, text in files.items():
        (stack.stack_folder / file).parent.mkdir(parents=True, exist_ok=True)
        (stack.stack_folder / file).write_text(text)


@pytest.mark.parametrize("name", good_stacks())
def test_the_stacks_that_are_broken_here_are_good(stack: Stack, name: str) -> None:
    write(stack, good_stacks()[name])
    assert stack.plan().plan.errors == {}


def test_every_broken_manifest_is_refused_where_it_is_broken_before_any_request(stack: Stack) -> None:
    stacks = good_stacks()
    broken = [(name, one) for name, files in stacks.items() for one in chosen(name, files, COUNT // len(stacks))]
    assert len(broken) >= COUNT
    assert {one.mutation for _, one in broken} == MUTATIONS.keys()
    wrong = []
    stack.api.http.delete("/_sandbox/requests")
    for name, one in broken:
        write(stack, {**stacks[name], one.file: one.text})
        try:
            stack.plan()
            wrong.append(f"{name}: {one.mutation} at {one.file}:{one.line} was taken")
        except InvalidManifests as refused:
            lines = [p.position.line for p in refused.problems if p.position.file.endswith(f"/{one.file}")]
            if not any(abs(line - one.line) <= NEAR for line in lines):
                wrong.append(f"{name}: {one.mutation} at {one.file}:{one.line} is told at {refused}")
    assert "\n".join(wrong) == ""
    requests = stack.api.http.get("/_sandbox/requests").json()
    assert (requests["reads"], requests["writes"]) == (0, 0)
