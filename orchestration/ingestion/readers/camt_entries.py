"""What the entries and transactions of camt.053 and camt.054 are, and which columns they fill.

Paths are those of the ISO 20022 message definition reports "Bank-to-Customer Cash Management",
camt.053.001.02 to .08 and camt.054.001.02 to .08.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from orchestration.ingestion.readers.statement_lines import (
    CREDIT,
    DEBIT,
    LINE_ID,
    Total,
    Values,
    contradiction,
    digest,
)

MESSAGE, STATEMENT, ENTRY, TRANSACTION = "message", "statement", "entry", "transaction"
BALANCE, CHARGES = "balance", "charges"

# Elements whose values are kept apart, by the one they are in and their path in it.
NESTED = {
    "document": {
        "/Document/BkToCstmrStmt": MESSAGE,
        "/Document/BkToCstmrDbtCdtNtfctn": MESSAGE,
    },
    MESSAGE: {"/Stmt": STATEMENT, "/Ntfctn": STATEMENT},
    STATEMENT: {"/Ntry": ENTRY, "/Bal": BALANCE},
    ENTRY: {"/NtryDtls/TxDtls": TRANSACTION, "/Chrgs": CHARGES},
    TRANSACTION: {"/Chrgs": CHARGES},
    CHARGES: {"/Rcrd": CHARGES},
    BALANCE: {},
}
Places = tuple[tuple[str, str], ...]


def _party(role: str) -> Places:
    """Give where the name of a party stands: in version 8 one level deeper."""
    return tuple((TRANSACTION, f"/RltdPties/{role}{level}/Nm") for level in ("", "/Pty"))


def _account(role: str) -> Places:
    return tuple((TRANSACTION, f"/RltdPties/{role}Acct/Id/{kind}") for kind in ("IBAN", "Othr/Id"))


def _code(path: str) -> Places:
    """Give where a code stands that an entry has for all of its transactions."""
    return (TRANSACTION, f"/BkTxCd/{path}"), (ENTRY, f"/BkTxCd/{path}")


# Of several places the first that is filled.
COLUMNS: dict[str, Places] = {
    "message_id": ((MESSAGE, "/GrpHdr/MsgId"),),
    "statement_id": ((STATEMENT, "/Id"),),
    "account": ((STATEMENT, "/Acct/Id/IBAN"), (STATEMENT, "/Acct/Id/Othr/Id")),
    "account_currency": ((STATEMENT, "/Acct/Ccy"),),
    "entry_reference": ((ENTRY, "/NtryRef"),),
    "entry_servicer_reference": ((ENTRY, "/AcctSvcrRef"),),
    "booked_at": ((ENTRY, "/BookgDt/DtTm"),),
    "booking_date": ((ENTRY, "/BookgDt/Dt"), (ENTRY, "/BookgDt/DtTm")),
    "value_date": ((ENTRY, "/ValDt/Dt"), (ENTRY, "/ValDt/DtTm")),
    "status": ((ENTRY, "/Sts"), (ENTRY, "/Sts/Cd")),
    "entry_credit_debit": ((ENTRY, "/CdtDbtInd"),),
    "credit_debit": ((TRANSACTION, "/CdtDbtInd"), (ENTRY, "/CdtDbtInd")),
    "is_reversal": ((ENTRY, "/RvslInd"),),
    "entry_amount": ((ENTRY, "/Amt"),),
    "entry_currency": ((ENTRY, "/Amt@Ccy"),),
    "instructed_amount": ((TRANSACTION, "/AmtDtls/InstdAmt/Amt"),),
    "instructed_currency": ((TRANSACTION, "/AmtDtls/InstdAmt/Amt@Ccy"),),
    "account_servicer_reference": ((TRANSACTION, "/Refs/AcctSvcrRef"),),
    "payment_information_id": ((TRANSACTION, "/Refs/PmtInfId"),),
    "instruction_id": ((TRANSACTION, "/Refs/InstrId"),),
    "end_to_end_id": ((TRANSACTION, "/Refs/EndToEndId"),),
    "uetr": ((TRANSACTION, "/Refs/UETR"),),
    "transaction_id": ((TRANSACTION, "/Refs/TxId"),),
    "mandate_id": ((TRANSACTION, "/Refs/MndtId"),),
    "cheque_number": ((TRANSACTION, "/Refs/ChqNb"),),
    "remittance": ((TRANSACTION, "/RmtInf/Ustrd"),),
    "creditor_reference": ((TRANSACTION, "/RmtInf/Strd/CdtrRefInf/Ref"),),
    "additional_remittance": ((TRANSACTION, "/RmtInf/Strd/AddtlRmtInf"),),
    "debtor_name": _party("Dbtr"),
    "debtor_account": _account("Dbtr"),
    "ultimate_debtor_name": _party("UltmtDbtr"),
    "creditor_name": _party("Cdtr"),
    "creditor_account": _account("Cdtr"),
    "bank_transaction_domain": _code("Domn/Cd"),
    "bank_transaction_family": _code("Domn/Fmly/Cd"),
    "bank_transaction_subfamily": _code("Domn/Fmly/SubFmlyCd"),
    "proprietary_code": _code("Prtry/Cd"),
    "return_reason": ((TRANSACTION, "/RtrInf/Rsn/Cd"), (TRANSACTION, "/RtrInf/Rsn/Prtry")),
    "additional_information": ((TRANSACTION, "/AddtlTxInf"), (ENTRY, "/AddtlNtryInf")),
}
# Versions 2 and 3 have the amount of a transaction among its details.
OWN_AMOUNT = ("/Amt", "/AmtDtls/TxAmt/Amt")
CHARGED = ("/Amt", "/TtlChrgsAndTaxAmt")
HEADER = (
    LINE_ID,
    "message_type",
    *COLUMNS,
    *("amount", "currency", "is_alone"),
    *("charges_amount", "charges_currency", "charges_included"),
)
# What the bank calls a line by, else the line itself; the day, as banks use references again.
ID_OF = f"""(
    coalesce(
        account_servicer_reference,
        entry_servicer_reference,
        {
    digest(
        "account",
        "statement_id",
        "entry_reference",
        "credit_debit",
        "amount",
        "currency",
        "value_date",
        "instruction_id",
        "end_to_end_id",
        "uetr",
        "transaction_id",
        "remittance",
        "creditor_reference",
    )
}
    ) || ':' || coalesce(booking_date, '')
)"""
WANTED = {
    "document": frozenset(),
    **{
        kind: frozenset(
            path.partition("@")[0]
            for places in COLUMNS.values()
            for place, path in places
            if place == kind
        )
        for kind in (MESSAGE, STATEMENT, ENTRY)
    },
    TRANSACTION: frozenset(
        {path for places in COLUMNS.values() for place, path in places if place == TRANSACTION}
        | set(OWN_AMOUNT)
    ),
    BALANCE: frozenset({"/Tp/CdOrPrtry/Cd", "/Amt", "/CdtDbtInd"}),
    CHARGES: frozenset({*CHARGED, "/CdtDbtInd", "/ChrgInclInd"}),
}
DATES = ("booking_date", "value_date")
_AMOUNT = re.compile(r"\d{1,18}(\.\d{1,17})?", re.ASCII)
_OPENING, _CLOSING = {"OPBD", "PRCD"}, {"CLBD"}


@dataclass
class Element:
    """The values of an element by their paths, and the elements in it that have their own."""

    kind: str
    values: dict[str, str] = field(default_factory=dict)
    nested: list["Element"] = field(default_factory=list)

    def amount(self, paths: Iterable[str] = ("/Amt",)) -> tuple[str | None, str | None]:
        """Return the first amount there is and its currency, as written."""
        for path in paths:
            if path in self.values:
                return self.values[path], self.values.get(f"{path}@Ccy")
        return None, None


def read_amount(written: str | None) -> Decimal | None:
    """Read an amount: digits and at most one point, its sign being the CdtDbtInd beside it."""
    return Decimal(written) if written and _AMOUNT.fullmatch(written) else None


def filled(elements: dict[str, Element]) -> Values:
    """Fill the columns from the elements of a line, by their kinds."""
    values: Values = {}
    for column, places in COLUMNS.items():
        for kind, path in places:
            if value := elements[kind].values.get(path):
                values[column] = value
                break
    for column in DATES:
        # the day the bank says, whatever its hour and zone
        if column in values:
            values[column] = values[column][:10]
    if "is_reversal" in values:
        values["is_reversal"] = {"1": "true", "0": "false"}.get(
            values["is_reversal"], values["is_reversal"]
        )
    return values


def charges(element: Element) -> Values:
    """Sum the charges of an entry or transaction; what is in several currencies has no sum."""
    records = [
        record for of_charges in element.nested for record in (of_charges.nested or [of_charges])
    ]
    total, currencies, included = Total(), set(), set()
    for record in records:
        written, currency = record.amount(CHARGED)
        amount = read_amount(written)
        if amount is None:
            return {}
        # what the bank takes, less what it gives back
        total.add(amount, DEBIT if record.values.get("/CdtDbtInd") == CREDIT else CREDIT)
        currencies.add(currency)
        included.add(record.values.get("/ChrgInclInd"))
    if len(currencies) != 1:
        return {}
    return {
        "charges_amount": f"{total.amount:f}",
        "charges_currency": currencies.pop(),
        "charges_included": included.pop() if len(included) == 1 else None,
    }


@dataclass
class Entry:
    """An entry and what its transactions make so far; ``around`` is what it stands in."""

    element: Element
    around: dict[str, Element]
    transactions: int = 0
    without_amount: int = 0
    held: Element | None = None
    made: Total = field(default_factory=Total)
    charged: Total = field(default_factory=Total)
    is_comparable: bool = True

    @cached_property
    def booked(self) -> Total | None:
        """Amount of the entry, below zero where it went out."""
        amount = read_amount(self.element.amount()[0])
        total = Total()
        if amount is None or self.credit_debit not in (CREDIT, DEBIT):
            return None
        total.add(amount, self.credit_debit)
        return total

    @property
    def credit_debit(self) -> str | None:
        """Whether the entry came in or went out."""
        return self.element.values.get("/CdtDbtInd")

    def line(self, transaction: Element, is_alone: bool) -> tuple[Values, str | None]:
        """Give the values of a transaction, or say what is wrong with it.

        A transaction that ``is_alone`` has the amount and charges of its entry where it has none
        of its own. What is one of several and has no amount gives neither.
        """
        written, currency = transaction.amount(OWN_AMOUNT)
        if written is None and not is_alone:
            self.without_amount += 1
            return {}, None
        if written is None:
            written, currency = self.element.amount()
            self.is_comparable = False
        amount = read_amount(written)
        if amount is None:
            self.is_comparable = False
            return {}, f"the amount of the transaction is '{written or ''}', which is no amount"
        if not currency:
            return {}, "the amount of the transaction has no currency"
        values = filled({**self.around, ENTRY: self.element, TRANSACTION: transaction})
        of_charges = charges(transaction)
        if not of_charges and is_alone:
            of_charges = charges(self.element)
        self._compare(amount, currency, values.get("credit_debit"), of_charges)
        own = {"amount": written, "currency": currency, "is_alone": str(is_alone).lower()}
        return {**values, **of_charges, **own}, None

    def problem(self) -> str | None:
        """Say how the transactions, or they less their charges, do not make the entry, if so."""
        if not self.is_comparable or self.without_amount or self.booked is None:
            return None
        made, booked = self.made.amount, self.booked.amount
        if booked in (made, made - self.charged.amount):
            return None
        return (
            f"the entry does not add up: its transactions make {made:f} and the entry is of"
            f" {booked:f}"
        )

    def _compare(
        self, amount: Decimal, currency: str, credit_debit: str | None, of_charges: Values
    ) -> None:
        if currency != self.element.values.get("/Amt@Ccy"):
            self.is_comparable = False
        self.made.add(amount, credit_debit)
        if of_charges:
            self.charged.add(Decimal(of_charges["charges_amount"]), CREDIT)


@dataclass
class Statement:
    """A statement and what its booked entries make so far."""

    element: Element
    movements: Total = field(default_factory=Total)
    currencies: set[str | None] = field(default_factory=set)
    is_comparable: bool = True

    def add(self, entry: Entry) -> None:
        """Count an entry, where it is booked."""
        values = entry.element.values
        if (values.get("/Sts") or values.get("/Sts/Cd")) != "BOOK":
            return
        if entry.booked is None:
            self.is_comparable = False
            return
        self.movements.add(entry.booked.amount, CREDIT)
        self.currencies.add(values.get("/Amt@Ccy"))

    def problem(self) -> str | None:
        """Say how the balances and the booked entries do not add up, if so.

        They are compared where there is one opening and one closing balance, all in one currency.
        """
        opening, closing = self._balance(_OPENING), self._balance(_CLOSING)
        if not self.is_comparable or len(self.currencies) > 1 or None in (opening, closing):
            return None
        return contradiction(opening.amount, self.movements.amount, closing.amount)

    def _balance(self, codes: set[str]) -> Total | None:
        found = [
            balance
            for balance in self.element.nested
            if balance.values.get("/Tp/CdOrPrtry/Cd") in codes
        ]
        if len(found) != 1:
            return None
        written, currency = found[0].amount()
        amount, credit_debit = read_amount(written), found[0].values.get("/CdtDbtInd")
        self.currencies.add(currency)
        if amount is None or credit_debit not in (CREDIT, DEBIT):
            return None
        total = Total()
        total.add(amount, credit_debit)
        return total
