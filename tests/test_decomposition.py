"""Every decomposition adds up to its change, exactly."""

import random
from contextlib import closing
from fractions import Fraction
from pathlib import Path

import duckdb
import pytest
from small_world import LATE, LATER, PAID, TODAY, Home, Payment
from typer.testing import CliRunner

from orchestration import command_line
from orchestration.comparing.decomposition import Effect, Sides, Why, by_member, decompose
from orchestration.comparing.explanation import open_release
from orchestration.comparison_layout import why_lines
from orchestration.errors import InputError
from orchestration.periods import period_named
from orchestration.releases import release_file

ONE = Fraction(1)
JANUARY, FEBRUARY = period_named("2026-01"), period_named("2026-02")


def sides(numerator: object, denominator: object = 0) -> Sides:
    return Sides(Fraction(str(numerator)), Fraction(str(denominator)))


def split(
    old: dict[str, Sides], new: dict[str, Sides], multiplier: Fraction = ONE, overlap: int = 0
) -> tuple[Fraction, dict[str, Effect]]:
    """The change of the sum of the members, less an overlap of the second, and its effects."""
    totals = [
        Sides(
            sum((one.numerator for one in members.values()), Fraction(0)) - less,
            denominator and denominator - less,
        )
        for members, less in ((old, 0), (new, overlap))
        for denominator in [sum((one.denominator for one in members.values()), Fraction(0))]
    ]
    values = [multiplier * total.numerator / (total.denominator or 1) for total in totals]
    effects = by_member(*totals, old, new, multiplier=multiplier, rest="overlap")
    return values[1] - values[0], {effect.name: effect for effect in effects}


def test_a_rate_that_improves_everywhere_is_all_rate() -> None:
    change, effects = split(
        {"a": sides(1, 10), "b": sides(2, 10)}, {"a": sides(2, 10), "b": sides(3, 10)}
    )
    assert change == Fraction(1, 10)
    assert [effect.rate for effect in effects.values()] == [Fraction(1, 20), Fraction(1, 20)]
    assert {effect.mix for effect in effects.values()} == {0}


def test_a_rate_that_moves_with_the_weights_alone_is_all_mix() -> None:
    change, effects = split(
        {"a": sides(1, 10), "b": sides(5, 10)}, {"a": sides(2, 20), "b": sides(5, 10)}
    )
    assert sum(effect.mix for effect in effects.values()) == change
    assert {effect.rate for effect in effects.values()} == {0}


def test_a_new_and_a_vanished_member_are_all_mix() -> None:
    change, effects = split(
        {"a": sides(1, 2), "gone": sides(1, 2)}, {"a": sides(1, 2), "new": sides(2, 2)}
    )
    assert sum(effect.total for effect in effects.values()) == change == Fraction(1, 4)
    assert effects["gone"].rate == effects["new"].rate == 0
    assert effects["new"].mix == Fraction(1, 2) * (1 - Fraction(5, 8))


def test_a_member_without_a_denominator_is_neither_rate_nor_mix() -> None:
    change, effects = split({"a": sides(1, 4)}, {"a": sides(1, 4), "costs": sides(2, 0)})
    assert effects["costs"] == Effect("costs", other=Fraction(1, 2))
    assert sum(effect.total for effect in effects.values()) == change


def test_an_amount_is_the_sum_of_what_its_members_add() -> None:
    change, effects = split({"a": sides("10.10"), "b": sides(5)}, {"a": sides(7)})
    assert change == Fraction("-8.1")
    assert {name: effect.other for name, effect in effects.items()} == {
        "b": -5,
        "a": Fraction("-3.1"),
    }


def test_what_is_counted_in_several_members_is_told_apart() -> None:
    change, effects = split({"a": sides(1, 2)}, {"a": sides(2, 2), "b": sides(2, 2)}, overlap=1)
    assert "overlap" in effects
    assert sum(effect.total for effect in effects.values()) == change


def test_the_parts_add_up_whatever_the_members_are() -> None:
    for seed in range(500):
        chance = random.Random(seed)
        kinds = chance.choice([["amount"], ["ratio"], ["ratio", "amount"]])
        old, new = (random_members(chance, kinds) for _ in range(2))
        multiplier = Fraction(chance.choice([1, 100, 1000]))
        change, effects = split(old, new, multiplier, chance.randint(0, 20))
        assert sum(effect.total for effect in effects.values()) == change, seed


def random_members(chance: random.Random, kinds: list[str]) -> dict[str, Sides]:
    """Members with a denominator, without one, or both; where any has one, so has the whole."""
    members = {
        name: sides(
            f"{chance.uniform(-50, 1000):.{chance.randint(0, 4)}f}",
            f"{chance.uniform(0.1, 500):.4f}" if chance.choice(kinds) == "ratio" else 0,
        )
        for name in chance.sample("abcdefgh", chance.randint(1, 8))
    }
    return members | ({"i": sides(3, 1000)} if "ratio" in kinds else {})


