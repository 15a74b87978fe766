"""Conversations with branches: the path that a person sees last, from a leaf up to the root."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Final

from readers.reading import Json, text_or_none

_NEVER: Final = datetime.min.replace(tzinfo=timezone.utc)


def parents_of(nodes: Mapping[str, Mapping[str, Json]], name: str) -> dict[str, str | None]:
    """The parent of each node, which it has under a name."""
    return {id_: text_or_none(node.get(name)) for id_, node in nodes.items()}


def path_to(leaf: str, parents: Mapping[str, str | None]) -> list[str]:
    """The nodes from the root to a leaf; a parent that is not there, or was there already, ends it."""
    path: list[str] = []
    seen: set[str] = set()
    node: str | None = leaf
    while node is not None and node in parents and node not in seen:
        path.append(node)
        seen.add(node)
        node = parents[node]
    return path[::-1]


def latest_leaf(parents: Mapping[str, str | None], times: Mapping[str, datetime | None]) -> str | None:
    """The leaf with the latest time, of several the last; None where there are no nodes."""
    inner = set(parents.values())
    leaves = [node for node in parents if node not in inner] or list(parents)
    latest: str | None = None
    for leaf in leaves:
        if latest is None or (times.get(leaf) or _NEVER) >= (times.get(latest) or _NEVER):
            latest = leaf
    return latest


def last_leaf(parents: Mapping[str, str | None]) -> str | None:
    """The leaf that one comes to from the last root by taking the last child at each fork."""
    children: dict[str | None, list[str]] = {}
    for node, parent in parents.items():
        children.setdefault(parent if parent in parents else None, []).append(node)
    return _descend(children, children[None][-1]) if None in children else None


def _descend(children: Mapping[str | None, Sequence[str]], node: str) -> str:
    while node in children:
        node = children[node][-1]
    return node
