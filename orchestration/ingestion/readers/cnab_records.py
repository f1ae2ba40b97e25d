"""The movements of return files: from ``lines`` to ``landed``, in SQL made of a layout."""

from pathlib import Path

import duckdb

from orchestration.ingestion.cnab_layout import TEXTS, Layout, Place, Record, Span
from orchestration.ingestion.readers.landing import PATH, ROW, Unreadable
from orchestration.ingestion.readers.lines import BAD_BYTES_SIGN
from orchestration.sql_text import literal, quoted

# What stands for no day: blanks, zeros, and due at sight or when presented (FEBRABAN CNAB 240,
# field C012).
NO_DAYS = (
    *(" " * 6, " " * 8, "0" * 6, "0" * 8),
    *("11111111", "99999999", "888888", "999999"),
)
# Years of two digits are those from here on, which DuckDB has begin a year earlier.
FIRST_DAY = "1970-01-01"
DAYS = {"ddmmyy": "%d%m%y", "ddmmyyyy": "%d%m%Y", "yyyymmdd": "%Y%m%d"}
# What makes two movements of a file the same by all the bank tells of them.
ALIKE = (
    *("branch", "account", "our_number"),
    *("occurrence_code", "occurrence_date", "credit_date", "paid_amount"),
)


def line_columns(layout: Layout) -> str:
    """Give ``record``, ``batch`` and ``fault`` of ``lines``, as SQL over ``line``."""
    cases = " ".join(
        f"when {_is_marked(record)} then {literal(name)}" for name, record in layout.records.items()
    )
    at = layout.batch_at
    batch = f"substring(line, {at.start}, {at.length})" if at else "cast(null as varchar)"
    return f", case {cases} end as record, {batch} as batch, {_fault(layout)} as fault"


def land_records(
    connection: duckdb.DuckDBPyConnection, layout: Layout, header: tuple[str, ...]
) -> list[Unreadable]:
    """Replace ``landed`` by the movements in ``lines``; return the lines that hold none."""
    _create_parts(connection, layout)
    connection.execute(_movements(layout, header))
    connection.execute(_repetitions())
    rejected = f"""
        select {quoted(PATH)}, {quoted(ROW)}, problem.column_name, problem.reason
        from landed where problem is not null
        union all
        select path, line_number, null, fault from lines where fault is not null
        union all
        select path, line_number, null, 'it belongs to a record of type '
            || {literal(_name(layout, "detail"))} || ' that is not there, or there is another'
        from parts where owner is null or nth > 1
        order by all
    """
    unreadable = [
        Unreadable(Path(path), number, column, reason, None)
        for path, number, column, reason in connection.execute(rejected).fetchall()
    ]
    if unreadable:
        connection.execute("delete from landed where problem is not null")
    connection.execute("alter table landed drop column problem; drop table parts")
    return unreadable


def _name(layout: Layout, role: str) -> str:
    return layout.names_of(role)[0]


def _is_marked(record: Record) -> str:
    return " and ".join(
        f"substring(line, {span.start}, {span.length}) = {literal(text)}"
        for span, text in record.marks
    )


def _fault(layout: Layout) -> str:
    """Say why no value of a line can be trusted; NULL where there is none, or it is sound.

    Blanks at the end of a line may be missing, where nothing is read from them.
    """
    read = [_name(layout, "detail"), *layout.parts]
    ends = " ".join(f"when {literal(name)} then {layout.records[name].end}" for name in read)
    return f"""
        case
            when record is null then 'it is no record that the layout {layout.name} knows'
            when record not in ({", ".join(map(literal, read))}) then null
            when contains(line, {literal(BAD_BYTES_SIGN)})
                then 'its bytes are not valid in the declared encoding'
            when length(line) < case record {ends} end
                then 'the line has ' || length(line)
                    || ' characters of {layout.width}; it is cut off'
            when length(line) <= {layout.width} then null
            when length(rtrim(line)) > {layout.width}
                then 'the line has ' || length(rtrim(line))
                    || ' characters, more than {layout.width}; values may have slipped'
        end
    """


