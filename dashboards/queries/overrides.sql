-- One row per critical expectation that a person let pass.
select
    expectation,
    says,
    person,
    reason,
    expires_on
from release_overrides
order by expectation
