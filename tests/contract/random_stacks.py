"""Random stacks: databases with every property type, relations of both kinds in any graph, rollups, formulas, rows;
further data sources of theirs, and pages with bodies, on which they lie.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from workspace_runs import Json

from ansible_collections.factory.core.plugins.module_utils.manifest import Address, Resource
from ansible_collections.factory.core.plugins.module_utils.provider import Declared
from ansible_collections.factory.notion.plugins.module_utils.page_rules import page_faults
from ansible_collections.factory.notion.plugins.module_utils.property_types import PROPERTY_TYPES
from ansible_collections.factory.notion.plugins.module_utils.property_types.number import NUMBER_FORMATS
from ansible_collections.factory.notion.plugins.module_utils.property_types.options import COLORS
from ansible_collections.factory.notion.plugins.module_utils.property_types.rollup import ROLLUP_FUNCTIONS

ODD_NAMES = [
    *("no", "null", "1e3", "0x1F", "12:30", "2026-01-01", "a: b", "# c"),
    *("- d", "{e}", "'f'", '"g"', "h|", "Ünï", "🎉"),
]
LETTERS = st.characters(min_codepoint=33, max_codepoint=0x2FFF, exclude_categories=["Cs", "Cn", "Cc", "Cf", "Z", "M"])
DATES = ["2026-03-01", "2026-03-01T09:30:00+01:00", {"start": "2026-03-01", "end": "2026-03-04"}]
words = st.one_of(
    st.sampled_from(ODD_NAMES),
    st.text(LETTERS, min_size=1, max_size=12),
)
"""Names that YAML might take for something else."""
texts = st.one_of(
    words,
    st.text(st.characters(exclude_categories=["Cs", "Cn", "Cc"]), max_size=40),
    st.lists(words, min_size=2, max_size=3).map("\n".join),
)
FRAGMENTS = (
    *(
        "# one",
        "#### four #",
        "text **bold** and `code`",
        "- a\n- b",
        "1. x\n   - y",
        "- [ ] t\n- [x] u",
        "> quote\n>\n> more",
    ),
    *("- a\n  - b\n    - c\n      - d\n        - e", "> [!NOTE]\n> note\n>\n> - a", "---", "```yaml\na: 1\n\n\tb\n```"),
    "<details>\n<summary>more</summary>\n\n- a\n\n</details>",
    *("|a|b|\n|-|-|\n|1|2|", "![c](https://e.com/c.png)", "$$\nx\n$$", "a<br>b \\* c &amp; <u>d</u>"),
)


def is_body(markdown: str) -> bool:
    """Whether a page may say so."""
    spec = {"title": "any", "body": markdown}
    return "${" not in markdown and not any(
        True for _ in page_faults(Resource(Address("NotionPage", "any"), {}, spec), Declared({}))
    )


bodies = st.lists(st.sampled_from(FRAGMENTS) | texts, max_size=5).map("\n\n".join).filter(is_body)
plain = [name for name in PROPERTY_TYPES if name not in ("title", "relation", "rollup", "formula", "unique_id")]


def is_usable(name: str) -> bool:
    return "${" not in name and name == name.strip() and "," not in name


@st.composite
def properties(draw: Any, names: list[str]) -> Json:
    found: Json = {}
    for name in names:
        kind = draw(st.sampled_from(plain))
        found[name] = {"type": kind}
        if kind == "number":
            found[name]["format"] = draw(st.sampled_from(NUMBER_FORMATS))
        if kind in ("select", "multi_select", "status"):
            options = draw(st.lists(words.filter(is_usable), max_size=4, unique_by=str.lower))
            listed = [{"name": one, "color": draw(st.sampled_from(COLORS))} for one in options]
            found[name].update({"options": listed} if listed else {})
        if draw(st.booleans()):
            found[name]["description"] = draw(texts.filter(bool))
    return found


@st.composite
def stacks(draw: Any) -> list[Json]:
    """One to five databases, up to two further data sources and up to three pages."""
    count = draw(st.integers(1, 5))
    names = [f"db-{number}" for number in range(count)]
    columns = [draw(st.lists(words, max_size=5, unique_by=str.lower)) for _ in names]
    specs = [
        {
            "title": draw(words),
            **({"icon": "🔧"} if draw(st.booleans()) else {}),
            **({"description": draw(texts)} if draw(st.booleans()) else {}),
            **({"inline": True} if draw(st.booleans()) else {}),
            **({"locked": True} if draw(st.booleans()) else {}),
            "properties": {"Name": {"type": "title"}, **draw(properties([one for one in listed if one != "Name"]))},
        }
        for listed in columns
    ]
    for number in range(draw(st.integers(0, 2 * count))):
        owner, target = draw(st.integers(0, count - 1)), draw(st.integers(0, count - 1))
        relation = {"type": "relation", "database": names[target]}
        if owner != target and draw(st.booleans()):
            relation["synced_property"] = f"back {number}"
        own = specs[owner]["properties"]
        own[f"to {number}"] = relation
        if draw(st.booleans()):
            function = draw(st.sampled_from(ROLLUP_FUNCTIONS))
            own[f"roll {number}"] = {
                "type": "rollup",
                "relation": f"to {number}",
                "property": "Name",
                "function": function,
            }
        if "synced_property" in relation and draw(st.booleans()):
            rollup = {"type": "rollup", "relation": f"back {number}", "property": "Name", "function": "count"}
            specs[target]["properties"][f"count {number}"] = rollup
    for spec in specs:
        if draw(st.booleans()):
            spec["properties"]["formula"] = {"type": "formula", "expression": 'length(prop("Name")) * 2 + 1'}
        if draw(st.booleans()):
            spec["rows"] = {"items": draw(rows(spec["properties"]))}
    tables = dict(zip(names, specs, strict=True))
    sources = draw(data_sources(tables))
    pages = draw(pages_around(specs))
    return [
        {"apiVersion": "factory/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}
        for kind, found in (("NotionDatabase", tables), ("NotionDataSource", sources), ("NotionPage", pages))
        for name, spec in found.items()
    ]


@st.composite
def data_sources(draw: Any, tables: Json) -> Json:
    """Further data sources in some of the *tables*, which relate to them and the other way round."""
    found: Json = {}
    for number in range(draw(st.integers(0, 2))):
        home, other = draw(st.sampled_from(list(tables))), draw(st.sampled_from(list(tables)))
        names = draw(st.lists(words, max_size=3, unique_by=str.lower))
        own = {"Name": {"type": "title"}, **draw(properties([one for one in names if one != "Name"]))}
        if draw(st.booleans()):
            own["to"] = {"type": "relation", "database": other}
            own["to"].update({"synced_property": f"back from {number}"} if draw(st.booleans()) else {})
        if draw(st.booleans()):
            tables[other]["properties"][f"into {number}"] = {"type": "relation", "data_source": f"ds-{number}"}
        found[f"ds-{number}"] = {
            "database": home,
            "title": f"{draw(words)} further {number}",
            **({"icon": "🔧"} if draw(st.booleans()) else {}),
            "properties": own,
            **({"rows": {"items": draw(rows(own))}} if draw(st.booleans()) else {}),
        }
    return found


@st.composite
def pages_around(draw: Any, specs: list[Json]) -> Json:
    """Pages, on which others and some databases lie."""
    found: Json = {}
    for number in range(draw(st.integers(0, 3))):
        parent = draw(st.sampled_from([None, *found]))
        found[f"page-{number}"] = {
            "title": draw(words),
            **({"icon": "🔧"} if draw(st.booleans()) else {}),
            **({"body": draw(bodies)} if draw(st.booleans()) else {}),
            **({"parent": f"${{NotionPage/{parent}.id}}"} if parent else {}),
        }
    for spec in specs:
        parent = draw(st.sampled_from([None, *found]))
        spec.update({"parent": f"${{NotionPage/{parent}.id}}"} if parent else {})
    return found


@st.composite
def rows(draw: Any, declared: Json) -> list[Json]:
    titles = draw(
        st.lists(
            texts.filter(lambda one: "${" not in one and bool(one.strip())),
            max_size=3,
            unique_by=lambda one: " ".join(one.split()).casefold(),
        )
    )
    return [
        {"Name": title, **draw(values(declared)), **({"$body": draw(bodies)} if draw(st.booleans()) else {})}
        for title in titles
    ]


@st.composite
def values(draw: Any, declared: Json) -> Json:
    found: Json = {}
    for name, one in declared.items():
        strategy = value_of(one)
        if strategy is not None and draw(st.booleans()):
            found[name] = draw(strategy)
    return found


def value_of(declared: Json) -> st.SearchStrategy[Any] | None:
    options = [one["name"] for one in declared.get("options", [])]
    match declared["type"]:
        case "rich_text":
            return texts.filter(lambda one: "${" not in one)
        case "number":
            return st.integers(-1000, 1000) | st.floats(-1e6, 1e6, allow_nan=False).map(lambda one: round(one, 3))
        case "checkbox":
            return st.booleans()
        case "date":
            return st.sampled_from(DATES)
        case "select" | "status" if options:
            return st.sampled_from(options)
        case "multi_select" if options:
            return st.lists(st.sampled_from(options), unique=True)
        case "url":
            return st.just("https://example.com/a?b=c#d")
        case "email":
            return st.just("somebody@example.com")
        case "files":
            return st.just([{"name": "plan: a", "url": "https://example.com/plan.pdf"}])
    return None
