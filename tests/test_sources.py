from datetime import date

import pytest
from loading import source_of

from orchestration.contract import contract
from orchestration.errors import InputError
from orchestration.ingestion.exports import find_deliveries
from orchestration.ingestion.sources import default_source, load_source

CUSTOMERS = """
    system: crm
    files:
      - path: "crm/{day}.csv"
        kinds: {billing.customers: {columns: {customer_id: Id}}}
    """


def problems_of(tmp_path, settings):
    with pytest.raises(InputError) as refused:
        source_of(tmp_path / "crm.yml", settings)
    return refused.value.problems


def days_found(exports, system):
    return {
        delivery.file_name: delivery.export_day
        for delivery in find_deliveries(exports, [system]).deliveries
    }


def test_the_default_layout_has_a_pattern_for_every_kind():
    assert [kind for spec in default_source().files for kind in spec.kinds] == list(contract())


def test_the_sources_that_come_with_the_project_are_valid(request):
    paths = list((request.config.rootpath / "sources").glob("*.yml"))
    assert len(paths) >= 2
    assert [load_source(path).system for path in paths] == [path.stem for path in paths]


def test_a_source_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match=r"nowhere\.yml: there is no such file"):
        load_source(tmp_path / "nowhere.yml")


def test_text_that_is_not_yaml_is_refused_with_its_line(tmp_path):
    (problem,) = problems_of(tmp_path, "system: crm\nfiles: [\n")
    assert "cannot be read as YAML" in problem
    assert "line" in problem


@pytest.mark.parametrize(
    ("change", "to", "key", "message"),
    [
        ("system: crm", "system: CRM 1", "system", "match pattern"),
        ("system: crm", "colour: red", "colour", "there is no such setting"),
        ("system: crm", "id_prefix: x", "system", "this setting is missing"),
        ("kinds:", "delimeter: ';'\n        kinds:", "files[0].delimeter", "no such setting"),
        ("kinds:", "delimiter: ';;'\n        kinds:", "files[0].delimiter", "at most 1 character"),
        ("kinds:", "format: ods\n        kinds:", "files[0].format", "'csv', "),
        ("kinds:", "encoding: utf-9\n        kinds:", "files[0].encoding", "no known encoding"),
        ("kinds:", "date_formats: ['%Q']\n        kinds:", "files[0].date_formats[0]", "'%Q'"),
        ("kinds:", "day_format: '%A'\n        kinds:", "files[0].day_format", "holds %A"),
        ("kinds:", "sheet: One\n        kinds:", "files[0]", "xlsx files only"),
        ("kinds:", "thousands_mark: '.'\n        kinds:", "files[0]", "both '.'"),
        ("{day}", "{month}", "files[0]", "only {day} is known"),
        ("{day}", "today", "files[0]", "export_day is not set"),
        ("kinds:", "export_day: 2024-01-31\n        kinds:", "files[0]", "not both"),
        ("billing.customers", "billing.clients", "files[0].kinds", "is no export kind"),
        ("customer_id: Id", "customer: Id", "files[0].kinds", "has no column 'customer'"),
        ("customer_id: Id", "region: Id", "files[0].kinds", "'customer_id' is not mapped"),
        (
            "}}}",
            "}, constants: {customer_id: x}}}",
            "files[0].kinds",
            "'customer_id' is mapped more than once",
        ),
        ("customer_id: Id", "customer_id: Id, customer_id: No", "cannot be", "is there twice"),
    ],
)
def test_a_mistake_is_told_with_the_file_and_the_key(tmp_path, change, to, key, message):
    problems = problems_of(tmp_path, CUSTOMERS.replace(change, to, 1))
    assert any(f"crm.yml: {key}" in problem and message in problem for problem in problems)


def test_all_mistakes_are_told_at_once(tmp_path):
    problems = problems_of(
        tmp_path, CUSTOMERS.replace("kinds:", "encoding: x\n        sheat: y\n        kinds:")
    )
    assert len(problems) == 2


