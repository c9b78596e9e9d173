# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Wider or narrower: what is said of a schema's change holds for every value."""

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.factory.mcp.plugins.module_utils.schema_drift import Meaning, meaning_of

NAMES = st.sampled_from(["a", "b", "title"])
SMALL = st.integers(0, 3)
VALUES = st.recursive(
    st.none() | st.booleans() | SMALL | st.sampled_from([0.5, "", "a", "bb", "b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)


def keywords(schemas):
    some = st.lists(schemas, min_size=1, max_size=2)
    return st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(["object", "array", "string", "integer", "number", ["string", "null"]]),
            "properties": st.dictionaries(NAMES, schemas, max_size=2),
            "additionalProperties": schemas,
            "required": st.lists(NAMES, max_size=2, unique=True),
            "items": schemas,
            "prefixItems": some,
            "enum": st.lists(VALUES, min_size=1, max_size=3),
            "const": VALUES,
            "minimum": SMALL,
            "maximum": SMALL,
            "maxLength": SMALL,
            "minItems": SMALL,
            "pattern": st.sampled_from(["a", "b"]),
            "anyOf": some,
            "oneOf": some,
            "not": schemas,
            "description": st.text(max_size=2),
            "patternProperties": st.dictionaries(st.just("a"), schemas, max_size=1),
            "propertyNames": schemas,
            "contains": schemas,
            "minContains": SMALL,
        },
    )


SCHEMAS = st.recursive(st.booleans() | st.just({}), keywords, max_leaves=4)
RELATED = st.builds(
    lambda one, other: (one, {**one, **other} if isinstance(one, dict) and isinstance(other, dict) else other),
    SCHEMAS,
    SCHEMAS,
)
"""Two schemas that share keywords, as one before and after a change."""
PAIRS = st.one_of(RELATED, RELATED.map(lambda pair: pair[::-1]), st.tuples(SCHEMAS, SCHEMAS))


def closed(schema, is_name=False):
    """*schema* as a tool's reader takes it: properties without a name are accepted only where it says so."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    named = ("properties", "patternProperties")
    values = ("enum", "const")
    told = {
        key: {name: closed(one) for name, one in value.items()}
        if key in named
        else value
        if key in values
        else closed(value)
        for key, value in schema.items()
    }
    return {"additionalProperties": False, **told} if "properties" in schema else told


@settings(max_examples=1500, deadline=None)
@given(PAIRS, st.lists(VALUES, min_size=12, max_size=12))
def test_a_schema_that_accepts_more_is_never_called_narrowed_nor_one_that_accepts_less_widened(pair, values):
    before, after = pair
    old, new = (jsonschema_rs.validator_for(closed(schema)) for schema in (before, after))
    meaning = meaning_of(before, after)
    for value in values:
        accepted = old.is_valid(value), new.is_valid(value)
        if accepted == (False, True):
            assert meaning in (Meaning.WIDENED, Meaning.OTHERWISE)
        if accepted == (True, False):
            assert meaning in (Meaning.NARROWED, Meaning.OTHERWISE)


@given(PAIRS)
def test_the_way_back_has_the_opposite_meaning(pair):
    before, after = pair
    back = {Meaning.WIDENED: Meaning.NARROWED, Meaning.NARROWED: Meaning.WIDENED}
    meaning = meaning_of(before, after)
    assert meaning_of(after, before) is back.get(meaning, meaning)


@given(SCHEMAS)
def test_a_schema_means_the_same_as_itself(schema):
    assert meaning_of(schema, schema) is Meaning.SAME


TEXT = {"type": "string"}


def with_properties(**properties):
    return {"type": "object", "properties": properties}


@pytest.mark.parametrize(
    ("before", "after", "meaning"),
    [
        (with_properties(), with_properties(note=TEXT), Meaning.WIDENED),
        (with_properties(note=TEXT), with_properties(), Meaning.NARROWED),
        (with_properties(a=TEXT), {**with_properties(a=TEXT), "required": ["a"]}, Meaning.NARROWED),
        ({"enum": ["a"]}, {"enum": ["b", "a"]}, Meaning.WIDENED),
        ({"enum": ["a"]}, {"enum": ["b"]}, Meaning.OTHERWISE),
        ({"type": "integer"}, {"type": "number"}, Meaning.WIDENED),
        ({"maxLength": 5}, {"maxLength": 3}, Meaning.NARROWED),
        ({**TEXT, "pattern": "^[a-z]+$"}, TEXT, Meaning.WIDENED),
        ({"anyOf": [TEXT]}, {"anyOf": [TEXT, {"type": "null"}]}, Meaning.WIDENED),
        (with_properties(title=TEXT), with_properties(title={"type": "null"}), Meaning.OTHERWISE),
        ({"$defs": {"A": {**TEXT, "description": "x"}}}, {"$defs": {"A": TEXT}}, Meaning.SAME),
        ({"$ref": "#/$defs/A"}, {"$ref": "#/$defs/B"}, Meaning.OTHERWISE),
        ({"default": "/home"}, {"default": "/"}, Meaning.OTHERWISE),
        ({"type": 5}, {"type": [{}]}, Meaning.OTHERWISE),
        ({"properties": []}, {"properties": 3}, Meaning.OTHERWISE),
    ],
)
def test_the_meaning_of(before, after, meaning):
    assert meaning_of(before, after) is meaning
