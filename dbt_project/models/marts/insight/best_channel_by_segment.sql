-- One row per slice of the customers and channel: how many of those reached by it over
-- the last months paid soon after, what that says of the channel, and whether it is
-- shown to do better than the others. An association: nobody drew lots for a channel.

{{ treatments_compared('channel', 'treatment as channel') }}
