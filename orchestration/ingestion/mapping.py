"""How the columns of a file become the columns of a kind, in SQL over the table ``landing``."""

import json
from functools import cache

import duckdb

from orchestration.contract import IS_DELETED, Column, Kind, contract
from orchestration.ingestion.expression_helpers import create_helpers
from orchestration.ingestion.file_spec import FileSpec, KindMapping
from orchestration.ingestion.notation import fits_number, in_utc, is_number, is_rounded_id, plain
from orchestration.ingestion.readers.landing import BLANKS, NUL_SIGN, PATH, ROW
from orchestration.ingestion.sources import SourceSystem
from orchestration.privacy.identifiers import NONE, hashed_identifier, masked, masked_sql
from orchestration.sql_text import literal, quoted


def header_problems(
    header: tuple[str, ...], known: tuple[str, ...], spec: FileSpec, kind: Kind
) -> list[str]:
    """Say why files of this header cannot feed the kind, if so.

    ``known`` are the columns such files ever had: one that they had, has gone since and fills
    nothing that is required, is no problem; one they never had is a mistake of the mapping.
    """
    mapping = spec.kinds[kind.id]
    # what should be a header may be a person's row
    has = f"it has {masked(', '.join(header))}"
    required = {column.name for column in kind.columns if column.is_required}
    if mapping.is_by_name:
        problems = [
            f"has no column '{name}', which {kind.id} requires; {has}."
            for name in sorted(required)
            if _theirs(name, header) is None
        ]
    else:
        problems = [
            f"has no column '{theirs}', which is mapped to {kind.id}.{ours}; {has}."
            for ours, theirs in mapping.columns.items()
            if _theirs(theirs, header if ours in required else known) is None
        ]
    written = {
        f"expression for {kind.id}.{ours}": (sql, header if ours in required else known)
        for ours, sql in mapping.expressions.items()
    }
    if mapping.where is not None:
        written[f"where of {kind.id}"] = is_of_kind(mapping), header
    for place, (expression, columns) in written.items():
        try:
            _type_of(expression, columns)
        except duckdb.Error as error:
            problems.append(f"does not fit the {place}: {error}")
    return problems


def is_of_kind(mapping: KindMapping) -> str:
    """Tell in SQL whether a row of ``landing`` is of the kind; NULL where it cannot be told."""
    return "true" if mapping.where is None else f"cast({_expression(mapping.where)} as boolean)"


def unknown_columns(header: tuple[str, ...], spec: FileSpec, kind: Kind) -> tuple[str, ...]:
    """List the columns the kind does not have, where columns are taken by their names."""
    if not spec.kinds[kind.id].is_by_name:
        return ()
    ours = {column.name for column in _columns(kind)}
    return tuple(name for name in header if name.lower() not in ours)


def unused_columns(header: tuple[str, ...], spec: FileSpec) -> tuple[str, ...]:
    """List the columns of a file that no kind of it takes, nor looks at."""
    used: set[str] = set()
    for kind_id, mapping in spec.kinds.items():
        if mapping.is_by_name:
            used |= set(header) - set(unknown_columns(header, spec, contract()[kind_id]))
        used |= {name.lower() for name in mapping.columns.values()}
        written = [*mapping.expressions.values(), *([mapping.where] if mapping.where else [])]
        used.update(*(_names_in(expression) for expression in written))
    return tuple(name for name in header if name not in used and name.lower() not in used)


def shaped_rows(
    header: tuple[str, ...], system: SourceSystem, spec: FileSpec, kind: Kind, has_nul: bool
) -> str:
    """Select from ``landing`` the kind's columns as text, and what is wrong with the row.

    Declared identifiers are hashed. Further columns: ``path``, ``row_number``, ``problem`` (a
    struct of column_name, value and reason, NULL for a sound row) and ``line_text`` (what the
    kind takes of the line; what looks like an identifier is masked).
    """
    columns = _columns(kind)
    names = [column.name for column in columns]
    in_notation = _in_notation(kind, header, spec)
    identifiers = system.identifiers_of(spec, kind)
    delivered = [_delivered(name, header, spec.kinds[kind.id]) for name in names]
    written = [_written(column, spec, in_notation, spec.kinds[kind.id]) for column in columns]
    values = [
        _prefixed(_hidden(value, column, identifiers), column, system)
        for value, column in zip(written, columns, strict=True)
    ]
    cells = ", ".join(_cells(header, spec.kinds[kind.id], columns, identifiers))
    of_kind = is_of_kind(spec.kinds[kind.id])
    line_text = f"concat_ws({literal(spec.delimiter)}, {cells})" if cells else "null"
    return f"""
        with delivered as (
            select
                {_listed(delivered, names)},
                {masked_sql(_without_nul(line_text))} as line_text,
                {of_kind} as is_of_kind,
                {quoted(PATH)} as path,
                {quoted(ROW)} as row_number
            from landing
            where {of_kind} is distinct from false
        ),
        plain as (
            select
                {_listed(values, names)},
                {_misfit(kind, spec, in_notation)} as misfit,
                line_text, is_of_kind, path, row_number
            from delivered
        )
        select * exclude (misfit, is_of_kind), {_problem(kind, has_nul)} as problem
        from plain
    """


