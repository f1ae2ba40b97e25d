"""The secret that the identifiers a source system declares are hashed with."""

from collections.abc import Iterable

import duckdb

from orchestration.contract import contract
from orchestration.errors import InputError
from orchestration.ingestion.sources import SourceSystem
from orchestration.privacy.identifiers import NONE
from orchestration.privacy.keyed_hash import SECRET_VARIABLE, fingerprint, give_key, secret


def use_secret(connection: duckdb.DuckDBPyConnection, systems: Iterable[SourceSystem]) -> None:
    """Have declared identifiers hashed with the secret of the environment, if any is declared.

    It is an ``InputError`` if there is none, or not the one this warehouse has always had.
    """
    for system in systems:
        for spec in system.files:
            for kind in spec.kinds:
                for column, identifier in system.identifiers_of(spec, contract()[kind]).items():
                    if identifier != NONE:
                        needed_by = f"identifiers: {{{column}: {identifier}}} of {system.system}"
                        keep_to_one_secret(connection, secret(needed_by))
                        return


def keep_to_one_secret(connection: duckdb.DuckDBPyConnection, key: bytes) -> None:
    """Use the secret on a connection to a warehouse, which must be the one it has always had."""
    noted = connection.execute("select fingerprint from raw.secret_fingerprints").fetchall()
    if noted and noted != [(fingerprint(key),)]:
        raise InputError(
            f"{SECRET_VARIABLE} is not the secret the identifiers in this warehouse were hashed"
            " with: the same person would get another hash. Set the secret it was; if that is"
            " lost or to be changed, start over in a new home."
        )
    if not noted:
        connection.execute(
            "insert into raw.secret_fingerprints select ?, localtimestamp, 0", [fingerprint(key)]
        )
    give_key(connection, key)