def test_values_are_the_text_they_are_written_as(tmp_path):
    settings = CUSTOMERS.replace("{day}", "all").replace(
        "kinds: {billing.customers: {columns: {customer_id: Id}}}",
        """export_day: 2024-01-31
        header_row: 2
        kinds:
          billing.customers:
            columns: {customer_id: No}
            constants: {country: NO, segment: 010, is_deleted: false}""",
    )
    (spec,) = source_of(tmp_path / "crm.yml", settings).files
    assert (spec.export_day, spec.header_row) == (date(2024, 1, 31), 2)
    mapping = spec.kinds["billing.customers"]
    assert mapping.columns == {"customer_id": "No"}
    assert mapping.constants == {"country": "NO", "segment": "010", "is_deleted": "false"}


@pytest.mark.parametrize(
    ("path", "day_format", "file_name"),
    [
        ("crm/{day}.csv", "%Y-%m-%d", "crm/2024-01-31.csv"),
        ("crm/customers_{day}_*.csv", "%Y%m%d", "crm/customers_20240131_0615.csv"),
        ("{day}/crm.csv", "%d.%m.%Y", "31.01.2024/crm.csv"),
        ("{day}/crm_{day}.csv", "%Y-%m-%d", "2024-01-31/crm_2024-01-31.csv"),
        ("**/crm-{day}.csv", "%y%m%d", "a/b/crm-240131.csv"),
        ("**/crm-{day}.csv", "%d%b%Y", "crm-31Jan2024.csv"),
        ("crm (1)+{day}.csv", "%Y-%m-%d", "crm (1)+2024-01-31.csv"),
    ],
)
def test_the_export_day_is_read_from_the_path(tmp_path, write_exports, path, day_format, file_name):
    system = source_of(
        tmp_path / "crm.yml",
        CUSTOMERS.replace('"crm/{day}.csv"', f'"{path}"\n        day_format: "{day_format}"'),
    )
    exports = write_exports({file_name: "Id\n1\n"})
    assert days_found(exports, system) == {file_name: date(2024, 1, 31)}


def test_files_no_pattern_matches_are_listed(write_exports):
    exports = write_exports(
        {
            "billing/customers/2024-01-31.csv": "",
            "billing/clients/2024-01-31.csv": "",
            "notes.txt": "",
            ".hidden": "",
        }
    )
    found = find_deliveries(exports, [default_source()])
    assert [delivery.file_name for delivery in found.deliveries] == [
        "billing/customers/2024-01-31.csv"
    ]
    assert found.unclaimed == ("billing/clients/2024-01-31.csv", "notes.txt")


def test_a_system_may_claim_files_of_the_default_layout(tmp_path, write_exports):
    system = source_of(
        tmp_path / "crm.yml", CUSTOMERS.replace("crm/{day}", "billing/customers/{day}")
    )
    exports = write_exports({"billing/customers/2024-01-31.csv": "Id\n1\n"})
    (delivery,) = find_deliveries(exports, [default_source(), system]).deliveries
    assert delivery.system is system


def test_a_file_two_patterns_match_is_refused(tmp_path, write_exports):
    one = source_of(tmp_path / "one.yml", CUSTOMERS)
    two = source_of(tmp_path / "two.yml", CUSTOMERS.replace("crm", "erp", 1))
    exports = write_exports({"crm/2024-01-31.csv": "Id\n1\n"})
    with pytest.raises(InputError, match=r"matches 'crm/\{day\}.csv' of crm and"):
        find_deliveries(exports, [one, two])


def test_two_systems_of_one_name_are_refused(tmp_path, write_exports):
    one = source_of(tmp_path / "one.yml", CUSTOMERS)
    two = source_of(tmp_path / "two.yml", CUSTOMERS)
    with pytest.raises(InputError, match="called crm"):
        find_deliveries(write_exports({}), [one, two])


@pytest.mark.parametrize("name", ["2024-02-30.csv", "20240131.csv", "newest.csv"])
def test_a_file_whose_name_holds_no_day_is_refused(write_exports, name):
    exports = write_exports({f"billing/customers/{name}": "customer_id\nc1\n"})
    with pytest.raises(InputError) as refused:
        find_deliveries(exports, [default_source()])
    assert refused.value.problems[0].startswith(f"billing/customers/{name}: ")
    assert "rename it" in refused.value.problems[0]


def test_a_directory_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError, match="there is no such directory"):
        find_deliveries(tmp_path / "nowhere", [default_source()])
