"""How the columns of a file become the columns of a kind, in SQL over the table ``landing``."""

import duckdb

from orchestration.contract import IS_DELETED, Column, Kind
from orchestration.readers.landing import PATH, ROW, literal, quoted
from orchestration.sources import FileSpec, SourceSystem

BLANKS = "\t\n\r \u00a0"
# Where a space groups thousands, a space that does not break does so too.
SPACES = " \u00a0\u202f"


def header_problems(header: tuple[str, ...], spec: FileSpec, kind: Kind) -> list[str]:
    """Say why files of this header cannot feed the kind, if so."""
    mapping = spec.kinds[kind.id]
    has = f"it has {', '.join(header)}"
    if mapping.is_by_name:
        return [
            f"has no column '{column.name}', which {kind.id} requires; {has}."
            for column in kind.columns
            if column.is_required and _theirs(column.name, header) is None
        ]
    problems = [
        f"has no column '{theirs}', which is mapped to {kind.id}.{ours}; {has}."
        for ours, theirs in mapping.columns.items()
        if _theirs(theirs, header) is None
    ]
    for ours, expression in mapping.expressions.items():
        if error := _binding_error(expression, header):
            problems.append(f"does not fit the expression for {kind.id}.{ours}: {error}")
    return problems


def unknown_columns(header: tuple[str, ...], spec: FileSpec, kind: Kind) -> tuple[str, ...]:
    """List the columns the kind does not have, where columns are taken by their names."""
    if not spec.kinds[kind.id].is_by_name:
        return ()
    ours = {column.name for column in _columns(kind)}
    return tuple(name for name in header if name.lower() not in ours)


def shaped_rows(
    header: tuple[str, ...], system: SourceSystem, spec: FileSpec, kind: Kind, has_nul: bool
) -> str:
    """Select from ``landing`` the kind's columns as text, and what is wrong with the row.

    Further columns: ``path``, ``row_number``, ``problem`` (a struct of column_name, value and
    reason, NULL for a sound row) and ``line_text`` (the values as delivered).
    """
    values = {column.name: _value(column, header, system, spec, kind) for column in _columns(kind)}
    selected = [f"{value} as {name}" for name, value in values.items()]
    cells = ", ".join(f"coalesce({quoted(name)}, '')" for name in header)
    return f"""
        select
            {", ".join(selected)},
            {_problem(values, header, spec, kind, has_nul)} as problem,
            {_without_nul(f"concat_ws({literal(spec.delimiter)}, {cells})")} as line_text,
            "{PATH}" as path,
            "{ROW}" as row_number
        from landing
    """


def _columns(kind: Kind) -> tuple[Column, ...]:
    return (*kind.columns, Column(IS_DELETED, "boolean", False, "Whether the row is withdrawn."))


def _value(
    column: Column, header: tuple[str, ...], system: SourceSystem, spec: FileSpec, kind: Kind
) -> str:
    mapping = spec.kinds[kind.id]
    delivered = _delivered(column, header, spec, kind)
    if delivered is not None:
        value = _plain(delivered, column, spec)
    elif column.name in mapping.constants:
        value = _trimmed(literal(mapping.constants[column.name]))
    elif column.name in mapping.expressions:
        value = _trimmed(_expression(mapping.expressions[column.name]))
    else:
        return "cast(null as varchar)"
    if system.id_prefix and column.name.endswith("_id"):
        return f"{literal(system.id_prefix)} || {value}"
    return value


def _delivered(column: Column, header: tuple[str, ...], spec: FileSpec, kind: Kind) -> str | None:
    """Give the trimmed value of the file's column that fills the column, where one does."""
    mapping = spec.kinds[kind.id]
    mapped = column.name if mapping.is_by_name else mapping.columns.get(column.name)
    theirs = _theirs(mapped, header) if mapped else None
    return _trimmed(quoted(theirs)) if theirs else None


