"""Lines that are appended are whole and lasting, whatever a kill left behind."""

import json
import os
from pathlib import Path

import pytest

from orchestration.json_lines import append_lines, whole_lines


def read(path: Path) -> list[object]:
    return [json.loads(line) for line in whole_lines(path)]


def test_lines_come_back_in_order_and_a_file_that_is_not_there_has_none(tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    assert whole_lines(path) == []
    append_lines(path, [{"text": "São João"}, {"text": "a\u2028b\nc\r"}])
    append_lines(path, [{"number": 1}])
    assert read(path) == [{"text": "São João"}, {"text": "a\u2028b\nc\r"}, {"number": 1}]


@pytest.mark.parametrize("tail", [b'{"text": "S\xc3', b'{"whole": "but for its end"}', b"{"])
def test_a_line_that_a_kill_cut_off_never_counts(tmp_path: Path, tail: bytes) -> None:
    path = tmp_path / "lines.jsonl"
    append_lines(path, [{"number": 1}])
    path.write_bytes(path.read_bytes() + tail)
    assert read(path) == [{"number": 1}]
    append_lines(path, [{"number": 2}])
    assert read(path) == [{"number": 1}, {"number": 2}]


def test_a_new_file_is_its_owners_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        append_lines(tmp_path / "lines.jsonl", [{"number": 1}])
    finally:
        os.umask(before)
    assert (tmp_path / "lines.jsonl").stat().st_mode & 0o777 == 0o600
