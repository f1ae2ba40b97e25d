"""Lines read by the shape of one before: as the decoder reads them, or not at all."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from orchestration.ingestion.readers.json_shapes import Shapes
from orchestration.ingestion.readers.json_values import DECODER, columns_of

LINE = (
    r'{"id": 7, "t": "a\u00e9\"x", "b": true, "n": null, "o": {"p": -0.10e+5, "q": {}, "r": "é"}}'
)


def shapes_of(*lines):
    shapes = Shapes()
    for line in lines:
        document = DECODER.decode(line)
        shapes.learn(document, columns_of(document))
    return shapes


def columns_by_shape(shapes, line):
    alike = shapes.find(line.encode(errors="surrogatepass"))
    return alike and dict(zip(alike.names, alike.values(alike.names), strict=True))


@pytest.mark.parametrize(
    "line",
    [
        LINE,
        r'{"id":12345678901234567890,"t":"\/","b":false,"n":null,"o":{"p":1E400,"q":{ },"r":"😀"}}',
        '\t{"id" : -0 ,"t":"","b":null,"n":null,"o":{"p":0.10,"q":{},"r":null} } \r',
    ],
)
def test_a_line_like_one_before_reads_as_the_decoder_reads_it(line):
    shapes = shapes_of("{}", LINE, '{"other": 1}')
    assert columns_by_shape(shapes, line) == columns_of(DECODER.decode(line))


def test_values_stand_in_the_order_of_the_header():
    alike = shapes_of('{"a": 1, "b": "x"}').find(b'{"a": 2, "b": null}')
    assert alike.values(("b", "c", "a")) == (None, None, "2")


ESCAPES = ["\\", '"', "\0", "\x1f", r"\u0000", r"\ud800", r"\ud83d\ude00", r"\x", "\ud800"]
WORDS = ["NaN", "Infinity", "01", "-", "1.", ".5", "e5", "true", "null", "[1]", '"id": 1, ', "{}"]
SIGNS = ["{", "}", ",", ":", " ", "\n", "\u00a0", "\ufeff", "\u0661", "é", "0", "x"]
PARTS = [*ESCAPES, *WORDS, *SIGNS]


@settings(max_examples=300, derandomize=True, deadline=None)
@given(
    edits=st.lists(st.tuples(st.integers(0, len(LINE)), st.integers(0, 4), st.sampled_from(PARTS)))
)
@example(edits=[(7, 1, "01")])
@example(edits=[(16, 0, r"\ud800")])
@example(edits=[(16, 0, r"\u0000")])
@example(edits=[(16, 0, "\x1f")])
@example(edits=[(1, 0, '"id": 1, ')])
@example(edits=[(len(LINE) - 2, 0, ",")])
def test_no_line_that_is_damaged_is_read_as_another(edits):
    line = LINE
    for position, length, part in edits:
        line = line[:position] + part + line[position + length :]
    columns = columns_by_shape(shapes_of(LINE), line)
    if columns is not None:
        assert columns == columns_of(DECODER.decode(line))
