"""What the sample's operation holds, and what never happens in it: the end of a query each."""

LOCAL_DAY = "({}::timestamptz)::timestamp::date"

# What the operation knows: each of these finds at least one case of it.
CASES = {
    "a debt sued for": "from billing_stages where stage = 'litigation'",
    "a debt with an agency": "from billing_stages where stage = 'agency'",
    "a debt taken back from an agency": """
        from (select *, lag(stage) over (partition by contract_id order by started_date) as before
              from (select distinct contract_id, stage, started_date from billing_stages))
        where before = 'agency' and stage = 'amicable'""",
    "a debt on hold": "from billing_stages where stage = 'hold'",
    "a bankruptcy": "from billing_stages where stage = 'bankruptcy'",
    "a death": "from billing_stages where stage = 'deceased'",
    "a debt disputed as a whole": "from billing_disputes where amount is null",
    "a debt disputed in part": "from billing_disputes where amount is not null",
    "a dispute not settled": """
        from billing_disputes group by dispute_id having count(closed_date) = 0""",
    "a dispute seen open, then settled": """
        from billing_disputes group by dispute_id having count(closed_date) between 1
        and count(*) - 1""",
    "a shared cost": "from billing_costs where driver is not null and team is null",
    "a cost that nothing spreads": """
        from billing_costs where driver is null and team is null and channel is null
        and portfolio is null""",
    "a cost in another currency": "from billing_costs where currency = 'USD'",
    "a part-time agent": "from contact_agents where fte::double < 1",
    "an agent who came later": "from contact_agents where hired_date >= '2025-01-01'",
    "an agent who left": "from contact_agents where left_date is not null",
    "an invitation that did not arrive": "from contact_surveys where delivered_at is null",
    "an answer that came after its export": """
        from contact_surveys group by response_id having count(score) between 1
        and count(*) - 1""",
    "an answer on a visit to the portal": """
        from contact_surveys where actor = 'self' and score is not null""",
    "a complaint of who is no customer": "from contact_complaints where customer_id is null",
    "a reason with its weight": "from contact_reasons where weight::double < 1",
    "a reason asked where asking is not allowed": """
        from contact_reasons join billing_contracts using (contract_id)
        join billing_customers using (customer_id)
        where reason_source = 'asked' and country = 'CO'""",
    "a telephone never checked": "from contact_contact_points where checked_at is null",
    "a telephone found wrong later": """
        from contact_contact_points group by contact_point_id
        having bool_or(is_verified::boolean) and max_by(is_verified, checked_at) = 'false'""",
    "a preference with hours": "from contact_consents where stated_from_hour is not null",
    "a channel refused": "from contact_consents where is_opted_in = 'false'",
    "a channel allowed again": """
        from (select *, lag(is_opted_in) over (
            partition by customer_id, channel order by effective_at) as before
            from (select distinct customer_id, channel, effective_at, is_opted_in
                  from contact_consents))
        where before = 'false' and is_opted_in = 'true'""",
    "a payment after a message's link": """
        from payment_portal_sessions
        where visited_from_contact_id is not null and succeeded_at is not null""",
    "a plan set up": "from payment_portal_sessions where plan_created = 'true'",
    "a card refused, then accepted": """
        from payment_portal_sessions
        where failure_code is not null
        and submitted_at::timestamp + interval 3 minutes < succeeded_at::timestamp""",
    "a visit abandoned": "from payment_portal_sessions where submitted_at is null",
    "a page that failed": "from payment_portal_sessions where had_error = 'true'",
    "a debt in dollars": "from billing_contracts where currency = 'USD'",
    "a debt in dollars paid in reais": """
        from payment_payments as payments join billing_contracts as contracts using (contract_id)
        where contracts.currency = 'USD' and payments.currency = 'BRL'""",
    "two currencies in a portfolio": """
        from billing_contracts where portfolio = 'trade' group by portfolio
        having count(distinct coalesce(currency, 'BRL')) = 2""",
    "an agreement signed at night": """
        from billing_agreements where right(signed_at, 8) not between '08' and '20'""",
    "an agreement that expired": "from billing_agreements where status = 'expired'",
    "a call that was not recorded": """
        from contact_contacts where is_recorded = 'false' and duration_seconds is not null""",
    "a call about two topics": """
        from contact_speech_results group by contact_id having count(distinct topic) > 1""",
    "a call about no topic": """
        from contact_speech_results group by contact_id having count(topic) = 0""",
    "an assignment told again": """
        from contact_assignments group by experiment, customer_id, contract_id
        having count(*) > 1""",
    "an assignment told late": """
        from contact_assignments where left(assigned_at, 10)::date + 8 < export_day""",
    "a complex case": "from billing_contracts where is_complex = 'true'",
    "an account of several contracts": """
        from billing_contracts where account_id is not null group by account_id
        having count(distinct contract_id) > 1""",
}

