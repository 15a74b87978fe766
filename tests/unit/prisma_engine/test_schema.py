"""Schemas in Prisma's own schema module: what is valid, how it is formatted and described, and 5.17's habits."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from prisma_engine import schema
from prisma_engine.errors import PrismaEngineError
from prisma_engine.schema import SchemaError, SchemaFile, Url
from prisma_engine.schema.module import SchemaModule
from steps import PROJECT

HEAD = 'datasource db {\n  provider = "postgresql"\n}\n'
MODEL = "model A {\n  id Int @id\n}\n"


def one(text: str) -> list[SchemaFile]:
    return [("schema.prisma", text)]


def test_a_valid_schema_is_accepted() -> None:
    schema.validate(schema.read(PROJECT / "schema.prisma"))


def test_an_invalid_schema_is_refused_with_its_places() -> None:
    with pytest.raises(SchemaError, match=r"(?s)Type \"Strin\" is neither.*schema\.prisma:5.*Error Count: 1") as raised:
        schema.validate(one(HEAD + MODEL.replace("Int @id", "Strin @id")))
    assert raised.value.code == "P1012"


@pytest.mark.parametrize("colour", [True, False])
def test_colours_are_a_choice(colour: bool) -> None:  # noqa: FBT001  -- a parameter of a test
    with pytest.raises(SchemaError) as raised:
        schema.validate(one("model"), colour=colour)
    assert ("\x1b[" in raised.value.message) is colour


def test_a_file_of_several_is_named() -> None:
    with pytest.raises(SchemaError, match=r"b\.prisma:2"):
        schema.validate([("a.prisma", HEAD + MODEL), ("b.prisma", "model B {\n  id Nothing @id\n}\n")])


def test_a_schema_is_formatted_also_where_it_is_not_valid() -> None:
    [(path, text)] = schema.format(one("model A {\nid   Nothing @id\n}"))
    assert (path, text) == ("schema.prisma", "model A {\n  id Nothing @id\n}\n")


def test_a_schema_is_described_for_generators() -> None:
    described = schema.dmmf(schema.read(PROJECT / "schema.prisma"))
    assert [model["name"] for model in described["datamodel"]["models"]] == ["Session", "Message", "CharacterFile"]


def test_the_files_of_a_schema_become_one() -> None:
    assert schema.merge([("a.prisma", HEAD), ("b.prisma", MODEL)]) == f"{HEAD}\n{MODEL}"


def test_doubtful_places_are_named() -> None:
    generator = 'generator c {\n  provider = "x"\n  previewFeatures = ["fullTextSearch"]\n}\n'
    [warning] = schema.lint(one(generator + HEAD))
    assert warning["is_warning"]
    assert "fullTextSearchPostgres" in warning["text"]


def test_a_panic_is_an_error_with_the_modules_words_and_the_next_call_works() -> None:
    module = SchemaModule()
    with pytest.raises(PrismaEngineError, match="This is the panic triggered by `prisma_fmt::debug_panic"):
        module.checked("debug_panic")
    assert '"views"' in module.call("preview_features")


@pytest.mark.parametrize(
    "function", [schema.validate, schema.dmmf, schema.config, schema.lint, schema.format, schema.merge]
)
@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([], "There is no schema: the list of its files is empty."),
        ([("a\udcff.prisma", HEAD + MODEL)], r"The path of a\\udcff.prisma is not text in UTF-8: it has '\\udcff' at"),
        (
            [("a.prisma", f"{HEAD}// \ud800\n{MODEL}")],
            r"The text of a.prisma is not text in UTF-8: it has '\\ud800' at",
        ),
    ],
)
def test_what_is_no_schema_at_all_is_told_in_a_sentence(
    function: Callable[[list[SchemaFile]], object], files: list[SchemaFile], words: str
) -> None:
    with pytest.raises(SchemaError, match=words):
        function(files)


def test_threads_take_turns() -> None:
    with ThreadPoolExecutor(4) as pool:
        names = list(pool.map(lambda number: schema.format(one(f"model M{number} {{\n}}"))[0][1], range(40)))
    assert names == [f"model M{number} {{\n}}\n" for number in range(40)]


# 5.17

URLS = """
datasource db {
  provider          = "postgresql"
  url               = env("MAIN_URL") // main
  directUrl         = "postgresql://localhost/x"
    shadowDatabaseUrl=env( "SHADOW" )
}
"""


def test_urls_of_a_datasource_are_accepted_and_read(monkeypatch: pytest.MonkeyPatch) -> None:
    schema.validate(one(URLS + MODEL))
    declared = schema.declared_urls(one(URLS))
    assert declared == {
        "url": Url(variable="MAIN_URL"),
        "directUrl": Url(text="postgresql://localhost/x"),
        "shadowDatabaseUrl": Url(variable="SHADOW"),
    }
    monkeypatch.setenv("MAIN_URL", "postgresql://main/x")
    monkeypatch.delenv("SHADOW", raising=False)
    assert [url.resolve() for url in declared.values()] == ["postgresql://main/x", "postgresql://localhost/x", None]


def test_urls_are_formatted_in_line_with_the_rest() -> None:
    [(_, text)] = schema.format(one(URLS))
    assert '  shadowDatabaseUrl = env("SHADOW")\n' in text


def test_an_error_beside_a_url_shows_the_line_as_it_was_written() -> None:
    with pytest.raises(SchemaError, match=r' 4 \|   url += env\("MAIN_URL"\) // main') as raised:
        schema.config(one(URLS.replace('  directUrl         = "postgresql://localhost/x"', "  schemas = 1")))
    assert "@5" not in raised.value.message


@pytest.mark.parametrize("rest", ["", "  /// kept\n"])
def test_urls_come_back_into_a_schema_that_an_engine_has_written(rest: str) -> None:
    [(_, hidden)] = schema.accepted(one(URLS))
    assert schema.restored(URLS, hidden + rest) == URLS + rest
    [shown] = [text for text in [schema.restored(URLS, HEAD)] if "directUrl" in text]
    assert shown.index("provider") < shown.index("MAIN_URL") < shown.index("}")


@pytest.mark.parametrize(
    ("before", "printed", "after"),
    [
        ('["metrics"]', None, '["metrics"]'),
        ('["metrics"]', "[]", '["metrics"]'),
        ('["views", "metrics"]', '["views"]', '["views", "metrics"]'),
        ('["metrics"]', '["partialIndexes"]', '["metrics", "partialIndexes"]'),
        ('["views"]', '["views", "partialIndexes"]', '["views", "partialIndexes"]'),
    ],
)
def test_ended_features_come_back_into_a_schema_that_an_engine_has_written(
    before: str, printed: str | None, after: str
) -> None:
    def generator(features: str | None) -> str:
        line = f"  previewFeatures = {features}\n" if features else ""
        return f'generator c {{\n  provider = "x"\n{line}}}\n'

    assert schema.restored(generator(before), generator(printed)) == generator(after)


@pytest.mark.parametrize(
    "body",
    [
        "  id Int @id\n",
        '  id Int @id(map: "pk")\n  name String\n  @@index([name])\n',
        "  a Int\n  b Int\n\n  @@id([a, b])\n",
        '  a Int\n  b Int @unique(map: "x")\n  @@id([a, b], map: "pk", name: "both")\n  @@unique(map: "y", [a])\n',
    ],
)
def test_a_view_may_have_a_primary_key_and_indexes(body: str) -> None:
    generator = 'generator c {\n  provider        = "x"\n  previewFeatures = ["views"]\n}\n'
    text = f"{HEAD}{generator}view V {{\n{body}}}\n"
    schema.validate(one(text))
    [(_, accepted)] = schema.accepted(one(text))
    assert accepted.count("\n") == text.count("\n")


@pytest.mark.parametrize("features", ['["metrics"]', '["views", "metrics"]', '[ "metrics" , "views"]'])
def test_preview_features_that_have_ended_are_accepted(features: str) -> None:
    schema.validate(one(f'generator c {{\n  provider = "x"\n  previewFeatures = {features}\n}}\n{HEAD}'))


def test_a_preview_feature_that_never_was_is_refused() -> None:
    with pytest.raises(SchemaError, match="metricks"):
        schema.validate(one(f'generator c {{\n  provider = "x"\n  previewFeatures = ["metricks"]\n}}\n{HEAD}'))


# files


def test_the_files_of_a_folder_come_in_the_order_of_their_names_bytes(tmp_path: Path) -> None:
    for name in ("b.prisma", "B.prisma", "a/z.prisma", "ä.prisma", "notes.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"// {name}", encoding="utf-8")
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    assert [text for _, text in schema.read(tmp_path)] == [
        "// B.prisma",
        "// a/z.prisma",
        "// b.prisma",
        "// ä.prisma",
    ]


def test_a_file_that_is_not_utf_8_is_named_with_the_line(tmp_path: Path) -> None:
    file = tmp_path / "schema.prisma"
    file.write_bytes(b"// one\n// gr\xfcn\n")
    with pytest.raises(SchemaError, match=r"schema\.prisma is not text in UTF-8: line 2 has the byte 0xfc"):
        schema.read(file)
