"""Overrides: a person's word that a named expectation may fail until a day.

They are kept in ``<home>/overrides.yml``, and every release made under one says so.
"""

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from expectations.settings_files import load_settings
from orchestration.errors import InputError

LONGEST_DAYS = 31


class Override(BaseModel):
    """The critical expectation that may fail, who says so and why, and the last day of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    expectation: str = Field(min_length=1)
    person: str = Field(min_length=1)
    reason: str = Field(min_length=1)
    expires_on: date


Overrides = TypeAdapter(tuple[Override, ...])


def overrides_file(home: Path) -> Path:
    """Return where the overrides of a home are kept."""
    return home / "overrides.yml"


def load_overrides(path: Path) -> tuple[Override, ...]:
    """Read the overrides, expired ones too; raise InputError with one sentence per problem."""
    if not path.exists():
        return ()
    return load_settings(path, lambda content: Overrides.validate_python(content or ()))


def check_override(override: Override, expectations: Collection[str], today: date) -> None:
    """Raise InputError where nothing critical has that name, or the day is no day to come."""
    if override.expectation not in expectations:
        raise InputError(
            f"{override.expectation}: there is no critical expectation of that name, but"
            f" {', '.join(sorted(expectations))}."
        )
    if not today <= override.expires_on <= today + timedelta(LONGEST_DAYS):
        raise InputError(
            f"--until {override.expires_on}: an override ends on a day from {today} to"
            f" {today + timedelta(LONGEST_DAYS)}; what must hold for longer belongs in limits.yml."
        )


def save_overrides(path: Path, overrides: Sequence[Override]) -> None:
    """Replace the overrides, all at once."""
    partial = path.with_suffix(".partial")
    partial.write_text(
        yaml.safe_dump(
            Overrides.dump_python(tuple(overrides)), allow_unicode=True, sort_keys=False
        ),
        encoding="utf-8",
    )
    partial.replace(path)
