"""A place for text files, fresh for every test."""

from __future__ import annotations

from pathlib import Path

import pytest
from text_file_runs import Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)