def unhashed_columns(
    header: tuple[str, ...], system: SourceSystem, spec: FileSpec, kind: Kind
) -> dict[Column, tuple[str, str]]:
    """Give the columns no identifier is declared for that a file fills.

    Each with the SQL of its value in ``landing``, and what it is called in the file.
    """
    mapping = spec.kinds[kind.id]
    identifiers = system.identifiers_of(spec, kind)
    filled = {}
    for column in kind.columns:
        name = column.name
        theirs = _theirs(name if mapping.is_by_name else mapping.columns.get(name, ""), header)
        written = mapping.expressions.get(name)
        if name not in identifiers and (theirs or (written and _fits(written, header))):
            filled[column] = _delivered(name, header, mapping), theirs or name
    return filled


def takes_all_as_it_is(
    header: tuple[str, ...], system: SourceSystem, spec: FileSpec, kind: Kind
) -> bool:
    """Tell whether all columns of a file end in columns of the kind, and none of them hashed."""
    mapping = spec.kinds[kind.id]
    taken = _taken(header, mapping, _columns(kind))
    hashed = set(system.identifiers_of(spec, kind).values()) - {NONE}
    return set(taken) == set(header) and not hashed


def _cells(
    header: tuple[str, ...],
    mapping: KindMapping,
    columns: tuple[Column, ...],
    identifiers: dict[str, str],
) -> list[str]:
    """Give the file's own columns that columns of ours take, as they land in them."""
    cells = []
    for theirs, ours in _taken(header, mapping, columns).items():
        declared = {identifiers[name] for name in ours if name in identifiers} - {NONE}
        value = hashed_identifier(quoted(theirs), min(declared)) if declared else quoted(theirs)
        cells.append(f"coalesce({value}, '')")
    return cells


def _taken(
    header: tuple[str, ...], mapping: KindMapping, columns: tuple[Column, ...]
) -> dict[str, list[str]]:
    """Give our columns by the file's column they take."""
    taken: dict[str, list[str]] = {}
    for theirs in header:
        for column in columns:
            wanted = column.name if mapping.is_by_name else mapping.columns.get(column.name, "")
            if wanted.lower() == theirs.lower():
                taken.setdefault(theirs, []).append(column.name)
    return taken


def _hidden(value: str, column: Column, identifiers: dict[str, str]) -> str:
    kind = identifiers.get(column.name, NONE)
    return value if kind == NONE else hashed_identifier(value, kind)


def _listed(values: list[str], names: list[str]) -> str:
    return ", ".join(f"{value} as {name}" for value, name in zip(values, names, strict=True))


def _columns(kind: Kind) -> tuple[Column, ...]:
    return (*kind.columns, Column(IS_DELETED, "boolean", False, "Whether the row is withdrawn."))


def _delivered(name: str, header: tuple[str, ...], mapping: KindMapping) -> str:
    """Give the text that fills a column of ours."""
    if name in mapping.constants:
        return literal(mapping.constants[name])
    if name in mapping.expressions and _fits(mapping.expressions[name], header):
        expression = _expression(mapping.expressions[name])
        return f"nullif(trim(cast({expression} as varchar), {literal(BLANKS)}), '')"
    theirs = _theirs(name if mapping.is_by_name else mapping.columns.get(name, ""), header)
    return quoted(theirs) if theirs else "cast(null as varchar)"


def _in_notation(kind: Kind, header: tuple[str, ...], spec: FileSpec) -> set[str]:
    """List our columns whose values are written as the file writes them.

    These are all but the constants, and the expressions that do not give text.
    """
    mapping = spec.kinds[kind.id]
    typed = {
        name
        for name, expression in mapping.expressions.items()
        if _fits(expression, header) and _type_of(expression, header) != "VARCHAR"
    }
    return {column.name for column in _columns(kind)} - mapping.constants.keys() - typed


