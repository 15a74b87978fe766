"""Where a project's parts are found."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from prisma_engine.cli.arguments import Syntax, parse
from prisma_engine.cli.errors import CommandError
from prisma_engine.cli.project import Datasource, Project, find_project
from prisma_engine.errors import UserFacingError

SYNTAX = Syntax("", values=("--schema", "--url"))
SCHEMA = """
generator client {
  provider = "prisma-client-py"
}

datasource db {
  provider = "postgresql"
  url      = env("SHOP_URL")
}
"""


@pytest.fixture(autouse=True)
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty project, where the program is, with none of its variables in the environment."""
    folder = tmp_path / "shop"
    folder.mkdir()
    monkeypatch.chdir(folder)
    before = dict(os.environ)
    os.environ.clear()
    yield folder
    os.environ.clear()
    os.environ.update(before)


def project(*arguments: str) -> Project:
    """The project that a command with these arguments finds."""
    return find_project(parse(arguments, SYNTAX))


def write(place: str, text: str = SCHEMA) -> None:
    """Write a file of the project."""
    Path(place).parent.mkdir(parents=True, exist_ok=True)
    Path(place).write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("files", "arguments", "schema"),
    [
        (["schema.prisma", "prisma/schema.prisma", "prisma/schema/a.prisma"], [], "schema.prisma"),
        (["prisma/schema.prisma", "prisma/schema/a.prisma"], [], "prisma/schema.prisma"),
        (["prisma/schema/a.prisma", "prisma/schema/b.prisma"], [], "prisma/schema"),
        (["schema.prisma", "models/a.prisma"], ["--schema", "models/a.prisma"], "models/a.prisma"),
        (["schema.prisma", "models/a.prisma"], ["--schema=./models"], "models"),
    ],
)
def test_the_schema_is_found_where_prisma_5_found_it(files: list[str], arguments: list[str], schema: str) -> None:
    for file in files:
        write(file)

    assert project(*arguments).schema == Path.cwd() / schema