def _create_parts(connection: duckdb.DuckDBPyConnection, layout: Layout) -> None:
    """Replace ``parts`` by the lines that belong to a detail, each with its ``owner``'s number.

    A part belongs to the last detail above it in its batch; ``nth`` of its kind there.
    """
    parts = ", ".join(map(literal, layout.parts)) or "null"
    passed = ", ".join(map(literal, [*layout.parts, *layout.names_of("passed")])) or "null"
    detail = literal(_name(layout, "detail"))
    connection.execute(f"""
        create or replace temp table parts as
        with marked as (
            select path, line_number, line, record, fault is null as is_sound,
                case
                    when record = {detail} and fault is null then line_number
                    when record is null or record in ({passed}) then null
                    else -1
                end as mark
            from lines
            where {bool(layout.parts)}
        ),
        owned as (
            select * exclude (mark), last_value(mark ignore nulls) over (
                partition by path order by line_number rows unbounded preceding
            ) as owner
            from marked
        )
        select path, line_number, line, record, nullif(owner, -1) as owner,
            row_number() over (partition by path, record, owner order by line_number) as nth
        from owned
        where record in ({parts}) and is_sound
    """)


def _movements(layout: Layout, header: tuple[str, ...]) -> str:
    """Create ``landed`` with a column ``problem``: a struct of column_name and reason, or NULL."""
    detail = _name(layout, "detail")
    sources = {"header": _name(layout, "header"), "detail": detail}
    sources |= {f"part_{position}": name for position, name in enumerate(layout.parts)}
    places: dict[str, tuple[str, Place]] = {}
    for source, record in sources.items():
        for column, place in layout.records[record].fields.items():
            if column in header:
                places[column] = (source, place)
    raw = "".join(
        f", {_cut(source, place.span)} as {column}" for column, (source, place) in places.items()
    )
    joins = " ".join(
        f"left join (select path, owner, line from parts"
        f" where record = {literal(name)} and nth = 1) as part_{position}"
        f" on part_{position}.path = detail.path and part_{position}.owner = detail.line_number"
        for position, name in enumerate(layout.parts)
    )
    lacking = " ".join(
        f"when part_{position}.line is null then {literal(f'its record {name} is missing')}"
        for position, name in enumerate(layout.parts)
        if layout.records[name].is_required
    )
    told = {
        "bank_code": literal(layout.bank_code),
        "occurrence": "known.meaning",
        "occurrence_class": "known.class",
        "repetition": "'1'",
    }
    told |= {column: _value(column, place) for column, (_, place) in places.items()}
    values = ", ".join(
        f"{told.get(column, 'cast(null as varchar)')} as {column}" for column in header
    )
    days = "".join(
        f", {_day(column, place.kind)} as {column}_day"
        for column, (_, place) in places.items()
        if place.kind in DAYS
    )
    paid = "paid_amount"
    if layout.paid_is_credited_and_fee:
        paid = (
            "if(occurrence_class = 'settlement', cast(cast(credited_amount as decimal(18, 2))"
            " + coalesce(cast(fee_amount as decimal(18, 2)), 0) as varchar), credited_amount)"
        )
    return f"""
        create or replace temp table landed as
        with cut as (
            select detail.path, detail.line_number,
                {f"case {lacking} end" if lacking else "cast(null as varchar)"} as lacking,
                {_are_numbers(places)} as are_numbers
                {raw}
            from (
                select path, line_number, line from lines
                where record = {literal(detail)} and fault is null
            ) as detail
            left join (
                select path, min_by(line, line_number) as line from lines
                where record = {literal(sources["header"])} group by path
            ) as header on header.path = detail.path
            {joins}
        ),
        valued as (
            select {values}, path, line_number, {_problem(places)} as problem
            from (select * {days} from cut) as cut
            left join (values {_occurrences(layout)}) as known (code, class, meaning)
                on known.code = cut.occurrence_code
        ),
        paid as (select * replace ({paid} as paid_amount) from valued)
        select * exclude (path, line_number, problem),
            path as {quoted(PATH)}, line_number as {quoted(ROW)}, problem
        from paid
    """