def _written(column: Column, spec: FileSpec, in_notation: set[str], mapping: KindMapping) -> str:
    """Write a value as ISO or plain number; one that does not fit its notation stays as it is."""
    written = plain(column, spec) if column.name in in_notation else column.name
    is_instant = column.data_type == "timestamp" and column.name not in mapping.constants
    return in_utc(written, spec) if is_instant else written


def _prefixed(value: str, column: Column, system: SourceSystem) -> str:
    has_prefix = _is_id(column) and system.id_prefix
    return f"{literal(system.id_prefix)} || {value}" if has_prefix else value


def _misfit(kind: Kind, spec: FileSpec, in_notation: set[str]) -> str:
    """Name a column whose value would be read as another one.

    That is a number with a point that is not among its declared marks (1.234 would be a little
    more than one, and may well be a thousand and more), and an id a spreadsheet has rounded.
    """
    cases = []
    for column in kind.columns:
        name = column.name
        if name not in in_notation:
            continue
        if spec.decimal_mark == "," and is_number(column):
            cases.append((name, f"contains({name}, '.') and not {fits_number(name, spec)}"))
        if _is_id(column):
            cases.append((name, is_rounded_id(name)))
    whens = " ".join(f"when {condition} then '{name}'" for name, condition in cases)
    return f"case {whens} end" if cases else "cast(null as varchar)"


def _is_id(column: Column) -> bool:
    return column.name.endswith("_id")


def _problem(kind: Kind, has_nul: bool) -> str:
    """Give the first problem of a row as a struct, NULL where there is none."""
    is_withdrawn = f"coalesce(try_cast({IS_DELETED} as boolean), false)"
    unsure = (
        "when is_of_kind is null then struct_pack(column_name := cast(null as varchar),"
        " value := cast(null as varchar),"
        f" reason := 'its where cannot tell whether the row is of {kind.id}')"
    )
    cases = []
    for column in _columns(kind):
        name = column.name
        if has_nul:
            cases.append((f"contains({name}, chr(0))", name, "holds a NUL byte"))
        if column.is_required:
            # who withdraws a row says which, and no more
            excuse = "" if name in kind.key else f" and not {is_withdrawn}"
            cases.append((f"{name} is null{excuse}", name, "is required and empty"))
        if is_number(column):
            reason = "has a point where a decimal comma is declared"
            cases.append((f"misfit = '{name}'", name, reason))
        if _is_id(column):
            reason = "was rounded by a spreadsheet; export the file anew with its ids as text"
            cases.append((f"misfit = '{name}'", name, reason))
    conditions = " ".join(
        f"when {condition} then struct_pack(column_name := '{name}',"
        f" value := {masked_sql(_without_nul(name))}, reason := '{name} {reason}')"
        for condition, name, reason in cases
    )
    return f"case {unsure} {conditions} end"


def _without_nul(value: str) -> str:
    return f"replace({value}, chr(0), '{NUL_SIGN}')"


def _expression(expression: str) -> str:
    # on lines of its own, as it may end in a comment
    return f"(\n{expression}\n)"


def _fits(expression: str, header: tuple[str, ...]) -> bool:
    """Tell whether a file has the columns of an expression."""
    try:
        return bool(_type_of(expression, header))
    except duckdb.Error:
        return False


@cache
def _names_in(expression: str) -> frozenset[str]:
    """List the columns an SQL expression names, in lower case."""
    with duckdb.connect() as connection:
        query = "select json_serialize_sql(?)"
        (tree,) = connection.execute(query, [f"select {_expression(expression)}"]).fetchone()
    names: set[str] = set()

    def note(node: dict) -> dict:
        names.update(name.lower() for name in node.get("column_names", ())[-1:])
        return node

    json.loads(tree, object_hook=note)
    return frozenset(names)


@cache
def _type_of(expression: str, header: tuple[str, ...]) -> str:
    """Bind an expression to the columns of a file; raise ``duckdb.Error`` where it does not."""
    columns = ", ".join(f"cast(null as varchar) as {quoted(name)}" for name in header)
    with duckdb.connect() as connection:
        create_helpers(connection)
        query = f"describe select {_expression(expression)} as bound from (select {columns})"
        return connection.execute(query).fetchone()[1]


def _theirs(name: str, header: tuple[str, ...]) -> str | None:
    """Find a column of the file by its name in any case."""
    return next((theirs for theirs in header if theirs.lower() == name.lower()), None)
