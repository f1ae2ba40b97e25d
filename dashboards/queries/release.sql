-- One row: the release, and the currency its figures are in.
select
    release.*,
    (
        select value ->> '$'
        from release_policies
        where policy = 'reporting_currency'
    ) as reporting_currency,
    (
        select value::bigint
        from release_policies
        where policy = 'small_sample'
    ) as small_sample
from release