# What must never be found.
CONTRADICTIONS = {
    "two stages on a day": """
        from (select distinct contract_id, stage, started_date from billing_stages)
        group by contract_id, started_date having count(*) > 1""",
    "a stage before its contract": """
        from billing_stages join billing_contracts using (contract_id)
        where started_date < originated_date""",
    "a first stage that is not amicable, but for the fates": """
        from (select contract_id, min_by(stage, started_date) as stage
              from billing_stages group by contract_id)
        where stage not in ('amicable', 'bankruptcy', 'deceased')""",
    "a stage after a fate": """
        from billing_stages as fates join billing_stages as later using (contract_id)
        where fates.stage in ('bankruptcy', 'deceased')
        and later.started_date > fates.started_date""",
    "a payment after a fate": """
        from billing_stages as fates
        join billing_contracts using (contract_id)
        join payment_payments as payments using (customer_id)
        where stage in ('bankruptcy', 'deceased') and status = 'cleared'
        and left(paid_at, 10) > started_date""",
    "a call about a debt that is not to be collected": """
        from (
            select distinct contract_id, stage, started_date,
                coalesce(lead(started_date) over (
                    partition by contract_id order by started_date), '2099') as next_date
            from (select distinct contract_id, stage, started_date from billing_stages))
        join contact_contacts using (contract_id)
        where stage in ('hold', 'bankruptcy', 'deceased') and direction = 'outbound'
        and campaign != 'agreement' and campaign != 'pre_due'
        and left(started_at, 10) > started_date and left(started_at, 10) < next_date""",
    "a customer reached out to after a fate": """
        from billing_stages as fates
        join billing_contracts using (contract_id)
        join contact_contacts as contacts using (customer_id)
        where stage in ('bankruptcy', 'deceased') and direction = 'outbound'
        and left(started_at, 10) > started_date""",
    "a dispute settled before it was opened": """
        from billing_disputes where closed_date <= opened_date""",
    "an agent at work before being hired or after leaving": """
        from contact_agent_days join (
            select agent_id, max(hired_date) as hired_date, max(left_date) as left_date
            from contact_agents group by agent_id) using (agent_id)
        where work_date < hired_date or work_date > left_date""",
    "a contact handled by an agent who was absent": f"""
        from contact_contacts as contacts join contact_agent_days as days
        on days.agent_id = contacts.agent_id
        and days.work_date = {LOCAL_DAY.format("contacts.started_at")}::varchar
        where is_absent = 'true'""",
    "a contact handled on no day of work": f"""
        from contact_contacts as contacts
        where agent_id is not null and not exists (
            from contact_agent_days as days where days.agent_id = contacts.agent_id
            and days.work_date = {LOCAL_DAY.format("contacts.started_at")}::varchar)""",
    "talk that no contact explains": f"""
        from (select distinct agent_id, work_date, talk_minutes::double as talked
              from contact_agent_days where work_date >= '2025-07-01')
        left join (
            select agent_id, {LOCAL_DAY.format("started_at")}::varchar as work_date,
                sum(duration_seconds::int) / 60 as spoken
            from (select distinct contact_id, agent_id, started_at, duration_seconds
                  from contact_contacts)
            group by all) using (agent_id, work_date)
        where abs(talked - coalesce(spoken, 0)) > 0.06""",
    "an answer before its question": """
        from contact_surveys
        where delivered_at < invited_at or responded_at < delivered_at
        or (responded_at is null) != (score is null)""",
    "a score off its scale": """
        from contact_surveys where score::int < if(kind = 'nps', 0, 1)
        or score::int > if(kind = 'nps', 10, 5)""",
    "a question before the contact ended": """
        from contact_surveys join contact_contacts using (contact_id)
        where invited_at::timestamptz < started_at::timestamptz""",
    "reasons that weigh more than the debt": """
        from (select distinct contract_id, recorded_at, reason, weight from contact_reasons)
        group by contract_id, recorded_at having round(sum(weight::double), 6) > 1""",
    "a contact by another's telephone": """
        from contact_contacts as contacts join contact_contact_points as points
        using (contact_point_id)
        where points.customer_id != contacts.customer_id
        or (contacts.channel = 'email') != (points.kind = 'email')""",
    "a message to a channel that was left": """
        from contact_contact_events as events join contact_contacts as left_by using (contact_id)
        join contact_contacts as contacts
        on contacts.customer_id = left_by.customer_id and contacts.channel = left_by.channel
        and contacts.direction = 'outbound'
        where event = 'opted_out' and contacts.started_at::timestamptz
            > occurred_at::timestamptz + interval 1 day""",
    "an opt-out without the consent it takes back": """
        from contact_contact_events as events join contact_contacts as contacts using (contact_id)
        where event = 'opted_out' and not exists (
            from contact_consents as consents
            where consents.customer_id = contacts.customer_id
            and consents.channel = contacts.channel and is_opted_in = 'false'
            and effective_at::timestamptz = occurred_at::timestamptz)""",
    "a preference other than the customer's": """
        from contact_consents join billing_customers using (customer_id)
        where is_preferred = 'true' and channel != preferred_channel""",
    "a visit that ends before it begins": """
        from payment_portal_sessions
        where submitted_at < started_at or succeeded_at <= submitted_at
        or (succeeded_at is not null and submitted_at is null)
        or (submitted_at is null and failure_code is not null)""",
    "a submitted visit without its end": """
        from payment_portal_sessions
        where submitted_at is not null and succeeded_at is null and failure_code is null""",
    "a visit from a message that was not traced": """
        from payment_portal_sessions as sessions
        where visited_from_contact_id is not null and not exists (
            from contact_contact_events as events
            where events.contact_id = sessions.visited_from_contact_id and event = 'visited'
            and occurred_at::timestamptz = started_at::timestamptz)""",
    "a success without its payment": """
        from payment_portal_sessions as sessions
        -- the bank tells the last day's on the day after
        where succeeded_at < '2026-06-30' and not exists (
            from (select * from payment_payments where status = 'cleared') as payments
            where coalesce(payments.customer_id, sessions.customer_id) = sessions.customer_id
            and payments.channel in ('portal', 'sms_link', 'email_link', 'whatsapp_link')
            and left(payments.status_at, 10) = left(sessions.succeeded_at, 10)
            and (length(payments.status_at) = 10
                or payments.status_at::timestamptz = sessions.succeeded_at::timestamptz))""",
    "a day without a rate of the week before": """
        from (select rate_date::date as rate_date, lag(rate_date::date) over (
              partition by currency order by rate_date) as before from payment_fx_rates)
        where rate_date - before > 5""",
    "a call analysed that was not recorded": """
        from contact_speech_results join contact_contacts using (contact_id)
        where coalesce(is_recorded, 'false') = 'false'""",
    "a call analysed before it ended": """
        from contact_speech_results join contact_contacts using (contact_id)
        where analysed_at::timestamptz
            < started_at::timestamptz + to_seconds(duration_seconds::int)""",
    "a call about nothing in which a reason was learnt": """
        from contact_speech_results as heard
        join contact_contacts as contacts using (contact_id)
        join contact_reasons as reasons
        on reasons.contract_id = contacts.contract_id
        and reasons.recorded_at::timestamptz
            = contacts.started_at::timestamptz + to_seconds(duration_seconds::int)
        where heard.topic is null""",
    "something recorded that is no call": """
        from contact_contacts
        where is_recorded is not null and (channel != 'voice' or duration_seconds is null)""",
    "a score off the bureau's scale": """
        from contact_scores where score::int not between 0 and 1000""",
    "two arms of an experiment for one": """
        from contact_assignments group by experiment, customer_id, contract_id
        having count(distinct arm) > 1""",
    "a reminder to who is to have none": """
        from contact_assignments join contact_contacts using (customer_id)
        where arm = 'holdout' and campaign = 'pre_due'
        and started_at::timestamptz > assigned_at::timestamptz""",
    "a reason asked of who is not to be asked": """
        from contact_assignments join billing_contracts using (customer_id)
        join contact_reasons as reasons on reasons.contract_id = billing_contracts.contract_id
        where arm = 'not_asked' and reason_source = 'asked'
        and recorded_at::timestamptz between assigned_at::timestamptz
        and assigned_at::timestamptz + interval 29 days""",
    "an SMS of the other arm": """
        from contact_assignments join contact_contacts using (customer_id)
        where experiment = 'payment_link_sms' and channel = 'sms' and direction = 'outbound'
        and started_at::timestamptz > assigned_at::timestamptz
        and right(template, 1) != if(arm = 'champion', 'a', 'b')""",
    "a warning of who is untreated": """
        from contact_assignments join contact_contacts using (customer_id)
        where arm = 'untreated' and campaign = 'early_warning'""",
    "a promise in another currency than its debt": """
        from contact_promises as promises join billing_contracts as contracts using (contract_id)
        where promises.currency != coalesce(contracts.currency, 'BRL')""",
}
