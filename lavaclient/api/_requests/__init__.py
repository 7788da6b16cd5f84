"""The bodies that go out, made of checked arguments."""
