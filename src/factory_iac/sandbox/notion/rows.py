"""Reading rows: stored values as the API shows them, formulas and rollups computed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from factory_iac.sandbox.notion import formulas, options, rollups
from factory_iac.sandbox.notion.formula_values import Row
from factory_iac.sandbox.notion.ids import decoded
from factory_iac.sandbox.notion.schemas import Properties, Property, by_id, find_property
from factory_iac.sandbox.notion.store import Record, Store

MAX_REFERENCES = 25
MAX_DEPTH = 6

Value = dict[str, Any]


class Rows:
    """Values of pages, with everything that was loaded kept for the length of one request."""

    def __init__(self, store: Store, url_host: str, now: datetime) -> None:
        self._store = store
        self.url_host = url_host
        self._now = now
        self._records: dict[str, Record | None] = {}

    def record(self, object_id: str) -> Record | None:
        """An object by id, loaded once."""
        if object_id not in self._records:
            self._records[object_id] = self._store.find(object_id)
        return self._records[object_id]

    def schema(self, data_source_id: str) -> Properties:
        """The properties of a data source; none when it is gone."""
        found = self.record(data_source_id)
        return found.body["properties"] if found is not None and found.kind == "data_source" else {}

    def properties(self, page: Record, only: set[str] | None = None) -> dict[str, Value]:
        """All property values of a row by name, or those whose decoded id is in `only`."""
        return {
            name: self.shown(page, item)
            for name, item in self.schema(page.parent).items()
            if only is None or decoded(item["id"]) in only
        }

    def shown(self, page: Record, item: Property) -> Value:
        """A value as it stands in a page object: references cut at 25."""
        found = self.value(page, item)
        kind = item["type"]
        if kind == "relation":
            links = found["relation"]
            found["relation"] = links[:MAX_REFERENCES]
            found["has_more"] = len(links) > MAX_REFERENCES
        elif kind == "people":
            found["people"] = found["people"][:MAX_REFERENCES]
        return found

    def value(self, page: Record, item: Property, depth: int = 0) -> Value:
        """The complete value of one property of a row."""
        kind = item["type"]
        return {"id": item["id"], "type": kind, kind: self._content(page, item, kind, depth)}

    def _content(self, page: Record, item: Property, kind: str, depth: int) -> Any:
        stored = page.body["values"].get(decoded(item["id"]))
        if kind in ("title", "rich_text", "files"):
            return stored or []
        if kind in ("select", "status"):
            return _option(item, stored, kind)
        if kind == "multi_select":
            chosen = [_option(item, option_id, kind) for option_id in stored or []]
            return [option for option in chosen if option is not None]
        if kind == "checkbox":
            return bool(stored)
        if kind == "people":
            return [self._store.users.in_value(user_id) for user_id in stored or []]
        if kind == "relation":
            return self._links(stored or [])
        if kind in ("formula", "rollup"):
            return self._computed(page, item, kind, depth)
        if kind == "unique_id":
            return {"prefix": item["unique_id"]["prefix"], "number": page.body.get("number")}
        if kind in ("created_by", "last_edited_by"):
            return self._store.users.in_value(page.body[kind]["id"])
        if kind in ("created_time", "last_edited_time"):
            return page.body[kind]
        return {} if kind == "button" else stored

    def _links(self, stored: list[str]) -> list[dict[str, str]]:
        gone = self._store.trashed(stored) if stored else set()
        return [{"id": target} for target in stored if target not in gone]

    def _computed(self, page: Record, item: Property, kind: str, depth: int) -> Value:
        if depth > MAX_DEPTH:
            return {"type": "unsupported", "unsupported": {}}
        loaded = page.body.get("computed", {}).get(decoded(item["id"]))
        if loaded is not None and not self._computable(page, item, kind):
            return dict(loaded)
        if kind == "rollup":
            return self._rollup(page, item["rollup"], depth)
        return formulas.value(item["formula"]["expression"], self._seen(page, depth), self._now)

    def _seen(self, page: Record, depth: int) -> Row:
        """A row as formulas see it."""
        properties = self.schema(page.parent)

        def read(key: str) -> Value | None:
            found = find_property(properties, key)
            return None if found is None else self.value(page, found, depth + 1)

        def follow(page_id: str) -> Row | None:
            found = self.record(page_id)
            return None if found is None else self._seen(found, depth + 1)

        return Row(page.id, page.title, read, follow)

    def _computable(self, page: Record, item: Property, kind: str) -> bool:
        """Whether what a loaded value is computed from was loaded too."""
        if kind == "formula":
            return formulas.is_known(item["formula"].get("expression"))
        relation = by_id(self.schema(page.parent), item["rollup"].get("relation_property_id", ""))
        links = page.body["values"].get(decoded(relation["id"]), []) if relation is not None else None
        return links is not None and all(self.record(target) is not None for target in links)

    def _rollup(self, page: Record, config: dict[str, Any], depth: int) -> Value:
        relation = by_id(self.schema(page.parent), config["relation_property_id"])
        values: list[Value] = []
        if relation is not None and relation["type"] == "relation":
            target = self.schema(relation["relation"]["data_source_id"])
            shown = by_id(target, config["rollup_property_id"])
            for link in self.value(page, relation)["relation"] if shown is not None else []:
                row = self.record(link["id"])
                if row is not None and shown is not None:
                    values.append(self.value(row, shown, depth + 1))
        return rollups.value(config["function"], values)


def _option(item: Property, option_id: str | None, kind: str) -> dict[str, Any] | None:
    found = next((option for option in item[kind]["options"] if option["id"] == option_id), None)
    if found is None and kind == "status":
        found = options.default_status_option(item["status"])
    if found is None:
        return None
    return {"id": found["id"], "name": found["name"], "color": found["color"]}
