-- Who visited clicked, who clicked had opened, and what was opened or answered had been
-- delivered.

select contact_id
from {{ ref('fct_messages') }}
where
    (is_visited and not is_clicked)
    or (is_clicked and not is_opened)
    or ((is_opened or is_replied) and not is_delivered)
