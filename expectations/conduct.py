"""What must hold of the contact queue before anybody is called by it."""

from expectations.checks import Check, Suite


def suite() -> Suite:
    """Return the checks on the contact queue."""
    return Suite(layer="conduct", checks=CHECKS)


CHECKS = [
    Check(
        name="nobody_in_the_queue_has_opted_out",
        table="contact_queue",
        severity="critical",
        says="Nobody is in the contact queue with a channel of which the last that the customer"
        " said, in a consent or in answer to a message, is to have opted out.",
        against="""
            with

            said as (
                select
                    coalesce(merged.golden_customer_id, consents.customer_id) as customer_id,
                    consents.channel,
                    consents.is_opted_in,
                    consents.effective_at as said_at
                from stg_contact__consents as consents
                left join int_customers_merged as merged using (customer_id)
                where
                    consents.is_opted_in is not null
                    and consents.effective_date <= (select as_of from int_clock)
                union all
                select customer_id, channel, false, occurred_at
                from fct_contact_events where event = 'opted_out'
            )

            select queue.customer_id, queue.recommended_channel, max(said.said_at) as opted_out_at
            from contact_queue as queue
            inner join said
                on
                    queue.customer_id = said.customer_id
                    and (
                        queue.recommended_channel = said.channel
                        or (queue.recommended_channel = 'ivr' and said.channel = 'voice')
                    )
            group by queue.customer_id, queue.recommended_channel, said.channel
            having not bool_and(said.is_opted_in) and (
                max(said.said_at) filter (not said.is_opted_in)
                >= coalesce(
                    max(said.said_at) filter (said.is_opted_in), timestamp '0001-01-01'
                )
            )
        """,
    ),
    Check(
        name="the_queue_keeps_to_permitted_hours",
        table="contact_queue",
        severity="critical",
        says="The hour of everybody in the contact queue is within those that every rule in force"
        " where the customer lives permits on that kind of day.",
        against="""
            select
                queue.customer_id,
                queue.recommended_channel,
                queue.recommended_hour,
                rules.conduct_rule,
                case days.day_kind
                    when 'weekday' then rules.weekday_hours
                    when 'saturday' then rules.saturday_hours
                    when 'sunday' then rules.sunday_hours
                    when 'holiday' then rules.holiday_hours
                end as hours
            from contact_queue as queue
            inner join int_customers_overdue as overdue using (customer_id)
            left join int_business_days as days
                on overdue.country = days.country and queue.queue_date = days.calendar_date
            inner join conduct_rules as rules
                on
                    rules.is_judged
                    and rules.rule_kind = 'permitted_hours'
                    and queue.queue_date between rules.valid_from_date and rules.valid_to_date
                    and (rules.country is null or rules.country = overdue.country)
                    and (rules.region is null or rules.region = overdue.region)
                    and (
                        rules.channels is null
                        or list_contains(
                            string_split(rules.channels, ' '), queue.recommended_channel
                        )
                    )
            where
                hours is null
                or queue.recommended_hour::integer < ceil(
                    hours[1:2]::integer + hours[4:5]::integer / 60
                )
                or queue.recommended_hour::integer + 1 > hours[7:8]::integer
                    + hours[10:11]::integer / 60
        """,
    ),
    Check(
        name="the_queue_breaks_no_rule",
        table="contact_queue",
        severity="critical",
        says="No contact of the queue would break a conduct rule: a hold, a cap on how often, the"
        " days after a conversation, the channels of a week.",
        against="""
            select
                queue.customer_id,
                queue.recommended_channel,
                judged.conduct_rule,
                judged.since_date
            from contact_queue as queue
            inner join int_contacts_judged as judged
                on
                    queue.customer_id = judged.customer_id
                    and queue.recommended_channel = judged.channel
            where judged.is_planned and judged.is_breach
        """,
    ),
]
