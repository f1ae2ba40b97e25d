import zipfile

import pytest
from loading import load_all, rows, source_of
from workbooks import write_workbook

from orchestration.errors import InputError
from orchestration.ingestion import readers

CUSTOMERS = "billing/customers/2024-01-31.csv"
HEADER = "customer_id,region,segment\n"
LOADED = "select customer_id, row_number from raw.billing_customers order by all"
REJECTED = (
    "select row_number, column_name, value, reason, line_text from raw.rejected_rows order by 1"
)

TOO_FEW = "the line has fewer columns than the header; it may be cut off"
TOO_MANY = "the line has more columns than the header; a value may hold the delimiter"
BAD_QUOTES = "a quote is not closed, or stands inside a quoted value without being doubled"
BAD_BYTES = "its bytes are not valid in the declared encoding"


def refused(warehouse, exports, *systems):
    with pytest.raises(InputError) as error:
        load_all(warehouse, exports, systems)
    assert rows(warehouse, "select count(*) from raw.files") == [(0,)]
    return error.value.problems


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty (0 bytes), where a file without rows still has its header"),
        (b"region\nNorth\n", "has no column 'customer_id', which billing.customers requires"),
        (b"customer_id,region,REGION\n", "has several columns of one name: region, REGION"),
        (b"customer_id;region\nc1;x\n", "has no ',' in its header but ';'"),
        (b"customer_id\tregion\n", "declare delimiter: tab"),
        ("customer_id,region\n".encode("utf-16"), "is UTF-16 but read as utf-8; declare encoding"),
        ("customer_id,region\n".encode("utf-16-le"), "is UTF-16 but read as utf-8"),
        (b'customer_id,"region\n', "has an unreadable header in line 1: a quote is not closed"),
        ("customer_id,régio\n".encode("latin-1"), "has an unreadable header in line 1: its bytes"),
        (b"\n\n", "has no header in line 1, where it is expected"),
        (b"sep=,\ncustomer_id\nc1\n", "begins with Excel's line sep=,, which is no header"),
        (b"SEP=;\r\ncustomer_id;region\n", "begins with Excel's line SEP=;, which is no header"),
        (b"\ncustomer_id\nc1\n", "has no header in line 1, where it is expected"),
    ],
)
def test_a_file_that_cannot_be_what_it_should_is_refused(
    warehouse, write_exports, content, message
):
    (problem,) = refused(warehouse, write_exports({CUSTOMERS: content}))
    assert problem.startswith(f"{CUSTOMERS} ")
    assert message in problem


def test_all_files_are_checked_before_any_is_loaded(warehouse, write_exports):
    exports = write_exports(
        {
            CUSTOMERS: "customer_id\nc1\n",
            "billing/contracts/2024-01-31.csv": "contract_id\n1\n",
            "payment/payments/2024-02-01.csv": "",
            "payment/payments/2024-02-02.csv": "amount\n1\n",
        }
    )
    problems = refused(warehouse, exports)
    # payments lack payment_id, status and status_at
    assert [problem.split()[0] for problem in problems] == [
        "billing/contracts/2024-01-31.csv",
        "payment/payments/2024-02-01.csv",
        *["payment/payments/2024-02-02.csv"] * 3,
    ]


@pytest.mark.parametrize(
    "header", ["customer_id,region", "customer_id,region\r\n", "customer_id\n\n"]
)
def test_a_file_with_only_a_header_loads_no_rows(warehouse, write_exports, header):
    (loaded,) = load_all(warehouse, write_exports({CUSTOMERS: header}))
    assert (loaded.rows_in, loaded.rows_loaded, loaded.rows_rejected) == (0, 0, 0)
    assert rows(warehouse, "select rows_in from raw.files") == [(0,)]


