"""A client of a schema whose names are also those of what the generated modules use: it is imported, and works."""

from __future__ import annotations

import ast
import builtins
import keyword
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import prisma
import pytest
import pytest_asyncio
from prisma._constants import QUERY_BUILDER_ALIASES
from pydantic import BaseModel

from fix_clients import generate, import_client, schema_head
from fix_postgres import Server
from prisma_engine.generate import generate as run_generators

HEAD: Final = schema_head("./names_client", "enable_experimental_decimal = true")
KINDS: Final = """
  at     DateTime  @default(now())
  price  Decimal   @default(1.5)
  doc    Json      @default("{}")
  tags   String[]
  role   Values    @default(in)
  roles  Values[]
  later  DateTime?
  other  Json?
  data   Bytes?
"""
"""Fields of every type; they come after those whose names are tried."""
MODELS: Final = (
    *(
        "Any",
        "BaseModel",
        "Base64",
        "Batch",
        "Client",
        "Commit",
        "Config",
        "Dict",
        "Field",
        "Iterable",
        "List",
        "Model",
    ),
    *("OrderedDict", "Optional", "Prisma", "Sequence", "Set", "Type", "Union", "models", "actions", "bases", "cast"),
    *(
        "bool",
        "datetime",
        "decimal",
        "enums",
        "errors",
        "fields",
        "log",
        "model_rebuild",
        "object",
        "os",
        "str",
        "types",
    ),
)
RELATIONS: Final = ("models", "fields", "enums", "types", "List", "Optional", "datetime", "Mapping", "actions", "bases")
COMMENTS: Final = ("It's one of 'a', 'b'", 'He said "yes"', r"C:\users\new", "quotes: ''' and \"\"\"")


def known_names() -> list[str]:
    """What the modules of a client import, and what Python has of itself."""
    found = set(vars(builtins))
    for name in ("actions", "bases", "client", "enums", "models", "partials", "types"):
        tree = ast.parse((Path(prisma.__file__).parent / f"{name}.py").read_text(encoding="utf-8"))
        found |= {
            alias.asname or alias.name
            for node in ast.walk(tree)
            for alias in getattr(node, "names", ())
            if isinstance(alias, ast.alias)
        }
    return sorted(name for name in found - {"id"} if name[0].isalpha())


def field_names() -> list[str]:
    """The names that the client's own generator takes for a field."""
    return [name for name in known_names() if not is_refused(name)]


def is_refused(name: str) -> bool:
    return bool(getattr(BaseModel, name, None)) or keyword.iskeyword(name) or name in {"prisma", *QUERY_BUILDER_ALIASES}


def names_schema() -> str:
    fields = "\n".join(f"  {name} String?" for name in field_names())
    values = "\n".join(f"  {name}" for name in sorted({*keyword.kwlist, *known_names(), "mro", "name", "value", "in_"}))
    comments = "\n".join(f"  /// {text}\n  comment{number} Int?" for number, text in enumerate(COMMENTS))
    hub = "\n".join(f'  {name} Spoke[] @relation("{name}")' for name in RELATIONS)
    spoke = "\n".join(
        f'  hub{number} Hub? @relation("{name}", fields: [id{number}], references: [id])\n  id{number} Int?'
        for number, name in enumerate(RELATIONS)
    )
    parts = [
        HEAD,
        f"enum Values {{\n{values}\n}}",
        "enum StrEnum {\n  A\n}",
        f"/// {COMMENTS[0]}\nmodel Every {{\n  id Int @id\n{fields}\n{comments}\n{KINDS}\n  last StrEnum?\n}}",
        f"model Hub {{\n  id Int @id\n{hub}\n{KINDS}}}",
        f"model Spoke {{\n  id Int @id\n{spoke}\n{KINDS}}}",
        *(f"model {name} {{\n  id Int @id\n{KINDS}}}" for name in MODELS),
    ]
    return "\n\n".join(parts) + "\n"


@pytest.fixture(scope="session")
def names_folder() -> Path:
    return generate("names", names_schema())


@pytest.fixture(scope="session")
def names_client(names_folder: Path) -> Any:
    return import_client(names_folder, "names_client")


