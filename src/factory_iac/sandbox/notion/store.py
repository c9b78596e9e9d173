"""The workspace in SQLite: every object is a row, its attributes one JSON text."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import orjson

from factory_iac.sandbox.notion.row_plan import FUNCTIONS, Plan
from factory_iac.sandbox.notion.users import Directory

_SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    parent TEXT NOT NULL,
    place REAL NOT NULL DEFAULT 0,
    in_trash INTEGER NOT NULL DEFAULT 0,
    title TEXT NOT NULL DEFAULT '',
    edited REAL NOT NULL DEFAULT 0,
    created REAL NOT NULL DEFAULT 0,
    body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS objects_by_parent ON objects (parent, place, seq);
CREATE INDEX IF NOT EXISTS objects_by_kind ON objects (kind, edited);
CREATE TABLE IF NOT EXISTS files (id TEXT PRIMARY KEY, content BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS prefixes (prefix TEXT PRIMARY KEY, data_source TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS row_numbers (data_source TEXT PRIMARY KEY, last INTEGER NOT NULL);
"""
MANY_ROWS = 1000
_COLUMNS = "id, kind, parent, place, in_trash, title, edited, seq, body"


@dataclass
class Record:
    """One object. `body` is its attributes, in the shape of the API where that costs nothing."""

    id: str
    kind: str
    parent: str
    body: dict[str, Any]
    title: str = ""
    in_trash: bool = False
    place: float = 0.0
    edited: float = 0.0
    created: float | None = None
    seq: int = 0


