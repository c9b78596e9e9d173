# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pins: what changes a hash, what does not, and what a pin file says of itself."""

import copy
import dataclasses
import json
import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.mcp.plugins.module_utils.handshake import Handshake
from ansible_collections.factory.mcp.plugins.module_utils.handshake_failure import State
from ansible_collections.factory.mcp.plugins.module_utils.pin_drift import drift_between
from ansible_collections.factory.mcp.plugins.module_utils.pin_file import (
    BrokenPin,
    accept,
    pin_file,
    pin_from_text,
    pin_to_text,
    read_pin,
)
from ansible_collections.factory.mcp.plugins.module_utils.server_launch import HttpLaunch, StdioLaunch
from ansible_collections.factory.mcp.plugins.module_utils.server_surface import Tool, tool_from
from ansible_collections.factory.mcp.plugins.module_utils.tool_pins import (
    PinContext,
    context_of,
    pin_of_offer,
    sha256_of,
    sha256_of_tool,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
TOOLS = st.builds(
    Tool,
    name=st.text(min_size=1),
    title=st.none() | st.text(),
    description=st.none() | st.text(),
    input_schema=st.dictionaries(st.text(), JSON, max_size=4),
    output_schema=st.none() | st.dictionaries(st.text(), JSON, max_size=3),
    annotations=st.dictionaries(st.text(), st.booleans() | st.text(), max_size=3),
)


def shuffled(value, order):
    """*value* with the keys of all its mappings in another order."""
    if isinstance(value, dict):
        keys = list(value)
        order.shuffle(keys)
        return {key: shuffled(value[key], order) for key in keys}
    return [shuffled(one, order) for one in value] if isinstance(value, list) else value


@given(TOOLS, st.randoms(use_true_random=False))
def test_the_order_of_keys_never_changes_a_hash(tool, order):
    other = dataclasses.replace(
        tool, input_schema=shuffled(tool.input_schema, order), annotations=shuffled(tool.annotations, order)
    )
    assert sha256_of_tool(other) == sha256_of_tool(tool)


@given(TOOLS, st.sampled_from(["name", "title", "description"]), st.data())
def test_any_changed_character_changes_the_hash(tool, field, data):
    text = getattr(tool, field) or ""
    at = data.draw(st.integers(0, len(text)))
    other = dataclasses.replace(tool, **{field: text[:at] + data.draw(st.characters(codec=None)) + text[at:]})
    assert sha256_of_tool(other) != sha256_of_tool(tool)


@given(JSON, JSON)
def test_values_have_one_hash_only_if_they_are_one_value(one, other):
    as_text = [json.dumps(value, sort_keys=True) for value in (one, other)]
    if sha256_of(one) == sha256_of(other):
        assert json.loads(as_text[0]) == json.loads(as_text[1])


@given(st.lists(TOOLS, max_size=4, unique_by=lambda tool: tool.name), st.text())
def test_a_pin_file_gives_back_the_pin_and_the_order_of_tools_never_matters(tools, instructions):
    pin = pin_of_offer(tools, instructions, PinContext("npm:x@1", environment=("TOKEN",)))
    text = pin_to_text(pin)
    back = pin_from_text(text, "pins/x.json")
    assert (back, pin_to_text(back)) == (pin, text)
    assert pin_to_text(pin_of_offer(tools[::-1], instructions, pin.context)) == text


@pytest.mark.parametrize("value", [2**60, float("inf"), "\ud800", {"\udfff": 1}, [2**60, "x"]])
def test_what_rfc_8785_has_no_form_for_is_pinned_all_the_same(value):
    assert sha256_of(value) == sha256_of(copy.deepcopy(value))
    assert sha256_of(value) != sha256_of(0)


def test_null_and_absent_are_the_same_tool():
    bare = {"name": "a", "inputSchema": {"type": "object"}}
    full = {**bare, "title": None, "description": None, "outputSchema": None, "annotations": {"readOnlyHint": None}}
    assert sha256_of_tool(tool_from(bare)) == sha256_of_tool(tool_from(full))


def test_a_new_key_is_no_other_context_and_a_new_argument_is():
    one = context_of(StdioLaunch("s", ("--api-key=abcdef-1", "x"), {"B": "abcdef-1", "A": ""}), "2025-11-25")
    assert one == context_of(StdioLaunch("s", ("--api-key=uvwxyz-2", "x"), {"A": "1", "B": "uvwxyz-2"}), "2025-11-25")
    assert one.environment == ("A", "B")
    assert one.arguments != context_of(StdioLaunch("s", ("--api-key=abcdef-1", "y")), "2025-11-25").arguments
    first, second = (HttpLaunch("https://h/mcp", {"Authorization": f"Bearer {key}"}) for key in ("a" * 9, "b" * 9))
    assert context_of(first, "") == context_of(second, "")


def verified(*tools, instructions=""):
    return Handshake(State.VERIFIED, instructions=instructions, tools=tools)


ADD = Tool("add", description="Adds.\u200b", input_schema={"type": "object", "properties": {"a": {"type": "string"}}})


def test_accepting_writes_a_pin_once_and_tells_what_it_accepts(tmp_path):
    file = pin_file(tmp_path, "calculator")
    assert read_pin(file) is None
    first = accept(file, verified(ADD), PinContext("npm:x@1"))
    written = file.stat()
    assert [str(one) for one in first] == [
        "invisible characters: tool add: invisible characters in description: (nothing) -> U+200B ZERO WIDTH SPACE"
    ]
    assert accept(file, verified(ADD), PinContext("npm:x@1", protocol_version="2026-07-28")) == []
    assert file.stat().st_mtime_ns == written.st_mtime_ns
    assert [one.drift for one in accept(file, verified(), PinContext("npm:x@1"))] == ["removed"]
    assert list(read_pin(file).tools) == []


def test_a_server_that_is_not_verified_cannot_be_accepted(tmp_path):
    with pytest.raises(FactoryError, match="nothing to accept: it never answered"):
        accept(tmp_path / "x.json", Handshake(State.SILENT, "it never answered"), PinContext())
    assert list(tmp_path.iterdir()) == []


def test_a_pin_file_shows_what_cannot_be_seen_as_an_escape(tmp_path):
    accept(tmp_path / "x.json", verified(ADD), PinContext())
    assert '"description": "Adds.\\u200b"' in (tmp_path / "x.json").read_text()


@pytest.mark.parametrize(
    ("breakage", "told"),
    [
        (lambda text: text[:200], ":13:"),
        (lambda text: "", ":1:1: this pin cannot be trusted: not valid JSON"),
        (lambda text: "[]", "no pin file"),
        (lambda text: "{}", "no pin file"),
        (lambda text: text.replace('"version": 1', '"version": 2'), "newer Factory"),
        (lambda text: text.replace("Adds.", "Sends."), "the hash of tool 'add'"),
        (lambda text: text.replace('"instructions": ""', '"instructions": "x"'), "not that of its tools"),
        (lambda text: text.replace('"instructions": ""', '"instructions": "", "instructions": ""'), "twice"),
        (lambda text: text.replace('"context"', '"kontext"'), "missing"),
        (lambda text: text.replace('"environment": []', '"environment": 3'), "not in its place"),
        (lambda text: text.replace('"tools": {', '"tools": {"b": 5, '), "not in its place"),
        (lambda text: "[" * 100_000, "cannot be trusted"),
    ],
)
def test_a_broken_pin_is_an_error_with_its_position_and_is_not_overwritten(tmp_path, breakage, told):
    file = tmp_path / "x.json"
    accept(file, verified(ADD), PinContext())
    broken = breakage(file.read_text())
    file.write_text(broken)
    with pytest.raises(BrokenPin) as error:
        accept(file, verified(ADD), PinContext())
    assert str(error.value).startswith(f"{file}:")
    assert told in str(error.value)
    assert file.read_text() == broken


def test_a_hash_that_is_wrong_is_told_with_its_line(tmp_path):
    file = tmp_path / "x.json"
    accept(file, verified(ADD), PinContext())
    file.write_text(file.read_text().replace("Adds.", "Sends."))
    line = next(number for number, line in enumerate(file.read_text().splitlines(), 1) if line.strip() == '"add": {')
    with pytest.raises(BrokenPin, match=f"x.json:{line}:1: "):
        read_pin(file)


def test_a_link_that_leads_nowhere_is_not_taken_for_no_pin(tmp_path):
    (tmp_path / "x.json").symlink_to(tmp_path / "gone")
    with pytest.raises(BrokenPin, match="leads nowhere"):
        read_pin(tmp_path / "x.json")


def test_a_name_that_leads_out_of_the_folder_is_refused(tmp_path):
    with pytest.raises(FactoryError, match="no name of a server"):
        pin_file(tmp_path, "../evil")


@given(st.lists(TOOLS, max_size=4, unique_by=lambda tool: tool.name))
def test_a_pin_does_not_drift_from_itself_in_another_order_or_era(tools):
    order = random.Random(1)
    mixed = [dataclasses.replace(tool, input_schema=shuffled(tool.input_schema, order)) for tool in tools]
    before = pin_of_offer(tools, "i", PinContext(protocol_version="2025-11-25"))
    after = pin_of_offer(mixed[::-1], "i", PinContext(protocol_version="2026-07-28"))
    assert drift_between(before, after) == []


@given(TOOLS, TOOLS)
@example(ADD, dataclasses.replace(ADD, input_schema={**ADD.input_schema, "x": None}))
@example(ADD, dataclasses.replace(ADD, annotations={"x": None}))
def test_whatever_differs_is_reported(one, other):
    before, after = (pin_of_offer([tool], "", PinContext()) for tool in (one, other))
    assert bool(drift_between(before, after)) == (before.sha256 != after.sha256)
