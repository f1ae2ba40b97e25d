"""`warehouse sources infer`: a draft that `sources check` takes as far as it can be known."""

import json
import re
from pathlib import Path

import pytest
from running_commands import warehouse
from workbooks import write_workbook

from orchestration.contract import DBT_PROJECT
from orchestration.ingestion.sources import load_source

GUIDE = DBT_PROJECT.parent / "docs" / "bring-your-own-files.md"
PAYMENTS = "Id de pago,Contrato,Importe,Estado,Fecha de pago\n"


def draft(file: Path, *options: str) -> str:
    """Draft for a file; give the text as it was written."""
    out = file.with_suffix(".yml")
    out.unlink(missing_ok=True)
    code, said = warehouse("sources", "infer", file, "--out", out, *options)
    assert code == 0, said
    return out.read_text()


def write(place: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    (place / name).write_bytes(text.encode(encoding))
    return place / name


def payments(dates: list[str]) -> str:
    rows = [f'p{n},c{n},"1,2{n:02}.50",Pagado,{day}\n' for n, day in enumerate(dates)]
    return PAYMENTS + "".join(rows)


def test_what_is_drafted_of_payments_would_load(tmp_path):
    rows = (
        payments(["13/05/2026", "01/05/2026"])
        .replace("p1,c1", "p1,c1")
        .replace("Pagado,01", "Rechazado,01")
    )
    file = write(tmp_path, "pagos_20260131.csv", rows)
    text = draft(file)
    (spec,) = load_source(file.with_suffix(".yml")).files
    assert (spec.path, spec.day_format) == ("**/pagos_{day}.csv", "%Y%m%d")
    assert (spec.decimal_mark, spec.thousands_mark, spec.date_formats) == (".", ",", ("%d/%m/%Y",))
    assert "?" not in text
    code, said = warehouse("sources", "check", file.with_suffix(".yml"), "--exports", tmp_path)
    assert code == 0, said
    assert "amount 1200.50 1201.50 status cleared failed status_at 2026-05-13 2026-05-01" in said


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        (["13/05/2026", "01/05/2026"], ('["%d/%m/%Y"]', None)),
        (["05/13/2026", "05/01/2026"], ('["%m/%d/%Y"]', None)),
        (["03/04/2024", "03/04/2024"], ('["%d/%m/%Y"]', "# 03/04/2024 could be either: check")),
        (
            ["03/04/2024"] * 29 + ["31/02/2024"],
            ('["%d/%m/%Y"]', "# 03/04/2024 could be either: check"),
        ),
        (["03/04/2024"] * 29 + ["13/04/2024"], ('["%d/%m/%Y"]', None)),
        (["2026-05-13", "2026-05-01"], (None, None)),
        (["13.05.26", "01.05.26"], ('["%d.%m.%y"]', None)),
    ],
)
def test_day_and_month_are_told_apart_by_days_after_the_twelfth(tmp_path, dates, expected):
    text = draft(write(tmp_path, "pagos_2026-01-31.csv", payments(dates)))
    found = re.search(r"^(?:    (#.*either.*)\n)?    date_formats: (.*)$", text, re.MULTILINE)
    assert (found[2], found[1]) == expected if found else expected == (None, None)


def test_encoding_title_identifiers_and_what_is_missing(tmp_path):
    text = (
        "Relatório de títulos\r\n\r\nNosso Número;CPF do Sacado;Nome;Vencimento;Valor;Situação\r\n"
    )
    text += "".join(
        f"{number};529.982.247-25;José da Silva;{number % 28 + 1:02}/03/2026;1.2{number},50;x\r\n"
        for number in range(10, 40)
    )
    file = write(tmp_path, "Títulos_2026-01-31.csv", text, "cp1252")
    drafted = draft(file)
    for line in ("encoding: cp1252", 'delimiter: ";"', "header_row: 3", 'decimal_mark: ","'):
        assert f"    {line}\n" in drafted
    assert "          due_date: Vencimento\n" in drafted
    assert "        # contract_id: ?  (required)\n" in drafted
    assert "CPF do Sacado (document), Nome (name)" in drafted
    assert "529" not in drafted
    assert "José" not in drafted
    debts = draft(file, "--kind", "billing.contracts")
    assert "          customer_id: CPF do Sacado\n" in debts
    assert "        identifiers:\n          customer_id: document\n" in debts


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_other_encodings_are_found_out(tmp_path, encoding):
    file = write(tmp_path, "pagos_2026-01-31.csv", payments(["13/05/2026"]), encoding)
    draft(file)
    code, said = warehouse("sources", "check", file.with_suffix(".yml"), "--exports", tmp_path)
    assert code == 0, said


def test_a_workbook_is_read_from_its_fullest_sheet(tmp_path):
    file = tmp_path / "operadores.xlsx"
    write_workbook(file, [["Relatório"], ["Agente", "Equipe"], ["a", "x"], ["b", "y"]])
    drafted = draft(file)
    assert "    format: xlsx\n    header_row: 2\n" in drafted
    assert "          agent_id: Agente\n          team: Equipe\n" in drafted
    assert "# ? its name holds no day" in drafted


def test_json_lines_are_drafted_too(tmp_path):
    row = {"payment_id": "p1", "amount": "1.50", "status": "paid", "paid_at": "2026-01-31"}
    file = write(tmp_path, "pagos_2026-01-31.jsonl", f"{json.dumps(row)}\n" * 2)
    drafted = draft(file)
    assert "    format: jsonl\n" in drafted
    assert "              when 'paid' then 'cleared'\n" in drafted


