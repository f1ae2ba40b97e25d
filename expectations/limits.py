"""The limits of the audit, read from ``limits.yml``."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, model_validator

from expectations.settings_files import load_settings

LIMITS_FILE = Path(__file__).with_name("limits.yml")


class Limit(BaseModel):
    """How far a figure may go: above ``warning`` it is reported, above ``critical`` refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    warning: float | None = Field(default=None, ge=0)
    critical: float | None = Field(default=None, ge=0)
    from_rows: int = Field(default=1, ge=1)
    owner: str = Field(min_length=1)
    reason: str = Field(min_length=1)

    @property
    def lowest(self) -> float:
        """The limit above which a figure is told, one way or the other."""
        return min(limit for limit in (self.warning, self.critical) if limit is not None)

    @model_validator(mode="after")
    def _is_a_limit(self) -> "Limit":
        if self.warning is None and self.critical is None:
            raise ValueError("give warning, critical or both")
        if None not in (self.warning, self.critical) and self.warning >= self.critical:
            raise ValueError("warning must lie below critical")
        return self


class Limits(BaseModel):
    """Every limit the audit knows, by name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rejected_rows: Limit
    rejected_rows_in_file: Limit
    orphan_payments: Limit
    orphan_payments_in_file: Limit
    orphan_instalments: Limit
    orphan_contacts: Limit
    orphan_promises: Limit
    orphan_speech_results: Limit
    days_without_export: Limit
    volume_factor: Limit
    full_delivery_factor: Limit
    repeated_rows: Limit
    contradicting_rows: Limit
    orphans_in_delivery: Limit
    amounts_out_of_scale: Limit
    negative_amounts: Limit
    events_ahead: Limit
    hours_shifted: Limit
    impossible_sequences: Limit
    overlapping_spans: Limit
    unapplied_cash: Limit
    rows_lost_since_release: Limit
    kpi_drift: Limit


def load_limits(path: Path = LIMITS_FILE) -> Limits:
    """Read the limits; raise InputError with one sentence per problem."""
    return load_settings(path, Limits.model_validate)
