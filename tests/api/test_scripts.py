from __future__ import annotations

import pytest
import responses

from lavaclient import BadRequestError, ForbiddenError, InvalidError, Lava, NotFoundError
from lavaclient.api.scripts import Script
from tests.support.recorder import Wire

URL = "https://example.com/install.sh"


def test_list_returns_the_scripts(lava: Lava, wire: Wire) -> None:
    mine = lava.scripts.create("tune", URL, "post_init")
    scripts = lava.scripts.list()
    assert wire.lines[-1] == "GET scripts"
    assert scripts[0] == mine
    assert [script.is_public for script in scripts] == [False, True, True]


def test_get_finds_a_script_by_id_or_name(lava: Lava, wire: Wire) -> None:
    script = lava.scripts.create("tune", URL, "post_init")
    wire.clear()
    assert lava.scripts.get(script.id) == lava.scripts.get("tune") == script
    assert wire.lines == ["GET scripts"] * 2
    lava.scripts.get("tune").delete()
    with pytest.raises(NotFoundError, match="there is no script 'tune'"):
        lava.scripts.get("tune")


def test_a_name_that_two_scripts_have_is_refused_with_both_ids() -> None:
    twins = [{"id": "a", "name": "tune"}, {"id": "b", "name": "tune"}]
    with responses.RequestsMock() as service:
        service.get("https://dfw.example.com/v2/1/scripts", json={"scripts": twins})
        with Lava("ada", token="t" * 16, endpoint="https://dfw.example.com/v2/1") as lava:
            with pytest.raises(InvalidError, match=r"script_id: 2 scripts are named.* a, b$"):
                lava.scripts.get("tune")
            assert lava.scripts.get("a").id == "a"
            with pytest.raises(InvalidError, match="script_id"):
                lava.scripts.get("..")


@pytest.mark.parametrize("script_type", ["post_init", "POST_INIT", "Post_Init"])
def test_create_sends_the_type_in_capitals(lava: Lava, wire: Wire, script_type: str) -> None:
    script = lava.scripts.create("tune", URL, script_type)
    sent = {"script": {"name": "tune", "type": "POST_INIT", "url": URL}}
    assert wire.last == ("POST scripts", sent)
    assert isinstance(script, Script)
    assert (script.name, script.url, script.type) == ("tune", URL, "POST_INIT")
    assert script.created is not None
    assert script.updated is None
    assert repr(script) == f"<Script id={script.id!r} name='tune' type='POST_INIT'>"
    with pytest.raises(BadRequestError, match="exists already"):
        lava.scripts.create("tune", URL, "post_init")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("", URL, "post_init"), "name"),
        (("n" * 256, URL, "post_init"), "name"),
        ((None, URL, "post_init"), "name"),
        (("n", "", "post_init"), "url"),
        (("n", None, "post_init"), "url"),
        (("n", URL, "pre_init"), "script_type"),
        (("n", URL, None), "script_type"),
        (("n", URL, 5), "script_type"),
        (("\ud800", URL, "post_init"), "name"),
    ],
)
def test_create_refuses_what_is_no_good(
    lava: Lava, wire: Wire, arguments: tuple[str, str, str], named: str
) -> None:
    with pytest.raises(InvalidError, match=f"^{named} must"):
        lava.scripts.create(*arguments)
    assert wire.lines == []


def test_update_sends_what_is_given_alone(lava: Lava, wire: Wire) -> None:
    script = lava.scripts.create("tune", URL, "post_init")
    changed = lava.scripts.update(script.id, url=f"{URL}?2")
    assert wire.last == (f"PUT scripts/{script.id}", {"script": {"url": f"{URL}?2"}})
    assert (changed.name, changed.url) == ("tune", f"{URL}?2")
    lava.scripts.update(script.id, "tuned", script_type="post_init")
    assert wire.last[1] == {"script": {"name": "tuned", "type": "POST_INIT"}}


def test_update_wants_at_least_one_change(lava: Lava, wire: Wire) -> None:
    with pytest.raises(InvalidError, match="name, url and script_type"):
        lava.scripts.update("s")
    assert wire.lines == []


def test_public_scripts_cannot_be_changed(lava: Lava) -> None:
    public = lava.scripts.list()[0]
    with pytest.raises(ForbiddenError):
        public.update(name="mine")


def test_a_script_updates_and_deletes_itself(lava: Lava, wire: Wire) -> None:
    script = lava.scripts.create("tune", URL, "post_init")
    changed = script.update(name="tuned").update(url=f"{URL}?2")
    assert wire.last == (f"PUT scripts/{script.id}", {"script": {"url": f"{URL}?2"}})
    assert (script.name, changed.name) == ("tune", "tuned")
    changed.delete()
    assert wire.lines[-1] == f"DELETE scripts/{script.id}"
    assert script.id not in [left.id for left in lava.scripts.list()]


def test_delete_deletes_a_script(lava: Lava, wire: Wire) -> None:
    script = lava.scripts.create("tune", URL, "post_init")
    assert lava.scripts.delete(script.id) is None  # type: ignore[func-returns-value]
    assert wire.lines[-1] == f"DELETE scripts/{script.id}"
    with pytest.raises(NotFoundError):
        lava.scripts.delete(script.id)