@pytest.mark.parametrize(
    ("lines", "sound", "rejected"),
    [
        ("c1,x,y\nc2,x", [("c1", 2)], [(3, TOO_FEW, "c2,x")]),
        ("c1,x,y,z\nc2,x,y\n", [("c2", 3)], [(2, TOO_MANY, "c1,x,y,z")]),
        ('c1,"x,y\n', [], [(2, BAD_QUOTES, 'c1,"x,y')]),
        ('c1,"x,y\nc2,x,y\nc3,x,y\n', [("c2", 3), ("c3", 4)], [(2, BAD_QUOTES, 'c1,"x,y')]),
        (
            'c1,"x,y\nc2,"a,b",y\nc3,"x",y\n',
            [("c2", 3), ("c3", 4)],
            [(2, BAD_QUOTES, 'c1,"x,y')],
        ),
        ("c1,x\0\nc2,x,y\n", [("c2", 3)], [(2, TOO_FEW, "c1,x␀")]),
        ('c1,"x"y,z\nc2,x,y\n', [("c2", 3)], [(2, BAD_QUOTES, 'c1,"x"y,z')]),
        ("c1,x,y\n\nc2,x\n\nc3,x,y\n", [("c1", 2), ("c3", 6)], [(4, TOO_FEW, "c2,x")]),
        ("c1,x,y\r\nc2,x,y\nc3,x\r\n", [("c1", 2), ("c2", 3)], [(4, TOO_FEW, "c3,x")]),
        ("c1,x,y\rc2,x\rc3,x,y", [("c1", 2), ("c3", 4)], [(3, TOO_FEW, "c2,x")]),
        (
            'c1,"two\nlines",y\nc2,x\nc3,x,y\n',
            [("c1", 2), ("c3", 5)],
            [(4, TOO_FEW, "c2,x")],
        ),
    ],
)
def test_a_broken_line_is_rejected_alone(warehouse, write_exports, lines, sound, rejected):
    (loaded,) = load_all(warehouse, write_exports({CUSTOMERS: HEADER.encode() + lines.encode()}))
    assert rows(warehouse, LOADED) == sound
    found = rows(warehouse, REJECTED)
    assert [(number, reason, text) for number, _, _, reason, text in found] == rejected
    assert loaded.rows_in == len(sound) + len(rejected)
    assert (loaded.rows_loaded, loaded.rows_rejected) == (len(sound), len(rejected))


def test_a_header_may_span_lines(warehouse, write_exports):
    load_all(warehouse, write_exports({CUSTOMERS: 'customer_id,"regi\non"\nc1,x\nc2\n'}))
    assert rows(warehouse, LOADED) == [("c1", 3)]


def test_a_quote_never_closed_does_not_swallow_a_large_file(warehouse, write_exports):
    lines = [f"c{line},North,y" for line in range(2, 100_000)]
    lines[8] = 'c10,"North,y'
    content = HEADER + "\n".join(lines)
    (loaded,) = load_all(warehouse, write_exports({CUSTOMERS: content}))
    assert (loaded.rows_in, loaded.rows_rejected) == (99_998, 1)
    assert rows(warehouse, "select row_number from raw.rejected_rows") == [(10,)]
    assert rows(
        warehouse,
        "select count(*) from raw.billing_customers where customer_id = 'c' || row_number",
    ) == [(99_997,)]


@pytest.mark.parametrize("blank_line", ["", "\n"])
def test_bytes_that_are_not_utf_8_reject_their_line(warehouse, write_exports, blank_line):
    content = (HEADER + f"c1,São,y\n{blank_line}c2,x,y\n").encode("latin-1")
    load_all(warehouse, write_exports({CUSTOMERS: content}))
    ((line, _, _, reason, text),) = rows(warehouse, REJECTED)
    hint = "; they look like Windows-1252, so declare encoding: cp1252"
    assert (line, reason) == (2, BAD_BYTES + hint)
    assert text.startswith("c1,S")
    assert [customer for customer, _ in rows(warehouse, LOADED)] == ["c2"]


def test_bad_bytes_in_a_later_line_of_a_record_reject_it(warehouse, write_exports):
    content = (HEADER + 'c1,"two\nlinhas são",y\nc2,x,y\n').encode("latin-1")
    load_all(warehouse, write_exports({CUSTOMERS: content}))
    assert rows(warehouse, LOADED) == [("c2", 4)]
    ((line, _, _, reason, _),) = rows(warehouse, REJECTED)
    assert (line, reason.startswith(BAD_BYTES)) == (2, True)


def test_bad_bytes_among_utf_8_are_of_no_other_encoding(warehouse, write_exports):
    content = (HEADER + "c1,São,y\n").encode() + b"c2,S\xe3o,y\n"
    load_all(warehouse, write_exports({CUSTOMERS: content}))
    assert [(row[0], row[3]) for row in rows(warehouse, REJECTED)] == [(3, BAD_BYTES)]


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_value_of_megabytes_is_read(warehouse, write_exports, quote):
    content = HEADER + f"c1,{quote}{'x' * 3_000_000}{quote},y\nc2,x,y\n"
    load_all(warehouse, write_exports({CUSTOMERS: content}))
    assert rows(
        warehouse, "select length(region), row_number from raw.billing_customers order by all"
    ) == [(1, 3), (3_000_000, 2)]


