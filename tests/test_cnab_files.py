import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from cnab_writing import movement, put, return_file
from loading import load_all, rows, source_of

from orchestration.errors import InputError
from orchestration.ingestion.cnab_layout import SHIPPED, Layout, Span, load_layout
from orchestration.ingestion.readers import read_header
from orchestration.ingestion.sources import load_source

SOURCES = SHIPPED.parent
LAYOUTS = sorted(path.stem for path in SHIPPED.glob("*.yml"))
# What the settlement of each layout is called; Caixa's CNAB 400 has codes of its own.
SETTLED = {name: "21" if name == "caixa_400" else "06" for name in LAYOUTS}
ENTRY = {name: "01" if name == "caixa_400" else "02" for name in LAYOUTS}

Load = Callable[..., Sequence]


@pytest.fixture
def layout() -> Layout:
    return load_layout("bradesco_400", Path())


@pytest.fixture
def load(warehouse, write_exports) -> Load:
    """Load a file by a shipped connector; return what raw.payment_payments has got."""

    def _load(name: str, text: str | bytes, file_name: str = "2024-01-12.ret") -> list[tuple]:
        content = text.encode("latin-1") if isinstance(text, str) else text
        exports = write_exports({f"payment/cnab_{name}/{file_name}": content})
        loaded = load_all(warehouse, exports, [load_source(SOURCES / f"cnab_{name}.yml")])
        for file in loaded:
            assert file.rows_in == file.rows_loaded + file.rows_rejected
        return loaded

    return _load


def rejected(warehouse: duckdb.DuckDBPyConnection) -> list[tuple]:
    return rows(
        warehouse, "select row_number, column_name, reason from raw.rejected_rows order by all"
    )


@pytest.mark.parametrize("name", LAYOUTS)
def test_each_bank_has_a_connector_that_takes_settlements_and_nothing_else(name, load, warehouse):
    layout = load_layout(name, Path())
    settled = movement(occurrence_code=SETTLED[name], document_number="DOC 1")
    entered = movement(occurrence_code=ENTRY[name], our_number="999")
    [loaded] = load(name, return_file(layout, [settled, entered, settled]))
    assert (loaded.rows_loaded, loaded.rows_rejected, loaded.rows_left_out) == (2, 0, 1)
    # Inter tells no fee; Itaú's CNAB 400 tells what it credited, its fee of 2.50 taken off
    fee = None if name == "inter_400" else "2.50"
    interest = {None: None, "2.50": "1.50"}[fee]
    assert rows(
        warehouse,
        "select instalment_id, amount, fee_amount, interest_amount, status, status_at, value_date,"
        " currency, method, channel, reference, count(*) from raw.payment_payments group by all",
    ) == [
        (
            *("12345678", "101.50", fee, interest, "cleared", "2024-01-10", "2024-01-11"),
            *("BRL", "boleto", "bank", "12345678", 2),
        )
    ]


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout_names_the_source_of_its_positions(name):
    text = (SHIPPED / f"{name}.yml").read_text(encoding="utf-8")
    assert re.match(r"#.*(laravel-boleto|brcobranca|FEBRABAN)", text.split("extends")[0], re.DOTALL)
    # each bank's header stands alone: the code of the base is nobody's
    assert load_layout(name, Path()).bank_code != "000"


def test_the_same_movement_in_another_file_is_the_same_payment(load, layout, warehouse):
    one, other = movement(), movement(our_number="87654321")
    load("bradesco_400", return_file(layout, [one, other, one]), "2024-01-12.ret")
    load("bradesco_400", return_file(layout, [other, one]), "2024-01-15.ret")
    # two alike in one file are two payments, whichever file tells them again
    assert rows(
        warehouse,
        "select instalment_id, count(*), count(distinct payment_id) from raw.payment_payments"
        " group by all order by all",
    ) == [("12345678", 3, 2), ("87654321", 2, 1)]


def test_parts_of_a_payment_on_one_day_are_payments_of_their_own(load, layout, warehouse):
    parts = [movement(paid_amount=Decimal(amount)) for amount in ("30.00", "70.00")]
    load("bradesco_400", return_file(layout, parts))
    assert rows(
        warehouse,
        "select count(distinct payment_id), sum(amount::decimal(18, 2)) from raw.payment_payments",
    ) == [(2, Decimal("100.00"))]


