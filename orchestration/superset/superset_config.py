"""How `make superset` configures Superset: on this machine, for one person, with nothing cached.

Superset reads it where `SUPERSET_CONFIG_PATH` says; `SUPERSET_HOME` is the folder of the
installation, where its own database and its secret key are.
"""

import os
from pathlib import Path

HOME = Path(os.environ["SUPERSET_HOME"])
SECRET_KEY = (HOME / "secret_key").read_text(encoding="utf-8")
SQLALCHEMY_DATABASE_URI = f"sqlite:///{HOME / 'superset.db'}"

LOG_LEVEL = "WARNING"

# A new release is seen by the next query.
CACHE_CONFIG = DATA_CACHE_CONFIG = {"CACHE_TYPE": "NullCache"}

# Pages ask this machine only.
TALISMAN_CONFIG = {
    "content_security_policy": {
        "base-uri": ["'self'"],
        "default-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "object-src": "'none'",
        "style-src": ["'self'", "'unsafe-inline'"],
        "font-src": ["'self'"],
        "script-src": ["'self'", "'strict-dynamic'"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,
    "session_cookie_secure": False,
}
