# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a server is found to be: by its handshake, the tools that are expected of it, and its probe."""

import pytest
from server_runs import ENVIRONMENT, SAY, Host, actions, assert_settled, condition, drift_of, errors, fields, tree

CLIENTS = ["cursor"]
SAYING = {"tool": "say", "arguments": {"text": "good morning"}}


@pytest.fixture
def host(tmp_path):
    return Host(tmp_path)


def applied(host, *manifests):
    host.declare(*manifests)
    report = host.apply()
    assert errors(report) == {}
    return report


DEGRADED = {
    "a tool is missing": (
        {"tools": {"expect": ["say", "fetch", "send"]}},
        "does not offer fetch, send, which is expected",
    ),
    "the probe's answer is another one": ({"probe": {**SAYING, "expect": {"contains": "evening"}}}, "does not contain"),
    "the probe fails": ({"probe": {"tool": "fail"}}, "its probe failed"),
    "the probe does not fail": ({"probe": {**SAYING, "expect": {"error": True}}}, "was to fail, and did not"),
}
VERIFIED = {
    "all tools are there": {"tools": {"expect": ["say"]}},
    "the probe's answer is right": {"probe": {**SAYING, "expect": {"contains": "morning"}}},
    "the probe fails as it should": {"probe": {"tool": "fail", "expect": {"error": True, "contains": "no"}}},
}


@pytest.mark.parametrize("case", DEGRADED)
def test_a_server_that_does_not_do_what_it_should_is_degraded(host, case):
    spec, reason = DEGRADED[case]
    fail = {**SAY, "name": "fail"}
    host.offer("files", SAY, fail)
    report = applied(host, host.told("files", clients=CLIENTS, **spec))
    state, told = condition(report, "files")
    assert state == "degraded"
    assert reason in told
    assert "files" in host.entries("cursor"), "no change of ours would mend it, so that its clients have it"
    assert_settled_but_asked(host)


@pytest.mark.parametrize("case", VERIFIED)
def test_a_server_that_does_what_it_should_is_verified(host, case):
    host.offer("files", SAY, {**SAY, "name": "fail"})
    assert condition(applied(host, host.told("files", clients=CLIENTS, **VERIFIED[case])), "files")[0] == "verified"
    assert_settled(host)


def assert_settled_but_asked(host):
    """Nothing is to be done, and nothing is written, however often it is asked."""
    before = tree(host.home, host.servers)
    report = host.apply()
    assert (actions(report), errors(report), tree(host.home, host.servers)) == ({}, {}, before)


BROKEN = {
    "silent": "never answered within 2 seconds",
    "crash": "it is broken",
    "malformed": "its tools/list is malformed",
}


@pytest.mark.parametrize("mode", BROKEN)
def test_a_server_that_cannot_be_asked_is_degraded_and_the_others_are_not(host, mode):
    host.offer("files", SAY, mode=mode)
    report = applied(host, host.told("files", clients=CLIENTS, deadline=2), host.told("notes", clients=CLIENTS))
    state, reason = condition(report, "files")
    assert state == "degraded"
    assert BROKEN[mode] in reason
    assert condition(report, "notes")[0] == "verified"
    assert_settled_but_asked(host)
    assert host.starts("notes") == 1, "one that is well is not asked because another one is not"


@pytest.mark.parametrize("mode", ["crash", "malformed"])
def test_a_mended_server_is_found_verified_by_the_next_run(host, mode):
    host.offer("files", SAY, mode=mode)
    manifest = host.told("files", clients=CLIENTS)
    applied(host, manifest)
    host.offer("files", SAY)
    planned = host.plan()
    assert (actions(planned), drift_of(planned)) == ({"files": "update"}, set())
    assert fields(planned) == {"files verification"}
    assert condition(applied(host, manifest), "files")[0] == "verified"
    assert_settled(host)


def test_a_verified_server_that_broke_is_told_by_the_drift_view_and_not_asked_by_a_plan(host):
    applied(host, host.told("files", clients=CLIENTS), host.told("notes"))
    host.offer("files", SAY, mode="crash")
    assert condition(host.plan(), "files")[0] == "verified"
    assert (host.starts("files"), host.starts("notes")) == (1, 1)
    found = host.drift()
    assert (condition(found, "files")[0], condition(found, "notes")[0]) == ("degraded", "verified")
    assert host.starts("notes") == 2


def test_a_hundred_honest_restarts_are_no_drift(host):
    names = [f"files-{number}" for number in range(10)]
    for name in names:
        host.offer(name, SAY, ENVIRONMENT, instructions="Say what you mean.")
    applied(host, *(host.told(name, clients=CLIENTS) for name in names))
    host.accept()
    assert errors(host.apply()) == {}
    before = {name: host.starts(name) for name in names}
    for _ in range(10):
        found = host.drift()
        assert (actions(found), drift_of(found), errors(found)) == ({}, set(), {})
        assert {condition(found, name) for name in names} == {("verified", "")}
    assert {name: host.starts(name) - before[name] for name in names} == dict.fromkeys(names, 10)


def test_what_nobody_accepted_is_verified_with_a_word_on_that(host):
    report = applied(host, host.told("files", clients=CLIENTS))
    assert condition(report, "files") == (
        "verified",
        "nobody has accepted what it offers yet; to do that: factory mcp accept NAME",
    )
