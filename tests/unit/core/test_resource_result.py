"""One shape of result for one resource or many."""

from __future__ import annotations

from text_file_runs import Place, Trouble, TroubledFolder

from ansible_collections.factory.core.plugins.module_utils.resource_result import task_result


def test_a_result_names_every_resource_with_its_diff(place: Place) -> None:
    place.apply({"a": "x", "b": "y"})

    result = task_result(place.plan({"a": "changed", "b": "y"}))

    assert result["changed"]
    assert "failed" not in result
    (a, b) = result["resources"]
    assert (a["address"], a["action"], a["id"], a["changed"]) == ("TextFile/a", "update", str(place.file("a")), True)
    assert (a["diff"]["before"], a["diff"]["after"]) == ({"content": "x"}, {"content": "changed"})
    assert (b["address"], b["action"], b["changed"]) == ("TextFile/b", "no-op", False)


def test_a_created_resource_has_nothing_before_and_a_deleted_one_nothing_after(place: Place) -> None:
    place.apply({"a": "x"})

    result = task_result(place.plan({"b": "y"}, prune=True))

    assert {one["address"]: (one["diff"]["before"], one["diff"]["after"]) for one in result["resources"]} == {
        "TextFile/a": ({}, {}),
        "TextFile/b": ({}, {"content": "y"}),
    }


def test_a_run_that_finds_all_as_declared_changes_nothing(place: Place) -> None:
    place.apply({"a": "x"})

    result = task_result(place.apply({"a": "x"}))

    assert not result["changed"]
    assert result["summary"]["unchanged"] == 1


def test_a_failed_resource_fails_the_task_and_is_named(place: Place) -> None:
    result = task_result(place.apply({"a": "x", "b": "y"}, TroubledFolder(place.folder, [Trouble.REFUSED], only="a")))

    assert result["failed"]
    assert result["msg"] == "TextFile/a: the folder refuses a"


def test_a_resource_that_was_refused_did_not_change(place: Place) -> None:
    result = task_result(place.apply({"a": "x"}, TroubledFolder(place.folder, [Trouble.REFUSED])))

    assert not result["resources"][0]["changed"]
    assert not result["changed"]


def test_a_resource_that_cannot_be_read_fails_the_task(place: Place) -> None:
    place.file("a").mkdir()

    result = task_result(place.plan({"a": "x"}))

    assert result["failed"]
    assert result["msg"].startswith("TextFile/a: ")


def test_a_drifted_resource_is_named(place: Place) -> None:
    place.apply({"a": "x"})
    place.file("a").write_text("theirs")

    result = task_result(place.plan({"a": "x"}))

    assert result["drift"] == ["TextFile/a"]
    assert result["resources"][0]["drifted"]
