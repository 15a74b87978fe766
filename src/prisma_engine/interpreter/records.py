"""Operators on records and lists of records: pure functions, each written once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from prisma_engine.errors import UserFacingError
from prisma_engine.interpreter.forms import parse_document, same
from prisma_engine.ports import Record, Rows

__all__ = [
    "Link",
    "Operations",
    "Page",
    "attach",
    "concat",
    "diff",
    "distinct",
    "key_of",
    "linking_key",
    "map_field",
    "paginate",
    "process",
    "required",
    "reverse",
    "unique",
]

Key = Callable[[Record], Hashable]


def unique(value: object) -> object:
    """Take the only element of a list, None of an empty one; what is no list stays. Errors: several elements."""
    if not isinstance(value, list):
        return value
    if len(value) > 1:
        raise UserFacingError(None, f"Expected zero or one element, got {len(value)}")
    return next(iter(value), None)


def required(value: object) -> object:
    """Return the value. Errors: it is None or an empty list."""
    if value is None or value == []:
        raise UserFacingError(None, "Required value is empty")
    return value


def reverse(value: object) -> object:
    """Return a list back to front; what is no list stays."""
    return value[::-1] if isinstance(value, list) else value


def concat(parts: Iterable[object]) -> list[object]:
    """Join lists; a part that is no list, None included, counts as one element."""
    joined: list[object] = []
    for part in parts:
        joined.extend(part if isinstance(part, list) else [part])
    return joined


def map_field(column: str, value: object) -> object:
    """Take one column of a record, or of every record of a list; None stays."""
    if isinstance(value, list):
        return [map_field(column, item) for item in value]
    return value.get(column) if isinstance(value, dict) else None


def _hashable(value: object) -> Hashable:
    return tuple(map(_hashable, value)) if isinstance(value, list) else value


def key_of(columns: Sequence[str]) -> Key:
    """Make the function that reads the values by which records are compared."""
    if len(columns) != 1:
        return lambda record: tuple(_hashable(record.get(column)) for column in columns)
    (column,) = columns

    def single(record: Record) -> Hashable:
        value = record.get(column)
        return _hashable(value) if isinstance(value, list) else value

    return single


def linking_key(columns: Sequence[str]) -> Key:
    """The same for the columns of a relation, which every record has and which are no lists: much quicker."""
    return itemgetter(*columns) if columns else lambda _record: ()


@dataclass(frozen=True, slots=True)
class Link:
    """How children find their parents, and under which field they are put."""

    parent_key: Key
    child_key: Key
    field: str
    to_one: bool

    @classmethod
    def of(cls, child: Any) -> Link:
        """The link that a `join` node has for a child."""
        return cls(
            parent_key=linking_key([parent for parent, _ in child["on"]]),
            child_key=linking_key([column for _, column in child["on"]]),
            field=child["parentField"],
            to_one=child["isRelationUnique"],
        )


def attach(parents: object, children: object, link: Link) -> None:
    """Put children into the parents that have the same key; without one, a parent gets an empty list or None."""
    groups: defaultdict[Hashable, list[Record]] = defaultdict(list)
    child_key, types = link.child_key, getattr(children, "types", {})
    for child in _record_list(children):
        groups[child_key(child)].append(child)
    for parent in _record_list(parents):
        found = groups.get(link.parent_key(parent), [])
        parent[link.field] = (
            Rows(found, types) if not link.to_one else found[-1] if found else None
        )  # the last one wins
    if isinstance(parents, Rows):
        parents.types = {}  # they have a column more now


def _record_list(value: Any) -> list[Record]:
    if isinstance(value, Rows):
        return value
    items = value if isinstance(value, list) else [value]
    return [item for item in items if item is not None]


def diff(source: object, known: object, columns: Sequence[str]) -> list[object]:
    """Keep the records of the source whose key no known record has; None counts as a record of its own."""
    key = key_of(columns)

    def key_or_none(item: object) -> Hashable:
        return key(item) if isinstance(item, dict) else None

    known_keys = set(map(key_or_none, _as_list(known)))
    return [item for item in _as_list(source) if key_or_none(item) not in known_keys]


def _as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


@dataclass(frozen=True, slots=True)
class Page:
    """A slice of a list: from the record that matches the cursor, after `skip` records, `take` of them or all."""

    cursor: Mapping[str, object] | None = None
    skip: int = 0
    take: int | None = None


@dataclass(frozen=True, slots=True)
class Operations:
    """What the database did not do: distinct, paging (by group of the linking columns), order, nested lists."""

    distinct: Sequence[str] | None = None
    page: Page | None = None
    reverse: bool = False
    linking: Sequence[str] = ()
    nested: Mapping[str, Operations] = field(default_factory=dict)


def distinct(records: list[Record], columns: Sequence[str]) -> list[Record]:
    """Keep the first record of each key."""
    key = key_of(columns)
    first: dict[Hashable, Record] = {}
    for record in records:
        first.setdefault(key(record), record)
    return list(first.values())


def paginate(records: list[Record], page: Page) -> list[Record]:
    """Cut one page out of a list; empty when no record matches the cursor."""
    start = _start(records, page.cursor)
    if start is None:
        return []
    start += page.skip
    return records[start:] if page.take is None else records[start : start + page.take]


def _start(records: Sequence[Record], cursor: Mapping[str, object] | None) -> int | None:
    if cursor is None:
        return 0
    return next((index for index, record in enumerate(records) if _matches(record, cursor)), None)


def _matches(record: Record, cursor: Mapping[str, object]) -> bool:
    return all(same(record.get(column), wanted) for column, wanted in cursor.items())


def _paginate_groups(records: list[Record], page: Page, linking: Sequence[str]) -> list[Record]:
    key = key_of(linking)
    groups: defaultdict[Hashable, list[Record]] = defaultdict(list)
    for record in records:
        groups[key(record)].append(record)
    return [record for group in groups.values() for record in paginate(group, page)]


def process(value: object, operations: Operations) -> object:
    """Apply the operations to a list, a record, or JSON text of one of them; None stays."""
    if isinstance(value, str):
        value = parse_document(value)
    if isinstance(value, dict):
        value = _process_record(value, operations)
    elif isinstance(value, list):
        value = _process_list(value, operations)
    _process_nested(value, operations.nested)
    return value


def _process_record(record: Record, operations: Operations) -> Record | None:
    page = operations.page
    return record if page is None or paginate([record], page) else None


def _process_list(records: list[Record], operations: Operations) -> list[Record]:
    if operations.distinct is not None:
        records = distinct(records, [*operations.distinct, *operations.linking])
    if operations.page is not None and operations.linking:
        records = _paginate_groups(records, operations.page, operations.linking)
    elif operations.page is not None:
        records = paginate(records, operations.page)
    return records[::-1] if operations.reverse else records


def _process_nested(value: object, nested: Mapping[str, Operations]) -> None:
    for column, operations in nested.items():
        for record in _record_list(value):
            record[column] = process(record.get(column), operations)
