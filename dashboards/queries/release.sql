-- One row: the release, and the currency its figures are in.
select
    release.*,
    (
        select value ->> '$'
        from release_policies
        where policy = 'reporting_currency'
    ) as reporting_currency
from release
