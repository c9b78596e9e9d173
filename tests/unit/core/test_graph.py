"""References become a graph, and the graph an order that never depends on files."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from text_file_kind import TextFile
from text_file_runs import PROVIDERS, declare, file_address, graph_of

from ansible_collections.factory.core.plugins.module_utils.graph import (
    break_cycles,
    check_unique_ids,
    fill_in,
    resolve,
)
from ansible_collections.factory.core.plugins.module_utils.manifest import Address, Resource
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError, InvalidManifests
from ansible_collections.factory.core.plugins.module_utils.provider import Observation, Reference

NAMES = "abcdef"


class LinkedFile(TextFile):
    """A text file whose needs may be satisfied after both exist."""

    def references(self, resource: Resource) -> Iterator[Reference]:
        for reference in super().references(resource):
            yield Reference(reference.target, reference.path, deferrable=True)


def messages(specs: Mapping[str, Any], **environ: str) -> list[str]:
    with pytest.raises(InvalidManifests) as refused:
        graph_of(declare(specs), **environ)
    return [problem.message for problem in refused.value.problems]


def edges_of(pairs: Mapping[tuple[str, str], bool]) -> dict[Address, list[Reference]]:
    """References by resource, from (from, to) -> deferrable."""
    edges: dict[Address, list[Reference]] = {file_address(name): [] for name in NAMES}
    for (source, target), deferrable in pairs.items():
        edges[file_address(source)].append(Reference(file_address(target), (), deferrable))
    return edges


PAIRS = st.dictionaries(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), st.booleans(), max_size=14)


def test_what_a_text_refers_to_comes_first() -> None:
    graph = graph_of(declare({"a": "see ${TextFile/b.id}", "b": "${TextFile/c.id}", "c": "x"}))

    assert [address.name for address in graph.order] == ["c", "b", "a"]
    assert graph.needs[file_address("a")] == {file_address("b")}
    assert graph.referring == {file_address("a"), file_address("b")}


def test_what_a_kind_says_is_needed_comes_first() -> None:
    graph = graph_of(declare({"a": {"content": "x", "needs": ["b"]}, "b": "x"}))

    assert [address.name for address in graph.order] == ["b", "a"]


def test_environment_variables_are_filled_in_and_remembered_as_secrets() -> None:
    graph = graph_of(declare({"a": "token=${env:TOKEN}"}), TOKEN="s3cret-value")

    assert graph.declared.resources[file_address("a")].spec == {"content": "token=s3cret-value"}
    assert graph.secrets == ("s3cret-value",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("${env:NOT_SET}", "the environment variable NOT_SET is not set"),
    ],
)
def test_a_variable_that_is_not_set_is_a_problem(content: str, message: str) -> None:
    assert messages({"a": content, "tasks": "x"}) == [message]


def test_all_variables_that_are_not_set_are_told_at_once() -> None:
    assert len(messages({"a": "${env:NOT_SET} ${env:NOR_THIS}", "c": "${env:NOT_SET_EITHER}"})) == 3


def test_an_empty_variable_is_set() -> None:
    graph = graph_of(declare({"a": "<${env:EMPTY}>"}), EMPTY="")

    assert graph.declared.resources[file_address("a")].spec == {"content": "<>"}


@pytest.mark.parametrize(
    "specs",
    [
        {"a": "${TextFile/b.id}", "b": "${TextFile/a.id}"},
        {"a": {"content": "x", "needs": ["b"]}, "b": {"content": "x", "needs": ["a"]}},
        {"a": {"content": "x", "needs": ["b"]}, "b": "${TextFile/a.id}"},
    ],
)
def test_a_cycle_that_cannot_be_deferred_is_refused_and_named(specs: Mapping[str, Any]) -> None:
    assert messages(specs) == ["these resources need each other, and none can come first: TextFile/a, TextFile/b"]


def test_a_resource_that_needs_itself_is_refused() -> None:
    assert "TextFile/a" in messages({"a": "${TextFile/a.id}"})[0]


def test_a_cycle_does_not_name_what_only_waits_for_it() -> None:
    (message,) = messages({"a": "${TextFile/b.id}", "b": "${TextFile/c.id}", "c": "${TextFile/b.id}"})

    assert "TextFile/b, TextFile/c" in message
    assert "TextFile/a" not in message


def test_a_cycle_is_fine_where_it_can_be_deferred() -> None:
    specs = {"a": {"content": "x", "needs": ["b"]}, "b": {"content": "x", "needs": ["a"]}}

    graph = resolve(declare(specs), {"TextFile": LinkedFile()}, {})

    assert [address.name for address in graph.order] == ["a", "b"]
    assert graph.needs == {file_address("a"): frozenset(), file_address("b"): {file_address("a")}}


def test_of_a_cycle_the_one_that_leaves_least_for_later_goes_first() -> None:
    order, cycle = break_cycles(edges_of({("a", "b"): True, ("a", "c"): True, ("b", "a"): True, ("c", "a"): True}))

    assert cycle == ()
    assert next(address.name for address in order if address.name in "abc") == "b"


@given(PAIRS)
def test_an_order_puts_everything_after_what_it_cannot_do_without(pairs: Mapping[tuple[str, str], bool]) -> None:
    order, cycle = break_cycles(edges_of(pairs))
    placed = list(order)

    for (source, target), deferrable in pairs.items():
        if not deferrable and file_address(source) in order:
            assert placed.index(file_address(target)) < placed.index(file_address(source))
            assert file_address(target) in order[file_address(source)]
    assert not set(order) & set(cycle)
    assert bool(cycle) == (len(order) < len(NAMES))


@given(PAIRS)
def test_nothing_waits_for_what_comes_later(pairs: Mapping[tuple[str, str], bool]) -> None:
    order, _cycle = break_cycles(edges_of(pairs))
    seen: set[Address] = set()

    for address, needs in order.items():
        assert needs <= seen
        seen.add(address)


@given(st.dictionaries(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), st.just(True), max_size=14))
def test_where_everything_is_deferrable_no_cycle_is_left(pairs: Mapping[tuple[str, str], bool]) -> None:
    assert break_cycles(edges_of(pairs))[1] == ()


@given(PAIRS, st.randoms(use_true_random=False))
def test_the_order_never_depends_on_the_order_of_files(
    pairs: Mapping[tuple[str, str], bool], shuffle: random.Random
) -> None:
    edges = edges_of(pairs)
    shuffled = [(address, shuffle.sample(found, len(found))) for address, found in edges.items()]
    shuffle.shuffle(shuffled)

    order, cycle = break_cycles(edges)
    other, other_cycle = break_cycles(dict(shuffled))

    assert list(order.items()) == list(other.items())
    assert cycle == other_cycle


def test_attributes_that_are_known_are_filled_in_and_others_stay() -> None:
    (a, _b, _c) = declare({"a": "${TextFile/b.id} ${TextFile/c.id}", "b": "x", "c": "x"}).resources.values()

    filled = fill_in(a, {file_address("b"): Observation({"id": "7"}, None)}, {})

    assert filled.spec == {"content": "7 ${TextFile/c.id}"}


def test_what_is_in_the_trash_has_no_attributes() -> None:
    (a, _b) = declare({"a": "${TextFile/b.id}", "b": "x"}).resources.values()

    filled = fill_in(a, {file_address("b"): Observation({"id": "7"}, None, in_trash=True)}, {})

    assert filled.spec == {"content": "${TextFile/b.id}"}


def test_two_resources_that_claim_one_live_object_are_both_named() -> None:
    one = Observation({"id": "7"}, None)

    with pytest.raises(FactoryError, match="TextFile/a and TextFile/b both claim the live object 7"):
        check_unique_ids({file_address("b"): one, file_address("a"): one})


def test_a_stack_of_one_kind_needs_only_its_provider() -> None:
    assert resolve(declare({"a": "x"}), PROVIDERS, {}).order == (file_address("a"),)
