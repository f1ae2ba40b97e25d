"""Commands about the people in a home."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from orchestration.commands.options import Home
from orchestration.privacy.forgetting import forget as forget_customer
from orchestration.progress import listening, report
from orchestration.terminal import console, showing_progress


def forget(
    customer_id: Annotated[
        str,
        typer.Argument(metavar="CUSTOMER_ID", help="As delivered, or as in the warehouse."),
    ],
    home: Home = Path("home"),
) -> None:
    """Remove a person from the warehouse and the releases kept; all totals stay."""
    with showing_progress() as listener, listening(listener):
        done = forget_customer(home, customer_id, partial(report, "Forgetting", 0, 0))
    if not done.rows:
        console.print(
            f"This customer is forgotten: {done.pseudonym}. Nothing was left to do.", soft_wrap=True
        )
        return
    for file, tables in done.rows.items():
        console.print(f"{file}:", markup=False, soft_wrap=True)
        for table, count in sorted(tables.items()):
            console.print(f"  {table:<50} {count:>10,}", markup=False)
    console.print(
        f"The customer is {done.pseudonym} now, by {done.by} at {done.at}; this is kept in"
        f" {home / 'forgotten.jsonl'}. The next run rebuilds the tables and releases them.",
        markup=False,
        soft_wrap=True,
    )
