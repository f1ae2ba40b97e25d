"""How files that look different land, by the YAML of their source system."""

from datetime import date, datetime, time, timedelta

import pytest
from loading import ALL_CUSTOMERS, load_all, rows, source_of
from workbooks import write_workbook


def test_one_file_feeds_several_kinds(warehouse, write_exports, tmp_path):
    system = source_of(
        tmp_path / "erp.yml",
        """
        system: erp
        id_prefix: "erp-"
        files:
          - path: "invoices_{day}.txt"
            delimiter: ";"
            encoding: latin-1
            decimal_mark: ","
            thousands_mark: "."
            date_formats: ["%d/%m/%Y", "%d.%m.%Y"]
            timestamp_formats: ["%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M %z"]
            delivery: full
            kinds:
              billing.customers:
                columns: {customer_id: Client, updated_at: Changed}
                constants: {kind: person, country: BR}
                expressions: {region: upper("Région")}
              billing.instalments:
                columns: {instalment_id: No, contract_id: No, due_date: Due, amount: Amount}
        """,
    )
    content = (
        "No;Client;Région;Due;Amount;Changed\n"
        "001;c1;Île;01/02/2024;1.234,56;31/01/2024 23:59\n"
        "002;c2;Sud;2.3.2024;-7,5;31/01/2024 23:59 -0300\n"
        "003;c3;;30/02/2024;about 5;31/01/2024\n"
    )
    exports = write_exports({"invoices_2024-01-31.txt": content.encode("latin-1")})
    loaded = load_all(warehouse, exports, [system])
    assert [(file.kind, file.rows_loaded) for file in loaded] == [
        ("customers", 3),
        ("instalments", 3),
    ]
    assert rows(
        warehouse,
        "select customer_id, kind, country, region, updated_at"
        " from raw.billing_customers order by row_number",
    ) == [
        ("erp-c1", "person", "BR", "ÎLE", "2024-01-31 23:59:00"),
        ("erp-c2", "person", "BR", "SUD", "2024-02-01 02:59:00+00"),
        ("erp-c3", "person", "BR", None, "2024-01-31"),
    ]
    assert rows(
        warehouse,
        "select instalment_id, contract_id, due_date, amount"
        " from raw.billing_instalments order by row_number",
    ) == [
        ("erp-001", "erp-001", "2024-02-01", "1234.56"),
        ("erp-002", "erp-002", "2024-03-02", "-7.5"),
        ("erp-003", "erp-003", "30/02/2024", "about 5"),
    ]
    assert rows(warehouse, "select distinct is_full from raw.files") == [(True,)]


def test_the_example_of_the_guide_works(warehouse, write_exports, tmp_path, request):
    guide = (request.config.rootpath / "docs/connect-your-exports.md").read_text("utf-8")
    system = source_of(tmp_path / "erp.yml", guide.split("```yaml")[1].split("```")[0])
    content = (
        "No;Client;Due;Type;Total\n1;c1;31/01/2024;invoice;1.250,00\n2;c1;31/01/2024;credit;7,5\n"
    )
    load_all(warehouse, write_exports({"erp/invoices_20240131_2.txt": content}), [system])
    assert rows(
        warehouse,
        "select instalment_id, contract_id, due_date, amount, export_day"
        " from raw.billing_instalments order by all",
    ) == [
        ("erp-1", "erp-1", "2024-01-31", "1250.00", date(2024, 1, 31)),
        ("erp-2", "erp-2", "2024-01-31", "-7.5", date(2024, 1, 31)),
    ]
    assert rows(warehouse, "select distinct customer_id, kind from raw.billing_customers") == [
        ("erp-c1", "company")
    ]


def test_numbers_and_dates_of_an_expression_are_left_alone(warehouse, write_exports, tmp_path):
    system = source_of(
        tmp_path / "erp.yml",
        """
        system: erp
        files:
          - path: "{day}.csv"
            decimal_mark: ","
            thousands_mark: "."
            date_formats: ["%d/%m/%Y"]
            kinds:
              billing.instalments:
                columns: {instalment_id: Id, contract_id: Id}
                constants: {number: 1.000}
                expressions:
                  amount: try_cast(Cents as decimal(18, 3)) / 1000
                  due_date: try_strptime(Due, '%d %b %Y')::date
        """,
    )
    load_all(
        warehouse, write_exports({"2024-01-31.csv": "Id,Cents,Due\n1,1234,31 Jan 2024\n"}), [system]
    )
    assert rows(warehouse, "select amount, number, due_date from raw.billing_instalments") == [
        ("1.234", "1.000", "2024-01-31")
    ]


