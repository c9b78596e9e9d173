# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is declared decides when a server is asked again, and what a plan shows of it."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.factory.core.plugins.module_utils.change import Action, Effect, path_name
from ansible_collections.factory.core.plugins.module_utils.manifest import Address, Resource
from ansible_collections.factory.core.plugins.module_utils.provider import Observation
from ansible_collections.factory.mcp.plugins.module_utils.server_declaration import asked_of, declaration
from ansible_collections.factory.mcp.plugins.module_utils.server_diff import condition_of, server_change
from ansible_collections.factory.mcp.plugins.module_utils.server_files import LOCK, PIN
from ansible_collections.factory.mcp.plugins.module_utils.server_state import (
    EntryState,
    ServerState,
    ServerWish,
    Verification,
    state_from_data,
    state_to_data,
)

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=8)
NAMES = st.from_regex(r"[A-Z][A-Z0-9_]{0,6}", fullmatch=True)
OPTIONAL = {
    "transport": st.sampled_from(["stdio", "tcp", "streamable-http"]),
    "listen": st.fixed_dictionaries({"port": st.integers(1, 65535)}, optional={"exposed": st.booleans()}),
    "args": st.lists(TEXTS, min_size=1, max_size=3),
    "env": st.dictionaries(NAMES, TEXTS, min_size=1, max_size=3),
    "cwd": TEXTS,
    "tools": st.fixed_dictionaries(
        {}, optional=dict.fromkeys(("allow", "deny", "expect"), st.lists(TEXTS, min_size=1))
    ),
    "probe": st.fixed_dictionaries({"tool": TEXTS}, optional={"arguments": st.dictionaries(TEXTS, TEXTS)}),
    LOCK: TEXTS,
    PIN: TEXTS,
}
PACKAGE = st.fixed_dictionaries({"package": TEXTS, "version": TEXTS}, optional={"bin": TEXTS, "integrity": TEXTS})
SOURCES = st.one_of(
    PACKAGE.map(lambda one: {"npm": one}),
    PACKAGE.map(lambda one: {"pypi": one}),
    st.fixed_dictionaries(
        {"image": TEXTS, "digest": TEXTS}, optional={"options": st.lists(TEXTS, min_size=1, max_size=2)}
    ).map(lambda one: {"oci": one}),
    st.fixed_dictionaries({"path": TEXTS}, optional={"integrity": TEXTS}).map(lambda one: {"command": one}),
    st.fixed_dictionaries({"url": TEXTS}, optional={"headers": st.dictionaries(NAMES, TEXTS, min_size=1)}).map(
        lambda one: {"remote": one}
    ),
)
SPECS = st.fixed_dictionaries({"source": SOURCES}, optional=OPTIONAL)


def mixed(value):
    """*value* with the keys of its mappings in another order."""
    if isinstance(value, dict):
        return {key: mixed(value[key]) for key in random.Random(1).sample(list(value), len(value))}
    return value


def asked(spec, variables=None):
    return asked_of(ServerWish("files", spec, variables or {}))


@given(SPECS, st.data())
def test_whatever_is_declared_otherwise_makes_a_server_be_asked_again(spec, data):
    key = data.draw(st.sampled_from([*OPTIONAL, "source"]))
    if key in spec and key != "source" and data.draw(st.booleans()):
        other = {name: value for name, value in spec.items() if name != key}
    else:
        drawn = {**OPTIONAL, "source": SOURCES}[key].filter(lambda value: value != spec.get(key))
        other = {**spec, key: data.draw(drawn)}
    assert asked(other) != asked(spec)


@given(SPECS)
def test_the_order_of_keys_means_nothing(spec):
    assert asked(mixed(spec)) == asked(spec)
    assert declaration(mixed(spec)) == declaration(spec)


@given(SPECS)
def test_clients_descriptions_and_deadlines_are_nothing_that_a_server_offers(spec):
    told = {**spec, "clients": ["cursor"], "description": "Files.", "deadline": 60}
    assert asked(told) == asked(spec)
    assert declaration(told) == declaration(spec)


def test_a_variable_that_is_set_makes_a_server_be_asked_and_its_value_does_not():
    spec = {"source": {"command": {"path": "/a"}}, "env": {"TOKEN": "${env:TOKEN}"}}
    assert asked(spec) != asked(spec, {"TOKEN": "one"})
    assert asked(spec, {"TOKEN": "one"}) == asked(spec, {"TOKEN": "two"})


SPEC = {"source": {"command": {"path": "/bin/files"}}, "args": ["a"], "env": {"LEVEL": "info"}, "clients": ["cursor"]}


def recorded(spec):
    return {path_name(path): value for path, value in declaration(spec).items()}


def there(**changed):
    """A server as it is after an apply of SPEC."""
    known = Verification(asked(SPEC), "verified", "", ("read",))
    entry = EntryState("cursor", "no-op", {"command": "/bin/files"}, {"command": "/bin/files"})
    state = ServerState("files", "/servers/files", recorded(SPEC), True, entries=(entry,), verification=known)
    return replace(state, **changed)


def change(state, spec=SPEC, metadata=None, former=None):
    resource = Resource(Address("McpServer", "files"), metadata or {}, spec)
    observed = None if state is None else Observation({"id": state.folder}, state, former=former)
    return server_change(resource, observed)