def test_a_nul_byte_never_gets_in(warehouse, write_exports):
    lines = "c1,No\0rth,y\nc\0,North,y\nc3,North,y\n"
    (loaded,) = load_all(warehouse, write_exports({CUSTOMERS: HEADER + lines}))
    assert (loaded.rows_in, loaded.rows_rejected) == (3, 2)
    assert rows(warehouse, LOADED) == [("c3", 4)]
    assert rows(warehouse, REJECTED) == [
        (2, "region", "No␀rth", "region holds a NUL byte", "c1,No␀rth,y"),
        (3, "customer_id", "c␀", "customer_id holds a NUL byte", "c␀,North,y"),
    ]


def test_a_row_without_a_required_value_is_rejected(warehouse, write_exports):
    exports = write_exports(
        {
            "billing/instalments/2024-01-31.csv": "instalment_id,contract_id,due_date,amount\n"
            "i1,c1,2024-01-31,5\ni2,c1, 2024-01-31 ,  \n,c1,2024-01-31,5\n"
        }
    )
    (loaded,) = load_all(warehouse, exports)
    assert (loaded.rows_in, loaded.rows_loaded, loaded.rows_rejected) == (3, 1, 2)
    assert rows(warehouse, REJECTED) == [
        (3, "amount", None, "amount is required and empty", "i2,c1,2024-01-31,"),
        (4, "instalment_id", None, "instalment_id is required and empty", ",c1,2024-01-31,5"),
    ]


def test_a_withdrawn_row_needs_only_its_key(warehouse, write_exports):
    exports = write_exports(
        {
            "billing/instalments/2024-01-31.csv": "instalment_id,contract_id,due_date,amount,"
            "is_deleted\ni1,,,,true\ni2,,,,false\n,,,,true\n"
        }
    )
    load_all(warehouse, exports)
    assert rows(warehouse, "select instalment_id, is_deleted from raw.billing_instalments") == [
        ("i1", "true")
    ]
    assert [line for line, *_ in rows(warehouse, REJECTED)] == [3, 4]


def test_a_row_fit_for_one_kind_is_rejected_by_the_other_alone(warehouse, write_exports, tmp_path):
    system = source_of(
        tmp_path / "erp.yml",
        """
        system: erp
        files:
          - path: "{day}.csv"
            kinds:
              billing.customers: {columns: {customer_id: Client}}
              billing.contracts: {columns: {contract_id: No, customer_id: Client}}
        """,
    )
    exports = write_exports({"2024-01-31.csv": "No,Client\n1,c1\n,c2\nbad\n"})
    loaded = load_all(warehouse, exports, [system])
    assert [(file.rows_in, file.rows_loaded, file.rows_rejected) for file in loaded] == [
        (3, 2, 1),
        (3, 1, 2),
    ]


MAPPED = """
    system: crm
    files:
      - path: "{day}.csv"
        kinds:
          billing.customers:
            columns: {customer_id: Id}
            expressions: {region: EXPRESSION}
    """


def test_a_mapped_column_the_file_lacks_is_named(warehouse, write_exports, tmp_path):
    system = source_of(tmp_path / "crm.yml", MAPPED.replace("EXPRESSION", "upper(Name)"))
    (problem, _) = refused(warehouse, write_exports({"2024-01-31.csv": "No,Nom\n1,x\n"}), system)
    assert problem == (
        "2024-01-31.csv has no column 'Id', which is mapped to billing.customers.customer_id;"
        " it has No, Nom."
    )


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("upper(Nom)", 'column "Nom" not found'),
        ("upper(Name", "syntax error"),
        ("uper(Name)", "uper does not exist"),
    ],
)
def test_an_expression_that_does_not_bind_is_refused(
    warehouse, write_exports, tmp_path, expression, message
):
    system = source_of(tmp_path / "crm.yml", MAPPED.replace("EXPRESSION", expression))
    (problem,) = refused(warehouse, write_exports({"2024-01-31.csv": "Id,Name\n1,x\n"}), system)
    assert "does not fit the expression for billing.customers.region" in problem
    assert message.lower() in problem.lower()


