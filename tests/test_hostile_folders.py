"""Links, names and things in the exports folder that would lead or do more than a file may."""

import os
import socket

import pytest
from loading import load_all, rows, source_of

from orchestration.errors import InputError
from orchestration.ingestion.exports import find_deliveries
from orchestration.ingestion.sources import default_source

CUSTOMERS = "billing/customers/2024-01-31.csv"
ONE = "customer_id\nc1\n"


def found_names(exports, *systems):
    found = find_deliveries(exports, systems or [default_source()])
    return [delivery.file_name for delivery in found.deliveries]


def problems_of(exports):
    with pytest.raises(InputError) as error:
        find_deliveries(exports, [default_source()])
    return error.value.problems


def test_a_link_that_leads_out_is_refused(tmp_path, write_exports):
    exports = write_exports({CUSTOMERS: ONE})
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "2024-01-31.csv").write_text("contract_id,customer_id\n1,c1\n")
    (exports / "billing/contracts").symlink_to(secret)
    (exports / "billing/customers/2024-02-01.csv").symlink_to(secret / "2024-01-31.csv")
    (exports / "billing/customers/2024-02-02.csv").symlink_to("../../../secret/2024-01-31.csv")
    names = ["contracts", "customers/2024-02-01.csv", "customers/2024-02-02.csv"]
    problems = sorted(problems_of(exports))
    assert [problem.split(": ")[0] for problem in problems] == [f"billing/{one}" for one in names]
    assert all("is a link that leads out of the exports directory" in one for one in problems)


def test_a_folder_of_a_like_name_is_outside(tmp_path, write_exports):
    exports = write_exports({CUSTOMERS: ONE})
    (tmp_path / "exports-of-others").mkdir()
    (exports / "payment").symlink_to(tmp_path / "exports-of-others")
    assert len(problems_of(exports)) == 1


def test_links_inside_are_followed(tmp_path, write_exports):
    exports = write_exports({"inbox/first.txt": ONE})
    (exports / "billing").mkdir()
    (exports / "billing/customers").symlink_to("../inbox")
    (exports / "inbox/2024-01-31.csv").symlink_to("first.txt")
    assert found_names(exports) == [CUSTOMERS]
    link = tmp_path / "link to all"
    link.symlink_to(exports)
    assert found_names(link) == [CUSTOMERS]


def test_a_link_to_nothing_is_refused(write_exports):
    exports = write_exports({CUSTOMERS: ONE})
    (exports / "billing/customers/2024-02-01.csv").symlink_to("gone.csv")
    (problem,) = problems_of(exports)
    assert problem.startswith("billing/customers/2024-02-01.csv: is a link to nothing")


def test_a_folder_that_holds_itself_is_gone_through_once(write_exports):
    exports = write_exports({CUSTOMERS: ONE})
    (exports / "billing/customers/again").symlink_to("../..")
    (exports / "payment").symlink_to("payment")
    (problem,) = problems_of(exports)
    assert problem.startswith("payment: is a link to nothing")
    (exports / "payment").unlink()
    assert found_names(exports) == [CUSTOMERS]


def test_what_is_no_file_is_not_opened(write_exports):
    exports = write_exports({CUSTOMERS: ONE})
    os.mkfifo(exports / "billing/customers/2024-02-01.csv")
    os.mkfifo(exports / "notes")
    here = os.getcwd()
    os.chdir(exports / "billing/customers")  # the name of a socket has to be short
    try:
        with socket.socket(socket.AF_UNIX) as one:
            one.bind("2024-02-02.csv")
            problems = problems_of(exports)
    finally:
        os.chdir(here)
    assert [problem.split(": ")[0] for problem in problems] == [
        "billing/customers/2024-02-01.csv",
        "billing/customers/2024-02-02.csv",
    ]
    assert all("is no file but a device, a pipe or a socket" in problem for problem in problems)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"2024-01-31\n.csv", "2024-01-31\\n.csv"),
        (b"2024-01-31\x1b[2J.csv", "2024-01-31\\x1b[2J.csv"),
        (b"2024-01-31\xff.csv", "2024-01-31\\udcff.csv"),
        ("2024-01-31\u202e.csv".encode(), "2024-01-31\\u202e.csv"),
    ],
)
def test_a_name_that_is_no_line_of_text_is_refused(write_exports, name, shown):
    exports = write_exports({CUSTOMERS: ONE})
    for folder in (b"", b"billing/customers/"):
        with open(os.fsencode(exports) + b"/" + folder + name, "w") as file:
            file.write(ONE)
    (problem,) = problems_of(exports)
    assert problem.startswith(f"billing/customers/{shown}: has a name with control characters")
    os.unlink(os.fsencode(exports) + b"/billing/customers/" + name)
    assert find_deliveries(exports, [default_source()]).unclaimed == (shown,)


@pytest.mark.parametrize(
    "name",
    [
        "it's",
        '"quoted"',
        "*",
        "?",
        "[x]",
        "a; drop table raw.files; --",
        "{day}",
        "São\u00a0João",
        "$(id)",
    ],
)
def test_any_other_name_is_as_good_as_the_next(warehouse, write_exports, name):
    neighbour = "billing/customers/2024-01-31 other.csv"
    exports = write_exports({f"billing/customers/2024-01-31 {name}.csv": ONE, neighbour: ONE})
    load_all(warehouse, exports)
    assert rows(warehouse, "select file_name from raw.billing_customers order by all") == sorted(
        [(f"billing/customers/2024-01-31 {name}.csv",), (neighbour,)]
    )


def test_names_of_columns_and_values_are_only_ever_text(warehouse, write_exports, tmp_path):
    values = ["=cmd|' /C calc'!A0", "'; drop table raw.files; --", "{{ 1 }}", "${HOME}", "\x1b[2J"]
    lines = "".join(f"c{number}\t{value}\n" for number, value in enumerate(values))
    hostile = "'\"; drop table raw.files; --"
    exports = write_exports({"2024-01-31.csv": f"Id\t{hostile}\n{lines}"})
    system = source_of(
        tmp_path / "crm.yml",
        f"""
        system: crm
        files:
          - path: "{{day}}.csv"
            delimiter: "\\t"
            quote: ""
            kinds:
              billing.customers:
                columns: {{customer_id: Id, region: "{hostile.replace('"', chr(92) + '"')}"}}
        """,
    )
    load_all(warehouse, exports, [system])
    found = rows(warehouse, "select region from raw.billing_customers order by customer_id")
    assert found == [(value,) for value in values]
