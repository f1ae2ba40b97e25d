"""Columns of an export file, kept as numbers until the rows of a file are written."""

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.sample.calendar import DAY_SECONDS, FAR, Calendar

ID_DIGITS = 8
UTC_SHIFT = 3 * 3600
NONE = np.iinfo(np.int64).min
HASH_DIGITS, HASH_KEY = 16, np.uint64(0x9E3779B97F4A7C15)
HASH_STEPS = (
    (np.uint64(30), np.uint64(0xBF58476D1CE4E5B9)),
    (np.uint64(27), np.uint64(0x94D049BB133111EB)),
)
HEXADECIMAL = np.array([f"{byte:02x}".encode() for byte in range(256)])

# gives the values of the rows at the given positions
Column = Callable[[np.ndarray], pa.Array]


def ids(prefix: str, numbers: np.ndarray) -> Column:
    """Make ids of numbers; empty where below 0."""

    def render(rows: np.ndarray) -> pa.Array:
        chosen = numbers[rows]
        digits = pc.utf8_lpad(pa.array(chosen).cast(pa.string()), ID_DIGITS, "0")
        named = pc.binary_join_element_wise(pa.scalar(prefix), digits, "")
        return pc.if_else(pa.array(chosen >= 0), named, None)

    return render


def dates(calendar: Calendar, days: np.ndarray) -> Column:
    """Make dates of days; empty where they lie beyond all time."""

    def render(rows: np.ndarray) -> pa.Array:
        chosen = days[rows]
        known = np.abs(chosen) < FAR
        return pa.array(calendar.origin + np.where(known, chosen, 0), mask=~known)

    return render


def instants(
    calendar: Calendar,
    seconds: np.ndarray,
    by_date: np.ndarray | None = None,
    in_utc: np.ndarray | None = None,
    offset: np.ndarray | None = None,
) -> Column:
    """Make local timestamps of seconds from day 0; empty where beyond all time.

    Where ``by_date`` only the date is told; where ``in_utc`` the instant is in UTC and ends
    in Z; where ``offset`` it is local and ends in its offset.
    """
    origin = calendar.origin.astype("datetime64[s]")

    def render(rows: np.ndarray) -> pa.Array:
        chosen = seconds[rows]
        known = np.abs(chosen) < FAR * DAY_SECONDS
        shift = UTC_SHIFT * in_utc[rows] if in_utc is not None else 0
        written = pa.array(origin + np.where(known, chosen + shift, 0), mask=~known)
        written = written.cast(pa.string())
        if by_date is not None:
            dated = pc.utf8_slice_codeunits(written, 0, 10)
            written = pc.if_else(pa.array(by_date[rows]), dated, written)
        for mask, suffix in ((in_utc, "Z"), (offset, "-03:00")):
            if mask is not None:
                ending = pc.if_else(pa.array(mask[rows]), suffix, "")
                written = pc.binary_join_element_wise(written, ending, "")
        return written

    return render


def money(cents: np.ndarray) -> Column:
    """Make amounts with two decimals of cents; empty where NONE."""

    def render(rows: np.ndarray) -> pa.Array:
        chosen = cents[rows].astype(np.int64)
        words = np.empty((len(chosen), 2), dtype="<i8")
        words[:, 0], words[:, 1] = chosen, chosen >> 63
        amounts = pa.Array.from_buffers(
            pa.decimal128(18, 2), len(chosen), [None, pa.py_buffer(words)]
        )
        return pc.if_else(pa.array(chosen != NONE), amounts, None)

    return render


def words(options: Sequence[str], codes: np.ndarray) -> Column:
    """Make words of codes; empty where below 0."""
    values = pa.array(options, type=pa.string())

    def render(rows: np.ndarray) -> pa.Array:
        chosen = codes[rows].astype(np.int64)
        return values.take(pa.array(chosen, mask=chosen < 0))

    return render


def whole(numbers: np.ndarray) -> Column:
    """Make whole numbers; empty where below 0."""

    def render(rows: np.ndarray) -> pa.Array:
        chosen = numbers[rows]
        return pa.array(chosen, mask=chosen < 0)

    return render


def plain(values: np.ndarray) -> Column:
    """Write numbers and truth values as they are; empty where not a number."""
    return lambda rows: pa.array(values[rows], from_pandas=True)


def hashes(numbers: np.ndarray) -> Column:
    """Make 16 hexadecimal digits of numbers, one to one; empty where below 0."""

    def render(rows: np.ndarray) -> pa.Array:
        chosen = numbers[rows]
        mixed = chosen.astype(np.uint64) + HASH_KEY
        for shift, factor in HASH_STEPS:
            mixed = (mixed ^ (mixed >> shift)) * factor
        mixed ^= mixed >> np.uint64(31)
        digits = HEXADECIMAL[mixed.byteswap().view(np.uint8)].tobytes()
        offsets = np.arange(0, HASH_DIGITS * len(chosen) + 1, HASH_DIGITS, dtype=np.int32)
        hashed = pa.Array.from_buffers(
            pa.string(), len(chosen), [None, pa.py_buffer(offsets), pa.py_buffer(digits)]
        )
        return pc.if_else(pa.array(chosen >= 0), hashed, None)

    return render


def same(text: str) -> Column:
    """Write the same text in every row."""
    return lambda rows: pa.array([text]).take(pa.array(np.zeros(len(rows), dtype=np.int64)))
