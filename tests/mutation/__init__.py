"""Changes to the library, one place at a time, and whether a test notices each of them.

mutmut thinks of the changes. They are made in a child of a pytest that has collected its
tests already, so a change takes as long as the tests that come to its line.
"""
