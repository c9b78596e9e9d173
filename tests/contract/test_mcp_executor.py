# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The executor: what is repeated, what is not, how a call ends, and what is written down."""

import asyncio
import dataclasses
import json
import sys
from pathlib import Path

import pytest

from ansible_collections.factory.core.plugins.module_utils.journal import open_journal
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.core.plugins.module_utils.redaction import redactor
from ansible_collections.factory.mcp.plugins.module_utils.circuit_breaker import CircuitBreaker
from ansible_collections.factory.mcp.plugins.module_utils.server_launch import StdioLaunch
from ansible_collections.factory.mcp.plugins.module_utils.tool_call import CallOutcome, CallPolicy, ToolCall
from ansible_collections.factory.mcp.plugins.module_utils.tool_executor import OPERATION_ID, call_tools, open_executor

SERVER = Path(__file__).with_name("hostile_mcp_server.py")
TOKEN = "s3cr3t-value-of-the-token"
ADD = ToolCall("add", {"a": 2, "b": 3})
NOT_IDEMPOTENT = dataclasses.replace(ADD, idempotent=False)
POLICY = CallPolicy(try_seconds=2, total_seconds=6)


def launch(mode, seen=""):
    return StdioLaunch(sys.executable, (str(SERVER), mode, str(seen)), {"API_TOKEN": TOKEN})


def seen_by_server(file):
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_a_call_gives_what_the_tool_gives():
    [result] = call_tools(launch("polite"), [ADD], POLICY)
    assert (result.outcome, result.problem, result.tries) == (CallOutcome.DONE, "", 1)
    assert (result.content, result.structured) == (({"type": "text", "text": "5"},), {"total": 5})


def test_many_calls_give_their_results_in_order():
    calls = [ToolCall("add", {"a": number}) for number in range(100)]
    results = call_tools(launch("polite"), calls, POLICY)
    assert [result.structured["total"] for result in results] == list(range(100))


@pytest.mark.parametrize("mode", ["call_crashes_once", "call_is_late_once"])
def test_an_idempotent_call_is_repeated_on_a_new_client_with_the_same_operation_id(mode, tmp_path):
    [result] = call_tools(launch(mode, tmp_path / "seen"), [ADD], POLICY)
    assert (result.outcome, result.tries, result.structured) == (CallOutcome.DONE, 2, {"total": 5})
    ids = [one["_meta"][OPERATION_ID] for one in seen_by_server(tmp_path / "seen")]
    assert ids == [result.operation_id] * 2


@pytest.mark.parametrize("mode", ["call_crashes_once", "call_is_late_once"])
def test_a_call_that_is_not_idempotent_is_sent_once_and_its_end_is_unconfirmed(mode, tmp_path):
    [result] = call_tools(launch(mode, tmp_path / "seen"), [NOT_IDEMPOTENT], POLICY)
    assert (result.outcome, result.tries) == (CallOutcome.UNCONFIRMED, 1)
    assert "may have taken effect" in result.problem
    assert len(seen_by_server(tmp_path / "seen")) == 1


def test_a_crash_in_one_call_is_no_harm_to_the_next(tmp_path):
    async def run():
        async with open_executor(launch("call_crashes_once", tmp_path / "seen"), POLICY) as executor:
            return [await executor.call(NOT_IDEMPOTENT), await executor.call(NOT_IDEMPOTENT)]

    assert [one.outcome for one in asyncio.run(run())] == [CallOutcome.UNCONFIRMED, CallOutcome.DONE]


def test_what_a_tool_says_is_final_and_told_without_the_token(tmp_path):
    [result] = call_tools(launch("call_fails", tmp_path / "seen"), [ADD], POLICY)
    assert (result.outcome, result.tries) == (CallOutcome.FAILED, 1)
    assert "the tool failed: no: (secret, sha256" in result.problem
    assert len(seen_by_server(tmp_path / "seen")) == 1