class Store:
    """The one place that reads and writes. Used from one thread."""

    def __init__(self, path: str) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(_SCHEMA)
        for name, function in FUNCTIONS.items():
            self._db.create_function(name, 1, function, deterministic=True)
        self.users = Directory([])
        self.meet_users()

    def meet_users(self) -> None:
        """Take note of who is in the workspace."""
        rows = self._db.execute("SELECT body FROM objects WHERE kind = 'user' ORDER BY seq")
        self.users = Directory([json.loads(row[0]) for row in rows])

    def close(self) -> None:
        """Give the file back."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All writes inside happen, or none."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def clear(self) -> None:
        """Forget everything."""
        for table in ("objects", "prefixes", "row_numbers", "files"):
            self._db.execute(f"DELETE FROM {table}")

    def root_page(self) -> str | None:
        """The id of the page that everything is below."""
        row = self._db.execute("SELECT id FROM objects WHERE kind = 'page' AND parent = '' ORDER BY seq").fetchone()
        return None if row is None else str(row[0])

    def find(self, object_id: str) -> Record | None:
        """One object of any kind."""
        row = self._db.execute(f"SELECT {_COLUMNS} FROM objects WHERE id = ?", (object_id,)).fetchone()
        return None if row is None else _record(row)

    def ancestors(self, record: Record) -> Iterator[Record]:
        """What an object lies in, the nearest first. Ends also where loaded objects name each other as parents."""
        seen = {record.id}
        above = self.find(record.parent)
        while above is not None and above.id not in seen:
            yield above
            seen.add(above.id)
            above = self.find(above.parent)

    def text(self, kind: str, object_id: str) -> tuple[str, bool] | None:
        """The stored JSON text of an object and whether it is in the trash: the fast way to read."""
        row = self._db.execute(
            "SELECT body, in_trash FROM objects WHERE id = ? AND kind = ?", (object_id, kind)
        ).fetchone()
        return None if row is None else (row[0], bool(row[1]))

    def insert(self, record: Record) -> None:
        """Add an object after all others of its parent."""
        cursor = self._db.execute(
            "INSERT INTO objects (id, kind, parent, place, in_trash, title, edited, body, created)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*_written(record), _json(record.body), record.edited if record.created is None else record.created),
        )
        record.seq = int(cursor.lastrowid or 0)
        if not record.place:
            record.place = float(record.seq)
            self._db.execute("UPDATE objects SET place = ? WHERE seq = ?", (record.place, record.seq))

    def update(self, record: Record) -> None:
        """Write an object back."""
        self._db.execute(
            "UPDATE objects SET kind = ?2, parent = ?3, place = ?4, in_trash = ?5, title = ?6, edited = ?7,"
            " body = ?8 WHERE id = ?1",
            (*_written(record), _json(record.body)),
        )

    def delete(self, object_id: str) -> None:
        """Remove an object for good."""
        self._db.execute("DELETE FROM objects WHERE id = ?", (object_id,))

    def put_file(self, object_id: str, content: bytes) -> None:
        """Keep the content of an uploaded file."""
        self._db.execute("INSERT OR REPLACE INTO files VALUES (?, ?)", (object_id, content))

    def file(self, object_id: str) -> bytes | None:
        """The content of an uploaded file."""
        row = self._db.execute("SELECT content FROM files WHERE id = ?", (object_id,)).fetchone()
        return None if row is None else bytes(row[0])

    def drop_file(self, object_id: str) -> None:
        """Forget the content of an uploaded file."""
        self._db.execute("DELETE FROM files WHERE id = ?", (object_id,))

    def children(
        self,
        parent: str,
        kinds: Sequence[str],
        *,
        newest_first: bool = False,
        start: Record | None = None,
        limit: int = -1,
        with_trash: bool = False,
    ) -> list[Record]:
        """Objects under `parent`, in their order, from `start` on."""
        where = [f"parent = ? AND kind IN ({','.join('?' * len(kinds))})"]
        values: list[Any] = [parent, *kinds]
        if not with_trash:
            where.append("in_trash = 0")
        if start is not None:
            where.append(f"(place, seq) {'<=' if newest_first else '>='} (?, ?)")
            values += [start.place, start.seq]
        order = "place DESC, seq DESC" if newest_first else "place, seq"
        rows = self._db.execute(
            f"SELECT {_COLUMNS} FROM objects WHERE {' AND '.join(where)} ORDER BY {order} LIMIT ?",
            (*values, limit),
        )
        return [_record(row) for row in rows]

    def rows_before(self, row: Record, limit: int) -> int:
        """How many live rows of the same data source are newer than this one, counted up to `limit`."""
        found = self._db.execute(
            "SELECT count(*) FROM (SELECT 1 FROM objects WHERE parent = ? AND kind = 'page' AND in_trash = 0"
            " AND (place, seq) > (?, ?) LIMIT ?)",
            (row.parent, row.place, row.seq, limit),
        ).fetchone()
        return int(found[0])

    def rows(self, source_id: str, plan: Plan, *, in_trash: bool = False) -> Iterator[Record]:
        """The rows of a data source that pass a plan, in its order or newest first; those without a value last."""
        where = "".join(f" AND {term.expression} {term.comparison} ?" for term in plan.where)
        values = [term.value for term in plan.where]
        hint = ""
        if self._has_many_rows(source_id):
            names = [self._index(source_id, expressions) for expressions in plan.indexes()]
            # Without statistics SQLite may take an index that has the order, but not what must be equal.
            hint = f" INDEXED BY {names[-1]}" if plan.order is not None else ""
        parts = [("", "")]
        if plan.order is not None:
            by = plan.order.expression
            direction = "DESC" if plan.descending else "ASC"
            parts = [(f" AND {by} IS NOT NULL", f"{by} {direction}, "), (f" AND {by} IS NULL", "")]
        for more, order in parts:
            for row in self._db.execute(
                f"SELECT {_COLUMNS} FROM objects{hint} WHERE parent = '{source_id}' AND kind = 'page'"
                f" AND in_trash = {int(in_trash)}{where}{more} ORDER BY {order}place DESC, seq DESC",
                values,
            ):
                yield _record(row)

    def _has_many_rows(self, source_id: str) -> bool:
        """Whether looking at every row takes so long that an index pays."""
        found = self._db.execute("SELECT 1 FROM objects WHERE parent = ? LIMIT 1 OFFSET ?", (source_id, MANY_ROWS))
        return found.fetchone() is not None

    def _index(self, source_id: str, expressions: tuple[str, ...]) -> str:
        """The name of an index over the rows of a data source, made when it is first needed."""
        columns = ", ".join(expressions)
        name = f"rows_{hashlib.sha256(f'{source_id} {columns}'.encode()).hexdigest()[:16]}"
        self._db.execute(
            f"CREATE INDEX IF NOT EXISTS {name} ON objects (parent, {columns}, place) WHERE parent = '{source_id}'"
        )
        return name

    def has_children(self, parent: str) -> bool:
        """Whether anything that is not in the trash lies under `parent`."""
        row = self._db.execute(
            "SELECT 1 FROM objects WHERE parent = ? AND in_trash = 0 AND kind IN ('page', 'database', 'block') LIMIT 1",
            (parent,),
        ).fetchone()
        return row is not None

    def indexed(self, kinds: Sequence[str], *, ascending: bool, trash_only: bool, until: float) -> list[Record]:
        """What search knows: objects created `until` then, by the time of their last edit.

        A data source in the trash is known until its removal is as old; one that was loaded in the trash stays.
        """
        direction = "ASC" if ascending else "DESC"
        shown = (
            "in_trash = 1" if trash_only else "(in_trash = 0 OR kind = 'data_source' AND (created = 0 OR edited > ?))"
        )
        rows = self._db.execute(
            f"SELECT {_COLUMNS} FROM objects WHERE kind IN ({','.join('?' * len(kinds))})"
            f" AND created <= ? AND {shown} ORDER BY edited {direction}, seq {direction}",
            (*kinds, until, *([] if trash_only else [until])),
        )
        return [_record(row) for row in rows]

    def mentioning(self, kind: str, text: str) -> list[Record]:
        """Objects of a kind whose body contains `text`."""
        rows = self._db.execute(f"SELECT {_COLUMNS} FROM objects WHERE kind = ? AND instr(body, ?) > 0", (kind, text))
        return [_record(row) for row in rows]

    def trashed(self, object_ids: Sequence[str]) -> set[str]:
        """Those of the ids that are in the trash."""
        found: set[str] = set()
        for first in range(0, len(object_ids), 500):
            part = object_ids[first : first + 500]
            rows = self._db.execute(
                f"SELECT id FROM objects WHERE in_trash = 1 AND id IN ({','.join('?' * len(part))})", part
            )
            found.update(row[0] for row in rows)
        return found

    def next_row_number(self, data_source_id: str) -> int:
        """The number of a new row: counted per data source, never given twice."""
        row = self._db.execute(
            "INSERT INTO row_numbers VALUES (?, 1) ON CONFLICT (data_source)"
            " DO UPDATE SET last = last + 1 RETURNING last",
            (data_source_id,),
        ).fetchone()
        return int(row[0])

    def raise_row_number(self, data_source_id: str, number: int) -> None:
        """Never give out this number or a smaller one."""
        self._db.execute(
            "INSERT INTO row_numbers VALUES (?1, ?2) ON CONFLICT (data_source) DO UPDATE SET last = max(last, ?2)",
            (data_source_id, number),
        )

    def claim_prefix(self, prefix: str, owner: str) -> bool:
        """Reserve a unique-id prefix for good. False when any property has or had it."""
        cursor = self._db.execute("INSERT OR IGNORE INTO prefixes VALUES (?, ?)", (prefix.upper(), owner))
        return cursor.rowcount == 1


def _json(body: dict[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def _written(record: Record) -> tuple[Any, ...]:
    return (
        record.id,
        record.kind,
        record.parent,
        record.place,
        int(record.in_trash),
        record.title,
        record.edited,
    )


def _record(row: Sequence[Any]) -> Record:
    return Record(
        id=row[0],
        kind=row[1],
        parent=row[2],
        place=row[3],
        in_trash=bool(row[4]),
        title=row[5],
        edited=row[6],
        seq=row[7],
        body=orjson.loads(row[8]),
    )
