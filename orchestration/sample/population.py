"""Who owes what at the outset: customers, their contracts and the schedules of these."""

from dataclasses import dataclass, replace

import numpy as np

from orchestration.sample.calendar import FAR, Calendar

COUNTRIES = ("BR", "CO")
REGIONS = ("Norte", "Nordeste", "Centro-Oeste", "Sudeste", "Sul", "Bogotá")
ABROAD = 5
REGION_SHARES = (0.085, 0.27, 0.08, 0.42, 0.145)
TIME_ZONES = (
    "America/Manaus",
    "America/Recife",
    "America/Cuiaba",
    "America/Sao_Paulo",
    "America/Sao_Paulo",
    "America/Bogota",
)
# the clocks of those time zones after that of the portfolio
HOURS_BEHIND = np.array([1, 0, 1, 0, 0, 2])
SEGMENTS = ("mass", "middle", "affluent", "small_business")
CHANNELS_PREFERRED = ("whatsapp", "voice", "email", "sms")

LOAN, SUBSCRIPTION, INVOICE = 0, 1, 2
PIX, BOLETO, CARD, DIRECT_DEBIT, TRANSFER = range(5)
METHODS = ("pix", "boleto", "card", "direct_debit", "transfer")

DUE_DAYS = np.array([5, 10, 15, 20, 25])
ISSUED_DAYS_BEFORE_DUE = 12
# cents; no contract ever asks as much
SPAN = 10**11


@dataclass(frozen=True)
class Product:
    """A product; principals are quartiles in units of money, risk multiplies missed payments."""

    code: str
    portfolio: str
    brands: tuple[str, str]
    shape: int
    terms: tuple[int, ...]
    principals: tuple[float, float, float, float, float]
    share: float
    risk: float


PRODUCTS = (
    Product(
        code="personal_loan",
        portfolio="unsecured",
        brands=("Banco Ipê", "Financeira Jatobá"),
        shape=LOAN,
        terms=(6, 8, 10, 12, 18),
        principals=(600, 1800, 3500, 7000, 20000),
        share=0.3,
        risk=1.2,
    ),
    Product(
        code="payroll_loan",
        portfolio="payroll",
        brands=("Banco Ipê", "Banco Cedro"),
        shape=LOAN,
        terms=(12, 18),
        principals=(1000, 3000, 6000, 11000, 30000),
        share=0.1,
        risk=0.5,
    ),
    Product(
        code="vehicle_loan",
        portfolio="vehicles",
        brands=("Financeira Jatobá", "Banco Cedro"),
        shape=LOAN,
        terms=(12, 24),
        principals=(6000, 12000, 20000, 30000, 60000),
        share=0.05,
        risk=0.8,
    ),
    Product(
        code="store_credit",
        portfolio="retail",
        brands=("Lojas Tucumã", "Casa Buriti"),
        shape=LOAN,
        terms=(6, 8, 10),
        principals=(180, 400, 800, 1500, 4000),
        share=0.23,
        risk=1.3,
    ),
    Product(
        code="mobile_plan",
        portfolio="telecom",
        brands=("Fibra Araçá", "Sinal Jacarandá"),
        shape=SUBSCRIPTION,
        terms=(),
        principals=(45, 60, 80, 110, 190),
        share=0.14,
        risk=1.0,
    ),
    Product(
        code="electricity",
        portfolio="utilities",
        brands=("Luz do Vale", "Energia Umbu"),
        shape=SUBSCRIPTION,
        terms=(),
        principals=(60, 110, 160, 240, 600),
        share=0.08,
        risk=0.7,
    ),
    Product(
        code="retail_invoice",
        portfolio="retail",
        brands=("Lojas Tucumã", "Casa Buriti"),
        shape=INVOICE,
        terms=(1,),
        principals=(80, 180, 350, 700, 2500),
        share=0.1,
        risk=1.1,
    ),
    Product(
        code="import_finance",
        portfolio="trade",
        brands=("Banco Cedro", "Câmbio Pequi"),
        shape=LOAN,
        terms=(3, 6, 12),
        principals=(300, 800, 1800, 3500, 9000),
        share=0.0,
        risk=1.0,
    ),
)
PORTFOLIOS = sorted({product.portfolio for product in PRODUCTS})
PORTFOLIO_OF_PRODUCT = np.array([PORTFOLIOS.index(product.portfolio) for product in PRODUCTS])
STATES_COLLECTION_ENTRY = "electricity"
# of importers and of nobody else
IMPORT_FINANCE = len(PRODUCTS) - 1
CURRENCIES = ("BRL", "USD")
BRL, USD = range(len(CURRENCIES))
IMPORTER_SHARE, BRL_IMPORTER_SHARE = 0.01, 0.3


