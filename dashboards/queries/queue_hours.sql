-- One row per hour, where the customer is, at which customers of the contact queue are to be contacted.
select
    recommended_hour,
    count(*) as value
from contact_queue
group by recommended_hour
order by recommended_hour
