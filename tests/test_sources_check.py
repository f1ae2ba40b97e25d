"""`warehouse sources check`: what it shows of files before anything is loaded."""

from pathlib import Path
from textwrap import dedent

import pytest
from loading import load_all, rows
from running_commands import warehouse
from workbooks import write_workbook

from orchestration.contract import contract
from orchestration.ingestion.sources import load_source
from orchestration.ingestion.staging_rules import mistyped_conditions, mistyped_values

ERP = """
    system: erp
    files:
      - path: "erp/pagamentos_{day}.csv"
        delimiter: ";"
        decimal_mark: ","
        date_formats: ["%d/%m/%Y"]
        kinds:
          payment.payments:
            columns: {payment_id: Id, amount: Valor, customer_id: Cliente, paid_at: Hora}
            constants: {status: cleared}
            expressions: {status_at: "\\"Data\\""}
    """
OLD = "Id;Valor;Cliente;Data;Hora;Obs\n"
NEW = (
    "Id;Valor;Cliente;Data;Hora;Obs\n"
    'p1;"1.50";c1;31/01/2026;;x\n'  # a point where a comma is declared
    "p2;10,00;c2;31/01/2026;;x\n"
    ";10,00;c3;31/01/2026;;x\n"
    "p4;abc;c4;99/01/2026;;x\n"  # two values of the wrong type in one row
    "p5;7,25;c5;01/02/2026;;x\n"
    "p5;7,25;c5;01/02/2026;;x\n"
    "p6;7,25\n"
)


@pytest.fixture
def erp(tmp_path: Path) -> Path:
    """A YAML file and two deliveries of the system it is for."""
    folder = tmp_path / "exports" / "erp"
    folder.mkdir(parents=True)
    (folder / "pagamentos_2026-01-01.csv").write_text(OLD)
    (folder / "pagamentos_2026-02-01.csv").write_text(NEW)
    return declare(tmp_path, ERP)


def declare(place: Path, settings: str) -> Path:
    path = place / "erp.yml"
    path.write_text(dedent(settings))
    return path


def checked(file: Path, *options: str) -> tuple[int, str]:
    return warehouse("sources", "check", file, "--exports", file.parent / "exports", *options)


def test_a_file_that_would_load_is_shown_as_it_would_land(erp):
    (erp.parent / "exports" / "erp" / "PAGAMENTOS_2026-02-02.CSV").write_text(NEW)
    (erp.parent / "exports" / "leia-me.txt").write_text("x")
    code, said = checked(erp)
    assert code == 0, said
    assert "erp/pagamentos_{day}.csv: 2 files, export days 2026-01-01 to 2026-02-01" in said
    assert "nobody claims erp/PAGAMENTOS_2026-02-02.CSV; it is nearly 'erp/pagamentos_" in said
    assert "nobody claims leia-me.txt Files" not in said
    assert "nobody claims leia-me.txt;" not in said
    assert "erp/pagamentos_2026-02-01.csv, the newest of erp/pagamentos_{day}.csv" in said
    assert "Columns of the file that nothing takes: Obs payment" in said
    assert "payment.payments: 7 rows, of which 3 would be taken and 4 be rejected" in said
    assert "payment_id p2 p4 p5 customer_id c2 c4 c5 amount 10.00 abc 7.25" in said
    assert "status_at 2026-01-31 99/01/2026 2026-02-01" in said
    assert "Columns of ours that nothing fills: contract_id, instalment_id, agreement_id," in said
    assert "mapped and empty in every row: paid_at 1 rows have the key" in said
    example = "erp/pagamentos_2026-02-01.csv"
    for column, reason, line, value in (
        ("amount", "has a point where a decimal comma is declared", 2, " '1.50'"),
        ("payment_id", "is required and empty", 4, ""),
        ("amount", "is not a decimal(18, 2)", 5, " 'abc'"),
        ("status_at", "is not a timestamp", 5, " '99/01/2026'"),
    ):
        assert f"{column} {reason} 1 2026-02-01 {example}:{line}{value}" in said
    assert f"{example}:8" in said
    assert said.endswith(f"Next: warehouse run --exports {erp.parent}/exports --sources {erp}")


def test_only_the_first_rows_are_read_where_so_asked(erp):
    code, said = checked(erp, "--rows", "2", "--examples", "1")
    assert code == 0, said
    assert "payment.payments: 2 rows, of which 1 would be taken and 1 be rejected" in said
    assert "First rows, as they would land: column row 1 payment_id p2" in said


