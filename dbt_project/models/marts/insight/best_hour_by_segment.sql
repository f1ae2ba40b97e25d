-- One row per slice of the customers and hour of the day where the customer is: how
-- many of those reached in it over the last months paid soon after, what that says of
-- the hour, and whether it is shown to do better than the others. An association:
-- nobody drew lots for an hour.

{{ treatments_compared('hour', 'cast(treatment as int) as customer_hour') }}
