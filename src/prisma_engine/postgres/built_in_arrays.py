"""PostgreSQL's own arrays, as the driver would hear of them from the server: their oids never change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["BUILT_IN_ARRAYS"]

_ELEMENTS: Final = {
    199: (114, "json"),
    791: (790, "money"),
    1000: (16, "bool"),
    1001: (17, "bytea"),
    1003: (19, "name"),
    1005: (21, "int2"),
    1007: (23, "int4"),
    1014: (1042, "bpchar"),
    1015: (1043, "varchar"),
    1016: (20, "int8"),
    1021: (700, "float4"),
    1022: (701, "float8"),
    1041: (869, "inet"),
    1115: (1114, "timestamp"),
    1182: (1082, "date"),
    1183: (1083, "time"),
    1185: (1184, "timestamptz"),
    1231: (1700, "numeric"),
    1270: (1266, "timetz"),
    1561: (1560, "bit"),
    2951: (2950, "uuid"),
    3807: (3802, "jsonb"),
}
"""The oids of arrays, and the oids and names of their elements. Source: PostgreSQL's `pg_type.dat`."""

BUILT_IN_ARRAYS: Final[Mapping[int, Mapping[str, object]]] = {
    oid: {
        "oid": oid,
        "ns": "pg_catalog",
        "name": f"_{name}",
        "kind": b"b",
        "basetype": None,
        "elemtype": element,
        "elemdelim": b",",
        "range_subtype": None,
        "attrtypoids": None,
        "attrnames": None,
        "depth": 0,
        "basetype_name": None,
        "elemtype_name": name,
        "range_subtype_name": None,
    }
    for oid, (element, name) in _ELEMENTS.items()
}
"""Rows of asyncpg's question for types, by oid; it knows of itself no arrays but those of `text` and `oid`."""
