"""Days and instants as they are really written, and the nights a clock is changed."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from notations import DAY, INSTANT, landed, loading_connection


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with loading_connection() as opened:
        yield opened


@pytest.mark.parametrize(
    ("form", "values"),
    [
        (
            "excel",
            {
                "1": "1900-01-01",
                "59": "1900-02-28",
                "60": "60",
                "60.5": "60.5",
                "61": "1900-03-01",
                "45322": "2024-01-31",
                "45322.75": "2024-01-31",
                "2958465": "9999-12-31",
                "2958466": "2958466",
                "0": "0",
                "0.5": "0.5",
                "-1": "-1",
                "20240131": "20240131",
            },
        ),
        ("excel_1904", {"0": "1904-01-01", "43860": "2024-01-31", "2957004": "2957004"}),
        # the day in the business time zone, three hours behind
        ("epoch_seconds", {"1706670000": "2024-01-31", "1706669999": "2024-01-30"}),
        (
            "epoch_milliseconds",
            {"1706670000000": "2024-01-31", "1706669999999.9": "2024-01-30", "1706": "1706"},
        ),
        (
            "%d/%m/%y",
            {"31/01/24": "2024-01-31", "31/01/69": "1969-01-31", "01/01/68": "2068-01-01"},
        ),
        (
            "%d-%b-%Y",
            {
                "31-ene-2024": "2024-01-31",
                "31-JAN-2024": "2024-01-31",
                "01-Dez-2024": "2024-12-01",
                "31-fev-2024": "31-fev-2024",
                "05-sept-2024": "2024-09-05",
                "05-março-2024": "2024-03-05",
                "05-marzzo-2024": "05-marzzo-2024",
            },
        ),
        (
            "%d de %B de %Y",
            {
                "2 de março de 2024": "2024-03-02",
                "2 de Mar de 2024": "2024-03-02",
                "15 de Setiembre de 2023": "2023-09-15",
                "2 de março de 24": "0024-03-02",
            },
        ),
        ("%d/%m/%Y %H:%M %z", {"31/01/2024 23:30 -0300": "2024-01-31"}),
    ],
)
def test_days_are_read_in_their_declared_notation(connection, form, values):
    found = landed(connection, DAY, list(values), date_formats=[form])
    assert dict(zip(values, found, strict=True)) == values


@pytest.mark.parametrize(
    ("form", "zone", "values"),
    [
        (
            "excel",
            None,
            {
                "45322.75": "2024-01-31 18:00:00",
                "45322": "2024-01-31 00:00:00",
                "45322.520833333336": "2024-01-31 12:30:00",
                "45322.3833101852": "2024-01-31 09:11:58",
            },
        ),
        ("excel", "UTC", {"45322.75": "2024-01-31 18:00:00+00"}),
        (
            "epoch_seconds",
            None,
            {
                "1706702400": "2024-01-31 12:00:00+00",
                "1706702400.25": "2024-01-31 12:00:00.25+00",
                "100000000": "1973-03-03 09:46:40+00",
                # milliseconds, and what may be anything
                "1706702400000": "1706702400000",
                "99999999": "99999999",
            },
        ),
        (
            "epoch_milliseconds",
            "Europe/Madrid",
            {"1706702400123": "2024-01-31 12:00:00.123+00", "1706702400": "1706702400"},
        ),
        (
            "%d/%m/%Y %H:%M %Z",
            "UTC",
            {
                "31/01/2024 10:00 America/Sao_Paulo": "2024-01-31 13:00:00+00",
                "31/01/2024 10:00 Nowhere": "31/01/2024 10:00 Nowhere",
            },
        ),
        (
            "%d/%m/%Y %H:%M",
            "Europe/Madrid",
            {
                "31/01/2024 10:00": "2024-01-31 09:00:00+00",
                "2024-01-31 10:00": "2024-01-31 09:00:00+00",
                "2024-01-31T10:00:00.5": "2024-01-31 09:00:00.5+00",
                "2024-07-31 9:05": "2024-07-31 07:05:00+00",
                # an offset is taken at its word, and a day without a time stays one
                "2024-01-31 10:00:00-03": "2024-01-31 10:00:00-03",
                "2024-01-31 9:00Z": "2024-01-31 9:00Z",
                "2024-01-31": "2024-01-31",
                "2024-01-31 25:00": "2024-01-31 25:00",
            },
        ),
    ],
)
def test_instants_are_read_in_their_notation_and_time_zone(connection, form, zone, values):
    found = landed(connection, INSTANT, list(values), timestamp_formats=[form], time_zone=zone)
    assert dict(zip(values, found, strict=True)) == values


@pytest.mark.parametrize(
    ("zone", "values"),
    [
        # 2018-02-18 00:00 became the 17th 23:00; 2018-11-04 00:00 became 01:00
        (
            "America/Sao_Paulo",
            {
                "2018-02-17 22:59:59": "2018-02-18 00:59:59+00",
                "2018-02-17 23:30:00": "2018-02-18 02:30:00+00",
                "2018-02-18 00:00:00": "2018-02-18 03:00:00+00",
                "2018-11-03 23:59:59": "2018-11-04 02:59:59+00",
                "2018-11-04 00:30:00": "2018-11-04 03:30:00+00",
                "2018-11-04 01:00:00": "2018-11-04 03:00:00+00",
                "2019-02-16 23:30:00": "2019-02-17 02:30:00+00",
                # no summer time any more
                "2019-11-03 00:30:00": "2019-11-03 03:30:00+00",
            },
        ),
        (
            "Europe/Madrid",
            {
                "2024-03-31 01:59:59": "2024-03-31 00:59:59+00",
                "2024-03-31 02:30:00": "2024-03-31 01:30:00+00",
                "2024-03-31 03:00:00": "2024-03-31 01:00:00+00",
                "2024-10-27 01:59:59": "2024-10-26 23:59:59+00",
                "2024-10-27 02:30:00": "2024-10-27 01:30:00+00",
                "2024-10-27 03:00:00": "2024-10-27 02:00:00+00",
            },
        ),
        (
            "America/Santiago",
            {
                "2024-04-06 23:30:00": "2024-04-07 03:30:00+00",
                "2024-04-07 00:00:00": "2024-04-07 04:00:00+00",
                "2024-09-07 23:59:59": "2024-09-08 03:59:59+00",
                "2024-09-08 00:30:00": "2024-09-08 04:30:00+00",
                "2024-09-08 01:00:00": "2024-09-08 04:00:00+00",
            },
        ),
    ],
)
def test_in_the_nights_a_clock_is_changed_the_rule_of_the_guide_holds(connection, zone, values):
    """A time shown twice is the later one; one that is skipped counts on from before the gap."""
    found = landed(connection, INSTANT, list(values), time_zone=zone)
    assert dict(zip(values, found, strict=True)) == values
    for written, instant in values.items():
        clock = datetime.fromisoformat(written).replace(tzinfo=ZoneInfo(zone))
        later = max(clock.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
        assert datetime.fromisoformat(instant) == later


@given(
    instant=st.datetimes(datetime(1973, 4, 1), datetime(2286, 1, 1)).map(
        lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=UTC)
    ),
    zone=st.sampled_from(["UTC", "America/Sao_Paulo", "Europe/Madrid", "Asia/Kolkata"]),
)
def test_an_instant_written_in_a_notation_comes_back(connection, instant, zone):
    since_1970 = (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    excel = Decimal(
        (instant.replace(tzinfo=None) - datetime(1899, 12, 30)) // timedelta(0, 0, 1000)
    )
    written = {
        "epoch_seconds": f"{Decimal(since_1970) / 1000:f}",
        "epoch_milliseconds": str(since_1970),
        "%d/%m/%Y %H:%M:%S.%f %z": instant.astimezone(ZoneInfo(zone)).strftime(
            "%d/%m/%Y %H:%M:%S.%f %z"
        ),
    }
    for form, text in written.items():
        found = landed(connection, INSTANT, [text], timestamp_formats=[form], time_zone=zone)
        assert datetime.fromisoformat(found[0]) == instant, form
    text = f"{excel / 86_400_000:.12f}"
    (found,) = landed(connection, INSTANT, [text], timestamp_formats=["excel"], time_zone="UTC")
    assert datetime.fromisoformat(found) == instant


@given(day=st.dates(date(1900, 3, 1), date(9999, 12, 31)))
def test_a_day_written_in_a_notation_comes_back(connection, day):
    written = {
        "excel": str((day - date(1899, 12, 30)).days),
        "%d/%m/%Y": f"{day:%d/%m/}{day.year}",
        "%Y%m%d": day.isoformat().replace("-", ""),
    }
    for form, text in written.items():
        assert landed(connection, DAY, [text], date_formats=[form]) == [day.isoformat()]


@given(written=st.text("0123456789/-. :ezan", max_size=14))
def test_what_is_no_day_of_the_notations_stays_as_it_is(connection, written):
    forms = ["%d/%m/%Y", "excel", "epoch_milliseconds"]
    (found,) = landed(connection, DAY, [written], date_formats=forms)
    is_one = False
    with suppress(ValueError):
        is_one = datetime.strptime(written.strip(), "%d/%m/%Y").date().isoformat() == found
    digits = written.replace(".", "", 1)
    assert found == written or is_one or digits.isdigit()


def test_the_business_day_of_an_instant_in_another_time_zone(connection):
    def day(written: str, zone: str) -> date | None:
        return connection.execute("select business_day(?, ?)", [written, zone]).fetchone()[0]

    assert day("2024-02-01 01:30:00", "UTC") == date(2024, 1, 31)
    assert day("2024-02-01 01:30:00+00", "Europe/Madrid") == date(2024, 1, 31)
    assert day("2024-02-01 9:30", "UTC") == date(2024, 2, 1)
    assert day("2024-02-01", "UTC") == date(2024, 2, 1)
    assert day("never", "UTC") is None