def fields(changed):
    return {one.name: (one.before, one.after, str(one.effect)) for one in changed.fields}


@given(SPECS)
def test_a_server_that_is_as_it_was_applied_does_not_differ(spec):
    state = there(recorded=recorded(spec), entries=())
    assert change(state, spec).fields == ()


def test_a_new_server_is_created_with_all_that_is_declared():
    found = change(None)
    assert found.action is Action.CREATE
    assert set(fields(found)) == {"source", "args", "env.LEVEL", "clients.cursor", "verification"}
    assert found.effect is Effect.ADDITIVE


LISTENING = {**SPEC, "transport": "tcp", "listen": {"port": 8811}}
DIFFERENCES = {
    "an argument": (there(), {**SPEC, "args": ["b"]}, {"args": (["a"], ["b"], "reversible")}),
    "a variable more": (
        there(),
        {**SPEC, "env": {"LEVEL": "info", "MORE": "x"}},
        {"env.MORE": (None, "x", "additive")},
    ),
    "a variable less": (there(), {**SPEC, "env": {}}, {"env.LEVEL": ("info", None, "reversible")}),
    "an argument of what runs": (
        there(recorded=recorded(LISTENING)),
        {**LISTENING, "args": ["b"]},
        {"args": (["a"], ["b"], "disruptive")},
    ),
    "expected tools of what runs": (
        there(recorded=recorded(LISTENING)),
        {**LISTENING, "tools": {"expect": ["read"]}},
        {"tools": (None, {"expect": ["read"]}, "additive")},
    ),
    "a damaged program": (
        there(damage="its files were changed"),
        SPEC,
        {"source.files": ("damaged", "as locked", "reversible")},
    ),
    "a stopped service": (
        there(service="it does not run"),
        SPEC,
        {"service": ("otherwise", "as declared", "disruptive")},
    ),
    "a changed entry": (
        there(entries=(EntryState("cursor", "update", {"command": "/evil", "a": 1}, {"command": "/bin/files"}, True),)),
        SPEC,
        {
            "clients.cursor.command": ("/evil", "/bin/files", "reversible"),
            "clients.cursor.a": (1, None, "reversible"),
        },
    ),
    "an entry that is gone": (
        there(entries=(EntryState("cursor", "create", None, {"command": "/bin/files"}, True),)),
        SPEC,
        {"clients.cursor": (None, {"command": "/bin/files"}, "additive")},
    ),
    "nothing but that nobody asked it": (
        there(verification=None),
        SPEC,
        {"verification": (None, "asked what it offers", "additive")},
    ),
}


@pytest.mark.parametrize("case", DIFFERENCES)
def test_each_difference_is_one_field(case):
    state, spec, expected = DIFFERENCES[case]
    found = change(state, spec)
    assert (found.action, fields(found)) == (Action.UPDATE, expected)


def test_protection_that_comes_or_goes_is_a_difference():
    found = change(there(), metadata={"protect": True})
    assert fields(found) == {"ownership": ("McpServer/files", "McpServer/files, protected", "reversible")}
    assert change(there(protected=True), metadata={"protect": True}).fields == ()


def test_what_differs_of_a_renamed_server_is_nobodys_drift():
    found = change(there(recorded=None), former=Address("McpServer", "documents"))
    assert fields(found)["ownership"] == ("McpServer/documents", "McpServer/files", "reversible")
    assert all(one.is_ours_alone for one in found.fields)


def test_a_server_that_offers_something_else_is_refused_with_each_difference_as_drift():
    drift = ({"class": "added", "tool": "send", "what": "it is new", "before": "", "after": "Sends."},)
    known = Verification(asked(SPEC), "drifted", "added: tool send: it is new", ("read", "send"), drift)
    found = change(there(verification=known), {**SPEC, "args": ["b"]})
    assert (found.action, fields(found)) == (Action.NO_OP, {"offer.send.added": (None, "Sends.", "disruptive")})
    assert all(one.alarms for one in found.fields)
    assert "its clients keep what they have" in found.refused.lower()
    assert "factory mcp accept files" in found.refused


def test_a_client_that_cannot_be_written_refuses_the_server_and_names_the_client():
    broken = EntryState("codex", "no-op", error="~/.codex/config.toml:3:1: not valid TOML")
    found = change(there(entries=(broken,)), {**SPEC, "args": ["b"]})
    assert (found.action, found.refused) == (Action.NO_OP, "codex: ~/.codex/config.toml:3:1: not valid TOML")


CONDITIONS = {
    "absent": there(recorded=None, installed=False),
    "installed": there(recorded=None),
    "configured": there(verification=None),
    "verified": there(),
    "degraded": there(verification=Verification("", "degraded", "it does not answer")),
    "drifted": there(damage="its files were changed"),
}


@pytest.mark.parametrize("word", CONDITIONS)
def test_how_far_a_server_has_come_has_a_word(word):
    assert condition_of(CONDITIONS[word], "stdio").state == word


def test_a_service_that_nobody_asked_yet_is_running():
    assert condition_of(there(verification=None), "tcp").state == "running"


def test_a_state_survives_the_way_between_host_and_controller():
    drift = ({"class": "added", "tool": "send", "what": "it is new", "before": "", "after": "Sends."},)
    state = there(verification=Verification("x", "drifted", "y", ("read",), drift))
    assert state_from_data(state_to_data(state)) == state