@pytest_asyncio.fixture
async def db(names_client: Any, names_folder: Path, server: Server) -> AsyncIterator[Any]:
    name = await server.create()
    await server.execute((names_folder / "create.sql").read_text(encoding="utf-8"), database=name)
    async with names_client.Prisma(datasource={"url": server.url(name)}, use_dotenv=False) as client:
        yield client
    await server.drop(name)


async def test_fields_relations_models_and_values_may_have_the_names_of_what_the_client_uses(
    db: Any, names_client: Any
) -> None:
    texts = {name: f"the {name}" for name in field_names()}
    created = await db.every.create({"id": 1, **texts, "role": "None", "roles": ["in", "mro"]})
    assert {name: getattr(created, name) for name in texts} == texts
    assert (created.role, created.roles, str(created.price), created.doc) == ("None", ["in", "mro"], "1.5", {})
    found = await db.every.find_first(where={"fields": "the fields", "datetime": {"contains": "datetime"}})
    assert found == created

    for number, name in enumerate(RELATIONS):
        await db.hub.upsert(
            where={"id": 1},
            data={"create": {"id": 1, name: {"create": {"id": number}}}, "update": {name: {"create": {"id": number}}}},
        )
    hub = await db.hub.find_unique(where={"id": 1}, include=dict.fromkeys(RELATIONS, True))
    assert [[spoke.id for spoke in getattr(hub, name)] for name in RELATIONS] == [[n] for n in range(len(RELATIONS))]

    for name in MODELS:
        model = getattr(names_client.models, name)
        row = await model.prisma(db).create({"id": 1, "role": "class"})
        assert (type(row), row.role, await getattr(db, name.lower()).count()) == (model, "class", 1)


async def test_a_batch_ends_also_where_a_model_is_called_commit(db: Any) -> None:
    async with db.batch_() as batch:
        batch.commit.create({"id": 7})
    assert await db.commit.count() == 1


def test_values_that_are_words_of_python_have_an_underscore_more(names_client: Any) -> None:
    values = names_client.enums.Values
    assert (values.None_, values.mro_, values.in_, values.in__) == ("None", "mro", "in_", "in")
    assert values("class") is values.class_


def test_comments_with_quotes_and_backslashes_are_what_they_say(names_client: Any) -> None:
    assert names_client.models.Every.__doc__.strip() == COMMENTS[0]
    described = names_client.models._Every_fields  # noqa: SLF001  # what partial types are made of
    assert [described[f"comment{number}"]["documentation"] for number in range(len(COMMENTS))] == list(COMMENTS)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("model Tx {\n  id Int @id\n}", 'Model name "Tx" results in a client property that shadows a method'),
        ("model Connect {\n  id Int @id\n}", r'@Python\(instance_name: "connect_model"\)'),
        (
            "model M {\n  id Int @id\n  model_config String\n}",
            'Field name "model_config" shadows a BaseModel attribute',
        ),
        ("model M {\n  id Int @id\n  json String\n}", 'Field name "json" shadows a BaseModel attribute'),
        ("model M {\n  id Int @id\n  class String\n}", 'Field name "class" shadows a Python keyword'),
        ("model M {\n  id Int @id\n  prisma String\n}", 'Field name "prisma" shadows a Prisma Client Python method'),
        ("model M {\n  id Int @id\n  order_by String\n}", 'Field name "order_by" shadows an internal keyword'),
        ("model None {\n  id Int @id\n}", 'Model name "None" shadows a Python keyword'),
        ("model Class {\n  id Int @id\n}", "client property that shadows a Python keyword"),
        (
            '/// @Python(instance_name: "class")\nmodel M {\n  id Int @id\n}',
            'client property "class", which is a Python keyword; use a different instance_name',
        ),
    ],
)
def test_names_that_leave_no_place_for_anything_else_are_refused(tmp_path: Path, model: str, words: str) -> None:
    schema = tmp_path / "schema.prisma"
    schema.write_text(f"{HEAD}\n{model}\n", encoding="utf-8")
    [result] = run_generators(schema).results
    with pytest.raises(AssertionError, match=words):
        assert result.error is None, result.error


def test_the_name_of_the_property_can_be_chosen(tmp_path: Path) -> None:
    schema = tmp_path / "schema.prisma"
    chosen = '/// @Python(instance_name: "tx_model")\nmodel Tx {\n  id Int @id\n}'
    schema.write_text(f"{HEAD}\n{chosen}\n", encoding="utf-8")
    [result] = run_generators(schema).results
    assert result.error is None
