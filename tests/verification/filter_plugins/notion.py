"""What the API answers, in the words of a manifest. Reads ids, not names, and knows nothing of Factory's code."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

Json = dict[str, Any]

_PLACEHOLDER = re.compile(r"\{\{notion:block_property:([^:}]+):[^}]*\}\}")
_OPTIONS = ("select", "multi_select", "status")


class FilterModule:
    """The filters of the verification suites."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Their names."""
        return {
            "notion_differences": notion_differences,
            "notion_rows": notion_rows,
            "notion_schema": notion_schema,
            "notion_undelivered": notion_undelivered,
        }


def notion_rows(pages: Sequence[Json], sources: Iterable[Json], keys: Mapping[str, str]) -> dict[str, dict[str, Json]]:
    """The plain values of rows, by the title of their data source and their own.

    *keys* names the property that stands for the title of a data source whose titles are not unique.
    Relations are lists of such titles, in alphabetical order.
    """
    titles = {source["id"]: _text(source["title"]) for source in sources}
    inside = [page for page in pages if page["parent"].get("data_source_id") in titles]
    labels = {page["id"]: _label(page, keys.get(titles[page["parent"]["data_source_id"]])) for page in inside}
    rows: dict[str, dict[str, Json]] = {title: {} for title in titles.values()}
    for page in inside:
        neighbours = rows[titles[page["parent"]["data_source_id"]]]
        if labels[page["id"]] in neighbours:
            raise ValueError(f"two rows are called {labels[page['id']]}")
        neighbours[labels[page["id"]]] = {name: _value(value, labels) for name, value in page["properties"].items()}
    return rows


def _label(page: Json, key: str | None) -> str:
    properties = page["properties"]
    value = properties[key] if key else next(one for one in properties.values() if one["type"] == "title")
    return str(_value(value, {}))


def _text(parts: Iterable[Json]) -> str:
    return "".join(part["plain_text"] for part in parts)


def _value(value: Json, labels: Mapping[str, str]) -> Any:
    kind = value["type"]
    content = value[kind]
    if content is None:
        return None
    match kind:
        case "title" | "rich_text":
            return _text(content)
        case "select" | "status":
            return content["name"]
        case "multi_select":
            return [option["name"] for option in content]
        case "relation":
            return sorted(labels.get(page["id"], page["id"]) for page in content)
        case "files":
            return [{"name": file["name"], "url": file[file["type"]]["url"]} for file in content]
        case "date":
            return {"start": content["start"], "end": content["end"]} if content["end"] else content["start"]
        case "unique_id":
            return f"{content['prefix']}-{content['number']}"
        case "formula" | "rollup":
            return _value(content, labels)
        case "array":
            return [_value(item, labels) for item in content]
        case _:
            return content


def notion_differences(found: Any, expected: Any, where: str = "") -> list[str]:
    """Where *found* is not as *expected*, a sentence each. What is not expected may be there or not."""
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        return [
            difference
            for key, value in expected.items()
            for difference in notion_differences(found.get(key), value, f"{where} / {key}" if where else str(key))
        ]
    return [] if found == expected else [f"{where} is {found!r}, not {expected!r}"]


def notion_schema(sources: Mapping[str, Json]) -> dict[str, dict[str, Json]]:
    """The properties of data sources (by title), as a manifest would declare them."""
    by_id = {source["id"]: source for source in sources.values()}
    return {
        title: {name: _property(prop, source, by_id) for name, prop in source["properties"].items()}
        for title, source in sources.items()
    }


def _property(prop: Json, source: Json, by_id: Mapping[str, Json]) -> Json:
    kind = prop["type"]
    config = prop[kind]
    found: Json = {"type": kind}
    if prop["description"]:
        found["description"] = prop["description"]
    if kind == "number":
        found["format"] = config["format"]
    elif kind == "unique_id":
        found["prefix"] = config["prefix"]
    elif kind in _OPTIONS:
        found["options"] = [_option(option, config.get("groups", ())) for option in config["options"]]
    elif kind == "relation":
        found |= _relation(config, by_id)
    elif kind == "rollup":
        relation = _named(source, config["relation_property_id"])
        target = by_id[relation["relation"]["data_source_id"]]
        shown = _named(target, config["rollup_property_id"])
        found |= {"relation": relation["name"], "property": shown["name"], "function": config["function"]}
    elif kind == "formula":
        found["expression"] = _PLACEHOLDER.sub(
            lambda match: f'prop("{_named(source, match[1])["name"]}")', config["expression"]
        )
    return found


def _option(option: Json, groups: Iterable[Json]) -> Json:
    found = {"name": option["name"], "color": option["color"]}
    if option.get("description"):
        found["description"] = option["description"]
    group = next((group["name"] for group in groups if option["id"] in group["option_ids"]), None)
    return found | ({"group": group} if group else {})


def _relation(config: Json, by_id: Mapping[str, Json]) -> Json:
    target = by_id[config["data_source_id"]]
    found = {"database": _text(target["title"])}
    if config["type"] == "dual_property":
        found["synced_property"] = _named(target, config["dual_property"]["synced_property_id"])["name"]
    return found


def _named(source: Json, property_id: str) -> Json:
    """The property of an id, which Notion writes percent-encoded in one place and plain in another."""
    wanted = unquote(property_id)
    for prop in source["properties"].values():
        if unquote(prop["id"]) == wanted:
            found: Json = prop
            return found
    raise ValueError(f"{_text(source['title'])} has no property of the id {property_id}")


def notion_undelivered(live: Mapping[str, Mapping[str, Json]], manifests: Iterable[Json]) -> list[str]:
    """What the manifests declare of properties and the API does not have, a sentence each."""
    declared = list(manifests)
    titles = {manifest["metadata"]["name"]: manifest["spec"]["title"] for manifest in declared}
    found = []
    for manifest in declared:
        title = manifest["spec"]["title"]
        for name, wanted in manifest["spec"]["properties"].items():
            there = live[title].get(name)
            found += [f"{title}.{name}: {difference}" for difference in _differences(wanted, there, titles)]
    return found


def _differences(wanted: Json, there: Json | None, titles: Mapping[str, str]) -> Iterator[str]:
    if there is None:
        yield "is not there"
        return
    for key, value in wanted.items():
        if key == "renamed_from":
            continue
        if key == "database":
            value = titles[value]
        if key == "options":
            yield from _option_differences(value, there["options"])
        elif _bare(there.get(key)) != _bare(value):
            yield f"{key} is {there.get(key)!r}, not {value!r}"


def _bare(value: Any) -> Any:
    """*value* without parentheses and spaces: Notion writes formulas its own way, and the rows prove their meaning."""
    return re.sub(r"[()\s]", "", value) if isinstance(value, str) else value


def _option_differences(wanted: Sequence[Json], there: Sequence[Json]) -> Iterator[str]:
    names = [option["name"] for option in there]
    if names != [option["name"] for option in wanted]:
        yield f"the options are {names}"
        return
    for option, live in zip(wanted, there, strict=True):
        for key, value in option.items():
            # Notion's API cannot choose an option's group; the plan says so.
            if key != "group" and live.get(key) != value:
                yield f"{key} of option {option['name']} is {live.get(key)!r}, not {value!r}"