def test_what_is_checked_is_what_a_run_loads(erp, warehouse):
    system = load_source(erp)
    load_all(warehouse, erp.parent / "exports", [system])
    assert rows(warehouse, "select sum(rows_in), sum(rows_rejected) from raw.files") == [(7, 3)]
    mistyped = mistyped_values(contract()["payment.payments"])
    assert rows(warehouse, f"select column_name, value from ({mistyped}) order by 1") == [
        ("amount", "abc"),
        ("status_at", "99/01/2026"),
    ]


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        (ERP.replace("delimiter", "delimeter"), "delimeter: there is no such setting"),
        (ERP.replace("amount: Valor", "amount: Total"), "has no column 'Total', which is mapped"),
        (ERP.replace("pagamentos_", "recibos_"), "none of the 2 files below"),
        (ERP.replace('"%d/%m/%Y"', '"%d/%m/%"'), "is no date format"),
        (
            ERP.replace("cleared}", "pago}"),
            "payment.payments.status has 'pago' (4 rows), and may only be pending, cleared,",
        ),
    ],
)
def test_what_a_run_would_not_take_is_exit_code_2(erp, settings, complaint):
    code, said = checked(declare(erp.parent, settings))
    assert code == 2, said
    assert complaint in said
    assert "Traceback" not in said


def test_an_undeclared_identifier_is_refused_with_the_line_to_add(erp, monkeypatch):
    file = erp.parent / "exports" / "erp" / "pagamentos_2026-02-01.csv"
    file.write_text(OLD + "p1;10,00;ana@example.com;31/01/2026;;x\n")
    code, said = checked(erp)
    assert code == 2, said
    assert "looks like an e-mail address" in said
    assert "identifiers: {customer_id: email}" in said
    assert "ana@" not in said
    monkeypatch.setenv("WAREHOUSE_SECRET", "a secret of the tests")
    declare(erp.parent, ERP.replace("files:", "identifiers: {customer_id: email}\n    files:"))
    code, said = checked(erp)
    assert code == 0, said
    assert "ana@" not in said


def test_a_column_that_only_an_expression_or_where_looks_at_is_taken(tmp_path):
    exports = tmp_path / "exports"
    exports.mkdir()
    write_workbook(exports / "agents.xlsx", [["Name", "Team", "Kind", "Hue"], ["a", "t", "k", "h"]])
    file = declare(
        tmp_path,
        """
        system: staff
        files:
          - path: agents.xlsx
            format: xlsx
            export_day: 2026-01-01
            kinds:
              contact.agents:
                expressions: {agent_id: lower("name"), team: team}
                where: list_contains(['k'], Kind)
        """,
    )
    code, said = checked(file)
    assert code == 0, said
    assert "Columns of the file that nothing takes: Hue contact.agents: 1 rows" in said


def test_the_rules_of_staging_are_those_the_models_are_compiled_to(statements):
    compiled = " ".join(statements.models["stg_rejected_rows"].split())
    for kind in contract().values():
        conditions = mistyped_conditions(kind)
        assert "is_deleted" in conditions
        for name, (data_type, condition) in conditions.items():
            select = (
                f"'{name}' as column_name, {name} as value, '{name} is not a {data_type}' as reason"
            )
            assert f"'{kind.name}' as kind, export_day, file_name, row_number, {select}" in compiled
            assert " ".join(condition.split()) in compiled
    asked = sum(len(mistyped_conditions(kind)) for kind in contract().values())
    assert compiled.count("as column_name") == asked


def test_the_values_a_column_knows_are_those_the_models_are_tested_for(statements):
    tested = {
        name: set(text.split(" not in (")[1].split(")")[0].replace("'", "").split(","))
        for name, text in statements.tests.items()
        if name.startswith("accepted_values_")
    }
    known = {name: {value.strip() for value in values} for name, values in tested.items()}
    for model, column, kind, ours in (
        ("stg_payment__payments", "payment_status", "payment.payments", "status"),
        ("stg_billing__adjustments", "adjustment_kind", "billing.adjustments", "kind"),
        ("stg_billing__agreements", "newest_status", "billing.agreements", "status"),
        ("stg_billing__stages", "stage", "billing.stages", "stage"),
        ("stg_billing__costs", "cost_kind", "billing.costs", "kind"),
        ("stg_contact__surveys", "survey_kind", "contact.surveys", "kind"),
        ("stg_contact__reasons", "reason", "contact.reasons", "reason"),
        ("stg_contact__contact_points", "contact_point_kind", "contact.contact_points", "kind"),
        ("stg_contact__speech_results", "sentiment", "contact.speech_results", "sentiment"),
        ("fct_contacts", "channel", "contact.contacts", "channel"),
        ("fct_contacts", "direction", "contact.contacts", "direction"),
        ("fct_contacts", "outcome", "contact.contacts", "outcome"),
        ("fct_contacts", "party", "contact.contacts", "party"),
        ("fct_promises", "direction", "contact.promises", "direction"),
    ):
        (column_of_ours,) = [one for one in contract()[kind].columns if one.name == ours]
        (of_test,) = [
            values
            for name, values in known.items()
            if name.startswith(f"accepted_values_{model}_{column}__")
        ]
        assert set(column_of_ours.values) == of_test
    declared = sum(bool(one.values) for kind in contract().values() for one in kind.columns)
    assert declared == 14
