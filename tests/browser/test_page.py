"""The page itself: what it may not do, and for whom it must work."""

from __future__ import annotations

import copy
import http.server
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
import requests

from lavaclient import Lava
from lavaclient.sandbox import ManualClock, Sandbox
from lavaclient.sandbox.core.state import Cluster
from lavaclient.sandbox.http.app import Application
from lavaclient.sandbox.http.server import SandboxServer
from tests.browser.conftest import Watched

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

_FOREIGN = """<!doctype html><meta charset="utf-8"><title>evil</title>
<iframe src="SANDBOX/_sandbox/"></iframe>
<form id="form" method="post" enctype="text/plain" action="SANDBOX/_sandbox/reset" target="frame"></form>
<iframe name="frame"></iframe>
<script>
window.learned = [];
const target = "SANDBOX/_sandbox/";
const learn = (what) => window.learned.push(what);
const tries = [
  fetch(target + "reset", { method: "POST", mode: "no-cors" }).catch(() => 0),
  fetch(target + "overview").then((r) => r.text()).then(learn).catch(() => 0),
  fetch(target + "faults", { method: "POST", body: "{}", headers: { "Content-Type": "application/json" } })
    .then(() => learn("faults")).catch(() => 0),
  fetch(target + "clusters/fail-next", { method: "POST", mode: "no-cors", body: "{}" }).catch(() => 0),
  fetch(target + "world").then((r) => r.text()).then(learn).catch(() => 0),
  new Promise((done) => {
    const source = new EventSource(target + "events?after=0");
    source.onmessage = source.onopen = () => { learn("events"); done(); };
    source.onerror = () => { source.close(); done(); };
  }),
  new Promise((done) => {
    const script = document.createElement("script");
    script.src = target + "dashboard.js";
    script.onload = () => { learn("script"); done(); };
    script.onerror = done;
    document.head.append(script);
  }),
];
document.getElementById("form").submit();
Promise.all(tries).then(() => { document.title = "tried"; });
</script>"""


