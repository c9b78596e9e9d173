"""Async tasks: a write answered before it is done. Here it is done at once; the answer says otherwise."""

from __future__ import annotations

from factory_iac.sandbox.notion import errors
from factory_iac.sandbox.notion.call import Answer, Call, Json
from factory_iac.sandbox.notion.ids import new_uuid
from factory_iac.sandbox.notion.store import Record
from factory_iac.sandbox.notion.timestamps import to_millisecond

ACCEPTED = 202


def accepted(call: Call, operation: str, result: Json) -> Answer:
    """Keep a result to be fetched, and tell where."""
    task_id = f"task_{new_uuid().replace('-', '')}"
    task: Json = {
        "object": "async_task",
        "id": task_id,
        "status": "succeeded",
        "status_url": f"{call.base_url}/v1/async_tasks/{task_id}",
        "created_time": to_millisecond(call.now).replace("+00:00", "Z"),
        "operation": {"surface": "rest", "name": operation},
    }
    call.store.insert(Record(task_id, "async_task", "", {**task, "result": result}, edited=call.now.timestamp()))
    return Answer({**task, "status": "queued", "poll_after_seconds": 2}, status=ACCEPTED)


def retrieve(call: Call) -> Json:
    """GET async_tasks/{id}."""
    task_id = call.path[0]
    found = call.store.find(task_id)
    if found is None or found.kind != "async_task":
        raise errors.not_found("async task", task_id)
    return found.body