@pytest.mark.parametrize(
    ("name", "content", "options", "complaint"),
    [
        ("a.csv", "", [], "is empty; name a file with a header and some rows"),
        ("a.csv", "x;y\n1;2\n", [], "are of no kind by their names; say which with --kind"),
        ("a.csv", "x;y\n", ["--kind", "payments"], "--kind payments: there is no such export"),
        ("a.sta", ":20:START\n:25:1\n", [], "but an MT940 statement. sources/mt940.yml is ready"),
        (
            "a.ret",
            "0" * 76 + "237" + "0" * 321 + "\n",
            [],
            "but a CNAB 400 file of bank 237. sources",
        ),
        ("a.xlsx", "PK\x03\x04 no workbook", [], "cannot be read as an Excel workbook"),
    ],
)
def test_what_cannot_be_drafted_is_bad_input(tmp_path, name, content, options, complaint):
    code, said = warehouse("sources", "infer", write(tmp_path, name, content), *options)
    assert code == 2, said
    assert complaint in said


def test_a_draft_replaces_no_file(tmp_path):
    file = write(tmp_path, "pagos_2026-01-31.csv", payments(["13/05/2026"]))
    code, said = warehouse("sources", "infer", file, "--out", file)
    assert code == 2, said
    assert "that file is there already" in said
    assert file.read_text() == payments(["13/05/2026"])


def test_the_guide_says_what_the_commands_do(tmp_path, monkeypatch):
    guide = GUIDE.read_text()
    blocks = dict.fromkeys(re.findall(r"^```\w+\n(.*?)^```", guide, re.DOTALL | re.MULTILINE))
    rows, drafted, finished = blocks
    commands = re.findall(r"^    warehouse (.*)$", guide, re.MULTILINE)
    monkeypatch.chdir(tmp_path)
    Path("exports/erp").mkdir(parents=True)
    Path("exports/erp/titulos_2026-01-31.csv").write_text(rows)
    code, said = warehouse(*commands[0].split())
    assert code == 0, said
    lines = Path("erp.yml").read_text().splitlines()
    assert [line for line in drafted.splitlines() if line not in lines] == []
    Path("erp.yml").write_text(finished)
    code, said = warehouse(*commands[1].split())
    assert code == 0, said
    assert "billing.instalments: 3 rows, of which 2 would be taken and 1 be rejected" in said
    assert "due_date is not a date 1 2026-01-31 erp/titulos_2026-01-31.csv:4 '31/02/2026'" in said
    assert said.endswith("Next: warehouse run --exports exports --sources erp.yml")


def test_a_column_whose_values_repeat_is_no_key(tmp_path):
    rows = "".join(
        f"C{number // 6};{number % 6 + 1};{number};R$ 10,50;1{number % 6}/03/2026\n"
        for number in range(30)
    )
    header = "Contrato;Parcela;Nosso Número;Valor;Vencimento\n"
    drafted = draft(write(tmp_path, "parcelas_2026-01-31.csv", header + rows))
    assert "          instalment_id: Nosso Número\n" in drafted
    assert "          number: Parcela\n" in drafted
    declared = tmp_path / "parcelas_2026-01-31.yml"
    declared.write_text(drafted.replace("instalment_id: Nosso Número", "instalment_id: Parcela"))
    code, said = warehouse("sources", "check", declared, "--exports", tmp_path)
    assert code == 0, said
    assert "24 rows have the key (instalment_id) of another row" in said
    assert "24 of them say something else than it" in said
    file = write(tmp_path, "parcelas_2026-01-31.csv", header + rows)
    debts = draft(file, "--kind", "billing.contracts")
    doubt = "# ? only 5 different values in 30 rows; of a key, one row counts"
    assert f"          {doubt}\n          contract_id: Contrato\n" in debts


def test_currency_signs_are_declared_and_hide_no_text(tmp_path):
    amounts = ["R$ 1.234,50"] * 28 + ["R$ a combinar", "1.200,00 €"]
    rows = "".join(f"p{n};{amount};pago;13/05/2026\n" for n, amount in enumerate(amounts))
    file = write(
        tmp_path, "pagos_2026-01-31.csv", f"Id de pago;Importe;Estado;Fecha de pago\n{rows}"
    )
    drafted = draft(file)
    assert (
        "    # ? amounts with R$ and €: map currency, or all are taken for one\n"
        '    currency_signs: ["R$", "€"]\n'
    ) in drafted
    code, said = warehouse("sources", "check", file.with_suffix(".yml"), "--exports", tmp_path)
    assert code == 0, said
    assert "payment.payments: 30 rows, of which 29 would be taken and 1 be rejected" in said


def test_an_outcome_nobody_translated_is_no_silent_null(tmp_path):
    rows = "".join(
        f"l{n},c{n},telefone,ativo,{outcome},2026-01-31 10:00:0{n}\n"
        for n, outcome in enumerate(["ATENDEU", "NÃO ATENDE", "DESLIGOU"])
    )
    header = "id_chamada,cliente,canal,sentido,resultado,data_hora\n"
    file = write(tmp_path, "chamadas_2026-01-31.csv", header + rows)
    assert "              when 'não atende' then 'no_answer'\n" in draft(file)
    code, said = warehouse("sources", "check", file.with_suffix(".yml"), "--exports", tmp_path)
    assert code == 2
    assert "contact.contacts.outcome has 'DESLIGOU' (1 rows)" in said
