"""Direct identifiers: hashed where they are declared, kept out where they are not."""

import hashlib
import hmac
import re
from pathlib import Path

import duckdb
import pytest
from loading import load_all, rows, source_of

from orchestration.errors import InputError
from orchestration.ingestion.sources import SourceSystem
from orchestration.privacy import keyed_hash
from orchestration.privacy.identifiers import hashed_identifier, hidden, looks, masked, masked_sql

SECRET = "a secret of these tests"
CPF, OTHER_CPF, CNPJ = "529.982.247-25", "111.444.777-35", "11.222.333/0001-81"
CUSTOMERS, CONTACTS = "billing/customers/2024-01-31.csv", "contact/contacts/2024-01-31.csv"
POINTS = "contact/contact_points/2024-01-31.csv"
DECLARED = """
    system: default
    identifiers: {customer_id: document, contact_point_id: phone}
    """


@pytest.fixture(autouse=True)
def secret(monkeypatch) -> None:
    monkeypatch.setenv(keyed_hash.SECRET_VARIABLE, SECRET)


def python_hash(text: str, key: str = SECRET) -> str:
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()[:32]


def digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def crm(place: Path, columns: str, expressions: str = "{}") -> SourceSystem:
    """A system that delivers customers, mapped in YAML."""
    return source_of(
        place / "crm.yml",
        f"""
        system: crm
        files:
          - path: "{{day}}.csv"
            kinds: {{billing.customers: {{columns: {columns}, expressions: {expressions}}}}}
        """,
    )


def refusal(warehouse, exports, *systems) -> list[str]:
    with pytest.raises(InputError) as error:
        load_all(warehouse, exports, systems)
    return error.value.problems


@pytest.mark.parametrize("key", ["short", "k" * 64, "longer than a block " * 9, "clé ☂"])
@pytest.mark.parametrize("text", ["52998224725", "", "josé ☂", "x" * 200])
def test_the_hash_is_hmac_as_python_computes_it(key, text):
    with duckdb.connect() as connection:
        keyed_hash.give_key(connection, key.encode())
        query = f"select {keyed_hash.hashed('$1')}, {keyed_hash.hashed('$1', 'forgotten')}"
        in_sql = connection.execute(query, [text]).fetchone()
    assert in_sql[0] == python_hash(text, key) == keyed_hash.keyed_hash(text, key.encode())
    assert in_sql[1] == keyed_hash.keyed_hash(text, key.encode(), keyed_hash.FORGOTTEN)
    assert in_sql[0] != in_sql[1]


@pytest.mark.parametrize(
    ("kind", "written", "normalised"),
    [
        ("document", " 529.982.247-25", "52998224725"),
        ("phone", "+55 (11) 91234-5678", "5511912345678"),
        ("email", " Ana.Lima@Example.COM ", "ana.lima@example.com"),
        ("name", "  JOSÉ\tda   Conceição ", "jose da conceicao"),
    ],
)
def test_an_identifier_has_one_hash_however_it_is_written(kind, written, normalised):
    with duckdb.connect() as connection:
        keyed_hash.give_key(connection, SECRET.encode())
        query = f"select {hashed_identifier('$1', kind)}"
        assert connection.execute(query, [written]).fetchone() == (python_hash(normalised),)
        assert connection.execute(query, [" "]).fetchone() == (None,)


def test_declared_identifiers_land_as_hashes_in_every_kind(warehouse, write_exports, tmp_path):
    exports = write_exports(
        {
            CUSTOMERS: "customer_id,region,merged_into_customer_id\n"
            f"{CPF},North,\n{OTHER_CPF},South,{digits(CPF)}\n",
            CONTACTS: "contact_id,customer_id,contact_point_id,channel,direction,started_at\n"
            f"T1,{digits(CPF)},+55 11 91234-5678,voice,outbound,2024-01-31\n",
            POINTS: f"contact_point_id,customer_id,kind\n5511912345678,{CPF},phone\n",
        }
    )
    load_all(warehouse, exports, [source_of(tmp_path / "default.yml", DECLARED)])
    person, phone = python_hash(digits(CPF)), python_hash("5511912345678")
    assert rows(
        warehouse,
        "select customer_id, region, merged_into_customer_id"
        " from raw.billing_customers order by region",
    ) == [(person, "North", None), (python_hash(digits(OTHER_CPF)), "South", person)]
    assert rows(
        warehouse, "select contact_id, customer_id, contact_point_id from raw.contact_contacts"
    ) == [("T1", person, phone)]
    assert rows(
        warehouse, "select contact_point_id, customer_id from raw.contact_contact_points"
    ) == [(phone, person)]


