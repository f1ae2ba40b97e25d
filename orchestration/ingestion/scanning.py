"""Keeps direct identifiers nobody declared out: what arrives is looked through before it lands."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from orchestration.contract import Column, Kind, contract
from orchestration.ingestion.exports import Delivery
from orchestration.ingestion.mapping import unhashed_columns
from orchestration.ingestion.readers.landing import PATH, ROW, Landed
from orchestration.privacy.identifiers import (
    ANY_LOOK,
    FEWEST_BY_CHANCE,
    LEAST_SHARE,
    NAMED_FOR,
    Look,
    hidden,
    looks,
)
from orchestration.sql_text import literal, quoted

# Where only the share of values tells, so many of a file tell it.
ROWS_SAMPLED = 20_000


@dataclass(frozen=True)
class _Question:
    """Whether values of a column, ``theirs`` in the file, have a look; ``value`` is their SQL."""

    column: Column
    theirs: str
    value: str
    look: Look

    @property
    def is_named_for_it(self) -> bool:
        """Whether the column is called as what it is asked for."""
        pattern = NAMED_FOR.get(self.look.kind, "$^")
        return any(
            re.search(pattern, name, re.IGNORECASE) for name in (self.column.name, self.theirs)
        )

    def is_to_be_asked(self, landed: Landed) -> bool:
        """Whether the answer is not known, and a yes would tell something."""
        if landed.is_plain and self.value == quoted(self.theirs):
            return False
        return self.look.is_sure or self.look.kind == "document" or self.is_named_for_it

    @property
    def looks_so(self) -> str:
        """The condition, in SQL over ``landing``."""
        condition = self.look.condition.replace("{}", self.value)
        if not self.look.is_sure:
            return f"case when {quoted(ROW)} > {ROWS_SAMPLED} then false else {condition} end"
        if self.column.data_type == "string":
            return condition
        # of days, instants and short numbers it is quickly told
        is_short = f"strlen({self.value}) < 12 or {self.value} like '____-__-%'"
        quick = f"not contains({self.value}, '@')" if self.look.kind == "email" else is_short
        return f"case when {quick} then false else {condition} end"


def undeclared_identifiers(
    connection: duckdb.DuckDBPyConnection,
    group: Sequence[Delivery],
    header: tuple[str, ...],
    landed: Landed,
) -> list[str]:
    """Say, a sentence per file and column, which values in ``landing`` identify a person."""
    return [
        problem
        for kind in group[0].kinds
        for problem in _of_kind(connection, contract()[kind], group, header, landed)
    ]


def _of_kind(
    connection: duckdb.DuckDBPyConnection,
    kind: Kind,
    group: Sequence[Delivery],
    header: tuple[str, ...],
    landed: Landed,
) -> list[str]:
    questions = [
        question
        for column, (value, theirs) in unhashed_columns(
            header, group[0].system, group[0].spec, kind
        ).items()
        for look in looks(column.data_type)
        if (question := _Question(column, theirs, value, look)).is_to_be_asked(landed)
    ]
    if not questions:
        return []
    return [
        problem
        for question in _answered_yes(connection, questions)
        for problem in _problems(connection, kind, group, question)
    ]


def _answered_yes(
    connection: duckdb.DuckDBPyConnection, questions: Sequence[_Question]
) -> list[_Question]:
    """Return the questions that hold for any value."""
    texts = [one for one in questions if one.look.is_sure and one.column.data_type == "string"]
    asked = questions
    if texts:
        # one look at whole rows costs a fifth of one at each value
        values = ", ".join({one.value: None for one in texts})
        row = f"regexp_matches(concat_ws(chr(10), {values}), {literal(ANY_LOOK)})"
        if connection.execute(f"select count(*) from landing where {row}").fetchone() == (0,):
            asked = [one for one in questions if one not in texts]
    if not asked:
        return []
    counts = ", ".join(f"count_if({question.looks_so})" for question in asked)
    found = connection.execute(f"select {counts} from landing").fetchone()
    return [question for question, count in zip(asked, found, strict=True) if count]


def _problems(
    connection: duckdb.DuckDBPyConnection,
    kind: Kind,
    group: Sequence[Delivery],
    question: _Question,
) -> list[str]:
    """Say in which files values have the look, where often enough to be no chance."""
    column, look = question.column, question.look
    fewest = 1 if look.is_sure or question.is_named_for_it else FEWEST_BY_CHANCE
    least_share = 0 if look.is_sure else LEAST_SHARE
    rows = connection.execute(
        f"""
        select
            {quoted(PATH)}, min({quoted(ROW)}) filter (where looks_so),
            arg_min(value, {quoted(ROW)}) filter (where looks_so), count_if(looks_so)
        from (
            select {quoted(PATH)}, {quoted(ROW)}, {question.value} as value,
                coalesce({question.looks_so}, false) as looks_so
            from landing
        )
        where value is not null and ({look.is_sure} or {quoted(ROW)} <= {ROWS_SAMPLED})
        group by all
        having count_if(looks_so) >= greatest({fewest}, {least_share} * count(*))
        order by 1
        """
    ).fetchall()
    names = {str(delivery.path): delivery.file_name for delivery in group}
    return [
        f"{names[path]} line {line}, column '{question.theirs}' ({kind.id}.{column.name}):"
        f" {hidden(value)} looks like {look.words}, {_others(count)}. No direct identifier"
        " enters undeclared: map another column, or declare it in the YAML of"
        f" {group[0].system.system} as identifiers: {{{column.name}: {look.kind}}}, which keeps a"
        f" keyed hash of it; {{{column.name}: none}} if it is none."
        for path, line, value, count in rows
    ]


def _others(count: int) -> str:
    return f"as do {count - 1:,} more" if count > 1 else "the only one of the file"
