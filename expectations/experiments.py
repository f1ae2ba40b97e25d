"""What must hold of experiments before their results are told."""

from expectations.checks import Check


def checks() -> list[Check]:
    """Return the checks on assignments: their results say what they find, too."""
    return [
        Check(
            name="experiments_are_described",
            table="fct_assignments",
            severity="warning",
            says="Every experiment that units are assigned to is in seeds/experiments.csv; else it"
            " is judged by payment, against the arm called control or holdout.",
            against="""
                select experiment, count(*) as unit_count, min(assigned_date) as first_assigned_date
                from fct_assignments
                where experiment not in (select experiment from experiments)
                group by experiment
            """,
        ),
        Check(
            name="arms_fit_their_planned_shares",
            table="experiment_results",
            severity="warning",
            says="The arms of every experiment are as large as planned, but for chance; results of"
            " others are withheld.",
            against="""
                select
                    experiment,
                    arm,
                    assigned_count,
                    planned_share,
                    control_assigned_count,
                    control_planned_share,
                    ratio_p_value
                from experiment_results
                where ratio_check = 'off'
            """,
        ),
    ]