MAPPED = """
    system: erp
    id_prefix: "erp-"
    files:
      - path: "{day}.csv"
        kinds:
          billing.customers:
            columns: {customer_id: Document, region: State}
            identifiers: {customer_id: document}
    """


def test_a_kind_may_declare_for_itself_and_ids_keep_their_prefix(
    warehouse, write_exports, tmp_path
):
    exports = write_exports({"2024-01-31.csv": f"Document,Name,State\n{CPF},Ana,SP\n"})
    load_all(warehouse, exports, [source_of(tmp_path / "erp.yml", MAPPED)])
    assert rows(warehouse, "select customer_id, region from raw.billing_customers") == [
        (f"erp-{python_hash(digits(CPF))}", "SP")
    ]


def test_a_file_is_read_again_when_its_identifiers_change(warehouse, write_exports, tmp_path):
    exports = write_exports({CUSTOMERS: "customer_id,segment\nc1,gold\n"})
    load_all(warehouse, exports)
    declared = "system: default\nidentifiers: {customer_id: name, segment: none}\n"
    assert len(load_all(warehouse, exports, [source_of(tmp_path / "d.yml", declared)])) == 1
    assert rows(warehouse, "select customer_id, segment from raw.billing_customers") == [
        (python_hash("c1"), "gold")
    ]


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ("{customer: document}", "'customer' is no column of text of any of its kinds"),
        ("{birth_date: name}", "'birth_date' is no column of text"),
        ("{customer_id: passport}", "'document', 'phone', 'email', 'name' or 'none'"),
    ],
)
def test_a_declaration_that_cannot_be_is_refused(tmp_path, declared, message):
    with pytest.raises(InputError) as error:
        source_of(tmp_path / "d.yml", f"system: default\nidentifiers: {declared}\n")
    assert message in error.value.problems[0]


def test_without_the_secret_nothing_is_loaded(warehouse, write_exports, tmp_path, monkeypatch):
    monkeypatch.delenv(keyed_hash.SECRET_VARIABLE)
    exports = write_exports({CUSTOMERS: f"customer_id\n{CPF}\n"})
    (problem,) = refusal(warehouse, exports, source_of(tmp_path / "d.yml", DECLARED))
    assert "identifiers: {customer_id: document} of default needs a secret" in problem
    assert "openssl rand -hex 32" in problem
    assert rows(warehouse, "select count(*) from raw.files") == [(0,)]


def test_another_secret_is_refused(warehouse, write_exports, tmp_path, monkeypatch):
    system = source_of(tmp_path / "d.yml", DECLARED)
    load_all(warehouse, write_exports({CUSTOMERS: f"customer_id\n{CPF}\n"}), [system])
    monkeypatch.setenv(keyed_hash.SECRET_VARIABLE, "another secret")
    exports = write_exports({CUSTOMERS: f"customer_id\n{OTHER_CPF}\n"})
    (problem,) = refusal(warehouse, exports, system)
    assert "is not the secret the identifiers in this warehouse were hashed with" in problem
    assert "another secret" not in problem
    assert SECRET not in problem


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("region", "ana@example.com", "an e-mail address"),
        ("region", "write to ana.lima+1@mail.example.com.br please", "an e-mail address"),
        ("region", CPF, "a document number"),
        ("region", f"CNPJ {CNPJ}", "a document number"),
        ("customer_id", "+55 11 91234-5678", "a telephone number"),
        ("region", "call +1 (415) 555-2671", "a telephone number"),
        ("region", "(11) 91234-5678", "a telephone number"),
        ("region", "11 91234-5678", "a telephone number"),
        ("birth_date", "ana@example.com", "an e-mail address"),
        ("birth_date", CPF, "a document number"),
    ],
)
def test_an_undeclared_identifier_refuses_its_file(warehouse, write_exports, column, value, words):
    fields = {"customer_id": "c2", "region": "", "birth_date": ""} | {column: value}
    content = f"{','.join(fields)}\nc1,North,1990-01-01\n{','.join(fields.values())}\n"
    (problem,) = refusal(warehouse, write_exports({CUSTOMERS: content}))
    assert problem.startswith(
        f"{CUSTOMERS} line 3, column '{column}' (billing.customers.{column}): {hidden(value)}"
        f" looks like {words}, the only one of the file."
    )
    assert value not in problem
    assert f"{{{column}: none}}" in problem
    assert rows(warehouse, "select count(*) from raw.files") == [(0,)]


