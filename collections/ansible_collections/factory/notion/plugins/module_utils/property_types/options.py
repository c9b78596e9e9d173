# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""select, multi_select and status: names from a list.

Notion replaces the list with what it is sent and drops the values of options that are missing in
it, so what is sent is always the declared options, in their order, and then the other live ones. It
refuses to recolour or rename an option that exists, and ignores changes of a status option's group
(facts, section 1.6). So a renamed option is a new one to which the rows are moved: ``option_renames``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from ansible_collections.factory.core.plugins.module_utils.change import Effect
from ansible_collections.factory.core.plugins.module_utils.problem import did_you_mean
from ansible_collections.factory.notion.plugins.module_utils.database_state import LiveProperty
from ansible_collections.factory.notion.plugins.module_utils.property_types.property_type import (
    Cannot,
    Config,
    Difference,
    PropertyType,
    ValueFault,
    ValueWriting,
    fault,
)
from ansible_collections.factory.notion.plugins.module_utils.schema_scope import SchemaScope

COLORS = ("default", "gray", "brown", "orange", "yellow", "green", "blue", "purple", "pink", "red")
GROUPS = ("To-do", "In progress", "Complete")
_MOST_VALUES = 100

_NAME = {
    "type": "string",
    "pattern": "^[^,]+$",
    "maxLength": 100,
    "x-message": "an option's name is 1 to 100 characters without a comma",
}


def _option_schema(extra: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "description": "The options; those that only Notion has stay, unless the manifest prunes.",
        "type": "array",
        "items": {
            "type": "object",
            "required": ["name"],
            "additionalProperties": False,
            "properties": {
                "name": _NAME,
                "color": {"description": "Chosen by Notion when left out.", "enum": list(COLORS)},
                "description": {"type": "string", "maxLength": 280},
                "renamed_from": {
                    "description": "The option's old name: the rows that have it are moved, then it is removed.",
                    **_NAME,
                },
                **extra,
            },
        },
    }


class Options(PropertyType):
    """``select`` and ``multi_select``; ``status`` with groups."""

    can_be_key = True
    settings: ClassVar[Mapping[str, Any]] = {"options": _option_schema({})}
    detail_keys: ClassVar[tuple[str, ...]] = ("color", "description")

    def rules(self, declared: Config, scope: SchemaScope) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Notion takes option names as equal when they differ only in case."""
        seen: dict[str, str] = {}
        for index, option in enumerate(declared.get("options", [])):
            name = option["name"]
            first = seen.setdefault(name.lower(), name)
            if first is not name:
                yield ("options", index, "name"), f"option '{name}' is declared twice (as '{first}' before)"
        yield from _rename_faults(declared.get("options", []), seen)

    def config(self, declared: Config, live: LiveProperty | None, scope: SchemaScope) -> dict[str, Any]:
        """The declared options, those that are live as they are, then the other live ones (when pruning, none)."""
        present = {option["name"].lower(): option for option in _live_options(live, self.name)}
        prune = scope.resource.spec.get("prune") and "options" in declared
        wanted = []
        for option in declared.get("options", []):
            stored = present.pop(option["name"].lower(), None)
            old = present.get(option.get("renamed_from", "").lower(), {})
            wanted.append(sent_option(stored) if stored is not None else _as_new(option, old))
        leaving = {option.get("renamed_from", "").lower() for option in declared.get("options", [])}
        others = [sent_option(option) for name, option in present.items() if not prune or name in leaving]
        return {"options": wanted + others} if wanted or others or prune else {}

    def compare(self, declared: Config, live: LiveProperty, scope: SchemaScope) -> Iterator[Difference | Cannot]:
        """Missing options are added, surplus ones pruned when asked for; details cannot be changed."""
        if "options" not in declared:
            return
        present = {option["name"].lower(): option for option in _live_options(live, self.name)}
        groups = _group_names(live)
        for option in declared["options"]:
            stored = present.pop(option["name"].lower(), None)
            path = ("options", option["name"])
            old = present.pop(option.get("renamed_from", "").lower(), None)
            if old is not None:
                carriers = scope.live.carriers if scope.live is not None else {}
                reason = _rename_told(old["name"], carriers.get((live.id, old["name"])))
                yield Difference((*path, "renamed_from"), old["name"], option["name"], Effect.DISRUPTIVE, reason)
            elif stored is None:
                yield Difference(path, None, _as_new(option, {}), Effect.ADDITIVE)
            if stored is not None:
                details = {**stored, "group": groups.get(stored.get("id"))}
                for key in self.detail_keys:
                    if option.get(key, details.get(key)) != details.get(key):
                        yield Cannot((*path, key), "Notion's API cannot change it on an option that exists")
        if scope.resource.spec.get("prune"):
            for stored in present.values():
                reason = "the option and its values are lost"
                yield Difference(("options", stored["name"]), stored.get("color"), None, Effect.DESTRUCTIVE, reason)

    def value_faults(self, value: Any, declared: Config) -> Iterator[ValueFault]:
        """A declared name; of a comma Notion would make several."""
        names = [option["name"] for option in declared.get("options", [])]
        if not isinstance(value, str) or not value:
            yield fault("expected the name of an option", value)
        elif "," in value:
            yield fault("expected an option's name, which has no comma", value)
        elif "options" in declared and value not in names:
            yield ValueFault(f"'{value}' is not a declared option{did_you_mean(value, names)}")

    def read(self, stored: Any) -> str | None:
        """The option's name."""
        return stored["name"] if stored else None

    def write(self, value: Any, name: str, writing: ValueWriting) -> Any:
        """By name, never with a colour: Notion refuses one that differs from the stored."""
        return {"name": value}