def _repetitions() -> str:
    """Count the rows of ``landed`` that are alike in their file; nearly always none is."""
    alike = f"{quoted(PATH)}, {', '.join(ALIKE)}"
    return f"""
        update landed
        set repetition = cast(repeated.nth as varchar)
        from (
            with hashed as (select rowid as row_id, hash({alike}) as alike from landed)
            select row_id,
                row_number() over (partition by {alike} order by {quoted(ROW)}) as nth
            from hashed
            inner join landed on landed.rowid = hashed.row_id
            where alike in (select alike from hashed group by alike having count(*) > 1)
        ) as repeated
        where landed.rowid = repeated.row_id and repeated.nth > 1
    """


def _cut(source: str, span: Span) -> str:
    return f"substring({source}.line, {span.start}, {span.length})"


def _occurrences(layout: Layout) -> str:
    return ", ".join(
        f"({literal(code)}, {literal(one.occurrence_class)}, {literal(one.meaning)})"
        for code, one in layout.occurrences.items()
    )


def _value(column: str, place: Place) -> str:
    """Write what was cut out for a column as plain text, NULL where it is blank."""
    match place.kind:
        case "text":
            return f"nullif(trim({column}), '')"
        case "amount":
            cents = f"try_cast({column} as decimal({place.span.length}, 0))"
            return f"if(left({column}, 1) = ' ', null, cast({cents} * 0.01 as varchar))"
        case "codes_2" | "codes_3":
            length = int(place.kind[-1])
            codes = f"regexp_extract_all({column}, '[^ ]{{{length}}}')"
            given = f"list_filter({codes}, lambda code: code <> '{'0' * length}')"
            return f"nullif(array_to_string({given}, ','), '')"
    return f"if({_is_no_day(column)}, null, cast({column}_day as varchar))"


def _day(column: str, kind: str) -> str:
    day = f"cast(try_strptime({column}, '{DAYS[kind]}') as date)"
    if kind != "ddmmyy":
        return day
    return f"if({day} < date '{FIRST_DAY}', cast({day} + interval 100 year as date), {day})"


def _is_no_day(column: str) -> str:
    return f"{column} in ({', '.join(map(literal, NO_DAYS))})"


def _are_numbers(places: dict[str, tuple[str, Place]]) -> str:
    """Tell whether all numbers of a movement are digits or blanks, each of its length.

    One look at all of them, those side by side cut as one, costs a fraction of one at each.
    """
    runs: list[tuple[str, Span]] = []
    pattern = ""
    for source, span in sorted(
        (source, place.span) for source, place in places.values() if place.kind not in TEXTS
    ):
        pattern += f"(?:[0-9]{{{span.length}}}| {{{span.length}}})"
        if runs and (runs[-1][0], runs[-1][1].end + 1) == (source, span.start):
            runs[-1] = (source, Span(runs[-1][1].start, span.end))
        else:
            runs.append((source, span))
    numbers = ", ".join(_cut(source, span) for source, span in runs)
    return f"regexp_full_match(concat({numbers}), '{pattern}')"


def _problem(places: dict[str, tuple[str, Place]]) -> str:
    """Give the first thing wrong with a movement as a struct, NULL where nothing is."""
    days = {
        column: f"({column}_day is not null or {_is_no_day(column)})"
        for column, (_, place) in places.items()
        if place.kind in DAYS
    }
    # nearly always nothing is wrong, which costs less to see than what is
    all_right = ["lacking is null", "known.code is not null", "are_numbers", *days.values()]
    cases = ["when lacking is not null then struct_pack(column_name := null, reason := lacking)"]
    for column, (_, place) in places.items():
        is_number = f"regexp_full_match({column}, '[0-9]+| *')"
        if column in days:
            is_day = f"{is_number} and {days[column]}"
            cases.append(_case(column, f"not ({is_day})", f"holds no day written {place.kind}"))
        elif place.kind == "amount":
            cases.append(_case(column, f"not {is_number}", "holds no amount in cents"))
    cases.append(
        "when known.code is null then struct_pack(column_name := 'occurrence_code',"
        " reason := 'the layout knows no occurrence code ''' || occurrence_code || '''')"
    )
    return f"case when {' and '.join(all_right)} then null {' '.join(cases)} end"


def _case(column: str, condition: str, reason: str) -> str:
    return (
        f"when {condition} then struct_pack(column_name := '{column}',"
        f" reason := '{column} {reason}')"
    )
