"""Writes a call's arguments as the text of a request, and takes their values out of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, Protocol

from prisma_engine.errors import UserFacingError

from .inputs import InputField, InputTable, InputType
from .shapes import Converter, Trace, as_it_is, name_of
from .values import NOT_A_PARAM, Values, untagged

__all__ = ["ALIASES", "OBJECT", "Models", "Tracer", "Writer", "scalars"]

ALIASES: Final[Mapping[str, str]] = {
    "startswith": "startsWith",
    "endswith": "endsWith",
    "has_every": "hasEvery",
    "has_some": "hasSome",
    "is_empty": "isEmpty",
    "order_by": "orderBy",
    "not_in": "notIn",
    "is_not": "isNot",
    "connect_or_create": "connectOrCreate",
    # Nested writes that the client has under its own names for whole calls.
    "create_many": "createMany",
    "update_many": "updateMany",
    "delete_many": "deleteMany",
    "skip_duplicates": "skipDuplicates",
}
"""The client's spelling of the schema's words. Source: all but the last four are Prisma Client Python's own."""

_EQUALS: Final = '"equals":'
_NAMES_RECORDS: Final = frozenset({'"connect":', '"set":'})
"""Inputs, as `InputField.key` has them, whose lists hold the keys of records and nothing else."""

OBJECT: Final = (dict, Mapping)  # dict first, because asking an abstract class takes ten times as long
_LIST: Final = (list, tuple, set)

_LEAST_INT: Final = -(2**31)
_MOST_INT: Final = 2**31 - 1


class Models(Protocol):
    """What a request needs to know of the client's model classes."""

    def name(self, model: type) -> str:
        """The model's name in the schema."""
        ...

    def fields(self, model: type) -> Sequence[str]:
        """The scalar fields that the class has, which are the ones to select."""
        ...

    def related(self, model: type, field: str) -> type:
        """The class behind a relation field. Errors: the client's own for a field that is no relation."""
        ...


class Writer:
    """Writes one request's text piece by piece and collects its parameters."""

    __slots__ = ("_dedupe", "_models", "_named", "_table", "_values", "params", "parts")

    def __init__(self, table: InputTable, values: Values, models: Models, *, dedupe: bool) -> None:
        self._table = table
        self._values = values
        self._models = models
        # The compiler sees that an upsert looks for what it would create by the placeholders' names, and only then
        # makes it one atomic statement; so equal values of an upsert share a name. So do equal texts of a search.
        self._dedupe = dedupe
        self._named: dict[tuple[str, object], int] = {}
        self.parts: list[str] = []
        self.params: list[object] = []

    def arguments(self, arguments: Mapping[str, Any], type_: InputType) -> None:
        """Write an argument object without its `include`; None means that the argument was not given."""
        given = {key: value for key, value in arguments.items() if value is not None and key != "include"}
        self.write_object(given, type_)

    def write_object(self, value: Mapping[str, Any], type_: InputType) -> None:
        """Write an object of the call's arguments."""
        parts = self.parts
        separator = "{"
        for key, item in value.items():
            field = type_.get(key)
            if field is None:
                name = ALIASES.get(key, key)
                field = type_.get(name)
            parts.append(separator)
            separator = ","
            if field is None:
                # Unknown here, so unknown to the compiler, whose error names it.
                parts.append(f"{json.dumps(untagged(name))}:")
                self._unknown(item)
            else:
                parts.append(field.key)
                if type(item) is field.plain_type:
                    self._plain(item, field)
                else:
                    self._field(item, field)
        parts.append("{}" if separator == "{" else "}")

    def _unknown(self, value: object) -> None:
        if isinstance(value, OBJECT):
            self.write_object(value, {})
        elif isinstance(value, _LIST):
            self._each(value, self._unknown)
        else:
            self.parts.append(self._values.literal(value))

    def _field(self, value: object, field: InputField) -> None:
        # Where one document or several may stand, such as after `push`, a list is several.
        several = field.takes_list_param and isinstance(value, _LIST)
        if field.takes_param and value is not None and not several and self._param(value, field):
            return
        type_ = field.type
        if isinstance(value, OBJECT) and type_ is not None:
            self.write_object(value, type_)
        elif field.json_filter and type_ is not None:
            # The client's types let a document, or None, stand for the filter that equals it.
            self.write_object({"equals": value}, type_)
        elif isinstance(value, _LIST):
            self._list(value, field)
        else:
            self._literal(value, field)

    def _plain(self, value: object, field: InputField) -> None:
        self.parts.append(_placeholder(self._index(field, value), field.type_word))

    def _param(self, value: object, field: InputField) -> bool:
        if field.json and isinstance(value, OBJECT) and field.type is not None:
            return False  # an operator object, not data
        converted = self._values.converters[field.converter](value)
        if converted is NOT_A_PARAM:
            converted = self._taught(value, field)
        if converted is NOT_A_PARAM:
            return False
        self.parts.append(_placeholder(self._index(field, converted), field.type_word))
        return True

    def _taught(self, value: object, field: InputField) -> object:
        """A placeholder's value for one of a type that the program has taught the client's serialiser."""
        written = self._values.written(value)
        return NOT_A_PARAM if written is value else self._values.converters[field.converter](written)

    def _index(self, field: InputField, value: object) -> int:
        index = len(self.params) + 1
        if self._dedupe or field.shared:
            known = self._named.setdefault(name_of(field.type_word, value), index)
            if known != index:
                return known
        self.params.append(value)
        return index

    def _list(self, value: list[object] | tuple[object, ...] | set[object], field: InputField) -> None:
        if field.takes_list_param and self._list_param(value, field):
            return
        if field.set_by_list:
            # As a list its items would be literals of the plan, as {"set": …} they are one parameter.
            assert field.type is not None  # noqa: S101  # `set` is only true where there are object types
            self.write_object({"set": value}, field.type)
        elif field.type is not None:
            self._objects(value, field)
        else:
            self._literal(value, field)

    def _list_param(self, value: list[object] | tuple[object, ...] | set[object], field: InputField) -> bool:
        convert = self._values.converters[field.converter]
        items = [NOT_A_PARAM if item is None else convert(item) for item in value]
        if any(item is NOT_A_PARAM for item in items):
            items = [
                self._taught(item, field) if converted is NOT_A_PARAM else converted
                for item, converted in zip(value, items, strict=True)
            ]
        if any(item is NOT_A_PARAM for item in items):
            return False
        # A whole list of documents is compared as one document.
        self.params.append(f"[{','.join(map(str, items))}]" if field.json and field.key == _EQUALS else items)
        self.parts.append(_list_placeholder(len(self.params), field.type_word))
        return True

    def _objects(self, value: list[object] | tuple[object, ...] | set[object], field: InputField) -> None:
        def write(item: object) -> None:
            if isinstance(item, OBJECT) and field.type is not None:
                self.write_object(item, field.type)
            else:
                self._literal(item, field)

        # The same record named twice is one record; with its values as parameters the compiler would count two.
        self._each({repr(item): item for item in value}.values() if field.key in _NAMES_RECORDS else value, write)

    def _each(self, items: Iterable[object], write: Callable[[object], None]) -> None:
        self.parts.append("[")
        for position, item in enumerate(items):
            if position:
                self.parts.append(",")
            write(item)
        self.parts.append("]")

    def _literal(self, value: object, field: InputField) -> None:
        if field.compared and value is not None and not isinstance(value, _LIST):
            self._values.check_comparable(value)
        if field.scalar == "Int":
            value = _without_fractions(value)
        is_null_list = value is None and field.takes_list_param and not field.takes_param
        self.parts.append(self._values.literal(value, "" if field.enum or is_null_list else field.scalar))
        if field.scalar == "Int":
            for item in value if isinstance(value, _LIST) else (value,):
                _check_range(item, field)

    def selection(self, model: type, include: Mapping[str, Any] | None) -> None:
        """Write which fields to read: the model's scalars, and the relations of `include`."""
        if include is not None and not isinstance(include, OBJECT):
            raise TypeError(f"Expected `dict` include value but got {type(include)} instead.")
        parts = self.parts
        parts.append(scalars(tuple(self._models.fields(model))))
        for field, value in (include or {}).items():
            if value is False:
                continue
            if value is not True and not isinstance(value, OBJECT):
                raise TypeError(f"Expected `bool` or `dict` include value but got {type(value)} instead.")
            self._relation(model, field, {} if value is True else value)
        parts.append("}")

    def _relation(self, model: type, field: str, value: Mapping[str, Any]) -> None:
        related = self._models.related(model, field)
        self.parts.append(f'{"" if self.parts[-1] == "{" else ","}"{field}":{{"arguments":')
        self.arguments(value, self._table.relation(self._models.name(model), field))
        self.parts.append(',"selection":')
        self.selection(related, value.get("include"))
        self.parts.append("}")