class MultiSelect(Options):
    """``multi_select``: a set of options."""

    can_be_key = False

    def value_faults(self, value: Any, declared: Config) -> Iterator[ValueFault]:
        """A list of names."""
        if not isinstance(value, list) or len(value) > _MOST_VALUES:
            yield fault(f"expected a list of at most {_MOST_VALUES} option names", value)
            return
        for index, one in enumerate(value):
            for found in super().value_faults(one, declared):
                yield ValueFault(found.message, (index,))

    def normal(self, value: Any) -> list[str]:
        """Order carries no meaning."""
        return sorted(set(value or []))

    def read(self, stored: Any) -> Any:
        """The options' names."""
        return sorted(option["name"] for option in stored or [])

    def write(self, value: Any, name: str, writing: ValueWriting) -> Any:
        """By name."""
        return [{"name": one} for one in dict.fromkeys(value or [])]


class Status(Options):
    """``status``: options in three fixed groups; Notion refuses a row that names an unknown one."""

    can_be_key = False
    settings: ClassVar[Mapping[str, Any]] = {
        "options": _option_schema(
            {"group": {"description": "Taken by Notion when the option is new.", "enum": list(GROUPS)}}
        )
    }
    detail_keys: ClassVar[tuple[str, ...]] = ("color", "description", "group")


def _live_options(live: LiveProperty | None, kind: str) -> list[dict[str, Any]]:
    """The options of a property of *kind*; of another kind with options, what can be taken over."""
    if live is None or "options" not in live.config:
        return []
    if live.type == kind:
        return list(live.config["options"])
    return [{key: option[key] for key in ("name", "color") if key in option} for option in live.config["options"]]


def sent_option(option: Mapping[str, Any]) -> dict[str, Any]:
    """A live option as it is sent to stay what it is."""
    return {key: option[key] for key in ("id", "name", "color", "description") if option.get(key) is not None}


def _as_new(option: Mapping[str, Any], old: Mapping[str, Any]) -> dict[str, Any]:
    """A declared option as the API takes it; what it leaves open is as with the *old* one that it replaces."""
    inherited = {key: old[key] for key in ("color", "description") if old.get(key) is not None}
    return {**inherited, **{key: value for key, value in option.items() if key != "renamed_from"}}


def _rename_faults(
    options: Sequence[Mapping[str, Any]], declared: Mapping[str, str]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    taken: dict[str, str] = {}
    for index, option in enumerate(options):
        old = option.get("renamed_from")
        path = ("options", index, "renamed_from")
        if old is None:
            continue
        if old.lower() == option["name"].lower():
            yield path, "Notion takes names that differ only in case as equal, and does not rename an option"
        elif old.lower() in declared:
            yield path, f"'{old}' is still declared; an option cannot be renamed from another one"
        elif old.lower() in taken:
            yield path, f"'{old}' is what '{taken[old.lower()]}' was renamed from"
        taken.setdefault(old.lower(), option["name"])


def _rename_told(old: str, rows: int | None) -> str:
    moved = "rows are" if rows is None else "1 row is" if rows == 1 else f"{rows} rows are"
    return f"{moved} moved from '{old}', which is then removed; views that filter by '{old}' need mending"


def _group_names(live: LiveProperty) -> dict[str | None, str]:
    return {option: group["name"] for group in live.config.get("groups", []) for option in group["option_ids"]}