@pytest.mark.parametrize("place", ["db/shop.prisma", "db"])
def test_package_json_may_name_the_schema_also_from_a_folder_above(
    place: str, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("db/shop.prisma")
    write("schema.prisma")
    write("package.json", f'{{"prisma": {{"schema": "{place}", "seed": "python seed.py"}}}}')

    assert (project().schema, project().seed) == (shop / place, "python seed.py")
    (shop / "web").mkdir()
    monkeypatch.chdir(shop / "web")
    assert (project().schema, project().seed) == (shop / place, "python seed.py")


def test_a_configuration_wins_over_package_json(shop: Path) -> None:
    write("a.prisma")
    write("b.prisma")
    write("package.json", '{"prisma": {"schema": "a.prisma", "seed": "python a.py"}}')
    write("prisma.config.ts", "export default { schema: 'b.prisma', migrations: { seed: 'python b.py' } }")

    assert (project().schema, project().seed) == (shop / "b.prisma", "python b.py")


def test_a_configuration_elsewhere_has_its_schema_beside_it(shop: Path) -> None:
    write("web/prisma/schema.prisma")
    write("web/prisma.config.ts", "export default {}")

    assert project("--config", "web/prisma.config.ts").schema == shop / "web/prisma/schema.prisma"


@pytest.mark.parametrize(
    ("files", "folders", "arguments", "migrations"),
    [
        (["schema.prisma"], [], [], "migrations"),
        (["prisma/schema.prisma"], ["migrations"], [], "prisma/migrations"),
        (["prisma/schema/a.prisma"], [], [], "prisma/migrations"),
        (["prisma/schema/a.prisma"], ["prisma/migrations", "prisma/schema/migrations"], [], "prisma/migrations"),
        (["prisma/schema/a.prisma"], ["prisma/schema/migrations"], [], "prisma/schema/migrations"),
        (["prisma/a.prisma"], ["prisma/migrations"], ["--schema", "prisma"], "prisma/migrations"),
        (["a.prisma"], [], ["--schema", "."], "migrations"),
    ],
)
def test_migrations_lie_beside_the_schema(
    files: Sequence[str], folders: Sequence[str], arguments: Sequence[str], migrations: str
) -> None:
    for file in files:
        write(file)
    for folder in folders:
        Path(folder).mkdir(parents=True, exist_ok=True)

    assert project(*arguments).migrations == Path.cwd() / migrations


def test_the_configurations_migrations_are_where_it_says(shop: Path) -> None:
    write("prisma/schema.prisma")
    write(".config/prisma.ts", "export default { schema: '../prisma/schema.prisma', migrations: { path: '../db' } }")

    assert project().migrations.resolve() == shop / "db"


def test_a_missing_schema_is_told_with_the_places_that_were_looked_at() -> None:
    with pytest.raises(CommandError) as caught:
        _ = project().schema

    assert "schema.prisma: file not found\nprisma/schema.prisma: file not found\nprisma/schema: dir" in str(
        caught.value
    )


@pytest.mark.parametrize(
    ("arguments", "manifest", "config", "words"),
    [
        (["--schema", "no.prisma"], "{}", "", "Could not load `--schema` from provided path `no.prisma`: file or dir"),
        (
            [],
            '{"prisma": {"schema": "no"}}',
            "",
            'Could not load schema from `no` provided by "prisma.schema" in `package.json`: file or directory not',
        ),
        ([], "{}", "export default { schema: 'no' }", "Could not load schema from `no` provided by the Prisma config"),
        ([], "{", "", "package.json is not JSON: "),
        ([], "[]", "", "package.json does not hold a JSON object."),
        ([], "[" * 100_000, "", "package.json is not JSON: "),
        ([], '"\\ud800"', "", "package.json does not hold a JSON object."),
        (["--config", "no.ts"], "{}", "", "Config file not found at "),
        (["--schema", ""], "{}", "", "The value of --schema is empty: "),
        (["--config="], "{}", "", "The value of --config is empty: "),
    ],
)
def test_what_is_named_and_is_not_there_is_told(arguments: list[str], manifest: str, config: str, words: str) -> None:
    write("package.json", manifest)
    if config:
        write("prisma.config.ts", config)

    with pytest.raises(CommandError) as caught:
        _ = project(*arguments).schema

    assert str(caught.value).startswith(words)


@pytest.mark.parametrize("file", ["schema.prisma", ".env", "package.json", "prisma.config.ts"])
def test_a_file_that_is_no_text_is_told_in_a_sentence(file: str) -> None:
    Path(file).write_bytes(b"\xff\xfe")

    with pytest.raises((CommandError, UserFacingError), match=rf"{file} is not text in UTF-8"):
        _ = project().files


def test_a_variable_that_cannot_be_set_is_told() -> None:
    write(".env", 'A="x\0y"\n')

    with pytest.raises(CommandError, match=r"\.env gives A a value that no variable can have: embedded null byte"):
        project()


def test_the_environment_wins_over_the_first_of_the_dotenv_files() -> None:
    write("db/schema.prisma")
    write(".env", "A=1\nB=1\n")
    write("db/.env", "A=2\nB=1\nC=2\n")
    write("prisma/.env", "C=3\nD=3\n")
    os.environ["D"] = "0"

    project("--schema", "db/schema.prisma")

    assert [os.environ[name] for name in "ABCD"] == ["1", "1", "2", "0"]


def test_dotenv_files_that_disagree_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    write("prisma/schema.prisma")
    write(".env", "A=1\nB=1\nC=1\n")
    write("prisma/.env", "A=2\nB=2\nC=1\n")

    project()

    said = "warn(prisma) Conflict for env vars A, B in .env and prisma/.env\nEnv vars from .env are used.\n"
    assert capsys.readouterr() == ("", said)


@pytest.mark.parametrize(
    ("schema", "config", "environment", "url"),
    [
        (SCHEMA, "", {"SHOP_URL": "postgresql://shop"}, "postgresql://shop"),
        (SCHEMA.replace('env("SHOP_URL")', '"postgresql://literal"'), "", {}, "postgresql://literal"),
        (SCHEMA.replace("url ", "directUrl = env('x')\n url "), "", {"SHOP_URL": "postgresql://s"}, "postgresql://s"),
        (
            SCHEMA.replace("  url ", '  directUrl = env("DIRECT")\n  url '),
            "",
            {"SHOP_URL": "postgresql://pool", "DIRECT": "postgresql://direct"},
            "postgresql://direct",
        ),
        ("", "", {"DATABASE_URL": "postgresql://default"}, "postgresql://default"),
        (SCHEMA, "datasource: { url: env('CONFIG_URL') }", {"CONFIG_URL": "postgresql://c"}, "postgresql://c"),
        (SCHEMA, "datasource: { url: 'postgresql://c' }", {"SHOP_URL": "postgresql://s"}, "postgresql://c"),
        (SCHEMA, "typedSql: {}", {"SHOP_URL": "postgresql://shop"}, "postgresql://shop"),
    ],
)
def test_the_url_comes_from_the_configuration_the_schema_or_the_environment(
    schema: str, config: str, environment: dict[str, str], url: str
) -> None:
    write("schema.prisma", schema)
    os.environ.update(environment)
    if config:
        write("prisma.config.ts", f"export default {{ {config} }}")

    assert project().url("prisma db push") == url
    assert project("--url", "postgresql://named").url("prisma db push") == "postgresql://named"


@pytest.mark.parametrize(
    ("schema", "config", "words"),
    [
        (SCHEMA, "", "Environment variable not found: SHOP_URL. Set it to the database's URL, in the environment or"),
        ("", "", "Environment variable not found: DATABASE_URL. "),
        ("", "typedSql: {}", "The datasource.url property is required in your Prisma config file when using prisma db"),
        (
            SCHEMA.replace("postgresql", "mysql"),
            "",
            "The datasource `db` has the provider `mysql`: prisma-engine works",
        ),
    ],
)
def test_why_there_is_no_url_is_told(schema: str, config: str, words: str) -> None:
    write("schema.prisma", schema)
    if config:
        write("prisma.config.ts", f"export default {{ {config} }}")

    with pytest.raises(CommandError) as caught:
        project().url("prisma db push")

    assert str(caught.value).startswith(words)


@pytest.mark.parametrize(
    ("schema", "config", "environment", "url"),
    [
        (SCHEMA, "", {}, None),
        (SCHEMA, "", {"SHADOW_DATABASE_URL": "postgresql://spare"}, "postgresql://spare"),
        (SCHEMA.replace("url ", 'shadowDatabaseUrl = env("S")\n  url '), "", {"S": "postgresql://s"}, "postgresql://s"),
        (SCHEMA, "datasource: { shadowDatabaseUrl: 'postgresql://c' }", {}, "postgresql://c"),
    ],
)
def test_the_shadow_databases_url_comes_from_the_same_places(
    schema: str, config: str, environment: dict[str, str], url: str | None
) -> None:
    write("schema.prisma", schema)
    write("prisma.config.ts", f"export default {{ {config} }}")
    os.environ.update(environment)

    assert project().shadow_url() == url


def test_the_datasource_is_read_from_whichever_file_has_it() -> None:
    write("prisma/schema/a.prisma", "model A {\n  id Int @id\n}\n")
    write("prisma/schema/b.prisma")

    assert project().datasource == Datasource("db", "postgresql")
    assert [Path(path).name for path, _ in project().files] == ["a.prisma", "b.prisma"]


def test_a_folder_without_a_schema_is_told(shop: Path) -> None:
    (shop / "models").mkdir()

    with pytest.raises(CommandError, match=r"The folder `models` has no schema: no file ends with \.prisma"):
        _ = project("--schema", "models").files


def test_external_tables_are_told_as_the_engine_takes_them() -> None:
    write(
        "prisma.config.ts", "export default { tables: { external: ['public.a'] }, migrations: { initShadowDb: 'x' } }"
    )

    assert project().filters == {"externalTables": ["public.a"], "externalEnums": []}
    assert project().config.shadow_script == "x"


def test_a_seed_that_is_no_text_is_told() -> None:
    write("package.json", '{"prisma": {"seed": ["python", "seed.py"]}}')

    with pytest.raises(CommandError, match=r'"prisma\.seed" in package\.json must be the text of a command'):
        _ = project().seed
