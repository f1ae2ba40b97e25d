"""Names and texts in SQL mean what they say, whatever signs are in them."""

from pathlib import Path

import duckdb
import pytest

from orchestration.sql_text import literal, quoted

SIGNS = ["plain", "it's", "'", 'a "b"', '"', "a\\'b", "line\nbreak", "São João ✓"]


@pytest.mark.parametrize("text", SIGNS)
def test_a_text_and_a_name_come_back_as_they_were(text: str) -> None:
    with duckdb.connect() as connection:
        found = connection.execute(f"select {literal(text)} as {quoted(text)}")
        assert found.description[0][0] == text
        assert found.fetchall() == [(text,)]


def test_a_path_is_its_text() -> None:
    assert literal(Path("a's") / "b") == "'a''s/b'"
