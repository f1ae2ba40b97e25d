"""The files below a folder: its links, its odd names and what is not to be opened."""

import os
import stat
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

# What programs call a file until it is complete; "~$" is Excel's mark of a workbook that is open.
PARTIAL_SUFFIXES = (".part", ".partial", ".filepart", ".crdownload", ".tmp", ".temp")
PARTIAL_PREFIX = "~$"
PACKED_SUFFIXES = (".gz", ".zip", ".zst")


@dataclass(frozen=True)
class File:
    """A file by its path below the folder, with forward slashes.

    ``size_and_time`` are its bytes and its time of change in ns; ``fault`` says why it is not to
    be opened.
    """

    name: str
    path: Path
    size_and_time: tuple[int, int]
    fault: str | None = None


def files_below(folder: Path) -> tuple[list[File], list[str]]:
    """List the files below a folder by name, without hidden ones, and what stands in the way.

    Links are followed as long as they stay inside. One that leads out or to nothing is a problem:
    what it leads to is none of the folder's business, and may be missed.
    """
    problems: list[str] = []
    root = Path(os.path.realpath(folder))
    found = list(_below(folder, root, "", (str(root),), problems))
    return sorted(found, key=lambda file: file.name), problems


def is_partial(name: str) -> bool:
    """Tell whether a program that is not done with a file calls it so."""
    base = name.rpartition("/")[2]
    return base.startswith(PARTIAL_PREFIX) or base.lower().endswith(PARTIAL_SUFFIXES)


def is_packed(name: str) -> bool:
    """Tell by its name whether a file is packed, whatever its format."""
    return name.lower().endswith(PACKED_SUFFIXES)


def plain_name(name: str) -> str:
    """Return the name of a file without what it is packed by."""
    return name.rpartition(".")[0] if is_packed(name) else name


def shown_name(name: str) -> str:
    """Write a name so that it is one line of plain text, whatever it holds."""
    if name.isprintable():
        return name
    return "".join(
        char.encode("unicode_escape").decode() if _is_control(char) else char for char in name
    )


def _below(
    folder: Path, root: Path, prefix: str, above: tuple[str, ...], problems: list[str]
) -> Iterator[File]:
    """Walk a folder; ``above`` are the real paths of it and of those it was reached through."""
    try:
        entries = [one for one in os.scandir(folder) if not one.name.startswith(".")]
    except PermissionError as error:
        problems.append(f"{shown_name(prefix)}: cannot be listed: {error.strerror}.")
        return
    except FileNotFoundError:
        return  # deleted meanwhile
    for entry in entries:
        name = prefix + entry.name
        real = os.path.realpath(entry.path) if entry.is_symlink() else entry.path
        if entry.is_symlink() and (problem := _link_problem(real, root)):
            problems.append(f"{shown_name(name)}: {problem}")
        elif not entry.is_dir():
            with suppress(FileNotFoundError):  # renamed meanwhile
                yield _file(entry, name)
        # a folder that holds itself has nothing new to show
        elif (place := os.path.realpath(real)) not in above:
            yield from _below(Path(entry.path), root, f"{name}/", (*above, place), problems)


def _link_problem(real: str, root: Path) -> str | None:
    if not Path(real).is_relative_to(root):
        return (
            "is a link that leads out of the exports directory; put what it leads to in its place,"
            " or mount it there."
        )
    if not os.path.exists(real):
        return "is a link to nothing; delete it, or put the file there."
    return None


def _is_control(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")


def _file(entry: os.DirEntry, name: str) -> File:
    status = entry.stat()
    fault = None
    if not stat.S_ISREG(status.st_mode):
        fault = "is no file but a device, a pipe or a socket; put a file there."
    elif name != shown_name(name):
        # a line break or a terminal's command has no place in lists and messages
        fault = "has a name with control characters, or bytes that are no UTF-8; rename it."
    return File(name, Path(entry.path), (status.st_size, status.st_mtime_ns), fault)
