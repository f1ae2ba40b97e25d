"""What a check of the audit is."""

from dataclasses import dataclass, field
from typing import Literal

from expectations.limits import Limit

Severity = Literal["critical", "warning"]


@dataclass(frozen=True)
class Check:
    """One thing that must hold before a release.

    ``table`` is the table it is about; in ``against`` it goes by its bare name. ``against`` is a
    SELECT of whatever breaks the check, with the figures that show it; no row means it holds.
    ``rows`` selects the first rows behind the figures, where these are sums. ``limit`` is the one
    that ``says`` tells, where it holds more or less.
    """

    name: str
    table: str
    severity: Severity
    says: str
    against: str
    rows: str | None = None
    limit: Limit | None = None


@dataclass(frozen=True)
class Suite:
    """The checks of a layer, and the temporary tables made for them, by name, as SELECTs."""

    layer: str
    checks: list[Check]
    prepared: dict[str, str] = field(default_factory=dict)


def within(
    limit: Limit, *, name: str, table: str, says: str, figures: str, rows: str | None = None
) -> list[Check]:
    """Return the checks that keep ``observed``, a column of ``figures``, within its limit.

    ``{limit}`` in ``says`` stands for the limit. A figure above the critical limit fails the
    critical check only.
    """
    ceilings = {"warning": limit.critical, "critical": None}
    return [
        Check(
            name=name,
            table=table,
            severity=severity,
            says=says.format(limit=floor),
            against=f"select * from ({figures}) where observed > {floor}"
            + (f" and observed <= {ceiling}" if ceiling is not None else ""),
            rows=rows,
            limit=limit,
        )
        for severity, ceiling in ceilings.items()
        if (floor := getattr(limit, severity)) is not None
    ]
