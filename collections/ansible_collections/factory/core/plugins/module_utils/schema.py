# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Validate: each manifest against its kind's JSON Schema, said in words, at line and column."""

from __future__ import annotations

import dataclasses
import functools
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import jsonschema_rs

from ansible_collections.factory.core.plugins.module_utils.history import (
    HISTORY_SCHEMA,
    Entry,
    entries_of,
    history_of,
    is_history,
)
from ansible_collections.factory.core.plugins.module_utils.lifecycle import LIFECYCLE_METADATA, lifecycle_faults
from ansible_collections.factory.core.plugins.module_utils.manifest import (
    API_VERSION,
    NAME_PATTERN,
    Address,
    LoadedStack,
    Resource,
    document_address,
    unlocated,
)
from ansible_collections.factory.core.plugins.module_utils.problem import (
    InvalidManifests,
    Problem,
    did_you_mean,
    said,
)
from ansible_collections.factory.core.plugins.module_utils.provider import Declared, Fault, Provider
from ansible_collections.factory.core.plugins.module_utils.reference import references_in
from ansible_collections.factory.core.plugins.module_utils.yaml_source import Document

_TYPE_WORDS = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
}
_MOST_OPTIONS_SHOWN = 30
_ADDRESS_WITH_USER = re.compile(r"://[^/\s]*@")
"""An address that may hold a password: no message shows it."""

METADATA_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "required": ["name"],
    "additionalProperties": False,
    "properties": {
        "name": {
            "description": "The resource's name, unique among its kind in the stack.",
            "type": "string",
            "pattern": NAME_PATTERN.pattern,
            "x-message": "a name is lower-case letters, digits and inner hyphens, at most 63 of them",
        },
        "labels": {
            "description": "Free words for selecting and reporting.",
            "type": "object",
            "additionalProperties": {"type": "string"},
        },
        "adopt": {
            "description": "Take over what exists already: true for the only one of that title, or its id.",
            "anyOf": [{"type": "boolean"}, {"type": "string", "minLength": 1}],
            "x-message": "expected true, false or the id of what to adopt",
        },
        **LIFECYCLE_METADATA,
    },
}


def manifest_schema(provider: Provider[Any]) -> dict[str, Any]:
    """The JSON Schema of a whole manifest of the provider's kind, for editors and for us."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": provider.kind,
        "type": "object",
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "additionalProperties": False,
        "properties": {
            "apiVersion": {"const": API_VERSION},
            "kind": {"const": provider.kind},
            "metadata": dict(METADATA_SCHEMA),
            "spec": dict(provider.spec_schema),
        },
    }


def validate(stack: LoadedStack, providers: Mapping[str, Provider[Any]]) -> Declared:
    """The resources of *stack*, once nothing is wrong with them.

    Raises ``InvalidManifests`` with every problem of every file. No network.
    """
    schemas = {kind: manifest_schema(provider) for kind, provider in providers.items()}
    declared_kinds = {str(one.data.get("kind")) for one in stack.documents if isinstance(one.data, Mapping)}
    validators = {kind: _validator(schema) for kind, schema in schemas.items() if kind in declared_kinds}
    validator_of_history = _validator(HISTORY_SCHEMA)
    problems = list(stack.problems)
    resources: dict[Address, Resource] = {}
    unreadable: dict[Address, Any] = {}
    entries: list[Entry] = []
    for document in stack.documents:
        if is_history(document):
            faults = list(_schema_faults(document.data, HISTORY_SCHEMA, validator_of_history))
            problems.extend(_located(document, faults))
            entries.extend([] if faults else entries_of(document))
            continue
        faults = list(_document_faults(document, schemas, validators))
        problems.extend(_located(document, faults))
        address = document_address(document)
        if faults:
            unreadable.update({address: document.data} if address else {})
        elif address in resources:
            first = resources[address].source
            where = f" (first at {first.locate(('metadata', 'name'))})" if first else ""
            fault = Fault(("metadata", "name"), f"{address} is declared twice{where}")
            problems.extend(_located(document, [fault]))
        elif address:
            resources[address] = Resource(address, document.data["metadata"], document.data["spec"], document.source)
    history, broken = history_of(entries, {**resources, **unreadable}, stack.complete, providers)
    problems.extend(broken)
    for address in history.renamed().values():
        if address in resources:
            resources[address] = dataclasses.replace(resources[address], former=history.former(address))
    declared = Declared(resources, unreadable, stack.complete, history=history, stack=stack.name)
    found, doubts = check(declared, providers)
    problems.extend(found)
    if problems:
        raise InvalidManifests(problems)
    return dataclasses.replace(declared, warnings=tuple(map(str, doubts)))


def manifest_faults(resource: Resource, provider: Provider[Any]) -> Iterator[Fault]:
    """What the schema of its kind finds wrong with a resource that no file declares yet."""
    schema = manifest_schema(provider)
    address = resource.address
    metadata = {"name": address.name, **resource.metadata}
    data = {"apiVersion": API_VERSION, "kind": address.kind, "metadata": metadata, "spec": resource.spec}
    yield from _schema_faults(data, schema, _validator(schema))


def _validator(schema: Mapping[str, Any]) -> Any:
    """A schema made ready for checking, once: that takes much longer than checking a manifest."""
    return _validator_of(json.dumps(schema))


@functools.cache
def _validator_of(schema: str) -> Any:
    return jsonschema_rs.validator_for(json.loads(schema))


def check(declared: Declared, providers: Mapping[str, Provider[Any]]) -> tuple[list[Problem], list[Problem]]:
    """What the kinds' own rules find in valid-looking resources: what is wrong, and what is doubtful."""
    wrong: list[Problem] = []
    doubtful: list[Problem] = []
    for resource in declared.resources.values():
        provider = providers[resource.address.kind]
        faults = [*provider.check(resource, declared), *_reference_faults(resource, declared, providers)]
        if all(fault.doubtful for fault in faults):
            faults.extend(lifecycle_faults(resource, provider, declared))
        for fault in faults:
            (doubtful if fault.doubtful else wrong).append(_problem(resource, fault))
    return wrong, sorted(set(doubtful))