@pytest.mark.parametrize(
    "number",
    [
        ("decimal_mark: ','", "1234,5", "1234.5"),
        ("decimal_mark: ','", "+7", "+7"),
        ("decimal_mark: ','\n            thousands_mark: '.'", "1.234.567,8", "1234567.8"),
        ("decimal_mark: ','\n            thousands_mark: '.'", "1.234", "1234"),
        (
            "decimal_mark: ','\n            thousands_mark: ' '",
            "1\u00a0234\u202f567,8",
            "1234567.8",
        ),
        ("thousands_mark: ','", "1,234.5", "1234.5"),
        ("thousands_mark: ','", "12,34", "12,34"),
        ('thousands_mark: "\'"', "1'234.50", "1234.50"),
    ],
)
def test_numbers_are_written_plainly(warehouse, write_exports, tmp_path, number):
    marks, delivered, landed = number
    system = source_of(
        tmp_path / "erp.yml",
        f"""
        system: erp
        files:
          - path: "{{day}}.csv"
            delimiter: "|"
            {marks}
            kinds: {{billing.agreement_contracts: }}
        """,
    )
    exports = write_exports(
        {"2024-01-31.csv": f"agreement_id|contract_id|replaced_amount\na|c|{delivered}\n"}
    )
    load_all(warehouse, exports, [system])
    assert rows(warehouse, "select replaced_amount from raw.billing_agreement_contracts") == [
        (landed,)
    ]


def test_a_point_in_a_number_with_decimal_comma_is_rejected(warehouse, write_exports, tmp_path):
    system = source_of(
        tmp_path / "erp.yml",
        """
        system: erp
        files:
          - path: "{day}.csv"
            delimiter: ";"
            decimal_mark: ","
            kinds: {billing.agreement_contracts: }
        """,
    )
    exports = write_exports(
        {"2024-01-31.csv": "agreement_id;contract_id;replaced_amount\na;c;1.234\n"}
    )
    load_all(warehouse, exports, [system])
    assert rows(
        warehouse, "select column_name, value, reason, line_text from raw.rejected_rows"
    ) == [
        (
            "replaced_amount",
            "1.234",
            "replaced_amount has a point where a decimal comma is declared",
            "a;c;1.234",
        )
    ]


def test_a_file_is_read_again_when_its_mapping_changes(warehouse, write_exports, tmp_path):
    settings = """
        system: crm
        files:
          - path: "{day}.csv"
            kinds: {billing.customers: {columns: {customer_id: Id, region: State}}}
        """
    exports = write_exports({"2024-01-31.csv": "Id,State,Area\nc1,RJ,South\n"})
    load_all(warehouse, exports, [source_of(tmp_path / "crm.yml", settings)])
    changed = source_of(tmp_path / "crm.yml", settings.replace("State", "Area"))
    assert len(load_all(warehouse, exports, [changed])) == 1
    assert rows(warehouse, ALL_CUSTOMERS) == [("c1", "South", 2)]
    assert load_all(warehouse, exports, [changed]) == []


def test_a_kind_added_to_a_file_is_loaded_alone(warehouse, write_exports, tmp_path):
    settings = """
        system: crm
        files:
          - path: "{day}.csv"
            kinds:
              billing.customers: {columns: {customer_id: Client}}
        """
    exports = write_exports({"2024-01-31.csv": "No,Client\n1,c1\n"})
    load_all(warehouse, exports, [source_of(tmp_path / "crm.yml", settings)])
    more = settings + "      billing.contracts: {columns: {contract_id: No, customer_id: Client}}\n"
    (loaded,) = load_all(warehouse, exports, [source_of(tmp_path / "crm.yml", more)])
    assert loaded.kind == "contracts"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252", "utf-16"])
