"""Components, as nodes, distros and stacks name them."""

from __future__ import annotations

from typing import Required, TypedDict

__all__ = ["Component"]


class Component(TypedDict, total=False):
    """A program that runs on a node, as a plain dict.

    Attributes:
        name: The service's name for it; always there.
        nice_name: A name for people.
        uri: Where it can be reached from within the cluster.
        mode: In a distro, the mode in which the component is used.
    """

    name: Required[str]
    nice_name: str
    uri: str
    mode: str
