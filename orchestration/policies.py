"""The policies that both SQL and Python go by, read from where dbt has them."""

from functools import cache

import yaml

from orchestration.contract import DBT_PROJECT


@cache
def policy(name: str) -> str:
    """Value of a variable of ``dbt_project.yml``."""
    project = yaml.safe_load((DBT_PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    return project["vars"][name]
