"""Samples of many seeds as the exports of one company: each with customers of its own."""

import shutil
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.sample import write_sample
from orchestration.sql_text import literal


@dataclass(frozen=True)
class Samples:
    """Samples of so many seeds, each of so many customers and months."""

    seeds: Sequence[int]
    customers: int
    months: int


def write_side_by_side(out: Path, samples: Samples, kinds: Sequence[str]) -> None:
    """Write the given kinds ("billing.customers") of samples below ``out``.

    Ids and the names of experiments and segments begin with the seed, as in 12:C00000001. A
    file holds what
    the samples delivered in the files of its name.
    """
    for seed in samples.seeds:
        write_sample(out / f"{seed}", samples.customers, samples.months, seed)
    for kind in kinds:
        parts = defaultdict(list)
        for path in sorted(out.glob(f"[0-9]*/{kind.replace('.', '/')}/*.csv")):
            parts[path.name].append(path)
        for name, paths in parts.items():
            _unite(out, kind, name, paths)
    for seed in samples.seeds:
        shutil.rmtree(out / f"{seed}")


def _unite(out: Path, kind: str, name: str, paths: Sequence[Path]) -> None:
    columns = paths[0].open(encoding="utf-8").readline().strip().split(",")
    named = ", ".join(
        f"split_part(filename, '/', {len(out.parts) + 1}) || ':' || {column} as {column}"
        for column in columns
        if column.endswith("_id") or column in ("experiment", "segment")
    )
    target = out.joinpath(*kind.split("."), name)
    target.parent.mkdir(parents=True, exist_ok=True)
    duckdb.execute(
        f"""
        copy (
            select * exclude (filename) {f"replace ({named})" if named else ""}
            from read_csv(
                $paths, columns = $columns, auto_detect = false, header = true, delim = ',',
                filename = true
            )
        ) to {literal(target)} (format csv, header)
        """,
        {"paths": [str(path) for path in paths], "columns": dict.fromkeys(columns, "varchar")},
    )


def renamed(experiments: Sequence[str], seeds: Sequence[int]) -> list[tuple[str, str]]:
    """Pair the name of each experiment in each of the samples with its own."""
    return [(f"{seed}:{name}", name) for seed in seeds for name in experiments]
