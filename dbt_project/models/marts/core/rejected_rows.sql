-- One row per delivered value that kept its row out: the file could not be read there,
-- or the value is not of its column's type.

select
    source_system,
    area,
    kind,
    export_day,
    file_name,
    row_number,
    column_name,
    value,
    reason
from {{ source('ingestion', 'rejected_rows') }}
where {{ is_known() }}

union all

select
    source_system,
    area,
    kind,
    export_day,
    file_name,
    row_number,
    column_name,
    value,
    reason
from {{ ref('stg_rejected_rows') }}
