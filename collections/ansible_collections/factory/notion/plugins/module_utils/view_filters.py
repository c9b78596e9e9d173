# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filters of views: Notion's own filter objects with the names of properties. Pure.

Operators by type: developers.notion.com, reference/filter-data-source-entries (2026-03-11).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.change import canonical_json
from ansible_collections.factory.core.plugins.module_utils.problem import did_you_mean, said
from ansible_collections.factory.core.plugins.module_utils.provider import Fault
from ansible_collections.factory.notion.plugins.module_utils.view_names import KnownProperties, LiveNames, Path

Filter = Mapping[str, Any]
_DEEPEST = 2
_ID = re.compile(r"^[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$")
_RELATIVE = (
    "today",
    "tomorrow",
    "yesterday",
    "one_week_ago",
    "one_week_from_now",
    "one_month_ago",
    "one_month_from_now",
)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool)


def _is_true(value: Any) -> bool:
    return value is True


def _is_period(value: Any) -> bool:
    return isinstance(value, Mapping) and not value


def _is_choice(value: Any) -> bool:
    return _is_text(value) or (isinstance(value, list) and bool(value) and all(map(_is_text, value)))


def _is_date(value: Any) -> bool:
    if value in _RELATIVE:
        return True
    try:
        datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return False
    return True


def _is_page(value: Any) -> bool:
    return _is_text(value) and bool(_ID.match(value))


def _is_person(value: Any) -> bool:
    return value == "me" or _is_page(value)


Expected = tuple[str, Callable[[Any], bool]]
_TEXT: Expected = ("text", _is_text)
_NUMBER: Expected = ("a number", _is_number)
_BOOL: Expected = ("true or false", _is_bool)
_CHOICE: Expected = ("the name of an option, or a list of them", _is_choice)
_DATE: Expected = (f"a date, a date with time, or one of {', '.join(_RELATIVE)}", _is_date)
_PERIOD: Expected = ("{}", _is_period)
_PAGE: Expected = ("the id of a page", _is_page)
_PERSON: Expected = ("'me' or the id of a user", _is_person)
_PRESENCE = dict.fromkeys(("is_empty", "is_not_empty"), ("true", _is_true))
_EQUALITY = ("equals", "does_not_equal")
_CONTAINMENT = ("contains", "does_not_contain")
_TEXT_TESTS = {**dict.fromkeys((*_EQUALITY, *_CONTAINMENT, "starts_with", "ends_with"), _TEXT), **_PRESENCE}
_ORDER = ("greater_than", "less_than", "greater_than_or_equal_to", "less_than_or_equal_to")
_NUMBER_TESTS = {**dict.fromkeys((*_EQUALITY, *_ORDER), _NUMBER), **_PRESENCE}
_CHECKBOX_TESTS = dict.fromkeys(_EQUALITY, _BOOL)
_ONE_OPTION_TESTS = {**dict.fromkeys(_EQUALITY, _CHOICE), **_PRESENCE}
_DAYS = ("equals", "before", "after", "on_or_before", "on_or_after")
_PERIODS = ("this_week", "past_week", "past_month", "past_year", "next_week", "next_month", "next_year")
_DATE_TESTS = {**dict.fromkeys(_DAYS, _DATE), **dict.fromkeys(_PERIODS, _PERIOD), **_PRESENCE}
_PEOPLE_TESTS = {**dict.fromkeys(_CONTAINMENT, _PERSON), **_PRESENCE}