def _problem(resource: Resource, fault: Fault) -> Problem:
    if resource.source is None:
        return unlocated(_said_at(fault))
    return Problem(resource.source.locate(fault.path, key=fault.at_key), _said_at(fault))


def _reference_faults(
    resource: Resource, declared: Declared, providers: Mapping[str, Provider[Any]]
) -> Iterator[Fault]:
    """References in texts to what is not declared, or to an attribute that its kind does not have."""
    for own in providers[resource.address.kind].references(resource):
        yield from _own_stack_faults(own.target, own.path, declared)
    for reference in references_in(resource.spec, ("spec",)):
        target = reference.target
        if target is None:
            continue
        yield from _own_stack_faults(target, reference.path, declared)
        if target.stack and target.kind not in providers:
            guess = did_you_mean(target.kind, providers)
            yield Fault(reference.path, f"unknown kind '{target.kind}'{guess}")
        elif not target.stack and declared.lacks(target):
            yield Fault(reference.path, f"{target} is not declared{declared.suggest(target)}")
        elif target.kind in providers and reference.attribute not in providers[target.kind].attributes:
            guess = did_you_mean(reference.attribute, providers[target.kind].attributes)
            yield Fault(reference.path, f"{target} has no attribute '{reference.attribute}'{guess}")


def _own_stack_faults(target: Address, path: tuple[str | int, ...], declared: Declared) -> Iterator[Fault]:
    """A resource of this stack that is written like another one's."""
    if target.stack and target.stack == declared.stack:
        yield Fault(path, f"'{target.stack}' is this stack itself; leave '{target.stack}:' out")


def _said_at(fault: Fault) -> str:
    where = ".".join(str(step) for step in fault.path)
    return f"{where}: {fault.message}" if where else fault.message


def _located(document: Document, faults: Iterable[Fault]) -> Iterator[Problem]:
    for fault in faults:
        yield Problem(document.source.locate(fault.path, key=fault.at_key), _said_at(fault))


def _document_faults(
    document: Document, schemas: Mapping[str, dict[str, Any]], validators: Mapping[str, Any]
) -> Iterator[Fault]:
    data = document.data
    if not isinstance(data, dict):
        yield Fault((), f"a manifest is a mapping with apiVersion, kind, metadata and spec, not {said(data)}")
        return
    kind = data.get("kind")
    if not isinstance(kind, str):
        yield Fault(("kind",), "missing key 'kind'" if kind is None else f"expected text, not {said(kind)}")
    elif kind not in schemas:
        known = ", ".join(sorted(schemas))
        yield Fault(("kind",), f"unknown kind '{kind}'; known are {known}{did_you_mean(kind, schemas)}")
    else:
        yield from _schema_faults(data, schemas[kind], validators[kind])


def _schema_faults(data: Any, schema: Mapping[str, Any], validator: Any) -> Iterator[Fault]:
    if validator.is_valid(data):
        return
    for error in validator.iter_errors(data):
        yield from _fault(schema, error)


def _fault(schema: Mapping[str, Any], error: Any) -> Iterator[Fault]:
    path = tuple(error.instance_path)
    rule = _subschema(schema, error.schema_path)
    value = error.instance
    match error.kind.name:
        case "additionalProperties" | "unevaluatedProperties":
            known = list(rule.get("properties", {}))
            for key in error.kind.unexpected:
                hint = rule.get("x-hints", {}).get(key)
                message = f"unknown key '{key}'" + (f"; {hint}" if hint else did_you_mean(key, known))
                yield Fault((*path, key), message, at_key=True)
        case "required":
            yield Fault(path, f"missing key '{error.kind.property}'")
        case "enum":
            yield Fault(path, _not_one_of(value, error.kind.options, rule))
        case "const":
            yield Fault(path, f"expected '{error.kind.expected_value}', not {said(value)}")
        case "type":
            words = " or ".join(_TYPE_WORDS[name] for name in error.kind.types)
            yield Fault(path, rule.get("x-message", f"expected {words}, not {said(value)}"))
        case "propertyNames":
            yield Fault((*path, error.kind.error.instance), rule.get("x-message", error.message), at_key=True)
        case _:
            words = rule.get("x-message", "")
            shown = not isinstance(value, Mapping | list) and not _ADDRESS_WITH_USER.search(str(value))
            found = f", not {said(value)}" if shown else ""
            yield Fault(path, f"{words}{found}" if words else error.message)


def _subschema(schema: Mapping[str, Any], path: Sequence[str | int]) -> Mapping[str, Any]:
    """The schema object that holds the keyword at the end of *path*."""
    node: Any = schema
    for step in path[:-1]:
        node = node[step]
    return node if isinstance(node, Mapping) else {}


def _not_one_of(value: Any, options: Sequence[Any], rule: Mapping[str, Any]) -> str:
    hint = rule.get("x-hints", {}).get(value) if isinstance(value, str) else None
    if hint:
        return f"'{value}' cannot be declared: {hint}"
    listed = ", ".join(str(option) for option in options[:_MOST_OPTIONS_SHOWN])
    more = ", …" if len(options) > _MOST_OPTIONS_SHOWN else ""
    guess = did_you_mean(value, [str(option) for option in options]) if isinstance(value, str) else ""
    return f"{said(value)} is not allowed here; expected one of {listed}{more}{guess}"
