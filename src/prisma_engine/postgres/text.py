"""Values that travel as the text which PostgreSQL itself reads and writes, whatever their type."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final

import asyncpg
from asyncpg.types import Type

from prisma_engine.postgres.driver import Driver
from prisma_engine.postgres.values import Encoder, Values

__all__ = ["Decoder", "text_values"]

Decoder = Callable[[str], object]
_DecoderFor = Callable[[str], Decoder]

_CATALOG: Final = "pg_catalog"
_SCALAR: Final = "scalar"  # the driver looks into values of every other kind
_DOMAIN: Final = b"d"


def text_values(encoder_for: Callable[[str], Encoder], decoder_for: _DecoderFor) -> Values:
    """Values for a connection whose parameters and columns are texts to the driver.

    Shape: the functions get a type's name, `int4` or `int4[]`, with the schema before it where that is not PostgreSQL's
    own, as in `public.colour`; a domain is the type that it restricts. Encoders give texts, decoders take them; null
    stays None without them.
    """

    def set_codecs(driver: Driver) -> None:
        driver.learn_types = partial(_learn, driver, decoder_for)

    def adopt(connection: asyncpg.Connection[asyncpg.Record], types: Iterable[Type], known: set[int]) -> bool:
        new = {type_.oid: type_ for type_ in types if type_.oid not in known}
        for oid, type_ in new.items():
            _travel_as_text(connection, Type(oid, type_.name, _SCALAR, type_.schema), decoder_for)
        known.update(new)
        return bool(new)

    return Values(
        set_codecs=set_codecs,
        adopt=adopt,
        encoder_for=lambda server_type: encoder_for(_full_name(server_type)),
        decoder_for=lambda _server_type: None,
        canonical_type=lambda _server_type: object,
    )


def _learn(driver: Driver, decoder_for: _DecoderFor, rows: Sequence[Mapping[str, Any]]) -> None:
    """Have types travel as text that the driver does not know by itself, and would look into."""
    described = {row["oid"]: row for row in rows}
    for row in rows:
        _travel_as_text(driver, _type_of(row, described), decoder_for)


def _type_of(row: Mapping[str, Any], described: Mapping[int, Mapping[str, Any]]) -> Type:
    meant = described[row["basetype"]] if row["kind"] == _DOMAIN else row
    name = meant["name"]
    is_array = bool(meant["elemtype"]) and name.startswith("_")  # vectors have elements too
    return Type(row["oid"], f"{name.removeprefix('_')}[]" if is_array else name, _SCALAR, meant["ns"])


def _travel_as_text(connection: asyncpg.Connection[asyncpg.Record], type_: Type, decoder_for: _DecoderFor) -> None:
    settings = connection.get_settings()  # unlike `set_type_codec`, this asks the server nothing
    decode = decoder_for(_full_name(type_))
    settings.add_python_codec(type_.oid, type_.name, type_.schema, [], type_.kind, str, decode, "text")


def _full_name(type_: Type) -> str:
    return type_.name if type_.schema == _CATALOG else f"{type_.schema}.{type_.name}"
