"""What identifies a person by itself: how such values look, are normalised, masked and found.

Patterns are written so that DuckDB (RE2) and Python read them alike.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from orchestration.privacy.keyed_hash import hashed
from orchestration.sql_text import literal, quoted

NONE = "none"
# SQL that makes the same of the same identifier however it is written.
NORMALISED = {
    "document": "regexp_replace({}, '[^0-9]', '', 'g')",
    "phone": "regexp_replace({}, '[^0-9]', '', 'g')",
    "email": "lower(trim({}))",
    "name": r"strip_accents(lower(trim(regexp_replace({}, '\s+', ' ', 'g'))))",
}

EMAIL = r"[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}"
# CPF and CNPJ as they are written; the digits alone are told by their check digits
DOCUMENT = r"\b(?:\d{3}\.\d{3}\.\d{3}-\d{2}|\d{2}\.\d{3}\.\d{3}/\d{4}-\d{2})\b"
# after a plus, or Brazilian with its area code
PHONE = (
    r"(?:^|[\s:;,=(])(?:\+\d(?:[ ()./-]{0,2}\d){7,14}|\(\d{2}\) ?9?\d{4}[- ]?\d{4}"
    r"|\d{2} 9\d{4}[- ]?\d{4}|\d{2}-9\d{4}-\d{4})\b"
)
SEVERAL_DIGITS = r"\b\d{10,14}\b"
# what is sure of one value, among the values of a row with line breaks between them
ANY_LOOK = f"{EMAIL}|{DOCUMENT}|{PHONE}"
_BARE_PHONE = r"(?:00|\+)?(?:55)?[1-9]{2}9\d{8}|(?:00|\+)?(?:55)?[1-9]{2}[2-5]\d{7}"
_BARE_DOCUMENT = r"\d{9}-?\d{2}|\d{8}/?\d{4}-?\d{2}"
# a whole value that may be one, or a number like any other
ANY_BARE_LOOK = f"{_BARE_DOCUMENT}|{_BARE_PHONE}"

# Of numbers that are no documents 1 in 100 has their check digits, of documents nearly all do.
FEWEST_BY_CHANCE, LEAST_SHARE = 3, 0.5
# Columns of these names: one in a file may be enough, and bare digits be a telephone.
NAMED_FOR = {
    "document": r"cpf|cnpj|documen|tax_?id|national_?id|identidad",
    "phone": r"phone|fone|celular|m[oó]vil|mobile|whats|msisdn|contact_point",
}


@dataclass(frozen=True)
class Look:
    """How values of a kind of identifier look; ``is_sure`` where one of them is enough."""

    kind: str
    words: str
    condition: str
    is_sure: bool = True


def looks(data_type: str) -> tuple[Look, ...]:
    """List the looks a value of a column of this type may have, as SQL conditions on ``{}``.

    Of numbers none is a telephone: ``+551140041234`` is a number like any other.
    """
    email = Look("email", "an e-mail address", f"regexp_matches({{}}, {literal(EMAIL)})")
    document = Look("document", "a document number", f"regexp_matches({{}}, {literal(DOCUMENT)})")
    phone = Look("phone", "a telephone number", f"regexp_matches({{}}, {literal(PHONE)})")
    if data_type.startswith(("decimal", "double", "bigint")):
        return (email, document)
    if data_type != "string":
        return (email, document, phone)
    bare_document = Look("document", "a document number", _is_bare_document("{}"), False)
    bare_phone = Look(
        "phone", "a telephone number", f"regexp_full_match({{}}, {literal(_BARE_PHONE)})", False
    )
    return (email, document, phone, bare_document, bare_phone)


def identifiers_in(
    connection: duckdb.DuckDBPyConnection, table: str, columns: Sequence[str]
) -> list[tuple[str, str, int]]:
    """Find the columns of text of a table that hold direct identifiers: column, words, count.

    Digits alone are a document where half of a column and three of its values have the check
    digits.
    """
    may_be = f"{ANY_LOOK}|^[0-9/-]{{11,16}}$"
    counts = ", ".join(
        f"count_if(regexp_matches({quoted(column)}, {literal(may_be)}))" for column in columns
    )
    suspects = connection.execute(f"select {counts} from {table}").fetchone()
    return [
        (column, look.words, count)
        for column, suspected in zip(columns, suspects, strict=True)
        if suspected
        for look in looks("string")
        if (look.is_sure or look.kind == "document")
        and (count := _count(connection, table, quoted(column), look))
    ]


def _count(connection: duckdb.DuckDBPyConnection, table: str, value: str, look: Look) -> int:
    """Count the values that have a look, 0 where it may be chance."""
    found, values = connection.execute(
        f"select count_if({look.condition.replace('{}', value)}), count({value}) from {table}"
    ).fetchone()
    is_chance = found < FEWEST_BY_CHANCE or found < LEAST_SHARE * values
    return 0 if is_chance and not look.is_sure else found


def hashed_identifier(value: str, kind: str) -> str:
    """Normalise and hash in SQL; NULL where nothing is left of the value."""
    return hashed(f"nullif({NORMALISED[kind].format(value)}, '')")


def masked(text: str) -> str:
    """Put *** where a text holds what looks like an identifier."""
    for pattern in _MASKED:
        text = re.sub(pattern, "***", text, flags=re.ASCII)
    return text


def masked_sql(value: str) -> str:
    """Do in SQL what ``masked`` does."""
    for pattern in _MASKED:
        value = f"regexp_replace({value}, {literal(pattern)}, '***', 'g')"
    return value


def without_values(error: str) -> str:
    """Say what is wrong, and not of which value: it may be anybody's name."""
    return masked(re.sub(r"(['\"]).*?\1", "'...'", error.split("\n", maxsplit=1)[0]))


def hidden(value: str) -> str:
    """Show the form of a value and no more: its last two characters are left."""
    return re.sub(r"[^\W_]", "*", value[:-2]) + value[-2:]


_MASKED = (EMAIL, DOCUMENT, PHONE, SEVERAL_DIGITS)


def _is_bare_document(value: str) -> str:
    """Hold for the digits of a CPF or CNPJ, with at most the dashes before their check digits."""
    digits = f"replace(replace({value}, '-', ''), '/', '')"
    is_shaped_so = f"regexp_full_match({value}, {literal(_BARE_DOCUMENT)})"
    return (
        f"case when length({value}) not in (11, 12, 14, 16) or not {is_shaped_so} then false"
        f" when length({digits}) = 11 then {_has_check_digits(digits, _CPF)}"
        f" else {_has_check_digits(digits, _CNPJ)} end"
    )


_CPF = (range(10, 1, -1), range(11, 1, -1))
_CNPJ = ([5, 4, 3, 2, *range(9, 1, -1)], [6, 5, 4, 3, 2, *range(9, 1, -1)])


def _has_check_digits(digits: str, weights: tuple) -> str:
    conditions = [f"not regexp_full_match({digits}, '{digit}+')" for digit in range(10)]
    for weights_of_digit in weights:
        weighted = " + ".join(
            f"{weight} * (ascii({digits}[{position}]) - 48)"
            for position, weight in enumerate(weights_of_digit, start=1)
        )
        check = f"ascii({digits}[{len(weights_of_digit) + 1}]) - 48"
        conditions.append(f"(({weighted}) * 10) % 11 % 10 = {check}")
    return "(" + " and ".join(conditions) + ")"
