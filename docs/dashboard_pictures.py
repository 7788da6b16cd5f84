"""Makes the pictures of the sandbox's page: ``python docs/dashboard_pictures.py``.

It needs ``pip install -e '.[browser-tests]' pillow`` and Chromium, and port 8642, which the
pictures show.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from lavaclient import Lava, LavaError
from lavaclient.sandbox import ManualClock, Sandbox
from lavaclient.sandbox.faults.syntax import parse
from lavaclient.sandbox.http.server import SandboxServer

PICTURES = Path(__file__).parent / "pictures"
MOMENT = 1_762_174_803.0
PORT = 8642
WORLD = {
    "users": [
        {"username": "watcher", "api_key": "w-0123456789", "roles": ["observer"]},
    ],
    "accounts": [
        {
            "region": "DFW",
            "scripts": [{"name": "agent", "url": "https://example.com/agent.sh"}],
            "clusters": [
                {"name": "weekly", "age": 2_592_000},
                {"name": "trial", "status": "ERROR", "progress": 0.7, "age": 90_000},
                {"name": "old", "status": "IMPAIRED", "failed_nodes": ["slave0-1"]},
                {"name": "ad-hoc", "status": "BUILDING", "progress": 0.3},
                {
                    "name": "nightly",
                    "status": "CONFIGURING",
                    "progress": 0.8,
                    "scripts": ["agent"],
                    "node_groups": [{"id": "slave0", "count": 2}],
                },
            ],
        }
    ],
}


def work(sandbox: Sandbox, server: SandboxServer) -> None:
    """Do what a script does, and have some of it go wrong."""
    sandbox.faults.add(parse("DELETE: 503 x1"))
    sandbox.faults.add(parse("GET flavors: latency=5 x3"))
    with Lava(
        sandbox.username, region="DFW", api_key=sandbox.api_key, auth_url=server.auth_url
    ) as lava:
        for cluster in lava.clusters.list():
            sandbox.clock.advance(1)
            lava.clusters.get(cluster.id)
        with suppress(LavaError):
            lava.clusters.delete("no-such-cluster")
        with suppress(LavaError):
            lava.clusters.create(
                "hog",
                "HDP2.3_Hadoop",
                username="me",
                ssh_keys=["laptop"],
                node_groups={"slave0": {"count": 90}},
            )
    sandbox.save_snapshot("before the outage")


def draw(browser: Browser, url: str, scheme: str, width: int, name: str) -> None:
    """Take one picture."""
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(url)
    row = page.locator("#cluster-list > li").first
    row.locator("summary").click()
    row.get_by_text("ambari-1").wait_for()
    page.locator("#request-list > li").first.wait_for()
    page.wait_for_timeout(1_000)
    page.screenshot(path=PICTURES / name)
    page.close()
    # As few colours as the page has, or nearly: a fifth of the size.
    Image.open(PICTURES / name).convert("RGB").quantize(
        256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
    ).save(PICTURES / name, optimize=True)


def main() -> None:
    """Make the pictures, light and dark."""
    sandbox = Sandbox(ManualClock(MOMENT), seed=3, world=WORLD)
    with SandboxServer(sandbox, port=PORT) as server, sync_playwright() as playwright:
        work(sandbox, server)
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"),
            args=["--no-sandbox", "--disable-background-networking"],
        )
        for scheme in ("light", "dark"):
            draw(browser, server.url, scheme, 1280, f"dashboard-{scheme}.png")
        draw(browser, server.url, "light", 400, "dashboard-phone.png")
        browser.close()


if __name__ == "__main__":
    main()
