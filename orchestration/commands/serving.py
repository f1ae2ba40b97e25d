"""The command that opens the dashboard."""

import webbrowser
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from orchestration.commands.options import Home
from orchestration.errors import InputError
from orchestration.releases import DASHBOARD, release_file
from orchestration.terminal import console

LOOPBACK = "127.0.0.1"


class PagesHandler(SimpleHTTPRequestHandler):
    """Serves the pages of the release that is published at each request, and nothing else of it."""

    def send_head(self) -> BinaryIO | None:
        """Open the file that is asked for, if it is a page or belongs to one."""
        place = Path(self.translate_path(self.path)).relative_to(self.directory)
        if place.parts[:1] not in (("dashboard",), ("audit",)):
            self.send_error(HTTPStatus.NOT_FOUND)
            return None
        return super().send_head()

    def list_directory(self, path: str) -> None:
        """Show no directory."""
        self.send_error(HTTPStatus.NOT_FOUND)

    def end_headers(self) -> None:
        """Have browsers ask again: the next release has its pages at the same places."""
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, *arguments: object) -> None:
        """Say nothing of what is asked for."""


def serve(
    home: Home = Path("home"),
    port: Annotated[int, typer.Option(help="Port on this machine; 0: any that is free.")] = 8080,
    open_browser: Annotated[
        bool, typer.Option("--open/--no-open", help="Open it in the browser.")
    ] = True,
) -> None:
    """Serve the dashboard of the newest release to browsers on this machine, until interrupted."""
    if not (release_file(home).parent / DASHBOARD).exists():
        raise InputError(
            f"{home}: the release has no dashboard; install what draws it, `pip install"
            ' ".[dashboard]"`, and use `warehouse run` again.'
        )
    handler = partial(PagesHandler, directory=str(home.absolute() / "published"))
    try:
        server = ThreadingHTTPServer((LOOPBACK, port), handler)
    except OSError as error:
        raise InputError(
            f"--port {port}: {error.strerror or error}; choose another one, or 0 for any."
        ) from None
    address = f"http://{LOOPBACK}:{server.server_port}/{DASHBOARD}"
    console.print(f"The dashboard is at {address}; Ctrl+C ends it.", soft_wrap=True)
    if open_browser:
        webbrowser.open(address)
    with server, suppress(KeyboardInterrupt):
        server.serve_forever()