_TEXTS = ("title", "rich_text", "url", "email", "phone_number")
_TESTS: Mapping[str, Mapping[str, Expected]] = {
    **dict.fromkeys(_TEXTS, _TEXT_TESTS),
    **dict.fromkeys(("number", "unique_id"), _NUMBER_TESTS),
    "checkbox": _CHECKBOX_TESTS,
    **dict.fromkeys(("select", "status"), _ONE_OPTION_TESTS),
    "multi_select": {**dict.fromkeys(_CONTAINMENT, _CHOICE), **_PRESENCE},
    **dict.fromkeys(("date", "created_time", "last_edited_time"), _DATE_TESTS),
    **dict.fromkeys(("people", "created_by", "last_edited_by"), _PEOPLE_TESTS),
    "files": _PRESENCE,
    "relation": {**dict.fromkeys(_CONTAINMENT, _PAGE), **_PRESENCE},
}
_ROLLED_UP = (
    "rich_text",
    "number",
    "checkbox",
    "select",
    "multi_select",
    "relation",
    "date",
    "people",
    "files",
    "status",
)
_OF_ROLLED_UP = {name: _TESTS[name] for name in _ROLLED_UP}
_NESTED: Mapping[str, Mapping[str, Any]] = {
    "formula": {"string": _TEXT_TESTS, "checkbox": _CHECKBOX_TESTS, "number": _NUMBER_TESTS, "date": _DATE_TESTS},
    "rollup": {
        **dict.fromkeys(("any", "every", "none"), _OF_ROLLED_UP),
        "date": _DATE_TESTS,
        "number": _NUMBER_TESTS,
    },
}
_TIMESTAMPS = ("created_time", "last_edited_time")


def filter_faults(given: Any, path: Path, known: KnownProperties, depth: int = 0) -> Iterator[Fault]:
    """What is wrong with a filter; ``{}`` stands for none."""
    if not isinstance(given, Mapping):
        yield Fault(path, f"expected a filter, not {said(given)}")
        return
    if not given and depth == 0:
        return
    compound = next((name for name in ("and", "or") if name in given), None)
    if compound is not None:
        yield from _compound_faults(given, compound, path, known, depth)
    elif "timestamp" in given:
        stamp = given["timestamp"]
        if stamp not in _TIMESTAMPS:
            yield Fault((*path, "timestamp"), f"expected one of {', '.join(_TIMESTAMPS)}, not {said(stamp)}")
        else:
            yield from _leaf_faults(given, "timestamp", stamp, path)
    elif "property" in given:
        found = list(known.faults(given["property"], (*path, "property")))
        yield from found
        kind = known.type_of(given["property"])
        if kind is not None:
            yield from _leaf_faults(given, "property", kind, path)
    else:
        yield Fault(path, "a filter has one of the keys 'property', 'timestamp', 'and', 'or'")


def _compound_faults(given: Filter, name: str, path: Path, known: KnownProperties, depth: int) -> Iterator[Fault]:
    for key in given:
        if key != name:
            yield Fault((*path, key), f"'{key}' cannot stand beside '{name}'", at_key=True)
    if depth >= _DEEPEST:
        yield Fault((*path, name), f"Notion nests filters at most {_DEEPEST} levels deep", at_key=True)
    elif not isinstance(given[name], list) or not given[name]:
        yield Fault((*path, name), f"expected a list of filters, not {said(given[name])}")
    else:
        for index, part in enumerate(given[name]):
            yield from filter_faults(part, (*path, name, index), known, depth + 1)


def _leaf_faults(given: Filter, subject: str, kind: str, path: Path) -> Iterator[Fault]:
    """A condition on a property or timestamp of type *kind*."""
    rest = {key: value for key, value in given.items() if key not in (subject, "type")}
    yield from condition_faults(rest, kind, path, f"'{given[subject]}' is a {kind}")


def condition_faults(given: Any, kind: str, path: Path, why: str) -> Iterator[Fault]:
    """What is wrong with ``{<type>: {<operator>: <value>}}`` for a property of type *kind*."""
    if not isinstance(given, Mapping) or list(given) != [kind]:
        wrong = next((key for key in given if key != kind), None) if isinstance(given, Mapping) else None
        where = (*path, wrong) if wrong is not None else path
        yield Fault(where, f"{why}, so its condition stands under the one key '{kind}'", at_key=wrong is not None)
    elif kind in _NESTED:
        yield from _one_of(given[kind], _NESTED[kind], (*path, kind), kind)
    elif kind in _TESTS:
        yield from _operator_faults(given[kind], _TESTS[kind], (*path, kind), kind)
    else:
        yield from _operator_faults(given[kind], _PRESENCE, (*path, kind), kind)


