# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Calls of a module from several threads go together, and each gets its own answer."""

import threading
from concurrent.futures import ThreadPoolExecutor

from ansible_collections.factory.core.plugins.module_utils.limits import Interrupted, Stop
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.mcp.plugins.module_utils.module_calls import ModuleCalls, until

PATIENCE = 30
"""Seconds; for what comes true long before on any machine."""


class Module:
    """A module whose first call lasts until ``go`` is set, and which tells of each call."""

    def __init__(self, fails=False, tells_too_little=False):
        self.calls, self.busy, self.go, self.fails = [], threading.Event(), threading.Event(), fails
        self.tells_too_little = tells_too_little
        self.at_once = threading.Lock()

    def __call__(self, state, servers):
        assert self.at_once.acquire(blocking=False), "two calls at a time"
        try:
            self.calls.append((state, [one["name"] for one in servers]))
            first = not self.busy.is_set()
            self.busy.set()
            if first:
                assert self.go.wait(PATIENCE)
            elif self.fails:
                raise FactoryError("the host is gone")
            elif self.tells_too_little:
                return {"resources": []}
            return {"resources": [{"name": one["name"], "state": state} for one in servers], "folder": "/servers"}
        finally:
            self.at_once.release()


def waiting(calls, count):
    """Wait until *count* servers wait for their turn."""
    while len(calls._waiting) < count:
        threading.Event().wait(0.005)


def together(module, wanted):
    """What each of *wanted* got, asked for while a first call was under way."""
    calls = ModuleCalls(module)
    with ThreadPoolExecutor(max_workers=len(wanted) + 1) as pool:
        first = pool.submit(calls, "present", [{"name": "first"}])
        assert module.busy.wait(PATIENCE)
        futures = [pool.submit(calls, state, [{"name": name} for name in names]) for state, names in wanted]
        waiting(calls, sum(len(names) for _, names in wanted))
        module.go.set()
        assert first.result(PATIENCE)["resources"] == [{"name": "first", "state": "present"}]
        return [future.exception(PATIENCE) or future.result() for future in futures]


def test_whatever_comes_while_a_call_is_under_way_goes_together():
    module = Module()
    wanted = [("present", [f"server-{number}"]) for number in range(7)]
    answers = together(module, wanted)
    assert [one["resources"] for one in answers] == [[{"name": name, "state": "present"}] for _, [name] in wanted], (
        "each gets its own answer"
    )
    assert all(one["folder"] == "/servers" for one in answers)
    assert [sorted(names) for _, names in module.calls] == [["first"], sorted(name for _, [name] in wanted)]


def test_several_servers_of_one_call_keep_their_order():
    module = Module()
    answers = together(module, [("present", ["b", "a"]), ("present", ["d", "c"])])
    assert [[one["name"] for one in answer["resources"]] for answer in answers] == [["b", "a"], ["d", "c"]]


def test_different_states_are_different_calls():
    module = Module()
    answers = together(module, [("present", ["a"]), ("absent", ["b"]), ("present", ["c"])])
    assert [answer["resources"][0]["state"] for answer in answers] == ["present", "absent", "present"]
    later = {state: sorted(names) for state, names in module.calls[1:]}
    assert (later, len(module.calls)) == ({"present": ["a", "c"], "absent": ["b"]}, 3)


def test_an_error_reaches_everybody_who_waits_for_it():
    answers = together(Module(fails=True), [("present", ["a"]), ("present", ["b"]), ("present", ["c"])])
    assert [str(one) for one in answers] == ["the host is gone"] * 3


def test_an_answer_for_too_few_servers_reaches_everybody_as_an_error():
    answers = together(Module(tells_too_little=True), [("present", ["a"]), ("present", ["b"])])
    assert [type(one) for one in answers] == [ValueError] * 2


def test_no_servers_are_a_call_too():
    module = Module()
    module.go.set()
    assert ModuleCalls(module)("observed", []) == {"resources": [], "folder": "/servers"}
    assert module.calls == [("observed", [])]


def test_what_waits_for_its_turn_is_not_begun_once_the_run_is_to_end():
    module, stop = Module(), Stop()
    calls = ModuleCalls(until(stop, module))
    with ThreadPoolExecutor(max_workers=3) as pool:
        first = pool.submit(calls, "present", [{"name": "first"}])
        assert module.busy.wait(PATIENCE)
        later = [pool.submit(calls, "present", [{"name": name}]) for name in ("a", "b")]
        waiting(calls, 2)
        stop.ask("interrupted")
        module.go.set()
        assert first.result(PATIENCE)["resources"] == [{"name": "first", "state": "present"}]
        assert [type(one.exception(PATIENCE)) for one in later] == [Interrupted] * 2
    assert module.calls == [("present", ["first"])]
