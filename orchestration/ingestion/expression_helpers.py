"""SQL that expressions of a mapping may use: macros on the connection that loads."""

import duckdb

from orchestration.policies import policy
from orchestration.sql_text import literal

# ISO 4217, list one (active codes and funds): currencies by the decimals of their minor unit.
MINOR_UNIT_DECIMALS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: (
        "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP"
        " BYN BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR"
        " FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IRR JMD KES KGS KHR"
        " KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR"
        " MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK"
        " SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN"
        " UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG ZWL"
    ),
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
# Where Stripe departs from it (its documentation, "Supported currencies", special cases).
STRIPE_DECIMALS = {"ISK": 2, "UGX": 2, "MGA": 0}


def create_helpers(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the macros, as temporary ones.

    ``minor_units(amount, currency)`` gives an amount in whole minor units (cents) as a decimal
    number of the currency, by ISO 4217; ``stripe_amount`` does so by Stripe's rules. Both give
    NULL where the amount is not whole or the currency is none they know.
    ``business_day(written, time_zone)`` gives the business day of an instant written as text,
    which is in the time zone where it has no offset; of a text without a time, its own day.
    """
    decimals = {
        currency: count
        for count, codes in MINOR_UNIT_DECIMALS.items()
        for currency in codes.split()
    }
    business_time_zone = literal(policy("business_time_zone"))
    for name, known in {
        "minor_units": decimals,
        "stripe_amount": decimals | STRIPE_DECIMALS,
    }.items():
        entries = ", ".join(f"'{code}': 1{'0' * (4 - count)}" for code, count in known.items())
        connection.execute(
            f"""
            create or replace temp macro {name}(amount, currency) as
                case when regexp_full_match(cast(amount as varchar), '-?[0-9]{{1,18}}') then
                    try_cast(amount as decimal(24, 0)) * cast(0.0001 as decimal(4, 4))
                    * cast(map {{{entries}}}[upper(currency)] as decimal(5, 0))
                end
            """
        )
    connection.execute(
        f"""
        create or replace temp macro business_day(written, time_zone) as
            case
                when length(written) <= 10 then try_cast(written as date)
                when regexp_matches(substr(written, 12), '[A-Za-z+-]')
                    then cast(timezone({business_time_zone}, try_cast(written as timestamptz))
                        as date)
                else cast(timezone({business_time_zone}, timezone(
                    time_zone, try_cast(written as timestamp)
                )) as date)
            end
        """
    )