@dataclass(frozen=True)
class Customers:
    """One row per customer record; ``golden`` is the record it is merged into, or itself."""

    golden: np.ndarray
    merged_day: np.ndarray
    created_day: np.ndarray
    is_company: np.ndarray
    birth_day: np.ndarray
    region: np.ndarray
    segment: np.ndarray
    preferred: np.ndarray
    discipline: np.ndarray
    reachability: np.ndarray


@dataclass(frozen=True)
class Contracts:
    """One row per contract; ``first`` is its first row among the instalments.

    All contracts of a person are in one ``currency``.
    """

    customer: np.ndarray
    person: np.ndarray
    product: np.ndarray
    shape: np.ndarray
    risk: np.ndarray
    brand: np.ndarray
    originated_day: np.ndarray
    principal: np.ndarray
    currency: np.ndarray
    is_complex: np.ndarray
    method: np.ndarray
    first: np.ndarray
    count: np.ndarray


@dataclass(frozen=True)
class Instalments:
    """One row per instalment, by contract and number; ``key`` finds the first one unpaid.

    ``key`` is contract * SPAN + the cents asked up to and with this instalment.
    """

    contract: np.ndarray
    number: np.ndarray
    due_day: np.ndarray
    issued_day: np.ndarray
    amount: np.ndarray
    key: np.ndarray


@dataclass(frozen=True)
class Population:
    """All that is known of the portfolio before anything happens to it."""

    customers: Customers
    contracts: Contracts
    instalments: Instalments


def pick(rng: np.random.Generator, weights, size: int) -> np.ndarray:
    """Draw positions in ``weights``, each as likely as its weight."""
    bounds = np.cumsum(np.asarray(weights, dtype=float))
    return np.searchsorted(bounds[:-1] / bounds[-1], rng.random(size), side="right")


def make_population(rng: np.random.Generator, calendar: Calendar, customers: int) -> Population:
    """Draw customers with one contract or several, and the schedules of the contracts."""
    golden = _golden(rng, customers)
    discipline, reachability = rng.random(customers)[golden], rng.random(customers)[golden]
    contracts = _contracts(rng, calendar, golden, discipline)
    instalments = _instalments(rng, calendar, contracts)
    first = np.searchsorted(instalments.contract, np.arange(len(contracts.customer)))
    contracts = replace(
        contracts, first=first, count=np.bincount(instalments.contract, minlength=len(first))
    )
    created = np.full(customers, FAR)
    np.minimum.at(created, contracts.customer, contracts.originated_day)
    created = np.maximum(created - rng.integers(0, 6, customers), 0)
    merged_day = np.where(
        golden == np.arange(customers),
        FAR,
        np.minimum(
            np.maximum(created, created[golden]) + rng.integers(20, 120, customers),
            calendar.last - 1,
        ),
    )
    is_company = rng.random(customers) < 0.06
    age_days = np.interp(
        rng.random(customers), (0, 0.25, 0.5, 0.75, 1), (6700, 10500, 14000, 18500, 30000)
    )
    preferred = np.where(
        rng.random(customers) < 0.45, -1, pick(rng, (0.5, 0.2, 0.12, 0.18), customers)
    )
    birth_day = np.where(
        is_company | (rng.random(customers) < 0.03), FAR, -age_days.astype(np.int64)
    )
    return Population(
        Customers(
            golden=golden,
            merged_day=merged_day,
            created_day=created,
            is_company=is_company,
            birth_day=birth_day,
            region=pick(rng, REGION_SHARES, customers),
            segment=np.where(is_company, 3, pick(rng, (0.68, 0.25, 0.07), customers)),
            preferred=preferred[golden],
            discipline=discipline,
            reachability=reachability,
        ),
        contracts,
        instalments,
    )


