"""A window's budget may be spent at once; only then does anybody wait."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.factory.core.plugins.module_utils.request_budget import RequestBudget


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now
        self.slept: list[float] = []

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def budget_of(clock: Clock, limit: int, waiting: Callable[[float], object] = lambda seconds: None) -> RequestBudget:
    return RequestBudget(limit, 60.0, clock.time, clock.sleep, waiting)


def spend(budget: RequestBudget, times: int) -> None:
    for _ in range(times):
        budget.spend()


def test_a_whole_budget_is_spent_without_waiting() -> None:
    clock = Clock()

    spend(budget_of(clock, 180), 180)

    assert clock.slept == []


def test_who_comes_after_it_is_spent_waits_for_the_end_of_the_window() -> None:
    clock = Clock()
    budget = budget_of(clock, 3)
    spend(budget, 1)
    clock.now += 20
    spend(budget, 3)

    assert clock.slept == [40.0]


def test_the_next_window_is_a_whole_budget_again() -> None:
    clock = Clock()

    spend(budget_of(clock, 3), 9)

    assert clock.slept == [60.0, 60.0]


def test_a_window_that_nobody_used_is_not_saved_up() -> None:
    clock = Clock()
    budget = budget_of(clock, 3)
    spend(budget, 1)
    clock.now += 600
    spend(budget, 4)

    assert clock.slept == [60.0]


def test_who_waits_says_for_how_long() -> None:
    told: list[float] = []
    clock = Clock()

    spend(budget_of(clock, 1, told.append), 2)

    assert told == [60.0]


def test_nobody_sends_while_the_target_has_had_enough() -> None:
    clock = Clock()
    budget = budget_of(clock, 3)
    budget.close_for(7)
    budget.spend()

    assert clock.slept == [7.0]


@pytest.mark.parametrize("seconds", [(30, 5), (5, 30)])
def test_the_longest_closure_counts(seconds: tuple[float, float]) -> None:
    clock = Clock()
    budget = budget_of(clock, 3)
    for one in seconds:
        budget.close_for(one)
    budget.spend()

    assert sum(clock.slept) == 30.0


def test_a_closure_longer_than_the_window_leaves_a_whole_budget() -> None:
    clock = Clock()
    budget = budget_of(clock, 2)
    spend(budget, 2)
    budget.close_for(90)
    spend(budget, 2)

    assert clock.slept == [90.0]


@given(
    start=st.floats(0, 1e6),
    limit=st.integers(1, 4),
    pauses=st.lists(st.floats(0, 100), max_size=20),
)
def test_no_window_ever_has_more_than_the_limit(start: float, limit: int, pauses: list[float]) -> None:
    clock = Clock(start)
    budget = budget_of(clock, limit)
    sent: list[float] = []
    for pause in pauses:
        clock.now += pause
        budget.spend()
        sent.append(clock.now)

    rounding = 1e-6
    while sent:
        window = [one for one in sent if one < sent[0] + 60.0 - rounding]
        assert len(window) <= limit
        sent = sent[len(window) :]


def test_a_window_that_ends_between_two_floating_point_numbers_is_still_counted() -> None:
    clock = Clock(16363.130219766297)
    budget = budget_of(clock, 1)

    spend(budget, 4)

    assert len(clock.slept) >= 3


def test_threads_share_one_budget() -> None:
    clock = Clock()
    budget = budget_of(clock, 2000)
    threads = [threading.Thread(target=spend, args=(budget, 250)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    slept_for_the_whole_budget = list(clock.slept)
    budget.spend()

    assert slept_for_the_whole_budget == []
    assert clock.slept == [60.0]