def test_numbers_are_documents_where_most_of_a_column_have_their_check_digits(
    warehouse, write_exports
):
    documents = [digits(CPF), digits(OTHER_CPF), digits(CNPJ)]
    content = "\n".join(["customer_id,region", *(f"{one},North" for one in documents)])
    (problem,) = refusal(warehouse, write_exports({CUSTOMERS: content}))
    assert "*********25 looks like a document number, as do 2 more" in problem
    by_chance = [*documents, *(str(10_000_000_000 + number) for number in range(9))]
    content = "\n".join(["customer_id,region", *(f"{one},North" for one in by_chance)])
    (file,) = load_all(warehouse, write_exports({CUSTOMERS: content}))
    assert file.rows_loaded == 12


@pytest.mark.parametrize(
    "named",
    [
        ("CPF", digits(CPF), "a document number"),
        ("Telefone", "11912345678", "a telephone number"),
        ("whatsapp", "5511912345678", "a telephone number"),
    ],
)
def test_one_number_tells_a_column_named_for_it(warehouse, write_exports, tmp_path, named):
    column, value, words = named
    exports = write_exports({"2024-01-31.csv": f"{column}\n{value}\n"})
    (problem,) = refusal(warehouse, exports, crm(tmp_path, f"{{customer_id: {column}}}"))
    assert f"column '{column}' (billing.customers.customer_id)" in problem
    assert words in problem


@pytest.mark.parametrize(
    ("expression", "row"),
    [("lower(Mail)", "1,ANA@EXAMPLE.COM,"), ("concat(Mail, '@', Domain)", "1,ana,example.com")],
    ids=["of one", "put together"],
)
def test_an_expression_does_not_carry_an_identifier_in(
    warehouse, write_exports, tmp_path, expression, row
):
    system = crm(tmp_path, "{customer_id: Id}", f'{{segment: "{expression}"}}')
    exports = write_exports({"2024-01-31.csv": f"Id,Mail,Domain\n{row}\n"})
    (problem,) = refusal(warehouse, exports, system)
    assert "billing.customers.segment" in problem


def test_all_files_with_identifiers_are_told_at_once(warehouse, write_exports):
    exports = write_exports(
        {
            f"billing/customers/2024-01-{day}.csv": f"customer_id{extra}\nana@example.com\n"
            for day, extra in ((29, ""), (30, ""))
        }
        | {"billing/contracts/2024-01-31.csv": "contract_id,customer_id\n1,ana@example.com\n"}
    )
    assert [problem.split()[0] for problem in refusal(warehouse, exports)] == [
        "billing/customers/2024-01-29.csv",
        "billing/customers/2024-01-30.csv",
        "billing/contracts/2024-01-31.csv",
    ]


def test_what_only_resembles_an_identifier_gets_in(warehouse, write_exports):
    references = [
        "R00000326",
        "20260131091258",
        "2026-01-31T09:12:58+00:00",
        "d41d8cd98f00b204e9800998ecf8427e",
        "0f8fad5b-d9cb-469f-a165-70867728950e",
        "12345678901234567890123456",
        "agent@team",
        '"1.234.567,89"',
        "192.168.100.100",
        "PIX/2026/000123-45",
    ]
    lines = "\n".join(
        f"P{n},+{10**9 + n}.00,cleared,2026-01-31 09:12:58+03:00,{reference}"
        for n, reference in enumerate(references)
    )
    exports = write_exports(
        {
            "payment/payments/2026-01-31.csv": "payment_id,amount,status,status_at,reference\n"
            + lines
        }
    )
    assert load_all(warehouse, exports)[0].rows_loaded == len(references)


