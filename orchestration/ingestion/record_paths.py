"""Paths to the records of a JSON document.

``entry[].changes[].value.statuses[]`` leads from the document to them: a name goes into the
object's member, ``[]`` to each item of an array, or to an object that stands where the array would.
"""

import re
from dataclasses import dataclass
from functools import cached_property

ITEMS = "[]"
_SHAPE = re.compile(r"(?:\[\](?:\.|$))?(?:[^.\[\]]+(?:\[\])*(?:\.(?!$)|$))*(?<!\.)")


@dataclass(frozen=True)
class RecordsPath:
    """A path to records, as it is written in the YAML of a system."""

    text: str

    @cached_property
    def steps(self) -> tuple[str, ...]:
        """Names and ``[]`` in turn."""
        return tuple(re.findall(r"\[\]|[^.\[\]]+", self.text))

    @cached_property
    def name(self) -> str:
        """The names alone, with points between them."""
        return ".".join(step for step in self.steps if step != ITEMS)


def path_error(text: str) -> str | None:
    """Say why a text is no path to records, if so."""
    if text and _SHAPE.fullmatch(text):
        return None
    return f"'{text}' is no path to records; write it as [] or entry[].changes[].value.statuses[]"
