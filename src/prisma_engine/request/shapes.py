"""Calls by their shape: of calls that differ in their values alone, one is written, and the others take its plan.

The shape of a call is the keys of its arguments with the types of their values. When a call of a new shape is written,
it is traced what becomes of each value: a placeholder, by a converter, or a part of the text, and then the plan is
looked up by it, too. Where the text depends on anything else, calls of that shape are written each time.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from .values import NOT_A_PARAM

__all__ = ["Converter", "Shapes", "Trace", "as_it_is", "name_of"]

Converter = Callable[[Any], object]
"""Makes a placeholder's value."""

_Plan = TypeVar("_Plan")
_Form = tuple[object, ...]

_END: Final = object()
"""Closes the keys of a dictionary, and the dictionaries of a list."""

_IN_THE_TEXT: Final = frozenset({str, bool, int, type(None)})
"""Types whose equal values are written alike, whatever a program teaches the client's serialiser."""


def as_it_is(value: object) -> object:
    """The converter of what needs none."""
    return value


def name_of(type_word: str, value: object) -> tuple[str, object]:
    """What placeholders of one Prisma type that have this value may share; 0.0 equals -0.0, but is not the same."""
    return type_word, value.hex() if isinstance(value, float) else value


class Trace:
    """What becomes of the values of a call, in their order; `are_named`, that placeholders of equal values are one."""

    __slots__ = ("are_named", "steps")

    def __init__(self, *, are_named: bool) -> None:
        self.are_named = are_named
        self.steps: list[tuple[object, Converter | None, str]] = []

    def add(self, value: object, converter: Converter | None, type_word: str) -> None:
        """A value has become a placeholder of a Prisma type; without a converter, a part of the text."""
        self.steps.append((value, converter, type_word))


@dataclass(frozen=True, slots=True)
class _Shape(Generic[_Plan]):
    """What calls of one shape have in common."""

    placeholders: tuple[tuple[int, Converter, str], ...]  # the place of each, how it is made, and its Prisma type
    in_the_text: tuple[int, ...]
    are_named: bool
    is_plain: bool  # all values are placeholders as they are
    plans: dict[_Form, _Plan] = field(default_factory=dict)

    def look(self, values: Sequence[object]) -> tuple[_Form, list[object]]:
        """What decides on the plan of a call with these values, and the values of its placeholders."""
        params = [convert(values[place]) for place, convert, _ in self.placeholders]
        text = [values[place] for place in self.in_the_text]
        if not self.are_named:
            return tuple(text), params
        named: dict[Hashable, int] = {}
        words = [word for _, _, word in self.placeholders]
        names = [named.setdefault(name_of(*pair), len(named)) for pair in zip(words, params, strict=True)]
        firsts = [names.index(name) for name in range(len(named))]
        return (*text, *names), [params[first] for first in firsts]


_UNSEEN: Final[_Shape[Any]] = _Shape((), (), are_named=False, is_plain=True)

Found = tuple[_Plan | None, list[object]]
"""A plan and the values of its placeholders; no plan where it could be learned."""


class Shapes(Generic[_Plan]):
    """Plans by the shapes of calls, about so many; shared by event loops as a dictionary may be.

    They are kept in two generations: what is found in the older one is young again, and where the younger one is full,
    it becomes the older one, whose rest is forgotten. So nothing is done for a call that is among the last ones.
    """

    def __init__(self, most: int) -> None:
        self._full = most // 2
        self._count = 0  # of the younger generation's plans
        self._shapes: dict[_Form, _Shape[_Plan] | None] = {}
        self._older: dict[_Form, _Shape[_Plan] | None] = {}

    def find(self, method: str, model: type | None, arguments: Mapping[str, Any]) -> Found[_Plan] | None:
        """The plan of a call and the values of its placeholders; None where the call has to be written.

        Errors: those of the values, which writing the call would raise.
        """
        values: list[object] = []
        form = _form(method, model, arguments, values)
        if form is None:
            return None
        shape = self._shapes.get(form, _UNSEEN)
        if shape is _UNSEEN:
            shape = self._recalled(form)
        if shape is None:
            return None
        if shape.is_plain:
            return shape.plans.get(()), values
        key, params = shape.look(values)
        return None if any(param is NOT_A_PARAM for param in params) else (shape.plans.get(key), params)

    def learn(
        self, method: str, model: type | None, arguments: Mapping[str, Any], trace: Trace | None, plan: _Plan | None
    ) -> None:
        """Remember the plan of a call that was traced; without a trace, or a plan, calls of its shape are written.

        It is one that `find` has no plan for.
        """
        values: list[object] = []
        form = _form(method, model, arguments, values) or ()
        shape = None if trace is None else _shape(values, trace)
        self._make_room()
        self._count += 1
        known = self._shapes.setdefault(form, shape)
        if plan is None or shape is None or known is None or shape.placeholders != known.placeholders:
            self._shapes[form] = None  # and so it stays
        else:
            known.plans[known.look(values)[0]] = plan

    def _recalled(self, form: _Form) -> _Shape[_Plan] | None:
        """A shape of the older generation, which is young again."""
        shape = self._older.pop(form, _UNSEEN)
        if shape is not _UNSEEN:
            self._make_room()
            self._shapes[form] = shape
            self._count += 1 if shape is None else len(shape.plans)
        return shape

    def _make_room(self) -> None:
        if self._count >= self._full:
            self._older, self._shapes, self._count = self._shapes, {}, 0


def _shape(values: Sequence[object], trace: Trace) -> _Shape[Any] | None:
    """What a trace says of a shape; None where it does not account for each of the values."""
    steps = trace.steps
    if len(values) != len(steps) or any(value is not seen for value, (seen, _, _) in zip(values, steps, strict=True)):
        return None
    placeholders = [(place, convert, word) for place, (_, convert, word) in enumerate(steps) if convert is not None]
    in_the_text = [place for place, (_, convert, _) in enumerate(steps) if convert is None]
    if not all(type(values[place]) in _IN_THE_TEXT for place in in_the_text):
        return None
    is_plain = not in_the_text and not trace.are_named and all(convert is as_it_is for _, convert, _ in placeholders)
    return _Shape(tuple(placeholders), tuple(in_the_text), trace.are_named, is_plain)


def _form(method: str, model: type | None, arguments: Mapping[str, Any], values: list[object]) -> _Form | None:
    """The keys and types of a call's arguments, and its values; None for one whose relations are selected."""
    if arguments.get("include") is not None:
        return None
    form: list[object] = [method, model]
    _walk(arguments, form, values, are_arguments=True)
    return tuple(form)


def _walk(pairs: Mapping[Any, Any], form: list[object], values: list[object], *, are_arguments: bool = False) -> None:
    for key, item in pairs.items():
        if item is None and are_arguments:
            continue  # it was not given
        kind = type(item)
        form.append(key)
        form.append(kind)
        if kind is dict:
            _walk(item, form, values)
        elif kind is list and item and all(type(one) is dict for one in item):
            for one in item:
                _walk(one, form, values)
            form.append(_END)
        else:
            values.append(item)
    form.append(_END)