def test_an_occurrence_the_layout_does_not_know_is_rejected_with_its_code(load, layout, warehouse):
    [loaded] = load("bradesco_400", return_file(layout, [movement(occurrence_code="ZZ")]))
    assert (loaded.rows_in, loaded.rows_rejected) == (1, 1)
    assert rejected(warehouse) == [
        (2, "occurrence_code", "the layout knows no occurrence code 'ZZ'")
    ]


def test_what_undoes_a_payment_is_rejected_for_a_person_to_see(load, layout, warehouse):
    [loaded] = load("bradesco_400", return_file(layout, [movement(occurrence_code="40")]))
    assert (loaded.rows_loaded, loaded.rows_rejected, loaded.rows_left_out) == (0, 1, 0)
    assert "cannot tell" in rejected(warehouse)[0][2]


def test_days_with_two_digits_of_the_year_zeros_and_signs_for_no_day(load, layout, warehouse):
    days = ["310170", "010199", "290224", "311269", "000000", "999999"]
    wrong = ["300223", "32 124", "1a0124"]
    text = return_file(layout, [movement(our_number=day) for day in days + wrong])
    lines = text.split("\r\n")
    for position, day in enumerate(days + wrong, start=1):
        lines[position] = put(lines[position], Span(296, 301), day)
    load("bradesco_400", "\r\n".join(lines))
    found = rows(
        warehouse, "select instalment_id, value_date from raw.payment_payments order by row_number"
    )
    assert found == [
        *(("310170", "1970-01-31"), ("010199", "1999-01-01"), ("290224", "2024-02-29")),
        *(("311269", "2069-12-31"), ("000000", None), ("999999", None)),
    ]
    assert rejected(warehouse) == [
        (number, "credit_date", "credit_date holds no day written ddmmyy") for number in (8, 9, 10)
    ]


def test_a_blank_amount_is_none_and_zero_is_zero(load, layout, warehouse):
    lines = return_file(layout, [movement(), movement(), movement()]).split("\r\n")
    lines[1] = put(lines[1], Span(176, 188), " " * 13)
    lines[2] = put(lines[2], Span(176, 188), "0" * 13)
    lines[3] = put(lines[3], Span(176, 188), "00000000 0250")
    load("bradesco_400", "\r\n".join(lines))
    assert rows(warehouse, "select fee_amount from raw.payment_payments order by row_number") == [
        (None,),
        ("0.00",),
    ]
    assert rejected(warehouse) == [(4, "fee_amount", "fee_amount holds no amount in cents")]


def test_a_day_that_is_no_digits_is_rejected_and_a_blank_line_is_none(load, layout, warehouse):
    lines = return_file(layout, [movement(), movement()]).split("\r\n")
    lines[1] = put(lines[1], Span(296, 301), " 10124")
    [loaded] = load("bradesco_400", "\r\n".join([*lines[:-1], " " * 400, ""]))
    assert (loaded.rows_loaded, loaded.rows_rejected) == (1, 1)
    assert rejected(warehouse) == [(2, "credit_date", "credit_date holds no day written ddmmyy")]


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("last", ["", "\x1a", "\r\n\x1a", "\n\n"])
def test_lines_end_as_they_will_and_an_old_mark_ends_the_file(load, layout, ends, last):
    text = return_file(layout, [movement()]).strip("\r\n").replace("\r\n", ends)
    [loaded] = load("bradesco_400", text + last)
    assert loaded.rows_loaded == 1


def test_a_file_of_another_bank_or_width_is_refused_naming_both(load, layout):
    itau = return_file(load_layout("itau_400", Path()), [movement()])
    with pytest.raises(InputError, match=r"bank '341', where the layout bradesco_400 is of 237"):
        load("bradesco_400", itau)
    narrow = return_file(load_layout("bradesco_240", Path()), [movement()])
    with pytest.raises(InputError, match=r"240 characters, where the layout bradesco_400 has 400"):
        load("bradesco_400", narrow)
    with pytest.raises(InputError, match=r"400 characters, where the layout bradesco_240 has 240"):
        load("bradesco_240", return_file(layout, [movement()]))


def test_what_a_company_sends_to_the_bank_is_refused(load, layout):
    text = return_file(layout, [movement()]).replace("02RETORNO", "01REMESSA")
    with pytest.raises(InputError, match="remessa"):
        load("bradesco_400", text)


def test_a_file_without_its_trailer_is_refused_as_cut_off(load, layout, warehouse):
    lines = return_file(layout, [movement()] * 3).split("\r\n")
    with pytest.raises(InputError, match=r"2024-01-12\.ret ends in line 3 without the trailer"):
        load("bradesco_400", "\r\n".join(lines[:3]))
    assert rows(warehouse, "select count(*) from raw.payment_payments") == [(0,)]


