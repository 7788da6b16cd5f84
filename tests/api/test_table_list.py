from __future__ import annotations

import copy
import html
import json
import pickle

import msgspec
import pytest

from lavaclient import Lava
from lavaclient.api._base import Model
from lavaclient.api._table_list import TableList
from lavaclient.api.credentials import Credentials, SSHKey
from tests.api.conftest import PUBLIC_KEY


def _table(value: object) -> str:
    """Return what a notebook shows of a value."""
    shown = getattr(value, "_repr_html_", None)
    assert shown is not None, type(value)
    table: str = shown()
    return table


def test_a_list_shows_as_a_table_in_a_notebook(lava: Lava) -> None:
    stacks = lava.stacks.list()
    assert isinstance(stacks, list)
    table = stacks._repr_html_()  # type: ignore[attr-defined]
    assert table.startswith("<table><thead><tr><th>id</th><th>name</th>")
    assert table.count("<tr>") == len(stacks) + 1
    assert f"<td>{html.escape(stacks[0].id)}</td>" in table


def test_texts_in_the_table_are_escaped(lava: Lava) -> None:
    lava.scripts.create("<b>bold</b>", "https://example.com/x.sh", "post_init")
    table = lava.scripts.list()._repr_html_()  # type: ignore[attr-defined]
    assert "<b>" not in table
    assert "&lt;b&gt;bold&lt;/b&gt;" in table


def test_a_long_list_shows_its_first_rows(lava: Lava) -> None:
    flavors = TableList(lava.flavors.list() * 50)
    table = flavors._repr_html_()
    assert table.count("<tr>") == 101
    assert f"<caption>and {len(flavors) - 100} more</caption>" in table


def test_a_list_of_other_things_shows_as_it_is() -> None:
    assert TableList([1, "<"])._repr_html_() == "<pre>[1, &#x27;&lt;&#x27;]</pre>"


def test_a_field_that_is_none_is_an_empty_cell(lava: Lava) -> None:
    class Thing:
        _repr_fields = ("id", "name")
        id, name = "a", None

    assert "<td>a</td><td></td>" in TableList([Thing()])._repr_html_()


def test_a_part_of_a_list_shows_as_a_table_too(lava: Lava) -> None:
    flavors = lava.flavors.list()
    assert _table(flavors[1:3]).count("<tr>") == 3
    assert isinstance(flavors[1:3], list)
    assert flavors[1:3] == list(flavors)[1:3]
    assert flavors[-1] == list(flavors)[-1]


def test_headings_have_units(lava: Lava) -> None:
    assert "<th>ram (MB)</th><th>disk (GB)</th>" in _table(lava.flavors.list())
    assert "<th>ram (MB)</th><td>1024</td>" in _table(lava.flavors.get("hadoop1-1"))


def test_limits_are_a_row_each_with_what_is_used(lava: Lava) -> None:
    table = _table(lava.limits.get())
    assert table.count("<tr>") == 5
    limit = lava.limits.get().ram
    assert f"<td>ram</td><td>{limit.limit}</td><td>0</td><td>{limit.limit}</td><td>MB</td>" in table


def test_credentials_are_a_row_each_those_of_unknown_types_too(lava: Lava) -> None:
    lava.credentials.create_ssh_key("laptop", PUBLIC_KEY)
    assert "<tr><td>ssh_keys</td><td>laptop</td></tr>" in _table(lava.credentials.list())
    assert "<td>laptop</td>" in _table(lava.credentials.list_ssh_keys())
    assert "<td>cloud_files</td>" in _table(lava.credentials.list_types())
    table = _table(Credentials(ssh_keys=[SSHKey(name="<k>")], other={"vault": [{"path": "a"}]}))
    assert "<td>&lt;k&gt;</td>" in table
    assert "<td>vault</td>" in table


def test_a_model_is_a_table_of_two_columns_with_tables_in_it(lava: Lava) -> None:
    table = _table(lava.stacks.get("HDP2.3_Hadoop"))
    assert table.startswith("<table><tbody><tr><th>id</th><td>HDP2.3_Hadoop</td></tr>")
    assert "<th>node_groups</th><td><table><thead>" in table
    assert "<th>links</th>" not in table


@pytest.mark.parametrize("noun", ["stacks", "distros"])
def test_the_lists_of_a_detailed_model_are_tables(lava: Lava, noun: str) -> None:
    model = lava.stacks.get("HDP2.3_Hadoop") if noun == "stacks" else lava.distros.get("HDP2.3")
    assert "<td>HDFS</td>" in _table(model.services)
    assert pickle.loads(pickle.dumps(model)) == model
    assert type(model.to_dict()["services"]) is list


def test_the_node_groups_of_a_cluster_and_its_nodes_are_tables(lava: Lava) -> None:
    lava.credentials.create_ssh_key("laptop", PUBLIC_KEY)
    cluster = lava.clusters.create("c", "HDP2.3_Hadoop", "ada", ["laptop"])
    assert "<td>slave0</td><td>1</td>" in _table(cluster.node_groups)
    table = _table(cluster)
    assert "<th>progress (%)</th>" in table
    assert "<th>ssh_keys</th><td>laptop</td>" in table


def test_the_lists_within_what_a_cluster_is_made_of_are_tables(patient: Lava) -> None:
    patient.credentials.create_ssh_key("laptop", PUBLIC_KEY)
    cluster = patient.clusters.create("c", "HDP2.3_Hadoop", "ada", ["laptop"], wait=True)
    node = next(node for node in cluster.nodes if node.name == "master0-1")
    stack, distro = patient.stacks.get("HDP2.3_Hadoop"), patient.distros.get("HDP2.3")
    components = _table(node.components)
    assert "<tr><th>name</th><th>nice_name</th><th>uri</th></tr>" in components
    assert "<td>ResourceManager</td>" in components
    assert "<td>203." in _table(node.addresses.public)
    for parts in (cluster.node_groups, stack.node_groups, stack.services, distro.services):
        tables = [_table(part.components) for part in parts]
        assert all("<th>name</th>" in table for table in tables)
    assert "<td>HDFS</td>" in _table(patient.stacks.list()[0].services)


def test_lists_of_components_are_lists_to_everybody_else(lava: Lava) -> None:
    components = lava.stacks.get("HDP2.3_Hadoop").node_groups[0].components
    plain = [dict(component) for component in components]
    assert isinstance(components, list)
    assert components == plain
    assert repr(components) == repr(plain)
    assert json.dumps(components) == json.dumps(plain)
    assert msgspec.json.encode(components) == msgspec.json.encode(plain)
    assert pickle.loads(pickle.dumps(components)) == plain
    assert copy.deepcopy(components) == plain


def test_dicts_show_under_their_keys() -> None:
    table = _table(TableList([{"name": "a"}, {"name": "b", "mode": "<m>"}]))
    assert "<th>name</th><th>mode</th>" in table
    assert "<td>b</td><td>&lt;m&gt;</td>" in table


def test_every_model_shows_as_a_table() -> None:
    assert "_repr_html_" in vars(Model)
