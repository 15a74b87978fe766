"""Objects that are made of rows as they are, beside those that pydantic makes: same to the last part, same error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy, deepcopy
from datetime import date, datetime, timezone
from decimal import Decimal
from functools import partial
from pickle import dumps, loads
from typing import Annotated, Any, ClassVar, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import (
    AliasGenerator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Json,
    PlainSerializer,
    PrivateAttr,
    RootModel,
    Strict,
    StringConstraints,
    ValidationError,
    computed_field,
    create_model,
    field_validator,
    model_validator,
)
from typing_extensions import Self

from prisma_engine.adoption import adoption
from prisma_engine.client_package import making
from prisma_engine.ports import Found
from prisma_engine.postgres.reading import as_records

UTC: Final = timezone.utc


class Other(BaseModel):
    """What a relation holds."""


TYPES: Final[dict[type, st.SearchStrategy[Any]]] = {
    str: st.text(),
    int: st.integers(),
    float: st.floats(),
    bool: st.booleans(),
    datetime: st.datetimes(timezones=st.just(UTC)),
}
FORMS: Final[Sequence[Any]] = [
    str, int, float, bool, datetime, str, int, datetime,
    date, Decimal, Json, Any, list[str], Other,
    Annotated[str, StringConstraints(max_length=3)],
    Annotated[str, BeforeValidator(lambda value: value)],
    Annotated[int, Strict()],
]  # fmt: skip
CONFIGS: Final[Sequence[ConfigDict]] = [
    {},
    {},
    {},
    {"populate_by_name": True, "use_enum_values": True, "arbitrary_types_allowed": True, "protected_namespaces": ()},
    {"title": "Thing"},
    {"frozen": True},
    {"extra": "allow"},
    {"extra": "forbid"},
    {"strict": True},
    {"str_strip_whitespace": True},
    {"str_max_length": 2},
    {"allow_inf_nan": False},
    {"validate_default": True},
    {"validate_assignment": True},
    {"from_attributes": True},
    {"alias_generator": AliasGenerator(alias=str.upper)},
]
NAMES: Final = [f"field{number}" for number in range(6)]


PLAIN_FIELDS: Final = st.one_of(
    st.sampled_from(list(TYPES)).map(lambda form: (form, ...)),
    st.sampled_from([*TYPES, Other]).map(lambda form: (form | None, None)),
)
FIELDS: Final = st.sampled_from(FORMS).flatmap(
    lambda form: st.sampled_from(
        [
            (form, ...),
            (form | None, None),
            (form | None, ...),
            (form, Field(alias="other")),
            (form | None, Field(default=None, validate_default=True)),
            (form | None, Field(default_factory=lambda: None)),
        ]
    )
)
KINDS: Final = st.sampled_from(list(TYPES))


@st.composite
def tables(draw: st.DrawFn) -> tuple[Any, dict[str, type], list[list[Any]]]:
    """A model, columns that it may have, by name and type, and rows of them; in half of the cases all of it fits."""
    fits = draw(st.booleans())
    fields: dict[str, Any] = draw(st.dictionaries(st.sampled_from(NAMES), PLAIN_FIELDS if fits else FIELDS, max_size=5))
    config: Any = {"__config__": {} if fits else draw(st.sampled_from(CONFIGS))}
    model = create_model("Thing", **config, **fields)
    known = {name: kind for name, (form, _) in fields.items() for kind in TYPES if form in (kind, kind | None)}
    columns = draw(st.permutations(list(known)) if fits else st.lists(st.sampled_from(NAMES), unique=True))
    types = {name: known.get(name) or draw(KINDS) for name in columns}
    values = [draw(st.sampled_from([TYPES[kind]] * 3 + [st.none() | TYPES[kind]])) for kind in types.values()]
    return model, types, draw(st.lists(st.tuples(*values).map(list), max_size=4))


def parts(made: Any) -> tuple[Any, ...]:
    state = BaseModel.__getstate__(made)
    names = state.pop("__pydantic_fields_set__")  # of which the order is nobody's
    return type(made), repr(state), list(vars(made)), type(names), names, repr(made)


def outcome(work: Callable[[], list[Any]]) -> Any:
    try:
        return [parts(made) for made in work()]
    except ValidationError as error:
        return error.errors(include_url=False, include_context=False)


def both(model: Any, types: dict[str, type], rows: list[list[Any]]) -> tuple[Any, Any]:
    """What becomes of rows, and what pydantic makes of them one by one."""
    found = Found(rows, types, partial(as_records, tuple(types), (None,) * len(types)))
    validate = model.__pydantic_validator__.validate_python
    return (
        outcome(lambda: making(model, found)(found.records)),
        outcome(lambda: [validate(dict(zip(types, row, strict=True))) for row in rows]),
    )


@given(table=tables())
def test_rows_become_what_pydantic_makes_of_them(table: tuple[Any, dict[str, type], list[list[Any]]]) -> None:
    ours, pydantics = both(*table)
    assert ours == pydantics


class Plain(BaseModel):
    """A model as the client's are."""

    id: str
    at: datetime
    note: str | None = None
    other: Other | None = None