def test_a_false_alarm_is_declared_to_be_none(warehouse, write_exports, tmp_path):
    exports = write_exports({CUSTOMERS: "customer_id,segment\nc1,team@north.example\n"})
    assert "{segment: none}" in refusal(warehouse, exports)[0]
    declared = "system: default\nidentifiers: {segment: none}\n"
    load_all(warehouse, exports, [source_of(tmp_path / "d.yml", declared)])
    assert rows(warehouse, "select segment from raw.billing_customers") == [("team@north.example",)]


REJECTED = "select row_number, value, line_text from raw.rejected_rows order by all"


def test_what_is_left_out_of_a_rejected_line_is_not_kept(warehouse, write_exports, tmp_path):
    lines = f"Document,Name,State\n,Ana Lima,SP\n{CPF},Ana,S\0P\n{CPF},Ana"
    load_all(
        warehouse,
        write_exports({"2024-01-31.csv": lines}),
        [source_of(tmp_path / "erp.yml", MAPPED)],
    )
    person = python_hash(digits(CPF))
    assert rows(warehouse, REJECTED) == [
        (2, None, ",SP"),
        (3, "S␀P", f"{person},S␀P"),
        # which of a broken line is the name cannot be told
        (4, None, None),
    ]


def test_a_line_that_cannot_be_read_is_kept_masked(warehouse, write_exports):
    content = f"customer_id,region\nc1,North\nc2,ana@example.com,{CPF},11912345678\n"
    load_all(warehouse, write_exports({CUSTOMERS: content}))
    assert rows(warehouse, REJECTED) == [(3, None, "c2,***,***,***")]


def test_the_value_at_fault_is_kept_masked(warehouse, write_exports, tmp_path):
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
    content = "agreement_id;contract_id;replaced_amount\na;c;11912345678.90\n"
    load_all(warehouse, write_exports({"2024-01-31.csv": content}), [system])
    assert rows(warehouse, REJECTED) == [(2, "***.90", "a;c;***.90")]


def test_an_error_does_not_tell_the_value(warehouse, write_exports, tmp_path):
    system = crm(tmp_path, "{customer_id: Id}", '{segment: "Name::int + 1"}')
    exports = write_exports({"2024-01-31.csv": "Id,Name\n1,Ana Lima\n"})
    (problem,) = refusal(warehouse, exports, system)
    assert "Ana" not in problem


def test_a_file_without_header_does_not_tell_its_first_row(warehouse, write_exports):
    (problem,) = refusal(warehouse, write_exports({CUSTOMERS: f"c1,ana@example.com,{CPF}\n"}))
    assert "it has c1, ***, ***" in problem


def test_masks_are_the_same_in_sql_and_in_python():
    texts = [CPF, CNPJ, "ana@example.com", "+55 11 91234-5678", "x 11912345678 y", "2024-01-31"]
    with duckdb.connect() as connection:
        in_sql = [
            connection.execute(f"select {masked_sql('$1')}", [text]).fetchone()[0] for text in texts
        ]
    assert in_sql == [masked(text) for text in texts] == [*["***"] * 4, "x *** y", "2024-01-31"]


def test_check_digits_are_those_of_documents():
    (look,) = [look for look in looks("string") if look.kind == "document" and not look.is_sure]
    condition = look.condition.replace("{}", "$1")
    valid = [digits(CPF), digits(OTHER_CPF), digits(CNPJ), "529982247-25"]
    wrong = ["52998224724", "52998224735", "11222333000182", "11222333000191", "11111111111"]
    with duckdb.connect() as connection:
        found = [
            connection.execute(f"select {condition}", [one]).fetchone()[0] for one in valid + wrong
        ]
    assert found == [True] * len(valid) + [False] * len(wrong)