def test_encodings_are_read(warehouse, write_exports, tmp_path, encoding):
    system = source_of(
        tmp_path / "crm.yml",
        f"""
        system: crm
        files:
          - path: "{{day}}.csv"
            encoding: {encoding}
            kinds: {{billing.customers: }}
        """,
    )
    content = "customer_id,region\r\nc1,São João\r\nc2,short,long\r\n"
    (loaded,) = load_all(
        warehouse, write_exports({"2024-01-31.csv": content.encode(encoding)}), [system]
    )
    assert (loaded.rows_in, loaded.rows_rejected) == (2, 1)
    assert rows(warehouse, ALL_CUSTOMERS) == [("c1", "São João", 2)]


def test_lines_above_the_header_are_skipped_and_quotes_can_be_off(
    warehouse, write_exports, tmp_path
):
    system = source_of(
        tmp_path / "crm.yml",
        """
        system: crm
        files:
          - path: "{day}.csv"
            header_row: 3
            quote: ""
            kinds: {billing.customers: }
        """,
    )
    content = 'Customers, all of them\n\ncustomer_id,region\nc1,19" racks\nbad\nc2,"North\n'
    load_all(warehouse, write_exports({"2024-01-31.csv": content}), [system])
    assert rows(warehouse, ALL_CUSTOMERS) == [("c1", '19" racks', 4), ("c2", '"North', 6)]
    assert rows(warehouse, "select row_number from raw.rejected_rows") == [(5,)]


def test_path_and_column_names_may_hold_any_character(warehouse, write_exports, tmp_path):
    system = source_of(
        tmp_path / "crm.yml",
        """
        system: crm
        files:
          - path: "o'neil [1]/{day}*.csv"
            kinds: {billing.customers: {columns: {customer_id: "id's \\"own\\"", region: "{Área}"}}}
        """,
    )
    exports = write_exports({"o'neil [1]/2024-01-31?.csv": '"id\'s ""own""",{Área}\nc1,x\n'})
    load_all(warehouse, exports, [system])
    assert rows(warehouse, ALL_CUSTOMERS) == [("c1", "x", 2)]


def test_cells_of_a_workbook_land_as_text(warehouse, tmp_path):
    system = source_of(
        tmp_path / "calls.yml",
        """
        system: calls
        files:
          - path: "{day}.xlsx"
            format: xlsx
            sheet: Calls
            header_row: 2
            kinds:
              contact.contacts:
                columns: {contact_id: Id, customer_id: Customer, campaign: Weight, template: Bot}
                constants: {channel: voice, direction: inbound}
                expressions:
                  started_at: "\\"Day\\" || ' ' || \\"At\\""
                  duration_seconds: cast(epoch(try_cast("Lasted" as interval)) as bigint)
                  updated_at: '"Changed"'
        """,
    )
    write_workbook(
        tmp_path / "exports/2024-01-31.xlsx",
        [
            ["Calls of January"],
            ["Id", "Customer", "Day", "At", "Lasted", "Weight", "Bot", "Changed"],
            [1, "007", date(2024, 1, 2), time(9, 12, 58), time(0, 2, 3), 0.1, True, None],
            [],
            [
                12345678901234,
                " c2 ",
                date(2024, 1, 3),
                time(0, 0),
                timedelta(hours=30),
                -1234.5,
                False,
                datetime(2024, 1, 2, 3, 4, 5),
            ],
        ],
        sheet="Calls",
    )
    (loaded,) = load_all(warehouse, tmp_path / "exports", [system])
    assert (loaded.rows_in, loaded.rows_loaded) == (2, 2)
    assert rows(
        warehouse,
        "select contact_id, customer_id, started_at, duration_seconds, campaign, template,"
        " updated_at, row_number from raw.contact_contacts order by row_number",
    ) == [
        ("1", "007", "2024-01-02 09:12:58", "123", "0.1", "true", None, 3),
        (
            "12345678901234",
            "c2",
            "2024-01-03 00:00:00",
            "108000",
            "-1234.5",
            "false",
            "2024-01-02 03:04:05",
            5,
        ),
    ]
