"""What somebody does who looks at the page, and what it shows of what their script does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from lavaclient import Lava, LavaError, ServerError
from lavaclient.sandbox import ManualClock, Sandbox
from lavaclient.sandbox.http.server import SandboxServer
from lavaclient.testing import LavaSandbox
from tests.browser.conftest import Watched

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


def _row(page: Page, name: str) -> Locator:
    return page.locator("#cluster-list > li").filter(has=page.get_by_text(name, exact=True))


def _build(lava: Lava, name: str = "nightly") -> str:
    return lava.clusters.create(name, "HDP2.3_Hadoop", username="me", ssh_keys=["laptop"]).id


def _clipboard(page: Page) -> str:
    text: str = page.evaluate("navigator.clipboard.readText()")
    return text


def test_a_cluster_that_a_script_builds_is_seen_to_progress(page: Page, lava: Lava) -> None:
    page.get_by_text("No cluster here").wait_for()
    _build(lava)
    row = _row(page, "nightly")
    row.get_by_text("BUILDING", exact=True).wait_for()
    row.get_by_text("5 % 10:00").wait_for()
    for _ in range(5):
        page.get_by_role("button", name="+1 min").click()
    row.get_by_text("52 % 5:00").wait_for()
    row.locator("summary").click()
    row.get_by_text("ambari-1", exact=True).wait_for()
    timeline = row.get_by_role("list", name="Timeline of nightly")
    assert timeline.locator("li").count() == 3
    assert timeline.locator("[aria-current=step]").inner_text().startswith("BUILDING")
    page.get_by_role("button", name="+1 min").click(click_count=3)
    row.locator("summary").get_by_text("CONFIGURING", exact=True).wait_for()
    page.get_by_role("button", name="Until all is done").click()
    row.locator("summary").get_by_text("ACTIVE", exact=True).wait_for()
    assert row.locator(".track").is_hidden()
    assert lava.clusters.get("nightly").status == "ACTIVE"


def test_the_clock_is_moved_and_shown(page: Page, clock: ManualClock) -> None:
    page.get_by_text("2025-10-09 08:53:20").wait_for()
    page.get_by_role("button", name="+10 min").click()
    page.get_by_text("2025-10-09 09:03:20").wait_for()
    clock.advance(40)
    page.get_by_text("2025-10-09 09:04:00").wait_for()


def test_a_fault_is_injected_and_seen_to_hit(page: Page, lava: Lava) -> None:
    page.get_by_text("No fault is in force.").wait_for()
    form = page.get_by_role("form", name="A fault at the next request")
    form.get_by_label("Method").select_option("DELETE")
    form.get_by_label("Path").fill("clusters")
    form.get_by_role("button", name="503").click()
    page.get_by_text("never hit").wait_for()
    line = page.get_by_label("Or as a line")
    line.fill("GET flavors: 503 x9 retry-after=0")
    line.press("Enter")
    faults = page.locator("#faults > li")
    faults.nth(1).wait_for()
    with pytest.raises(ServerError):
        lava.flavors.list()
    faults.nth(1).get_by_text("hit", exact=False).filter(has_text="of 9").wait_for()
    assert faults.nth(0).get_by_text("never hit").is_visible()
    # The client tried again: the first of its requests is the last of the list.
    request = page.locator("#request-list > li").filter(has_text="fault GET flavors: 503").last
    request.locator("summary").click()
    request.get_by_text("A fault hit it: GET flavors: 503 retry-after=0 x9.").wait_for()
    page.get_by_role("button", name="Clear", exact=True).click()
    page.get_by_text("No fault is in force.").wait_for()


def test_a_line_that_is_no_fault_is_explained_beside_it(page: Page, watched: Watched) -> None:
    page.get_by_label("Or as a line").fill("GET: nonsense")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("alert").filter(has_text="'GET: nonsense' is not a fault").wait_for()
    watched.refusals.clear()


def test_a_build_is_made_to_fail(page: Page, lava: Lava) -> None:
    page.get_by_role("button", name="Fail the next build").click()
    page.get_by_text("The next build fails after a minute").wait_for()
    _build(lava, "doomed")
    _build(lava, "lucky")
    page.get_by_role("button", name="+1 min").click()
    _row(page, "doomed").get_by_text("ERROR", exact=True).wait_for()
    lucky = _row(page, "lucky")
    lucky.locator("summary").click()
    lucky.get_by_role("button", name="Fail", exact=True).click()
    lucky.locator("summary").get_by_text("ERROR", exact=True).wait_for()
    assert {cluster.status for cluster in lava.clusters.list()} == {"ERROR"}


def test_a_cluster_is_finished_and_deleted(page: Page, lava: Lava, watched: Watched) -> None:
    _build(lava)
    row = _row(page, "nightly")
    row.locator("summary").click()
    row.get_by_role("button", name="Delete").click()
    page.get_by_text("it can be deleted only when that is over").wait_for()
    watched.refusals.clear()
    row.get_by_role("button", name="Finish now").click()
    row.locator("summary").get_by_text("ACTIVE", exact=True).wait_for()
    row.get_by_role("button", name="JSON").click()
    shown = page.get_by_role("dialog").locator("textarea").input_value()
    assert json.loads(shown)["name"] == "nightly"
    page.get_by_role("button", name="Close").click()
    row.get_by_role("button", name="Delete").click()
    row.locator("summary").get_by_text("DELETING", exact=True).wait_for()
    page.get_by_role("button", name="+1 min").click()
    page.get_by_text("No cluster here").wait_for()


def test_the_exports_are_copied_and_lead_a_script_there(page: Page, lava: Lava) -> None:
    page.get_by_role("button", name="Copy exports").click()
    page.get_by_text("Copied: the exports").wait_for()
    script = "from lavaclient import Lava; print(Lava.from_env().limits.get().node_count.limit)"
    command = f'{_clipboard(page)}\n"{sys.executable}" -c "{script}"'
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)}
    ran = subprocess.run(
        ["bash", "-c", command],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert (ran.stdout, ran.stderr) == ("100\n", "")


def test_curl_and_python_are_copied_and_run(page: Page, lava: Lava) -> None:
    page.get_by_role("button", name="Copy curl").click()
    page.get_by_text("Copied: curl").wait_for()
    ran = subprocess.run(
        ["bash", "-c", _clipboard(page)], capture_output=True, text=True, check=False, timeout=60
    )
    assert json.loads(ran.stdout)["access"]["user"]["name"] == "sandbox"
    page.get_by_role("button", name="Copy Python").click()
    page.get_by_text("Copied: Python").wait_for()
    ran = subprocess.run(
        [sys.executable, "-"],
        input=_clipboard(page),
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert (ran.stdout, ran.stderr) == ("[]\n", "")


def test_a_request_tells_why_it_was_refused_and_is_copied(
    page: Page, lava: Lava, server: SandboxServer
) -> None:
    with pytest.raises(LavaError):
        lava.clusters.create(
            "it's", "HDP2.3_Hadoop", username="me", ssh_keys=["laptop"],
            node_groups={"slave0": {"count": 100}},
        )  # fmt: skip
    request = page.locator("#request-list > li").first
    request.get_by_text("Quota exceeded for node_count").wait_for()
    request.locator("summary").click()
    request.get_by_text("It was refused: Quota exceeded").wait_for()
    request.get_by_role("button", name="Copy as curl").click()
    page.get_by_text("Copied: the request as curl").wait_for()
    environ = {**os.environ, "AUTH_TOKEN": lava.token}
    ran = subprocess.run(
        ["bash", "-c", _clipboard(page)],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    request = page.locator("#request-list > li").nth(1)
    assert "Quota exceeded" in json.loads(ran.stdout)["fault"]["message"]
    request.get_by_role("button", name="Copy as a test").click()
    page.get_by_text("Copied: the request as a test").wait_for()
    with LavaSandbox() as lava_sandbox:
        with pytest.raises(AssertionError):
            exec(_clipboard(page), {"lava_sandbox": lava_sandbox})
        lava_sandbox.sandbox.requests.append(server.sandbox.requests[-1])
        exec(_clipboard(page), {"lava_sandbox": lava_sandbox})


def test_requests_are_filtered_and_held(page: Page, lava: Lava, watched: Watched) -> None:
    with pytest.raises(LavaError):
        lava.clusters.get("none")
    lava.flavors.list()
    rows = page.locator("#request-list > li")
    rows.get_by_text("/dfw/v2/123456/flavors").wait_for()
    filters = page.locator("#requests")
    filters.get_by_label("Status").select_option("4xx")
    rows.nth(1).wait_for(state="detached")
    assert "clusters/none" in rows.inner_text()
    filters.get_by_label("Status").select_option("any")
    filters.get_by_label("Path").fill("flavors")
    rows.nth(1).wait_for(state="detached")
    rows.get_by_text("/dfw/v2/123456/flavors").wait_for()
    filters.get_by_label("Path").fill("")
    filters.get_by_label("Method").select_option("POST")
    rows.get_by_text("GET", exact=True).first.wait_for(state="detached")
    assert rows.count() == rows.get_by_text("POST", exact=True).count() == 2
    filters.get_by_label("Method").select_option("any")
    page.get_by_role("button", name="Pause").click()
    lava.stacks.list()
    assert rows.get_by_text("/stacks").count() == 0
    page.get_by_role("button", name="Pause").click()
    rows.get_by_text("/dfw/v2/123456/stacks").wait_for()


def test_a_state_is_saved_forgotten_and_restored(page: Page, lava: Lava, sandbox: Sandbox) -> None:
    _build(lava)
    _row(page, "nightly").wait_for()
    name = page.get_by_label("Name")
    name.fill("half/built")
    name.press("Enter")
    page.get_by_role("button", name="Restore half/built").wait_for()
    reset = page.get_by_role("group", name="Clock").get_by_role("button", name="Reset")
    reset.click()
    page.get_by_role("button", name="Cancel").click()
    assert len(sandbox.account().clusters) == 1
    reset.click()
    page.get_by_role("dialog").get_by_role("button", name="Reset").click()
    page.get_by_text("No cluster here").wait_for()
    page.get_by_text("No request so far").wait_for()
    page.get_by_role("button", name="Restore half/built").click()
    _row(page, "nightly").get_by_text("BUILDING", exact=True).wait_for()


def test_a_world_is_taken_home_and_brought_back(page: Page, lava: Lava, sandbox: Sandbox) -> None:
    _build(lava)
    with page.expect_download() as started:
        page.get_by_role("link", name="Download world file").click()
    world = started.value.path().read_bytes()
    sandbox.reset()
    page.get_by_text("No cluster here").wait_for()
    page.get_by_label("Load world file").set_input_files(
        {"name": "ours.json", "mimeType": "application/json", "buffer": world}
    )
    page.get_by_text("Loaded ours.json").wait_for()
    _row(page, "nightly").wait_for()


def test_tokens_are_counted_and_ended(page: Page, lava: Lava) -> None:
    page.get_by_text("1 token, good until").wait_for()
    page.get_by_role("button", name="Expire all tokens").click()
    page.get_by_text("no token").wait_for()


def test_quotas_keys_and_scripts_follow(page: Page, lava: Lava) -> None:
    page.get_by_role("meter", name="nodes").wait_for()
    _build(lava)
    page.locator("[role=meter][aria-label=nodes][aria-valuetext='4 of 100']").wait_for()
    lava.scripts.create("agent", "https://example.com/agent.sh", "POST_INIT")
    page.get_by_text("https://example.com/agent.sh").wait_for()
    page.locator("#things").get_by_text("laptop").wait_for()