class Tracer(Writer):
    """A writer that says what has become of each value; `trace` is None where the text depends on more than that."""

    __slots__ = ("trace",)

    def __init__(self, table: InputTable, values: Values, models: Models, *, dedupe: bool) -> None:
        super().__init__(table, values, models, dedupe=dedupe)
        self.trace: Trace | None = Trace(are_named=dedupe)

    def _plain(self, value: object, field: InputField) -> None:
        super()._plain(value, field)
        self._became(value, as_it_is, field.type_word)

    def _param(self, value: object, field: InputField) -> bool:
        is_param = super()._param(value, field)
        if is_param:
            self._became(value, self._values.converters[field.converter], field.type_word)
        return is_param

    def _index(self, field: InputField, value: object) -> int:
        if field.shared:
            self.trace = None
        return super()._index(field, value)

    def _objects(self, value: list[object] | tuple[object, ...] | set[object], field: InputField) -> None:
        super()._objects(value, field)
        if field.key in _NAMES_RECORDS:
            self.trace = None

    def _literal(self, value: object, field: InputField) -> None:
        super()._literal(value, field)
        self._became(value, None, "")

    def _became(self, value: object, converter: Converter | None, type_word: str) -> None:
        if self.trace is not None:
            self.trace.add(value, converter, type_word)


def _without_fractions(value: object) -> object:
    """Text in place of each number that has a fraction: the compiler refuses that, and would cut the fraction off."""
    if isinstance(value, _LIST):
        return [_without_fractions(item) for item in value]
    return str(value) if isinstance(value, (float, Decimal)) else value


def _check_range(value: object, field: InputField) -> None:
    """Refuse what the compiler would change without a word: it wraps at 32 bits. Errors: UserFacingError P2019."""
    if isinstance(value, int) and not isinstance(value, bool) and not _LEAST_INT <= value <= _MOST_INT:
        raise UserFacingError("P2019", f"Input error. {field.key[:-1]} is {value}, which does not fit in 32 bits.")


@lru_cache(maxsize=1024)
def _placeholder(index: int, type_word: str) -> str:
    return f'{{"$type":"Param","value":{{"name":"%{index}","type":"{type_word}"}}}}'


def _list_placeholder(index: int, type_word: str) -> str:
    return f'{{"$type":"Param","value":{{"name":"%{index}","type":"List","inner":{{"type":"{type_word}"}}}}}}'


@lru_cache(maxsize=1024)
def scalars(fields: tuple[str, ...]) -> str:
    """The beginning of a selection, with these fields."""
    return "{" + ",".join(f'"{field}":true' for field in fields)
