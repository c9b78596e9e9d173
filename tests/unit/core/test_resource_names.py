"""Names of imported resources: DNS labels, each once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.factory.core.plugins.module_utils.manifest import NAME_PATTERN
from ansible_collections.factory.core.plugins.module_utils.resource_names import free_name, name_from_title


@pytest.mark.parametrize(
    ("title", "name"),
    [("Master Tasks", "master-tasks"), ("Müller & Söhne", "muller-sohne"), ("Anna's", "annas"), ("🎉", "database")],
)
def test_a_name_is_what_is_left_of_the_title(title: str, name: str) -> None:
    assert name_from_title(title, "database") == name


@given(titles=st.lists(st.text(max_size=80) | st.just("a" * 90), max_size=12))
def test_every_name_is_valid_and_nobody_elses(titles: list[str]) -> None:
    taken: list[str] = []
    for title in titles:
        taken.append(free_name(name_from_title(title, "database"), taken))
    assert len(set(taken)) == len(titles)
    assert all(NAME_PATTERN.match(name) for name in taken)