PLAIN_TYPES: Final[dict[str, type]] = {"note": str, "id": str, "at": datetime}
ROWS: Final[list[list[Any]]] = [
    [None, "a", datetime(2024, 1, 2, tzinfo=UTC)],
    ["n", "b", datetime.max.replace(tzinfo=UTC)],
]


def adopted(model: Any) -> bool:
    return adoption(model, model.__pydantic_validator__, tuple(PLAIN_TYPES.items())) is not None


def test_a_plain_model_adopts_its_rows_and_each_object_is_its_own() -> None:
    ours, pydantics = both(Plain, PLAIN_TYPES, ROWS)
    assert adopted(Plain)
    assert ours == pydantics
    found = Found(ROWS, PLAIN_TYPES, partial(as_records, tuple(PLAIN_TYPES), (None,) * 3))
    one, two = making(Plain, found)(ROWS)
    one.note = "changed"
    one.model_fields_set.add("other")
    assert (two.note, two.model_fields_set) == ("n", {"id", "at", "note"})
    for same in (copy(two), deepcopy(two), two.model_copy(), Plain.model_validate(two.model_dump(exclude={"other"}))):
        assert parts(same) == parts(two)
    assert parts(loads(dumps(two))) == parts(two)


class Validating(Plain):
    """Changes a value."""

    @field_validator("id")
    @classmethod
    def upper(cls, value: str) -> str:
        return value.upper()


class ValidatingAll(Plain):
    """Changes an object."""

    @model_validator(mode="after")
    def change(self) -> Self:
        self.note = "changed"
        return self


class Initialised(Plain):
    """Has a constructor."""

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.note = "changed"


class Finished(Plain):
    """Does something when it has been made."""

    def model_post_init(self, _context: Any) -> None:
        self.note = "changed"


class Private(Plain):
    """Has a field of its own."""

    _secret: int = PrivateAttr(default=5)


class Computed(Plain):
    """Has a field that is no value."""

    @computed_field  # type: ignore[prop-decorator]  # mypy's own matter
    @property
    def both(self) -> str:
        return self.id * 2


class New(Plain):
    """Counts its objects."""

    made: ClassVar[int] = 0

    def __new__(cls, *_args: Any, **_values: Any) -> Self:
        cls.made += 1
        return super().__new__(cls)


class Serialised(Plain):
    """Writes a value in another way, which is nothing that reading has to do with."""

    id: Annotated[str, PlainSerializer(str.upper)]


@pytest.mark.parametrize(
    "model", [Validating, ValidatingAll, Initialised, Finished, Private, Computed, New, Serialised]
)
def test_a_model_that_wants_more_is_made_by_pydantic(model: Any) -> None:
    ours, pydantics = both(model, PLAIN_TYPES, ROWS)
    assert not adopted(model)
    assert ours == pydantics
    assert len(ours) == 2


def test_a_model_whose_objects_somebody_is_told_of_is_made_by_pydantic(monkeypatch: pytest.MonkeyPatch) -> None:
    class Watched(Plain):
        """Has a validator as a plug-in of pydantic's puts there."""

    told: list[Any] = []

    class Telling:
        def __init__(self, inner: Any) -> None:
            self._inner = inner

        def validate_python(self, value: Any) -> Any:
            told.append(value)
            return self._inner.validate_python(value)

    monkeypatch.setattr(Watched, "__pydantic_validator__", Telling(Watched.__pydantic_validator__))
    found = Found(ROWS, PLAIN_TYPES, partial(as_records, tuple(PLAIN_TYPES), (None,) * 3))
    assert [made.id for made in making(Watched, found)(ROWS)] == ["a", "b"]
    assert [row["id"] for row in told] == ["a", "b"]


def test_a_list_of_things_is_no_model_of_fields() -> None:
    root: Any = RootModel[dict[str, Any]]
    ours, pydantics = both(root, {"id": str}, [["a"]])
    assert ours == pydantics


def test_a_model_that_is_built_anew_is_looked_at_anew() -> None:
    class Changing(BaseModel):
        id: str

    def made() -> Any:
        return both(Changing, {"id": str}, [["a"]])

    ours, pydantics = made()
    assert ours == pydantics
    Changing.model_config["str_to_upper"] = True
    Changing.model_rebuild(force=True)
    again, anew = made()
    assert again == anew != ours


def test_a_value_that_lacks_is_the_error_that_pydantic_gives() -> None:
    ours, pydantics = both(Plain, PLAIN_TYPES, [*ROWS, [None, None, ROWS[0][2]]])
    assert ours == pydantics
    assert ours[0]["loc"] == ("id",)