def test_two_files_in_one_are_refused(load, layout):
    with pytest.raises(InputError, match="holds 2 return files"):
        load("bradesco_400", return_file(layout, [movement()]) * 2)


def test_a_line_that_is_lost_shows_in_the_trailer(load, layout):
    lines = return_file(layout, [movement()] * 3).split("\r\n")
    del lines[2]
    with pytest.raises(InputError, match="trailer says records 5, it holds 4") as refused:
        load("bradesco_400", "\r\n".join(lines))
    assert "details of 06 3, it holds 2" in str(refused.value)


def test_the_amounts_of_a_trailer_are_compared_where_they_are_those_of_the_file(load):
    layout = load_layout("itau_400", Path())
    text = return_file(layout, [movement(), movement(face_amount=Decimal("2345.67"))])
    load("itau_400", text)
    with pytest.raises(InputError, match=r"says face amount 2,445.67, it holds 2,445.66"):
        load("itau_400", text.replace("0000000234567", "0000000234566"))


def test_itau_credits_the_amount_without_its_fee(load, warehouse):
    paid = movement(credited_amount=Decimal("340.67"), fee_amount=Decimal("3.33"))
    load("itau_400", return_file(load_layout("itau_400", Path()), [paid]))
    assert rows(warehouse, "select amount, fee_amount from raw.payment_payments") == [
        ("344.00", "3.33")
    ]


def test_a_detail_cut_short_or_slipped_is_rejected_with_its_line(load, layout, warehouse):
    lines = return_file(layout, [movement()] * 4).split("\r\n")
    lines[1], lines[3] = lines[1][:300], lines[3] + "1"
    [loaded] = load("bradesco_400", "\r\n".join(lines))
    assert (loaded.rows_in, loaded.rows_loaded) == (4, 2)
    assert [row[0] for row in rejected(warehouse)] == [2, 4]
    assert "300 characters of 400; it is cut off" in rejected(warehouse)[0][2]


def test_a_line_of_a_type_nobody_knows_is_rejected(load, layout, warehouse):
    lines = return_file(layout, [movement()] * 2).split("\r\n")
    lines[1] = "8" + lines[1][1:]
    text = "\r\n".join(lines).replace(lines[3], put(lines[3], Span(87, 91), "00001"))
    [loaded] = load("bradesco_400", text)
    assert (loaded.rows_loaded, loaded.rows_rejected) == (1, 1)
    assert "no record that the layout bradesco_400 knows" in rejected(warehouse)[0][2]


def test_segments_t_and_u_make_one_row_and_neither_goes_without_the_other(load, warehouse):
    layout = load_layout("sicoob_240", Path())
    numbers = ["1", "2", "3"]
    lines = return_file(layout, [movement(our_number=number) for number in numbers]).split("\r\n")
    # the U of the second is given to the first, which has its own
    lines[4], lines[5] = lines[5], lines[4]
    [loaded] = load("sicoob_240", "\r\n".join(lines))
    assert (loaded.rows_in, loaded.rows_loaded, loaded.rows_rejected) == (4, 2, 2)
    assert rows(warehouse, "select instalment_id from raw.payment_payments order by 1") == [
        ("1",),
        ("3",),
    ]
    assert [(row[0], row[2][:24]) for row in rejected(warehouse)] == [
        (5, "it belongs to a record o"),
        (6, "its record U is missing"),
    ]


def test_blanks_at_the_end_of_a_line_may_be_missing_and_values_may_not(load, warehouse):
    layout = load_layout("sicoob_240", Path())
    reasons = movement(reasons="03" * 5)
    lines = return_file(layout, [reasons, reasons]).split("\r\n")
    stripped = [line.rstrip() for line in lines]
    [loaded] = load("sicoob_240", "\r\n".join(stripped))
    assert loaded.rows_loaded == 2
    stripped[2] = stripped[2][:222]
    [loaded] = load("sicoob_240", "\r\n".join(stripped))
    # the T that is cut off, and the U that has lost its T
    assert (loaded.rows_loaded, [row[0] for row in rejected(warehouse)]) == (1, [3, 4])


def test_accents_are_those_of_the_declared_encoding(load, layout, warehouse):
    text = return_file(layout, [movement(our_number="AÇÃO")])
    load("bradesco_400", text)
    assert rows(warehouse, "select instalment_id from raw.payment_payments") == [("AÇÃO",)]


