"""Rows that belong together and must be in the same split."""

from collections import Counter
from collections.abc import Iterable


class Links:
    """A union-find over prompt keys; keys without links take no memory."""

    def __init__(self) -> None:
        self._parent: dict[int, int] = {}

    def unite(self, one: int, other: int) -> None:
        """Link two keys and the groups that they belong to."""
        first, second = sorted((self.of(one), self.of(other)))
        if first != second:
            self._parent[second] = first
            self._parent.setdefault(first, first)

    def of(self, key: int) -> int:
        """Return the group's key: the smallest of its members' keys."""
        parent = self._parent
        root = key
        while (above := parent.get(root, root)) != root:
            root = above
        while key != root:
            parent[key], key = root, parent[key]
        return root

    def sizes(self, keys: Iterable[int]) -> Counter[int]:
        """Return how many of the keys belong to each group that was linked."""
        return Counter(self.of(key) for key in keys if key in self)

    def __bool__(self) -> bool:
        return bool(self._parent)

    def __contains__(self, key: int) -> bool:
        return key in self._parent
