-- One row per channel by which customers of the contact queue are to be contacted, and one for all of
-- the queue: how many, and what may come of it.
select
    coalesce(contact_queue.recommended_channel, 'all') as recommended_channel,
    count(*) as customer_count,
    count(*) filter (where is_scored) as scored_count,
    sum(overdue_amount) as overdue_amount,
    sum(expected_recovery_amount) as expected_recovery_amount
from contact_queue
group by rollup (contact_queue.recommended_channel)
having count(*) > 0
order by grouping(contact_queue.recommended_channel) desc, customer_count desc, recommended_channel
