"""What staging asks of a value, in the very SQL the dbt project writes.

dbt takes seconds to start, and the rules are macros without any need of it: they are rendered as
dbt would for DuckDB. See ``stg_rejected_rows``, which is made of the same.
"""

from functools import cache
from types import SimpleNamespace
from typing import Any

from orchestration.contract import DBT_PROJECT, Kind

MACROS = ("engines.sql", "delivered.sql")


class _MacroReturn(BaseException):
    """Ends a macro with what it returns, as dbt's own does; it is no error."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


@cache
def mistyped_conditions(kind: Kind) -> dict[str, tuple[str, str]]:
    """Give the type and the condition, in SQL, of a value staging rejects, by column."""
    macros = _macros()
    declared = {"columns": {column.name: vars(column) for column in kind.columns}}
    try:
        macros.typed_columns(declared)
        raise RuntimeError("the macro typed_columns returned nothing")
    except _MacroReturn as returned:
        columns = returned.value
    return {
        column["name"]: (column["data_type"], str(macros.is_mistyped(column)).strip())
        for column in columns
    }


def mistyped_values(kind: Kind) -> str:
    """Select from a raw table the values staging rejects, as ``stg_rejected_rows`` has them."""
    return " union all ".join(
        f"select source_system, '{kind.area}' as area, '{kind.name}' as kind, export_day,"
        f" file_name, row_number, '{name}' as column_name, {name} as value,"
        f" '{name} is not a {data_type}' as reason from {kind.table} where {condition}"
        for name, (data_type, condition) in mistyped_conditions(kind).items()
    )


@cache
def _macros() -> Any:
    """Read the macros; what one asks the adapter for is given DuckDB's side of it."""
    from jinja2 import Environment  # dbt's own, where no command needs it at once

    def dispatch(name: str) -> Any:
        return getattr(module, f"duckdb__{name}")

    def returned(value: Any) -> None:
        raise _MacroReturn(value)

    text = "\n".join((DBT_PROJECT / "macros" / name).read_text(encoding="utf-8") for name in MACROS)
    template = Environment(extensions=["jinja2.ext.do"]).from_string(text)
    adapter = SimpleNamespace(dispatch=dispatch)
    module = template.make_module({"adapter": adapter, "return": returned})
    return module
