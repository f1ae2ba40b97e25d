"""HMAC-SHA256 with the secret of the environment, in Python and in SQL.

A hash without a key would hide nothing: all document numbers and telephones there can be are
hashed in an hour. The secret and what is derived from it reach DuckDB as parameters, so that they
are in no SQL text, error, log or metadata.
"""

import hashlib
import hmac
import os

import duckdb

from orchestration.errors import InputError

SECRET_VARIABLE = "WAREHOUSE_SECRET"
# The two uses of the secret, each with a key of its own.
IDENTIFIER, FORGOTTEN = "identifier", "forgotten"
HASH_LENGTH = 32
_BLOCK_BYTES = 64


def secret(needed_by: str) -> bytes:
    """Read the secret; ``needed_by`` says in the ``InputError`` what cannot do without."""
    text = os.environ.get(SECRET_VARIABLE, "")
    if not text:
        raise InputError(
            f"{needed_by} needs a secret, and the environment variable {SECRET_VARIABLE} is not"
            " set. Make one with `openssl rand -hex 32`, keep it where the exports are not, and"
            f" set {SECRET_VARIABLE} to it for every run."
        )
    return text.encode()


def fingerprint(key: bytes) -> str:
    """Tell secrets apart without telling the secret."""
    return hmac.new(key, b"fingerprint", hashlib.sha256).hexdigest()[:HASH_LENGTH]


def keyed_hash(text: str, key: bytes, use: str = IDENTIFIER) -> str:
    """Hash a text as the SQL of ``hashed`` does."""
    return hmac.new(_key_of(key, use), text.encode(), hashlib.sha256).hexdigest()[:HASH_LENGTH]


def give_key(connection: duckdb.DuckDBPyConnection, key: bytes) -> None:
    """Have the SQL of ``hashed`` use this secret on a connection."""
    for use in (IDENTIFIER, FORGOTTEN):
        long_key = _key_of(key, use)
        if len(long_key) > _BLOCK_BYTES:
            long_key = hashlib.sha256(long_key).digest()
        block = long_key.ljust(_BLOCK_BYTES, b"\0")
        for pad, byte in (("inner", 0x36), ("outer", 0x5C)):
            connection.execute(
                f"set variable {use}_{pad} = $1::blob", [bytes(one ^ byte for one in block)]
            )


def hashed(value: str, use: str = IDENTIFIER) -> str:
    """Hash a text in SQL: NULL for NULL, else 32 hexadecimal digits."""
    inner = f"unhex(sha256(getvariable('{use}_inner') || encode({value})))"
    return f"left(sha256(getvariable('{use}_outer') || {inner}), {HASH_LENGTH})"


def _key_of(key: bytes, use: str) -> bytes:
    return key if use == IDENTIFIER else hmac.new(key, use.encode(), hashlib.sha256).digest()