def test_every_kpi_of_the_sample_decomposes_by_every_dimension(sample_home: Path) -> None:
    april, may = period_named("2026-04"), period_named("2026-05")
    decomposed = set()
    with closing(open_release(release_file(sample_home))) as release:
        wanted = release.execute(
            """
            select
                kpi_id, unnest(list_prepend(null, string_split(dimensions, ', '))) as by, kind,
                is_money, part, value, denominator
            from kpi_values inner join kpi_catalog using (kpi_id)
            where
                period_grain = 'month' and period_start = '2026-05-01' and dimension = 'all'
                and kind != 'statistic' and value is not null and previous_value is not null
            """
        ).fetchall()
        for kpi_id, by, kind, is_money, part, value, denominator in wanted:
            if by == "currency" and is_money:
                continue
            why = decompose(release, kpi_id, (april, may), by, part)
            assert sum(effect.total for effect in why.effects) == why.value - why.base
            assert why.first + sum(effect.total for effect in why.restated) == why.base
            assert sum(effect.total for effect in why.undone) in (0, why.value - why.base)
            # the sides are published to four decimals
            rounding = 1e-4 / float(denominator or 1) * (1 + abs(value)) * 1000
            assert float(why.value) == pytest.approx(value, rel=1e-9, abs=rounding)
            decomposed.add((kpi_id, kind))
    assert len(decomposed) > 40
    assert {kind for _, kind in decomposed} == {"ratio", "amount"}


@pytest.fixture
def world(tmp_path: Path) -> Home:
    """January was released with 1,070, was corrected, and got a late row and then another."""
    home = Home(tmp_path)
    home.release(PAID)
    corrected = Payment("P2", "2026-01-20", "450", exported=LATER)
    later = Payment("P11", "2026-01-30", "7", exported="2026-02-03")
    reversal = Payment("P1", "2026-02-03", "600", "reversed", exported="2026-02-03")
    home.release([*PAID, corrected], LATER)
    home.release([*PAID, corrected, LATE, TODAY], LATER)
    home.release([*PAID, corrected, LATE, TODAY, later, reversal], "2026-02-03")
    return home


def why(world: Home, kpi_id: str, by: str | None = None) -> Why:
    with closing(duckdb.connect(world.releases[-1])) as connection:
        connection.execute(
            "alter table kpi_catalog add column question_en varchar;"
            "alter table kpi_catalog add column definition_en varchar;"
            "alter table kpi_catalog add column counts varchar default 'row';"
            "alter table kpi_catalog add column waits_for varchar;"
            "alter table kpi_catalog add column is_numerator_money boolean default true;"
            "alter table kpi_catalog add column is_denominator_money boolean default false;"
            "alter table kpi_values add column blocked_by varchar;"
            "alter table kpi_cash_collected add column currency varchar default 'BRL';"
            "alter table dim_fx_rates add column is_reporting_currency boolean default false"
        )
    with closing(open_release(world.releases[-1])) as release:
        return decompose(release, kpi_id, (JANUARY, FEBRUARY), by)


def test_what_was_restated_since_it_was_published_comes_first_by_cause(world: Home) -> None:
    found = why(world, "cash_collected", "portfolio")
    assert (found.first, found.base, found.value) == (1070, 1277, -595)
    assert {effect.name: effect.total for effect in found.restated} == {
        "corrected rows": 50,
        "late rows": 157,
    }
    assert {effect.name: effect.total for effect in found.effects} == {
        "retail": -595 - (1277 - 70),
        "cards": -70,
    }


def test_what_was_restated_is_shown_before_what_changed_since(world: Home) -> None:
    assert why_lines(why(world, "cash_collected"))[3:] == [
        "2026-01 was first published as BRL 1,070.00; it is now BRL 1,277.00:",
        "  BRL +50.00  corrected rows",
        "  BRL +157.00  late rows",
        "",
        "From BRL 1,277.00 in 2026-01 to BRL -595.00 in 2026-02, as both are known now:"
        " BRL -1,872.00",
        "Against what was first published that is BRL -1,665.00.",
    ]


def test_what_was_undone_is_told_from_what_came_in(world: Home) -> None:
    found = why(world, "cash_collected")
    assert {effect.name: effect.total for effect in found.undone} == {
        "came in": 5 - 1277,
        "was undone": -600,
    }


def test_a_ratio_is_split_by_its_sides_where_no_dimension_is_named(sample_home: Path) -> None:
    with closing(open_release(release_file(sample_home))) as release:
        periods = period_named("2026-04"), period_named("2026-05")
        found = decompose(release, "delinquent_balance_rate", periods)
    assert {effect.name for effect in found.effects} == {"numerator", "denominator"}
    assert sum(effect.total for effect in found.effects) == found.value - found.base


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["time_to_recover_median"], "is a statistic"),
        (["cash_collected", "--to", "2026-W20"], "two periods of one length"),
        (["cash_collected", "--to", "2026-04"], "two periods of one length"),
        (["cash_collected", "--by", "stage"], "no dimension of cash_collected"),
        (["cash_collected", "--by", "currency"], "do not add up"),
        (["stage_mix"], "--part all: stage_mix has"),
        (["cash_collected", "--to", "2020-01"], "no value in 2020-01"),
        (["nothing"], "there is no such KPI"),
    ],
)
def test_what_cannot_be_decomposed_is_said(
    sample_home: Path, arguments: list[str], problem: str
) -> None:
    given = ["why", "--home", str(sample_home), "--from", "2026-04", "--to", "2026-05", *arguments]
    with pytest.raises(InputError, match=problem):
        CliRunner().invoke(command_line.app, given, catch_exceptions=False)


def test_the_command_shows_the_parts_and_their_sum(sample_home: Path) -> None:
    given = ["why", "cash_collected", "--home", str(sample_home), "--by", "portfolio"]
    result = CliRunner().invoke(
        command_line.app, [*given, "--from", "2026-04", "--to", "2026-05"], catch_exceptions=False
    )
    assert result.exit_code == 0
    assert "Cash collected: 2026-04 against 2026-05" in result.output
    assert "was undone" in result.output