def _one_of(given: Any, variants: Mapping[str, Any], path: Path, kind: str) -> Iterator[Fault]:
    """A mapping with one key out of *variants*, and what that asks for below."""
    if not isinstance(given, Mapping) or len(given) != 1:
        yield Fault(path, f"expected one of the keys {', '.join(variants)}, not {said(given)}")
        return
    name, below = next(iter(given.items()))
    if name not in variants:
        message = f"a filter on a {kind} has one of the keys {', '.join(variants)}, not '{name}'"
        yield Fault((*path, name), message, at_key=True)
    elif name in ("any", "every", "none"):
        yield from _one_of(below, variants[name], (*path, name), f"{kind} with '{name}'")
    else:
        yield from _operator_faults(below, variants[name], (*path, name), name)


def _operator_faults(given: Any, tests: Mapping[str, Expected], path: Path, kind: str) -> Iterator[Fault]:
    if not isinstance(given, Mapping) or len(given) != 1:
        yield Fault(path, f"expected one operator with its value, not {said(given)}")
        return
    operator, value = next(iter(given.items()))
    if operator not in tests:
        guess = did_you_mean(str(operator), tests) or f"; it has {', '.join(tests)}"
        yield Fault((*path, operator), f"a {kind} has no operator '{operator}'{guess}", at_key=True)
        return
    words, fits = tests[operator]
    if not fits(value):
        yield Fault((*path, operator), f"expected {words}, not {said(value)}")


def names_in_filter(given: Filter) -> Iterator[str]:
    """The properties that a filter is about."""
    for part in (*given.get("and", ()), *given.get("or", ())):
        yield from names_in_filter(part)
    if "property" in given:
        yield given["property"]


def filter_body(given: Filter, names: LiveNames) -> dict[str, Any] | None:
    """A declared filter as the API takes it, with ids for names."""
    return _with_properties(given, names.key) if given else None


def normal_filter(given: Filter) -> Any:
    """A filter in the form in which two compare; ``None`` is no filter.

    Notion may wrap a lone condition, and text types may be called by one another's names.
    """
    for name in ("and", "or"):
        if name in given:
            parts = [part for one in given[name] for part in _parts(normal_filter(one), name)]
            parts.sort(key=canonical_json)
            return {name: parts} if len(parts) > 1 else (parts[0] if parts else None)
    leaf = {key: value for key, value in given.items() if key in ("property", "timestamp")}
    condition = {key: value for key, value in given.items() if key not in ("property", "timestamp")}
    return {**leaf, **normal_condition(condition)} if given else None


def _parts(normal: Any, name: str) -> list[Any]:
    """The parts of a compound within one of its own sort, which means the same without it."""
    if normal is None:
        return []
    return list(normal[name]) if name in normal else [normal]


def normal_condition(given: Any) -> Any:
    """``{<type>: {<operator>: <value>}}`` in the form in which two compare."""
    if not isinstance(given, Mapping):
        return given[0] if isinstance(given, list) and len(given) == 1 else given
    return {
        "rich_text" if key in _TEXTS else key: normal_condition(value) for key, value in given.items() if key != "type"
    }


def read_filter(stored: Filter | None, names: LiveNames) -> dict[str, Any] | None:
    """A live filter with names for ids."""
    return _with_properties(stored, names.name) if stored else None


def _with_properties(given: Filter, rename: Callable[[str], str]) -> dict[str, Any]:
    found = dict(given)
    for name in ("and", "or"):
        if name in given:
            found[name] = [_with_properties(one, rename) for one in given[name]]
    if "property" in given:
        found["property"] = rename(given["property"])
    return found
