# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Does a JSON Schema accept more than before, or less? A sound answer, or none.

``WIDENED`` and ``NARROWED`` are said only where the keywords prove it; whatever is not understood is ``OTHERWISE``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

_WORDS = frozenset({"title", "description", "examples", "$comment", "deprecated", "readOnly", "writeOnly"})
"""Keywords that judge nothing (JSON Schema 2020-12, section 9). ``default`` is not among them: servers act on it."""
_NAMED_SCHEMAS = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})
"""Keywords whose keys are names that somebody chose."""
_VALUES = frozenset({"enum", "const", "default"})
_ENTANGLED = frozenset({"$dynamicRef", "unevaluatedProperties", "unevaluatedItems", "patternProperties"})
"""Keywords whose meaning hangs on others beside them."""
_INTO_DEFINITIONS = ("#/$defs/", "#/definitions/")
_UPPER = frozenset({"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"})
_LOWER = frozenset({"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"})
_ANY: dict[str, Any] = {}


class Meaning(StrEnum):
    """How the set of accepted values changed."""

    SAME = "same"
    WIDENED = "widened"
    NARROWED = "narrowed"
    OTHERWISE = "otherwise"


def meaning_of(before: Any, after: Any) -> Meaning:
    """What became of the values that a schema accepts.

    Where a schema names properties and says nothing of others, others are taken as not accepted: to a tool, a new
    optional argument is more, although JSON Schema would let it through before as well.
    """
    try:
        return _together(_meanings(_without_words(before), _without_words(after)))
    except (TypeError, AttributeError, RecursionError):
        return Meaning.OTHERWISE


def _together(meanings: Iterator[Meaning]) -> Meaning:
    found = set(meanings) - {Meaning.SAME}
    if not found:
        return Meaning.SAME
    return found.pop() if len(found) == 1 else Meaning.OTHERWISE


def _without_words(schema: Any) -> Any:
    """*schema* without the keywords that judge nothing."""
    if isinstance(schema, list):
        return [_without_words(one) for one in schema]
    if not isinstance(schema, Mapping):
        return schema
    stripped = {}
    for key, value in schema.items():
        if key in _NAMED_SCHEMAS and isinstance(value, Mapping):
            stripped[key] = {name: _without_words(one) for name, one in value.items()}
        elif key not in _WORDS:
            stripped[key] = value if key in _VALUES else _without_words(value)
    return stripped


def _meaning(before: Any, after: Any) -> Meaning:
    return _together(_meanings(before, after))


def _meanings(before: Any, after: Any) -> Iterator[Meaning]:
    before, after = _as_mapping(before), _as_mapping(after)
    if before is None or after is None:
        yield Meaning.SAME if before is after else Meaning.NARROWED if after is None else Meaning.WIDENED
        return
    if _same(before, after):
        return
    if _is_entangled(before) or _is_entangled(after):
        yield Meaning.OTHERWISE
        return
    yield from _properties(before, after)
    for key in sorted((before.keys() | after.keys()) - {"properties", "additionalProperties"}):
        yield _keyword(key, before, after)


def _keyword(key: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Meaning:
    if key in before and key in after and _same(before[key], after[key]):
        return Meaning.SAME
    if key == "type":
        return _sets(_types(before), _types(after))
    if key == "required":
        return _reversed(_sets(frozenset(before.get(key, ())), frozenset(after.get(key, ()))))
    if key in ("enum", "const"):
        return _choices(before, after)
    if key == "items":
        if "prefixItems" in before or "prefixItems" in after:
            return Meaning.OTHERWISE
        return _meaning(before.get(key, _ANY), after.get(key, _ANY))
    if key == "anyOf" and key in before and key in after:
        return _sets(_as_texts(before[key]), _as_texts(after[key]))
    if key in _UPPER | _LOWER:
        return _bound(before.get(key), after.get(key), key in _UPPER)
    if key in before and key in after:
        return Meaning.OTHERWISE
    if key in ("pattern", "multipleOf", "uniqueItems", "not", "anyOf", "allOf", "oneOf", "propertyNames"):
        return Meaning.NARROWED if key in after else Meaning.WIDENED
    return Meaning.OTHERWISE


def _properties(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Meaning]:
    """What ``properties`` and ``additionalProperties`` say together, name by name and for all other names."""
    others = _other_properties(before), _other_properties(after)
    known = before.get("properties", {}), after.get("properties", {})
    for name in known[0].keys() | known[1].keys():
        yield _meaning(known[0].get(name, others[0]), known[1].get(name, others[1]))
    yield _meaning(*others)


def _other_properties(schema: Mapping[str, Any]) -> Any:
    """The schema of properties that have no name in *schema*."""
    return schema.get("additionalProperties", False if "properties" in schema else _ANY)


def _types(schema: Mapping[str, Any]) -> frozenset[str] | None:
    """The types that a schema names; ``None`` for any. Each integer is a number."""
    named = schema.get("type")
    if named is None:
        return None
    types = frozenset([named] if isinstance(named, str) else named)
    return types | {"integer"} if "number" in types else types


def _choices(before: Mapping[str, Any], after: Mapping[str, Any]) -> Meaning:
    if ("enum" in before and "const" in before) or ("enum" in after and "const" in after):
        return Meaning.OTHERWISE
    return _sets(_chosen(before), _chosen(after))


def _chosen(schema: Mapping[str, Any]) -> frozenset[str] | None:
    if "const" in schema:
        return _as_texts([schema["const"]])
    return _as_texts(schema["enum"]) if "enum" in schema else None


def _as_texts(values: Any) -> frozenset[str]:
    return frozenset(_canonical(value) for value in values)


def _sets(before: frozenset[str] | None, after: frozenset[str] | None) -> Meaning:
    """How a set of what is allowed changed, where ``None`` is everything."""
    if before == after:
        return Meaning.SAME
    if after is None or (before is not None and before < after):
        return Meaning.WIDENED
    if before is None or after < before:
        return Meaning.NARROWED
    return Meaning.OTHERWISE


def _bound(before: Any, after: Any, upper: bool) -> Meaning:
    if before is None or after is None:
        return Meaning.NARROWED if before is None else Meaning.WIDENED
    if isinstance(before, bool) or isinstance(after, bool):
        return Meaning.OTHERWISE
    return Meaning.WIDENED if (after > before) is upper else Meaning.NARROWED


def _reversed(meaning: Meaning) -> Meaning:
    return {Meaning.WIDENED: Meaning.NARROWED, Meaning.NARROWED: Meaning.WIDENED}.get(meaning, meaning)


def _as_mapping(schema: Any) -> Mapping[str, Any] | None:
    """A schema as keywords; ``None`` for the one that accepts nothing."""
    if schema is False:
        return None
    return schema if isinstance(schema, Mapping) else _ANY


def _is_entangled(schema: Mapping[str, Any]) -> bool:
    """Whether its keywords cannot be judged one by one."""
    reference = schema.get("$ref", _INTO_DEFINITIONS[0])
    return not _ENTANGLED.isdisjoint(schema) or not str(reference).startswith(_INTO_DEFINITIONS)


def _same(one: Any, other: Any) -> bool:
    return _canonical(one) == _canonical(other)


def _canonical(value: Any) -> str:
    from ansible_collections.factory.mcp.plugins.module_utils.tool_pins import sha256_of

    return sha256_of(value)