@pytest.fixture
def foreign(server: SandboxServer) -> Iterator[str]:
    """The URL of a page of another origin, which means ill."""
    content = _FOREIGN.replace("SANDBOX", server.url).encode()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as other:
        thread = threading.Thread(target=other.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{other.server_port}/"
        finally:
            other.shutdown()
            thread.join()


def test_a_page_of_another_origin_can_do_none_of_it(
    context: BrowserContext, server: SandboxServer, foreign: str
) -> None:
    server.sandbox.add_user("kept", "k" * 32)
    page = context.new_page()
    page.goto(foreign)
    page.wait_for_function("document.title === 'tried'")
    page.frame_locator("iframe[name=frame]").get_by_text("may not use").wait_for()
    assert page.evaluate("window.learned") == []
    assert "kept" in server.sandbox.store.users
    assert server.sandbox.faults.hits() == ()
    assert server.sandbox.failures.plans == []
    assert server.sandbox.events.listeners == 0


def test_a_page_of_a_name_that_dns_led_here_can_do_none_of_it(
    context: BrowserContext, server: SandboxServer
) -> None:
    """The page then has the sandbox's own origin, as far as the browser knows."""
    page = context.new_page()
    port = server.url.rpartition(":")[2]
    answer = page.goto(f"http://evil.test:{port}/_sandbox/")
    assert answer is not None
    assert answer.status == 403
    refused = page.evaluate("fetch('/_sandbox/overview').then((r) => r.status)")
    assert refused == 403


def test_a_script_tag_in_a_name_stays_text(page: Page, sandbox: Sandbox, lava: Lava) -> None:
    name = "<script>document.title='owned'</script><img src=x onerror=alert(1)>"
    sandbox.load_world({
        "users": [{"username": name, "api_key": "k" * 32}],
        "accounts": [{
            "clusters": [{"name": name, "scripts": [name], "ssh_keys": [name]}],
            "scripts": [{"name": name, "url": f"https://example.com/{name}"}],
        }],
    })  # fmt: skip
    sandbox.save_snapshot(name)
    requests.get(
        f"{lava.endpoint}/clusters/{name}",
        headers={"X-Auth-Token": name, "User-Agent": name},
        timeout=30,
    )
    page.reload()
    row = page.locator("#cluster-list > li")
    row.get_by_text(name, exact=True).wait_for()
    row.locator("summary").click()
    row.get_by_text("Login worker").wait_for()
    request = page.locator("#request-list > li").first
    request.locator("summary").click()
    request.get_by_text("It was refused").wait_for()
    page.get_by_role("button", name=f"Restore {name}").wait_for()
    assert page.title() == "lavaclient sandbox"
    assert page.locator("main script, main img").count() == 0


def _fill(sandbox: Sandbox, lava: Lava, count: int) -> None:
    lava.clusters.create("first", "HDP2.3_Hadoop", username="me", ssh_keys=["laptop"])
    sandbox.clock.advance(600)
    clusters = sandbox.account().clusters
    record: Cluster = next(iter(clusters.values()))
    for number in range(count - 1):
        another = copy.copy(record)
        another.id, another.name = f"{number:036}", f"cluster-{number:05}"
        clusters[another.id] = another
    sandbox.commit()


def test_ten_thousand_clusters_are_shown_in_pages(page: Page, lava: Lava, sandbox: Sandbox) -> None:
    _fill(sandbox, lava, 10_000)
    rows = page.locator("#cluster-list > li")
    page.get_by_text("1\u201325 of 10,000").wait_for()
    assert rows.count() == 25
    rows.get_by_text("cluster-09998").wait_for()
    page.get_by_role("button", name="Older").click()
    page.get_by_text("26\u201350 of 10,000").wait_for()
    rows.get_by_text("cluster-09973").wait_for()
    page.get_by_label("Find").fill("cluster-0012")
    rows.nth(10).wait_for(state="detached")
    assert rows.count() == 10
    page.get_by_label("Find").fill("nothing of the kind")
    page.get_by_text("No cluster is like this.").wait_for()


def test_it_keeps_up_with_a_hundred_requests_a_second(page: Page, server: SandboxServer) -> None:
    """It draws in batches and keeps the newest, and people can use it meanwhile."""
    application = Application(server.sandbox)
    stop = threading.Event()

    def ask() -> None:
        number = 0
        while not stop.wait(0.01):
            application.handle("GET", f"/dfw/v2/123456/clusters/{number}")
            number += 1

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        rows = page.locator("#request-list > li")
        rows.nth(199).wait_for()
        page.get_by_role("button", name="+1 min").click()
        page.get_by_text("The clock is 1:00 ahead").wait_for()
        assert rows.count() == 200
    finally:
        stop.set()
        thread.join()
    last = f"/clusters/{len(server.sandbox.requests) - 1}"
    rows.first.get_by_text(last).wait_for()


def test_it_comes_back_when_the_sandbox_does(
    page: Page, server: SandboxServer, watched: Watched
) -> None:
    port = int(server.url.rpartition(":")[2])
    server.close()
    page.get_by_text("reconnecting").wait_for()
    world = {"accounts": [{"clusters": [{"name": "another"}]}]}
    with SandboxServer(Sandbox(ManualClock(), world=world), port=port):
        page.get_by_text("live", exact=True).wait_for()
        page.locator("#cluster-list").get_by_text("another").wait_for()
        page.close()
    watched.refusals.clear()


@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_against_it(
    page: Page, lava: Lava, sandbox: Sandbox, width: int, scheme: Any
) -> None:
    """Everything that can be open is, in both colour schemes; nothing is wider than a phone."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    sandbox.load_world({"accounts": [{"clusters": [
        {"name": "old", "status": "IMPAIRED", "failed_nodes": ["slave0-1"]},
        {"name": "trial", "status": "ERROR"},
        {"name": "nightly", "status": "BUILDING", "progress": 0.5},
    ]}], "faults": ["GET limits: 503", "DELETE: cut"]})  # fmt: skip
    sandbox.save_snapshot("before")
    lava.flavors.list()
    page.reload()
    page.locator("#cluster-list > li").nth(2).wait_for()
    for row in page.locator(".cluster summary, .request summary").all():
        row.click()
    page.get_by_role("button", name="Copy as a test").first.wait_for()
    page.get_by_text("ambari-1").first.wait_for()
    outcome = axe.run(page)
    assert len(outcome.response["passes"]) > 20
    assert outcome.violations_count == 0, outcome.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_it_is_used_with_a_keyboard(page: Page, lava: Lava) -> None:
    lava.clusters.create("nightly", "HDP2.3_Hadoop", username="me", ssh_keys=["laptop"])
    page.locator("#cluster-list > li").wait_for()
    page.keyboard.press("Tab")
    page.get_by_role("link", name="Skip to the clusters").press("Enter")
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    details = page.get_by_role("button", name="Finish now")
    details.wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator("#cluster-list summary").get_by_text("ACTIVE", exact=True).wait_for()


def test_rows_keep_the_focus_while_others_come(page: Page, lava: Lava) -> None:
    lava.clusters.create("nightly", "HDP2.3_Hadoop", username="me", ssh_keys=["laptop"])
    summary = page.locator("#cluster-list summary").first
    summary.focus()
    lava.clusters.create("weekly", "HDP2.3_Hadoop", username="me", ssh_keys=["laptop"])
    page.locator("#cluster-list > li").nth(1).wait_for()
    focused = "document.activeElement.querySelector('.name')?.textContent"
    assert page.evaluate(focused) == "nightly"


def test_without_javascript_it_says_what_to_do(browser: Browser, server: SandboxServer) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{server.url}/_sandbox/")
    text = page.locator("noscript .notice").inner_text()
    assert text.startswith("This page needs JavaScript")
    assert "_sandbox/events" in text
    context.close()