def test_an_expression_a_value_breaks_names_the_file(warehouse, write_exports, tmp_path):
    system = source_of(tmp_path / "crm.yml", MAPPED.replace("EXPRESSION", "Name::int + 1"))
    exports = write_exports({f"2024-01-{d}.csv": f"Id,Name\n1,{d - 1}\n" for d in (29, 30)})
    write_exports({"2024-01-31.csv": "Id,Name\n1,x\n"})
    with pytest.raises(InputError, match=r"2024-01-31.csv has a value that an expression"):
        load_all(warehouse, exports, [system])
    write_exports({"2024-01-31.csv": "Id,Name\n1,30\n"})
    load_all(warehouse, exports, [system])
    assert rows(warehouse, "select region from raw.billing_customers order by all") == [
        ("29",),
        ("30",),
        ("31",),
    ]


WORKBOOK = """
    system: calls
    files:
      - path: "{day}.xlsx"
        format: xlsx
        SETTING
        kinds: {contact.agents: {columns: {agent_id: Agent}}}
    """


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("sheet: March", "has no sheet 'March'; it has Sheet1, declare one as sheet"),
        ("header_row: 9", "has nothing in row 9, where its header is expected"),
        ("header_row: 2", "has no column 'Agent'"),
    ],
)
def test_a_workbook_that_does_not_fit_is_refused(warehouse, tmp_path, setting, message):
    write_workbook(tmp_path / "exports/2024-01-31.xlsx", [["Agent"], ["Ann"]])
    system = source_of(tmp_path / "calls.yml", WORKBOOK.replace("SETTING", setting))
    (problem,) = refused(warehouse, tmp_path / "exports", system)
    assert problem.startswith("2024-01-31.xlsx ")
    assert message in problem


def test_a_hidden_sheet_is_not_the_first(warehouse, tmp_path):
    path = tmp_path / "exports/2024-01-31.xlsx"
    write_workbook(path, [["Agent"], ["Ann"]])
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    hidden = '<sheets><sheet name="Lists" sheetId="2" state="hidden" r:id="rId3"/>'
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace("<sheets>", hidden)
    relations = "xl/_rels/workbook.xml.rels"
    target = parts[relations].replace("sheet1", "sheet2").split("<Relationship ")[1]
    target = target.replace("rId1", "rId3")
    end = "</Relationships>"
    parts[relations] = parts[relations].replace(end, f"<Relationship {target}{end}")
    sheet = parts["xl/worksheets/sheet1.xml"]
    parts["xl/worksheets/sheet2.xml"] = sheet.replace("Agent", "Never")
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    system = source_of(tmp_path / "calls.yml", WORKBOOK.replace("SETTING", "header_row: 1"))
    load_all(warehouse, tmp_path / "exports", [system])
    assert rows(warehouse, "select agent_id from raw.contact_agents") == [("Ann",)]


def test_an_opendocument_sheet_is_read(warehouse, tmp_path):
    # OpenDocument 1.3, part 3: 9.1 tables, 19.387 office:value-type; part 2: 3.3 the mimetype
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    names = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    cells = [
        '<table:table-cell office:value-type="string"><text:p>Agent</text:p></table:table-cell>',
        '<table:table-cell office:value-type="float" office:value="7"><text:p>7</text:p>'
        "</table:table-cell>",
    ]
    table = "".join(f"<table:table-row>{cell}</table:table-row>" for cell in cells)
    content = (
        f'<?xml version="1.0"?><office:document-content{names}><office:body><office:spreadsheet>'
        f'<table:table table:name="A">{table}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    (tmp_path / "exports").mkdir()
    with zipfile.ZipFile(tmp_path / "exports/2024-01-31.ods", "w") as archive:
        archive.writestr("mimetype", kind)
        archive.writestr("content.xml", content)
        archive.writestr(
            "META-INF/manifest.xml",
            "<manifest:manifest"
            ' xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
            f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
            "</manifest:manifest>",
        )
    settings = WORKBOOK.replace("SETTING", "header_row: 1").replace("{day}.xlsx", "{day}.ods")
    load_all(warehouse, tmp_path / "exports", [source_of(tmp_path / "calls.yml", settings)])
    assert rows(warehouse, "select agent_id from raw.contact_agents") == [("7",)]


@pytest.mark.parametrize("content", [b"", b"Agent\nAnn\n", b"PK\x03\x04 cut off"])
def test_a_file_that_is_no_workbook_is_refused(warehouse, write_exports, tmp_path, content):
    system = source_of(tmp_path / "calls.yml", WORKBOOK.replace("SETTING", "header_row: 1"))
    (problem,) = refused(warehouse, write_exports({"2024-01-31.xlsx": content}), system)
    assert problem.startswith("2024-01-31.xlsx cannot be read as an Excel workbook: ")


def test_every_format_has_a_reader():
    for module in readers.FORMATS.values():
        assert callable(module.read_header)
        assert callable(module.land)
