"""Decides whether a warehouse may be released."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from expectations import arrivals, conduct, core, drift, kpis, plausibility
from expectations.checks import Suite
from expectations.limits import Limits, load_limits
from expectations.overrides import Override

if TYPE_CHECKING:
    from expectations.validation import Finding


@dataclass(frozen=True)
class Overridden:
    """A critical expectation that does not hold, and the override it may fail under."""

    finding: "Finding"
    override: Override

    def sentence(self) -> str:
        """Say who lets it fail, why and how long, then what does not hold."""
        override = self.override
        return (
            f"Overridden by {override.person} until {override.expires_on} ({override.reason}):"
            f" {self.finding.sentence()}"
        )


@dataclass(frozen=True)
class AuditOutcome:
    """What the audit found: critical ``failures``, those ``overridden``, and ``warnings``.

    ``report`` is its HTML page.
    """

    failures: tuple["Finding", ...]
    overridden: tuple[Overridden, ...]
    warnings: tuple["Finding", ...]
    checks: int
    report: Path

    @property
    def is_passed(self) -> bool:
        """Whether the warehouse may be released."""
        return not self.failures


def suites(limits: Limits, is_compared: bool) -> list[Suite]:
    """List all checks by layer; those that compare with a release only where there is one."""
    always = [
        arrivals.suite(limits, is_compared),
        plausibility.suite(limits),
        core.suite(limits),
        kpis.suite(),
        conduct.suite(),
    ]
    return [*always, drift.suite(limits)] if is_compared else always


def audit(
    warehouse: Path,
    report_dir: Path,
    published: Path | None = None,
    limits: Limits | None = None,
    overrides: Sequence[Override] = (),
) -> AuditOutcome:
    """Check a warehouse file against everything that must hold before a release.

    Writes ``report_dir/index.html``. With ``published``, the DuckDB file of the release being
    served, the new figures are compared with it. ``limits`` default to ``limits.yml``;
    ``overrides`` are those in force. Raises AuditError where a check cannot be run, InputError
    where the limits are wrong.
    """
    asked = suites(limits or load_limits(), published is not None)

    from expectations.report import write_report  # these take seconds
    from expectations.validation import validate

    results = validate(warehouse, published, asked)
    findings = [finding for result in results for finding in result.findings]
    critical = [finding for finding in findings if finding.check.severity == "critical"]
    in_force = {override.expectation: override for override in overrides}
    failures = tuple(finding for finding in critical if finding.check.name not in in_force)
    overridden = tuple(
        Overridden(finding, in_force[finding.check.name])
        for finding in critical
        if finding.check.name in in_force
    )
    warnings = tuple(finding for finding in findings if finding.check.severity == "warning")
    return AuditOutcome(
        failures=failures,
        overridden=overridden,
        warnings=warnings,
        checks=sum(len(suite.checks) for suite in asked),
        report=write_report(report_dir, failures, overridden, warnings, results),
    )