def _golden(rng: np.random.Generator, customers: int) -> np.ndarray:
    """Make 0.5 % of the customers (one at least, where there are two) another's duplicate."""
    golden = np.arange(customers)
    duplicates = max(customers // 200, 1) if customers > 1 else 0
    originals = customers - duplicates
    golden[originals:] = rng.permutation(originals)[:duplicates]
    return golden


def _contracts(
    rng: np.random.Generator, calendar: Calendar, golden: np.ndarray, discipline: np.ndarray
) -> Contracts:
    per_customer = 1 + pick(rng, (0.62, 0.22, 0.10, 0.04, 0.02), len(golden))
    customer = np.repeat(np.arange(len(golden)), per_customer)
    size = len(customer)
    product = pick(rng, [product.share for product in PRODUCTS], size)
    imports = (rng.random(len(golden)) < IMPORTER_SHARE)[golden][customer]
    in_reais = (rng.random(len(golden)) < BRL_IMPORTER_SHARE)[golden][customer]
    product = np.where(imports, IMPORT_FINANCE, product)
    quartiles = np.array([product.principals for product in PRODUCTS])
    position = rng.random(size) * 4
    quartile = np.minimum(position.astype(int), 3)
    low, high = quartiles[product, quartile], quartiles[product, quartile + 1]
    principal = ((low + (high - low) * (position - quartile)) * 10).astype(np.int64) * 10
    before = rng.random(size) < 0.41
    originated = np.where(
        before,
        rng.integers(0, calendar.first_export, size),
        rng.integers(calendar.first_export, calendar.last - 20, size),
    )
    shapes = np.array([product.shape for product in PRODUCTS])
    method = pick(rng, (0.38, 0.34, 0.10, 0.12, 0.06), size)
    return Contracts(
        customer=customer,
        person=golden[customer],
        product=product,
        shape=shapes[product],
        risk=np.array([product.risk for product in PRODUCTS])[product],
        brand=pick(rng, (0.6, 0.4), size),
        originated_day=originated,
        principal=principal,
        currency=np.where(imports & ~in_reais, USD, BRL),
        is_complex=(principal > 2_500_000) & (rng.random(size) < 0.3) | (rng.random(size) < 0.01),
        method=method,
        first=np.empty(0, dtype=np.int64),
        count=np.empty(0, dtype=np.int64),
    )


def _terms(rng: np.random.Generator, calendar: Calendar, contracts: Contracts) -> np.ndarray:
    """Draw how many instalments each contract has; a subscription is billed up to the end."""
    size = len(contracts.customer)
    terms = np.ones(size, dtype=np.int64)
    for number, product in enumerate(PRODUCTS):
        if product.shape == LOAN:
            drawn = np.array(product.terms)[rng.integers(0, len(product.terms), size)]
            terms = np.where(contracts.product == number, drawn, terms)
    months = (calendar.last - contracts.originated_day) // 28 + 1
    return np.where(contracts.shape == SUBSCRIPTION, months, terms)


def _instalments(rng: np.random.Generator, calendar: Calendar, contracts: Contracts) -> Instalments:
    size = len(contracts.customer)
    terms = _terms(rng, calendar, contracts)
    due_of_month = DUE_DAYS[rng.integers(0, len(DUE_DAYS), size)]
    earliest = calendar.origin + contracts.originated_day + 25
    month = earliest.astype("datetime64[M]")
    passed = month.astype("datetime64[D]") + (due_of_month - 1) < earliest
    contract = np.repeat(np.arange(size), terms)
    number = np.arange(len(contract)) - np.repeat(np.cumsum(terms) - terms, terms)
    due_date = ((month + passed)[contract] + number).astype("datetime64[D]") + (
        due_of_month[contract] - 1
    )
    due = (due_date - calendar.origin).astype(np.int64)
    shape = contracts.shape[contract]
    issued = np.where(
        shape == SUBSCRIPTION,
        due - ISSUED_DAYS_BEFORE_DUE,
        np.where(shape == INVOICE, contracts.originated_day[contract], FAR),
    )
    monthly_rate = 0.02 + 0.03 * rng.random(size)
    level = np.where(
        contracts.shape == LOAN,
        contracts.principal * (1 + monthly_rate * terms) / terms,
        contracts.principal,
    )
    wobble = np.where(shape == SUBSCRIPTION, 0.85 + 0.3 * rng.random(len(contract)), 1.0)
    amount = (level[contract] * wobble).astype(np.int64)
    kept = (shape != SUBSCRIPTION) | (issued <= calendar.last)
    contract, number, due, issued, amount = (
        column[kept] for column in (contract, number, due, issued, amount)
    )
    cumulated = np.cumsum(amount)
    starts = np.searchsorted(contract, np.arange(size))
    before = np.append(0, cumulated)[starts]
    return Instalments(
        contract=contract,
        number=number + 1,
        due_day=due,
        issued_day=issued,
        amount=amount,
        key=contract * SPAN + cumulated - before[contract],
    )
