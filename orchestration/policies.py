"""The policies that both SQL and Python go by, read from where dbt has them."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import yaml

from orchestration.contract import DBT_PROJECT

CLOCKS = ("known_at", "as_of")


def policy(name: str) -> str:
    """Value of a variable of ``dbt_project.yml``."""
    return policies()[name]


@cache
def policies() -> Mapping[str, Any]:
    """Return all variables of ``dbt_project.yml`` but the two clocks."""
    project = yaml.safe_load((DBT_PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    return {name: value for name, value in project["vars"].items() if name not in CLOCKS}