def test_a_pix_key_goes_with_its_title(tmp_path, warehouse, write_exports):
    layout = load_layout("santander_400", Path())
    exports = write_exports(
        {
            "a.ret": return_file(
                layout, [movement(our_number="1"), movement(our_number="2", pix_txid="tx-2")]
            ).encode("latin-1")
        }
    )
    source = source_of(
        tmp_path / "own.yml",
        """
        system: own
        files:
          - path: a.ret
            export_day: 2024-01-12
            format: cnab
            layout: santander_400
            kinds:
              payment.payments:
                columns:
                  {payment_id: our_number, amount: paid_amount, status: occurrence_class,
                   status_at: occurrence_date, reference: pix_txid}
        """,
    )
    load_all(warehouse, exports, [source])
    assert rows(warehouse, "select payment_id, reference from raw.payment_payments order by 1") == [
        ("1", None),
        ("2", "tx-2"),
    ]


def test_a_layout_of_ones_own_extends_a_shipped_one_and_its_change_reads_files_again(
    tmp_path, warehouse, write_exports
):
    own = tmp_path / "layouts" / "our_bradesco.yml"
    own.parent.mkdir()
    extended = 'extends: bradesco_400\nrecords:\n  detail:\n    fields: {our_number: "71-81"}\n'
    own.write_text(extended)
    settings = (SOURCES / "cnab_bradesco_400.yml").read_text(encoding="utf-8")
    settings = settings.replace("layout: bradesco_400", "layout: layouts/our_bradesco.yml")
    text = return_file(load_layout("bradesco_400", Path()), [movement(our_number="123456789012")])
    exports = write_exports({"payment/cnab_bradesco_400/2024-01-12.ret": text.encode("latin-1")})
    load_all(warehouse, exports, [source_of(tmp_path / "own.yml", settings)])
    number = "select instalment_id from raw.payment_payments"
    assert rows(warehouse, number) == [("12345678901",)]
    assert load_all(warehouse, exports, [source_of(tmp_path / "own.yml", settings)]) == []
    own.write_text(extended.replace("71-81", "71-80"))
    load_all(warehouse, exports, [source_of(tmp_path / "own.yml", settings)])
    assert rows(warehouse, number) == [("1234567890",)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("extends: no_such_bank", "no_such_bank.yml: cannot be read"),
        ('records: {detail: {fields: {our_number: "82-71"}}}', "'82-71' ends before it starts"),
        ('records: {detail: {fields: {our_number: "395-401"}}}', "behind the width 400"),
        ('records: {detail: {fields: {credit_date: "296-302 ddmmyy"}}}', "7 characters"),
        ('records: {detail: {fields: {due_date: "147-152 mmyy"}}}', "'mmyy' is no kind of value"),
        ('records: {detail: {fields: {nosso_numero: "71-82"}}}', "no column is called"),
        ("records: {detail: {fields: {our_number: none}}}", "no detail holds our_number"),
        ('occurrences: {"06": [cash, Liquidação]}', "occurrences"),
        ("widht: 400", "widht"),
    ],
)
def test_a_layout_that_cannot_be_one_is_refused_with_what_is_wrong(tmp_path, change, message):
    path = tmp_path / "own.yml"
    base = "" if change.startswith("extends") else "extends: bradesco_400\n"
    path.write_text(base + change, encoding="utf-8")
    with pytest.raises(ValueError, match=re.escape(message)):
        load_layout("own.yml", tmp_path)


def test_a_layout_nobody_ships_is_told_with_those_there_are(tmp_path):
    with pytest.raises(InputError, match="there is no layout 'bradesca_400'; shipped are banco"):
        source_of(
            tmp_path / "own.yml",
            """
            system: own
            files:
              - {path: "{day}", format: cnab, layout: bradesca_400, kinds: {payment.payments: }}
            """,
        )


def test_who_is_to_pay_is_read_only_where_a_mapping_names_it(tmp_path, write_exports):
    payer = movement(payer_name="MARIA DA SILVA")
    text = return_file(load_layout("sicoob_240", Path()), [payer])
    exports = write_exports({"a.ret": text.encode("latin-1")})
    spec = load_source(SOURCES / "cnab_sicoob_240.yml").files[0]
    assert not {"payer_name", "payer_document"} & set(read_header(exports / "a.ret", spec))
    mapping = spec.kinds["payment.payments"]
    mapping = mapping.model_copy(
        update={"columns": {**mapping.columns, "customer_id": "payer_name"}}
    )
    spec = spec.model_copy(update={"kinds": {"payment.payments": mapping}})
    assert read_header(exports / "a.ret", spec)[-1] == "payer_name"
