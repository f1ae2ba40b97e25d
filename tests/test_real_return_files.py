"""Return files of real banks, as the tests of two public libraries have them."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pytest
from loading import load_all, rows

from orchestration.ingestion import readers
from orchestration.ingestion.cnab_layout import SHIPPED
from orchestration.ingestion.exports import Delivery, read_content, size_and_time
from orchestration.ingestion.sources import load_source

# By their digests in SOURCE.txt three of these are files whose values brcobranca asserts:
# sicoob_240.ret is its CNAB240SICOOB.RET, sicredi_240.crt its CNAB240SICREDI.CRT, and
# bradesco_400.ret its CNAB400BRADESCO.RET. All of asserted_values.json has its file here.
ASSERTED = {
    "cnab240/sicoob_spec.rb": "sicoob_240.ret",
    "cnab240/sicredi_spec.rb": "sicredi_240.crt",
    "cnab400/bradesco_spec.rb": "bradesco_400.ret",
}
LAYOUTS = {
    "banco_brasil_240.ret": "banco_do_brasil_240",
    "banrisul.ret": "banrisul_400",
    "bnb.ret": "bnb_400",
    "bradesco.ret": "bradesco_400",
    "bradesco_400.ret": "bradesco_400",
    "inter.ret": "inter_400",
    "santander_240.ret": "santander_240",
    "santander_pix.ret": "santander_400",
    "sicoob_240.ret": "sicoob_240",
    "sicredi.ret": "sicredi_400",
    "sicredi_240.crt": "sicredi_240",
}
NAMES = {
    "cedente_com_dv": "account",
    "nosso_numero": "our_number",
    "carteira": "wallet",
    "data_vencimento": "due_date",
    "valor_titulo": "face_amount",
    "codigo_ocorrencia": "occurrence_code",
    "data_ocorrencia": "occurrence_date",
    "data_credito": "credit_date",
    "outras_despesas": "other_expenses",
    "iof_desconto": "iof_amount",
    "iof": "iof_amount",
    "valor_abatimento": "rebate_amount",
    "desconto_concedito": "discount_amount",
    "desconto": "discount_amount",
    "valor_recebido": "paid_amount",
    "juros_mora": "interest_amount",
    "outros_recebimento": "other_credits",
    "sequencial": "record_sequence",
    "valor_tarifa": "fee_amount",
    "motivo_ocorrencia": "reasons",
}
# Who received the money and the kind of document are not read; the branch of Bradesco has there a
# check digit that the library computes, and no file holds.
NOT_READ = {"banco_recebedor", "agencia_recebedora_com_dv", "especie_documento"}

Movements = Callable[[str], list[dict[str, str | None]]]


@pytest.fixture
def movements(shared_data: Path) -> Movements:
    def _movements(name: str) -> list[dict[str, str | None]]:
        system = load_source(SHIPPED.parent / f"cnab_{LAYOUTS[name]}.yml")
        path = shared_data / "cnab" / name
        delivery = Delivery(
            *(system, system.files[0], ("payment.payments",), path, name),
            *(date(2024, 1, 1), size_and_time(path), read_content(path)),
        )
        with duckdb.connect() as connection:
            header = readers.read_header(path, delivery.spec)
            landed = readers.land(connection, [delivery], header)
            assert landed.unreadable == []
            found = connection.execute('select * from landing order by "#row"').fetchall()
        return [dict(zip(header, row, strict=False)) for row in found]

    return _movements


def _plain(name: str, asserted: str) -> str | None:
    """Write an asserted text of the file as the reader does."""
    if name.startswith("data_"):
        century = "20" if len(asserted) == 6 else ""
        day = f"{century}{asserted[4:]}-{asserted[2:4]}-{asserted[:2]}"
        return day if asserted else None
    if NAMES[name].endswith("_amount") or NAMES[name].startswith("other_"):
        return f"{int(asserted) // 100}.{int(asserted) % 100:02}"
    if name == "motivo_ocorrencia":
        return asserted.strip("[]").replace("'", "") or None
    return asserted


@pytest.mark.parametrize("spec", ASSERTED)
def test_the_values_that_a_library_asserts_come_out(spec, movements, shared_data):
    asserts = json.loads((shared_data / "cnab" / "asserted_values.json").read_text())[spec]
    found = movements(ASSERTED[spec])
    checked = 0
    for name, value in asserts["asserts"]:
        text = value if name in ("size", "motivo_ocorrencia") else value.strip("'")
        match name:
            case "size" if spec.startswith("cnab240"):
                assert len(found) == int(text)
            case "size":
                # the library takes the trailer for a movement
                assert len(found) == int(text) - 1
            case "case" | "row":
                assert text != "row" or value == "pagamentos.first"
            case "agencia_com_dv":
                assert found[0]["branch"] == text.removesuffix("-2").strip()
            case _ if name not in NOT_READ:
                assert found[0][NAMES[name]] == _plain(name, text), name
                checked += 1
    assert checked >= 18


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_return_file_loads_and_gives_its_settlements(
    name, shared_data, warehouse, write_exports
):
    layout = LAYOUTS[name]
    content = (shared_data / "cnab" / name).read_bytes()
    exports = write_exports({f"payment/cnab_{layout}/2024-01-31_{name}": content})
    source = load_source(SHIPPED.parent / f"cnab_{layout}.yml")
    [loaded] = load_all(warehouse, exports, [source])
    assert loaded.rows_rejected == 0
    settled, left_out, paid, fees = {
        "banco_brasil_240.ret": (5, 0, "128.80", "25.00"),
        "bnb.ret": (7, 3, "16555.16", "0.00"),
        "bradesco.ret": (6, 1, "5.10", "0.00"),
        "santander_240.ret": (1, 0, "11.00", "3.24"),
        "sicoob_240.ret": (3, 0, "6.00", "5.10"),
    }.get(name, (0, {"bradesco_400.ret": 6, "sicredi_240.crt": 2}.get(name, 1), None, None))
    assert (loaded.rows_loaded, loaded.rows_left_out) == (settled, left_out)
    assert rows(
        warehouse,
        "select sum(amount::decimal(18, 2))::varchar, sum(fee_amount::decimal(18, 2))::varchar"
        " from raw.payment_payments",
    ) == [(paid, fees)]


def test_the_bank_credits_what_was_paid_without_its_fee(movements):
    for one in movements("banco_brasil_240.ret"):
        paid, credited, fee = (
            int(one[name].replace(".", ""))
            for name in ("paid_amount", "credited_amount", "fee_amount")
        )
        assert (credited, fee) == (paid - fee, 500)


def test_a_title_that_can_be_paid_by_pix_tells_its_id(movements):
    [one] = movements("santander_pix.ret")
    assert (one["pix_txid"], one["our_number"], one["occurrence_class"]) == (
        *("id-da-transcao-pix", "00000019", "entry"),
    )


def test_fees_and_entries_are_told_apart_from_settlements(movements):
    assert [
        (one["occurrence_class"], one["fee_amount"], one["reasons"], one["credit_date"])
        for one in movements("sicredi_240.crt")
    ] == [("entry", "0.00", "A4", None), ("fee", "3.80", "05", "2017-04-06")]
