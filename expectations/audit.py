"""Decides whether a warehouse may be released."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from expectations import arrivals, core, drift, kpis
from expectations.limits import Limits, load_limits

if TYPE_CHECKING:
    from expectations.validation import Finding


@dataclass(frozen=True)
class AuditOutcome:
    """What the audit found: critical ``failures``, ``warnings``, and an HTML ``report``."""

    is_passed: bool
    failures: tuple["Finding", ...]
    warnings: tuple["Finding", ...]
    checks: int
    report: Path


def audit(
    warehouse: Path,
    report_dir: Path,
    published: Path | None = None,
    limits: Limits | None = None,
) -> AuditOutcome:
    """Check a warehouse file against everything that must hold before a release.

    Writes ``report_dir/index.html``. With ``published``, the DuckDB file of the release being
    served, the new figures are compared with it. ``limits`` default to ``limits.yml``. Raises
    AuditError where a check cannot be run, InputError where the limits are wrong.
    """
    limits = limits or load_limits()
    suites = [arrivals.suite(limits), core.suite(limits), kpis.suite()]
    if published is not None:
        suites.append(drift.suite(limits))

    from expectations.report import write_report  # these take seconds
    from expectations.validation import validate

    results = validate(warehouse, published, suites)
    findings = [finding for result in results for finding in result.findings]
    failures = tuple(finding for finding in findings if finding.check.severity == "critical")
    warnings = tuple(finding for finding in findings if finding.check.severity == "warning")
    return AuditOutcome(
        is_passed=not failures,
        failures=failures,
        warnings=warnings,
        checks=sum(len(suite.checks) for suite in suites),
        report=write_report(report_dir, failures, warnings, results),
    )