def _plain(value: str, column: Column, spec: FileSpec) -> str:
    """Write a value as ISO or plain number; one that does not fit its format stays as it is."""
    if _is_number(column) and (spec.decimal_mark or spec.thousands_mark):
        plain = f"translate({value}, {literal(_thousands_marks(spec))}, '')"
        if spec.decimal_mark:
            plain = f"replace({plain}, {literal(spec.decimal_mark)}, '.')"
        return f"if({_fits_marks(value, spec)}, {plain}, {value})"
    days = [
        f"strftime(try_strptime({value}, {literal(form)}), '%Y-%m-%d')"
        for form in spec.date_formats
    ]
    instants = [
        f"cast(try_strptime({value}, {literal(form)}) as varchar)"
        for form in spec.timestamp_formats
    ]
    forms = {"date": days, "timestamp": instants + days}.get(column.data_type, [])
    return f"coalesce({', '.join([*forms, value])})" if forms else value


def _fits_marks(value: str, spec: FileSpec) -> str:
    whole = r"\d+"
    if marks := _thousands_marks(spec):
        whole = rf"(\d{{1,3}}([{marks}]\d{{3}})+|\d+)"
    pattern = rf"[+-]?{whole}([{spec.decimal_mark or '.'}]\d+)?"
    return f"regexp_full_match({value}, {literal(pattern)})"


def _thousands_marks(spec: FileSpec) -> str:
    return SPACES if spec.thousands_mark == " " else spec.thousands_mark or ""


def _problem(
    values: dict[str, str], header: tuple[str, ...], spec: FileSpec, kind: Kind, has_nul: bool
) -> str:
    """Give the first problem of a row as a struct, NULL where there is none."""
    is_withdrawn = f"coalesce(try_cast({values[IS_DELETED]} as boolean), false)"
    cases = []
    for column in _columns(kind):
        value = values[column.name]
        if has_nul:
            cases.append(
                (f"contains({value}, chr(0))", column, _without_nul(value), "holds a NUL byte")
            )
        if column.is_required:
            # who withdraws a row says which, and no more
            excuse = "" if column.name in kind.key else f" and not {is_withdrawn}"
            cases.append((f"{value} is null{excuse}", column, "null", "is required and empty"))
        delivered = _delivered(column, header, spec, kind)
        if delivered and _is_number(column) and spec.decimal_mark == ",":
            # 1.234 would be read as a little more than one
            misfit = f"contains({delivered}, '.') and not {_fits_marks(delivered, spec)}"
            cases.append(
                (misfit, column, delivered, "has a point where a decimal comma is declared")
            )
    conditions = " ".join(
        f"when {condition} then struct_pack(column_name := '{column.name}',"
        f" value := cast({value} as varchar), reason := {literal(f'{column.name} {reason}')})"
        for condition, column, value, reason in cases
    )
    return f"case {conditions} end"


def _is_number(column: Column) -> bool:
    return column.data_type.startswith(("decimal", "double", "bigint"))


def _trimmed(value: str) -> str:
    """Give a text without blanks around it, NULL where nothing is left."""
    # trim itself is slow: it is for the few values that begin or end with a blank
    codes = ", ".join(str(ord(blank)) for blank in BLANKS)
    is_padded = f"ascii({value}) in ({codes}) or ascii(({value})[-1]) in ({codes})"
    return f"nullif(if({is_padded}, trim({value}, {literal(BLANKS)}), {value}), '')"


def _without_nul(value: str) -> str:
    return f"replace({value}, chr(0), '\u2400')"


def _expression(expression: str) -> str:
    # on lines of its own, as it may end in a comment
    return f"cast((\n{expression}\n) as varchar)"


def _binding_error(expression: str, header: tuple[str, ...]) -> str | None:
    columns = ", ".join(f"cast(null as varchar) as {quoted(name)}" for name in header)
    with duckdb.connect() as connection:
        try:
            connection.execute(f"select {_expression(expression)} from (select {columns}) limit 0")
        except duckdb.Error as error:
            return str(error)
    return None


def _theirs(name: str, header: tuple[str, ...]) -> str | None:
    """Find a column of the file by its name in any case."""
    return next((theirs for theirs in header if theirs.lower() == name.lower()), None)