def test_a_call_that_is_never_answered_ends_with_the_total_deadline(tmp_path):
    policy = CallPolicy(try_seconds=0.5, total_seconds=1.2, tries=50)
    [result] = call_tools(launch("call_never_answers", tmp_path / "seen"), [ADD], policy)
    assert result.outcome is CallOutcome.UNCONFIRMED
    assert 2 <= result.tries < 5
    assert result.seconds < 2.5


@pytest.mark.parametrize("mode", ["crashes_at_once", "never_answers"])
def test_a_call_to_a_server_that_cannot_be_reached_is_not_done_and_tried_again(mode):
    policy = CallPolicy(try_seconds=0.5, total_seconds=3, tries=2)
    [result] = call_tools(launch(mode), [NOT_IDEMPOTENT], policy)
    assert (result.outcome, result.tries) == (CallOutcome.NOT_DONE, 2)
    assert TOKEN not in result.problem


def test_an_unknown_tool_is_told_with_the_one_that_may_be_meant():
    [result] = call_tools(launch("polite"), [ToolCall("ad")], POLICY)
    assert (result.outcome, result.tries) == (CallOutcome.NOT_DONE, 1)
    assert "did you mean 'add'?" in result.problem


def test_a_large_result_goes_to_a_file_that_only_its_owner_reads(tmp_path):
    call = dataclasses.replace(ADD, operation_id="op-1")
    [result] = call_tools(launch("call_result_is_large"), [call], POLICY, tmp_path / "results")
    assert (result.outcome, result.content, result.structured) == (CallOutcome.DONE, (), None)
    assert result.file == tmp_path / "results" / "op-1.json"
    assert json.loads(result.file.read_text())["content"][0]["text"] == "x" * 2_000_000
    assert result.file.stat().st_mode & 0o777 == 0o600


def test_a_result_over_the_limit_is_cut_off_and_not_asked_for_again(tmp_path):
    [result] = call_tools(launch("call_result_is_huge", tmp_path / "seen"), [ADD], POLICY, tmp_path)
    assert (result.outcome, result.tries) == (CallOutcome.UNCONFIRMED, 1)
    assert "larger than the limit" in result.problem


def test_the_journal_has_digest_and_names_of_arguments_and_no_value(tmp_path):
    with open_journal(tmp_path / "journal", redactor([]), run="r") as journal:
        [result] = call_tools(launch("polite"), [ToolCall("add", {"a": 41, "b": 1})], POLICY, None, journal)
    [event] = [json.loads(line) for line in (tmp_path / "journal").read_text().splitlines()]
    assert event["argument_names"] == ["a", "b"]
    assert len(event["arguments_sha256"]) == 64
    assert (event["operation_id"], event["outcome"]) == (result.operation_id, "done")
    assert "41" not in {str(value) for value in event.values()}


def test_a_server_that_fails_again_and_again_is_left_alone():
    async def run():
        policy = dataclasses.replace(POLICY, tries=1, breaker_failures=2, breaker_seconds=600)
        async with open_executor(launch("crashes_at_once"), policy) as executor:
            return [await executor.call(ADD) for _ in range(3)]

    problems = [one.problem for one in asyncio.run(run())]
    assert ["left alone" in problem for problem in problems] == [False, False, True]


def test_a_breaker_lets_one_call_through_after_its_time():
    now = [0.0]
    breaker = CircuitBreaker(2, 10, lambda: now[0])
    breaker.failed()
    assert breaker.wait() == 0
    breaker.failed()
    assert breaker.wait() == 10
    now[0] = 10
    assert breaker.wait() == 0
    assert breaker.wait() > 0
    breaker.failed()
    assert breaker.wait() == 10
    now[0] = 20
    assert breaker.wait() == 0
    breaker.succeeded()
    assert (breaker.wait(), breaker.wait()) == (0, 0)


def test_an_operation_id_that_leads_out_of_the_folder_is_refused():
    with pytest.raises(FactoryError, match="no operation id"):
        ToolCall("add", operation_id="../x")
