"""Switches the fixtures on."""

pytest_plugins = ["lavaclient.testing.plugin"]
