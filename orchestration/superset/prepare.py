"""Makes an installed Superset ready: its administrator, and what a bundle brings.

It runs in Superset's own environment: `prepare.py BUNDLE`, with the password of the administrator
in `SUPERSET_ADMIN_PASSWORD` where it is to be set. It imports nothing of this project.
"""

import os
import sys
from pathlib import Path

from superset.app import create_app

ADMINISTRATOR = "admin"


def main() -> None:
    """Set the password and import the bundle, which replaces what it brought before."""
    folder = Path(sys.argv[1])
    contents = {
        str(path.relative_to(folder)): path.read_text(encoding="utf-8")
        for path in folder.rglob("*.yaml")
    }
    with create_app().app_context():
        from superset import security_manager
        from superset.commands.importers.v1.assets import ImportAssetsCommand
        from superset.utils.core import override_user

        if password := os.environ.get("SUPERSET_ADMIN_PASSWORD"):
            _set_password(security_manager, password)
        with override_user(security_manager.find_user(ADMINISTRATOR)):
            ImportAssetsCommand(contents).run()


def _set_password(security_manager: object, password: str) -> None:
    if user := security_manager.find_user(ADMINISTRATOR):
        security_manager.reset_password(user.id, password)
        return
    security_manager.add_user(
        ADMINISTRATOR,
        "Collections",
        "Administrator",
        "admin@localhost",
        security_manager.find_role("Admin"),
        password=password,
    )


if __name__ == "__main__":
    main()
