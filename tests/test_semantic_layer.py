"""The semantic layer: it is what the KPIs' metadata says, and answers what is published."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
import yaml
from whole_runs import released

from orchestration.kpi_pages import read_kpis
from orchestration.metric_readings import Reading, readings, why_left_out
from orchestration.releases import release_file
from orchestration.sample import write_sample
from orchestration.semantic_layer import FILES, PAGE, SEMANTIC_LAYER, files

ROOT = SEMANTIC_LAYER.parent
ENVIRONMENT = ROOT / ".venv-metricflow" / "bin"
ANSWERS = Path(__file__).with_name("metricflow_answers.py")
READINGS = [reading for kpi in read_kpis() for reading in readings(kpi)]
Figures = dict[tuple, tuple]
BY_MONTH, BY_DAY = ("month", "quarter", "year"), ("day", "week", "month", "quarter", "year")


@dataclass(frozen=True)
class Question:
    """What is asked of the metrics of a KPI: by which grain, dimension and part of a mix.

    Where a member of the dimension is given, it is asked for only, by a filter.
    """

    reading: Reading
    grain: str
    dimension: str = "all"
    member: str | None = None

    @property
    def metrics(self) -> list[str]:
        """Name its sides and its value."""
        return [*(f"{self.reading.name}_{side}" for side in self.reading.sides), self.reading.name]

    @property
    def group_by(self) -> list[str]:
        """Name what it is asked by."""
        slices = [] if self.dimension == "all" or self.member else [self.dimension]
        parts = [self.reading.mix] if self.reading.mix else []
        return [f"metric_time__{self.grain}", *slices, *parts]

    @property
    def where(self) -> list[str]:
        """Keep to the member."""
        if self.member is None:
            return []
        return [f"{{{{ Entity('{self.dimension}') }}}} = '{self.member}'"]


@dataclass(frozen=True)
class Layer:
    """The semantic layer of a release, in a folder of its own."""

    folder: Path
    release: Path

    def run(self, program: str, *arguments: str | Path, asked: str = "") -> str:
        """Run a program of MetricFlow's environment over the release."""
        done = self.tried(program, *arguments, asked=asked)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def tried(
        self, program: str, *arguments: str | Path, asked: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run a program, which may fail."""
        return subprocess.run(
            [ENVIRONMENT / program, *arguments],
            cwd=self.folder,
            input=asked,
            env={**os.environ, "DBT_TARGET_PATH": "target", "RELEASE_FILE": str(self.release)},
            capture_output=True,
            text=True,
            check=False,
        )

    def answers(self, questions: Sequence[Question]) -> list[list[list]]:
        """Ask MetricFlow, in one process."""
        asked = "\n".join(
            json.dumps(
                {
                    "metrics": question.metrics,
                    "group_by": question.group_by,
                    "where": question.where,
                }
            )
            for question in questions
        )
        answered = self.run("python", ANSWERS, asked=asked)
        return [json.loads(line) for line in answered.splitlines() if line.startswith("[")]


def _layer(release: Path, folder: Path) -> Layer:
    assert ENVIRONMENT.exists(), "run `make metrics` first"
    shutil.copytree(SEMANTIC_LAYER, folder, ignore=shutil.ignore_patterns("target", "logs"))
    (folder / "target").mkdir()
    layer = Layer(folder, release)
    layer.run("dbt", "build", "--quiet", "--target", "build")
    return layer


@pytest.fixture(scope="module")
def layer(tmp_path_factory: pytest.TempPathFactory) -> Layer:
    """The semantic layer of a release, of a sample large enough to have every KPI in it."""
    place = tmp_path_factory.mktemp("metrics")
    if "METRICS_RELEASE" in os.environ:
        return _layer(Path(os.environ["METRICS_RELEASE"]), place / "semantic_layer")
    write_sample(place / "exports", 1500, 6, seed=7)
    released(place / "exports", place / "home")
    return _layer(release_file(place / "home"), place / "semantic_layer")


def _questions() -> Iterator[Question]:
    """Ask for each metric by its periods, and by month and each dimension it is published by."""
    for reading in READINGS:
        periods = BY_DAY
        if reading.rule:
            periods = ("month",) if reading.is_by_month_only else BY_MONTH
        if reading.is_native:
            yield from (Question(reading, grain, "currency") for grain in periods)
            continue
        yield from (Question(reading, grain) for grain in periods)
        yield from (Question(reading, "month", dimension) for dimension in reading.dimensions)


def _published(release: Path, questions: Iterable[Question]) -> list[Figures]:
    with closing(duckdb.connect(str(release), read_only=True)) as connection:
        return [
            {
                tuple(key): (numerator, denominator, value)
                if "denominator" in question.reading.sides
                else (numerator, value)
                for *key, numerator, denominator, value in connection.execute(
                    "select period_start::timestamp::varchar, member, part,"
                    " numerator, denominator, value from kpi_values"
                    " where kpi_id = ? and period_grain = ? and dimension = ?"
                    " and member = coalesce(?, member)",
                    [
                        question.reading.kpi.kpi_id,
                        question.grain,
                        question.dimension,
                        question.member,
                    ],
                ).fetchall()
            }
            for question in questions
        ]


def _answered(question: Question, rows: Sequence[Sequence]) -> Figures:
    """Key MetricFlow's rows as the published ones: period, member and part."""
    places = len(question.group_by)
    answered = {}
    for row in rows:
        members = list(row[1:places])
        part = members.pop() if question.reading.mix else "all"
        answered[row[0], *(members or [question.member or "all"]), part] = tuple(row[places:])
    assert len(answered) == len(rows)
    return answered


def _differences(question: Question, answered: Figures, published: Figures) -> Iterator[str]:
    first_period = min((key[0] for key in published), default="")
    for key in answered.keys() | published.keys():
        mine, theirs = answered.get(key), published.get(key)
        if theirs is None:
            is_same = _is_nothing(question.reading, mine, key[0] < first_period)
        elif mine is None:  # what came and went between two ends of months
            is_same = not any(theirs)
        else:
            is_same = all(
                _is_same(question.reading, *pair) for pair in zip(mine, theirs, strict=True)
            )
        if not is_same:
            yield f"{question.reading.name} {question.group_by} {key}: {mine}, published {theirs}"


def _is_nothing(reading: Reading, figures: tuple, is_before_the_first: bool) -> bool:
    """Tell an answer nobody would publish: no sides, a part there is nothing of."""
    if reading.mix or (reading.rule == "mean" and is_before_the_first):
        return not figures[0]
    return not any(figures)


def _is_same(reading: Reading, mine: float | None, theirs: Decimal | float | None) -> bool:
    """Compare a side exactly, a value as a double.

    A stock in several currencies is converted cell by cell here, as a whole where published:
    they agree to the cent.
    """
    if mine is None or theirs is None:
        return mine is theirs
    is_rounded_otherwise = reading.is_converted and reading.rule is not None
    if isinstance(theirs, float):
        return mine == pytest.approx(theirs, rel=1e-8 if is_rounded_otherwise else 1e-12, abs=0)
    if is_rounded_otherwise:
        return mine == pytest.approx(float(theirs), rel=0, abs=0.005)
    return round(Decimal(mine), 4) == theirs


def test_what_is_written_of_the_semantic_layer_is_current() -> None:
    on_disk = {path: path.read_text(encoding="utf-8") for path in (PAGE, *FILES.rglob("*.*"))}
    assert on_disk == files(), "run `make docs`"


def test_every_kpi_is_a_metric_or_left_out_for_a_reason() -> None:
    metrics = {
        metric["name"]
        for path in FILES.glob("*/*.yml")
        for metric in yaml.safe_load(path.read_text(encoding="utf-8"))["metrics"]
    }
    left_out = set(re.findall(r"\| \[`(\w+)`]", PAGE.read_text(encoding="utf-8")))
    ids = {kpi.kpi_id for kpi in read_kpis()}
    ratios = {kpi.kpi_id for kpi in read_kpis() if kpi.meta.get("kind", "ratio") == "ratio"}
    assert ids & metrics | left_out == ids
    assert not metrics & left_out
    assert len(ratios) > 60
    assert ratios <= metrics


@pytest.mark.parametrize(
    ("meta", "reason"),
    [
        ({"kind": "statistic"}, "a statistic"),
        ({"spans": {"numerator": "change"}}, "change of a stock"),
        ({"spans": {"numerator": "start", "denominator": "end"}}, "different days"),
        ({"spans": {"denominator": "mean"}, "counts": "unit"}, "units or of a mix"),
        ({"spans": {"denominator": "mean"}, "mix": "stage"}, "units or of a mix"),
        ({"spans": {"denominator": "mean"}, "money": ["denominator"]}, "stock of money"),
    ],
)
def test_a_kpi_that_no_sum_gives_is_left_out(meta: dict, reason: str) -> None:
    assert reason in (why_left_out(meta) or "")


def test_a_mean_of_what_is_no_money_is_a_metric() -> None:
    assert why_left_out({"spans": {"denominator": "mean"}, "money": ["numerator"]}) is None


def test_metricflow_runs_on_the_versions_of_the_daily_job() -> None:
    pins, daily = (
        dict(line.split("==") for line in path.read_text().splitlines())
        for path in (SEMANTIC_LAYER / "requirements.lock", ROOT / "requirements.lock")
    )
    assert {"dbt-core", "dbt-duckdb", "duckdb"} <= pins.keys() & daily.keys()
    assert {name: pins[name] for name in pins.keys() & daily.keys()} == {
        name: daily[name] for name in pins.keys() & daily.keys()
    }


def _assert_answers_are_published(layer: Layer, questions: Sequence[Question]) -> None:
    published = _published(layer.release, questions)
    answers = layer.answers(questions)
    assert len(answers) == len(questions)
    differences = [
        difference
        for question, rows, figures in zip(questions, answers, published, strict=True)
        for difference in _differences(question, _answered(question, rows), figures)
    ]
    assert differences == []
    assert [questions[place] for place, figures in enumerate(published) if not figures] == []
    print(len(questions), "questions,", sum(map(len, published)), "published figures")


@pytest.mark.soak
def test_every_metric_answers_what_is_published(layer: Layer) -> None:
    _assert_answers_are_published(layer, list(_questions()))


@pytest.mark.soak
def test_what_is_filtered_to_a_member_is_what_is_published_of_it(layer: Layer) -> None:
    with closing(duckdb.connect(str(layer.release), read_only=True)) as connection:
        rare = connection.execute(
            "select kpi_id, dimension, min_by(member, numerator) from kpi_values"
            " where period_grain = 'month' group by kpi_id, dimension"
        ).fetchall()
    members = {(kpi_id, dimension): member for kpi_id, dimension, member in rare}
    _assert_answers_are_published(
        layer,
        [
            Question(reading, grain, dimension, member)
            for reading in READINGS
            for grain in (("month",) if reading.is_by_month_only else ("month", "quarter"))
            for dimension in reading.dimensions[-1:]
            if not reading.is_native and (member := members.get((reading.kpi.kpi_id, dimension)))
        ],
    )


@pytest.mark.soak
def test_units_read_by_span_have_no_figure_but_of_a_month(layer: Layer) -> None:
    questions = [Question(reading, "quarter") for reading in READINGS if reading.is_by_month_only]
    assert len(questions) > 2
    for rows in layer.answers(questions):
        assert [None, None, None] in [row[1:] for row in rows]


@pytest.mark.soak
def test_amounts_of_two_currencies_are_not_added(layer: Layer) -> None:
    native = [reading for reading in READINGS if reading.name == "cash_collected_native"]
    (rows,) = layer.answers([Question(native[0], "month")])
    assert [row for row in rows if row[1:] == [None, None]]


@pytest.fixture
def changed(layer: Layer, tmp_path: Path) -> Callable[[str], Layer]:
    """Return the semantic layer over a copy of the release, in which SQL changes cells."""

    def change(sql: str) -> Layer:
        release = tmp_path / "collections.duckdb"
        shutil.copy(layer.release, release)
        with closing(duckdb.connect(str(release))) as connection:
            assert connection.execute(sql).fetchall()[0][0] > 0
        return replace(layer, release=release)

    return change


@pytest.mark.soak
def test_without_a_rate_there_is_no_figure(changed: Callable[[str], Layer]) -> None:
    of_money = ("cash_collected", "recovery_rate", "delinquent_balance_rate")
    layer = changed(
        "update kpi_cells set numerator = null, denominator = null, blocked_by = 'no rate'"
        f" where kpi_id in {of_money} and portfolio = 'unsecured'"
        " and calendar_date >= (select max(month_start_date) from dim_dates)"
    )
    asked = [Question(reading, "month") for reading in READINGS if reading.name in of_money]
    for rows in layer.answers(asked):
        figures = {row[0]: row[1:] for row in rows}
        assert set(figures.pop(max(figures))) == {None}
        assert figures
        assert all(None not in row for row in figures.values())


@pytest.mark.soak
def test_a_stock_gone_by_the_end_of_a_quarter_is_not_that_of_a_month_before(
    changed: Callable[[str], Layer],
) -> None:
    layer = changed(
        "delete from kpi_cells where kpi_id = 'delinquent_balance_rate'"
        " and portfolio = 'unsecured' and calendar_date = (select max(calendar_date)"
        " from dim_dates where quarter_start_date < (select max(quarter_start_date)"
        " from dim_dates))"
    )
    (reading,) = (reading for reading in READINGS if reading.name == "delinquent_balance_rate")
    (rows,) = layer.answers([Question(reading, "quarter", "portfolio", "unsecured")])
    before, newest = sorted(rows)[-2:]
    assert before[1:] == [0, 0, None]
    assert newest[2] > 0


@pytest.mark.soak
@pytest.mark.parametrize(
    "name", ["recovery_rate", "delinquent_balance_rate", "delinquency_rate", "stage_mix"]
)
def test_mf_query_answers_what_is_published(layer: Layer, tmp_path: Path, name: str) -> None:
    (reading,) = (reading for reading in READINGS if reading.name == name)
    question = Question(reading, "month", "portfolio")
    table = tmp_path / "answer.csv"
    asked = ["--metrics", ",".join(question.metrics), "--group-by", ",".join(question.group_by)]
    layer.run("mf", "query", *asked, "--csv", table)
    with closing(duckdb.connect()) as connection:
        columns = ", ".join(
            [f"{question.group_by[0]}::timestamp::varchar", *question.group_by[1:]]
            + [f"{metric}::double" for metric in question.metrics]
        )
        rows = connection.execute(f"select {columns} from read_csv('{table}')").fetchall()
    (published,) = _published(layer.release, [question])
    assert published
    assert list(_differences(question, _answered(question, rows), published)) == []


@pytest.mark.soak
@pytest.mark.parametrize(
    ("metric", "group_by"),
    [("satisfaction_rate", "portfolio"), ("delinquency_rate", "metric_time__day")],
)
def test_mf_query_refuses_what_a_metric_does_not_have(
    layer: Layer, metric: str, group_by: str
) -> None:
    asked = layer.tried("mf", "query", "--metrics", metric, "--group-by", group_by)
    assert asked.returncode != 0
    assert group_by in asked.stdout + asked.stderr
