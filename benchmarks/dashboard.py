"""Time the dashboard of a release: how long it takes to draw, what a page loads, when it shows.

    python benchmarks/dashboard.py --home /some/disk/home

Draws the dashboard of the home's release a few times, opens every page from disk in Debian's
chromium, and prints seconds, bytes and milliseconds to the first paint, the median of them all.
"""

import argparse
import shutil
import statistics
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from dashboards.building import build_dashboard

TIMES = 5
FIRST_PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


def main() -> None:
    """Draw, open, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--home", type=Path, required=True)
    release = (parser.parse_args().home / "published").resolve()
    seconds = []
    for _ in range(TIMES):
        started = time.perf_counter()
        built = build_dashboard(release)
        seconds.append(time.perf_counter() - started)
    print(f"drawn in {statistics.median(seconds):.1f} s, at first {seconds[0]:.1f} s")
    print(f"{'page':<14}{'MB':>6}{'first paint, ms':>18}{'all drawn, ms':>16}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for name, path in built.pages.items():
            loads = [load(browser, path) for _ in range(TIMES)]
            size, paint, drawn = (statistics.median(one) for one in zip(*loads, strict=True))
            print(f"{name:<14}{size / 1e6:>6.2f}{paint:>18.0f}{drawn:>16.0f}")
        browser.close()


def load(browser, path: Path) -> tuple[int, float, float]:
    """Open a page; return the bytes it loads and the milliseconds until it shows and is drawn."""
    page = browser.new_page()
    files: set[Path] = set()
    page.on(
        "request",
        lambda request: (
            request.url.startswith("file:")
            and files.add(Path(request.url.partition("://")[2].partition("#")[0]))
        ),
    )
    started = time.perf_counter()
    page.goto(path.as_uri())
    if page.locator(".choosers").count():
        page.wait_for_selector("body[data-ready=true]")
    drawn = (time.perf_counter() - started) * 1000
    paint = page.wait_for_function(FIRST_PAINT).json_value()
    page.close()
    return sum(file.stat().st_size for file in files), paint, drawn


if __name__ == "__main__":
    main()
