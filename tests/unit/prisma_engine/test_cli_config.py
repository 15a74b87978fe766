"""Configurations that are read without running them, and those that cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from prisma_engine.cli.config import Config, find_config, read_config
from prisma_engine.cli.errors import CommandError
from prisma_engine.schema import Url


def config_of(folder: Path, text: str) -> Config:
    """Read a configuration with this text."""
    path = folder / "prisma.config.ts"
    path.write_text(text, encoding="utf-8")
    return read_config(path)


def test_what_is_written_out_is_read(tmp_path: Path) -> None:
    text = """
        import 'dotenv/config' // schema: 'no'
        import { defineConfig, env } from "prisma/config"
        export default defineConfig({
          /* migrations: { path: 'no' }, */
          schema: "prisma/schema.prisma",
          experimental: { externalTables: true },
          migrations: { path: 'db//changes', seed: 'tsx prisma/seed.ts', initShadowDb: `CREATE TABLE "a" (id int);` },
          datasource: { url: env('SHOP_URL'), shadowDatabaseUrl: env('SPARE_URL') },
          tables: { external: ['public.a', "public.b"] },
          enums: { external: [] },
          views: { path: 'db/views' },
        })
    """

    assert config_of(tmp_path, text) == Config(
        path=tmp_path / "prisma.config.ts",
        schema=tmp_path / "prisma/schema.prisma",
        migrations=tmp_path / "db/changes",
        views=tmp_path / "db/views",
        seed="tsx prisma/seed.ts",
        shadow_script='CREATE TABLE "a" (id int);',
        urls=[Url(variable="SHOP_URL")],
        shadow_urls=[Url(variable="SPARE_URL")],
        external={"tables": ["public.a", "public.b"], "enums": []},
    )


@pytest.mark.parametrize(
    ("written", "urls"),
    [
        ("process.env.SHOP_URL", [Url(variable="SHOP_URL")]),
        ("process.env.SHOP_URL!", [Url(variable="SHOP_URL")]),
        ("process.env['SHOP_URL'] as string", [Url(variable="SHOP_URL")]),
        ('env("SHOP_URL")', [Url(variable="SHOP_URL")]),
        ("env<Env>('SHOP_URL')", [Url(variable="SHOP_URL")]),
        ("'postgresql://h/d'", [Url(text="postgresql://h/d")]),
        ("`postgresql://h/d`", [Url(text="postgresql://h/d")]),
        (r'"postgresql:\/\/h\x2fd"', [Url(text="postgresql://h/d")]),
        ("process.env.A ?? env('B') ?? 'c'", [Url(variable="A"), Url(variable="B"), Url(text="c")]),
        ("process.env.A || ''", [Url(variable="A")]),
        ("undefined", []),
    ],
)
def test_a_url_stands_there_or_in_a_variable(tmp_path: Path, written: str, urls: list[Url]) -> None:
    assert config_of(tmp_path, f"export default {{ datasource: {{ url: {written} }} }}").urls == urls


@pytest.mark.parametrize(
    "text",
    [
        "export default { schema: path.join('db', 'a.prisma') }",
        "export default { schema: join('db', \"a.prisma\"), }",
        "export default { schema: path.resolve(__dirname, 'db/a.prisma') }",
        "export default { schema: path.join(import.meta.dirname, 'db', 'a.prisma') } satisfies PrismaConfig;",
        "module.exports = { 'schema': 'db/a.prisma' }",
        "const schema = './db/a.prisma'\nexport default { schema }",
        "const folder: string = 'db';\nexport default { schema: join(folder, 'a.prisma') }",
        "const config: PrismaConfig = { schema: 'db/a.prisma' };\nexport default config;",
        "export default { schema: 'db/a.prisma', adapter: async () => { return new PrismaPg({ url }) } }",
        "export default { async adapter(x) { return x }, schema: 'db/a.prisma' }",
    ],
)
def test_a_value_may_be_joined_named_or_stand_beside_a_program(tmp_path: Path, text: str) -> None:
    assert config_of(tmp_path, text).schema == tmp_path / "db/a.prisma"


def test_what_is_not_mentioned_is_left_to_the_defaults(tmp_path: Path) -> None:
    config = config_of(tmp_path, "export default { typedSql: { path: 'x' } }")

    expected = Config(path=tmp_path / "prisma.config.ts", urls=[], shadow_urls=[], external={"tables": [], "enums": []})
    assert config == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\x00\x01 garbage", "a module without a default export."),
        ("", "a module without a default export."),
        ("export default {", "not whole: a bracket or a text that begins in it does not end."),
        ("export default { schema: 'a.prisma'", "not whole: a bracket or a text that begins in it does not end."),
    ],
)
def test_a_configuration_without_an_export_or_an_end_is_told_as_that(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(CommandError) as caught:
        config_of(tmp_path, text)
    assert str(caught.value).endswith(f"prisma.config.ts is {said} It needs an `export default {{ … }}`.")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("export default { ...shared, schema: 'a.prisma' }", "`schema`, and it is read without running it: `{ ... sh"),
        ("export default { schema }", "computes `schema`, and it is read without running it: `schema`."),
        ("export default { schema: where() }", "`where ( )`"),
        ("export default { schema: 'a' + b }", "`'a' + b`"),
        ("export default { schema: dev ? 'a' : 'b' }", "`dev ? 'a' : 'b'`"),
        ("export default { migrations: { path: join(folder, 'all') } }", "computes `migrations.path`"),
        ("export default { migrations: all }", "computes `migrations.path`"),
        ("export default { datasource: { url: `postgresql://${host}/x` } }", "computes `datasource.url`"),
        ("export default { tables: { external: [1] } }", "computes `tables.external`"),
        ("export default (await load()).config", "computes `schema`"),
        ("const a = b; const b = a; export default a", "computes `schema`"),
        ("export default { schema: [a } ]", "computes `schema`"),
        ("export default [ 'a'; 'b' ]", "computes `schema`"),
        ("export default { schema 'a' }", "computes `schema`"),
        ("export default " + "[" * 100_000, "very many brackets"),
    ],
)
def test_what_only_running_it_would_tell_is_named_and_not_guessed(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(CommandError) as caught:
        config_of(tmp_path, text)

    message = str(caught.value)
    assert said in message
    assert message.endswith("Write the value itself: a text, path.join(…) of texts, env('NAME') or process.env.NAME.")


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "prisma.config.ts").write_bytes(b"export default { schema: '\xe4' }")

    with pytest.raises(CommandError, match=r"prisma\.config\.ts is not text in UTF-8 \(byte 26\)"):
        read_config(tmp_path / "prisma.config.ts")


def test_a_configuration_that_is_named_has_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="Config file not found at"):
        read_config(tmp_path / "no.ts")


@pytest.mark.parametrize(
    "names",
    [
        ["prisma7.config.js", "prisma7.config.ts", "prisma.config.js"],
        [".config/prisma7.ts", "prisma.config.js"],
        ["prisma.config.ts", "prisma.config.mts", "prisma.config/index.js", ".config/prisma.js"],
        ["prisma.config/index.ts", ".config/prisma.js"],
        [".config/prisma.ts", ".config/prisma.config.js"],
        [".config/prisma.config.cts"],
    ],
)
def test_a_configuration_is_found_where_prisma_looks_and_in_its_order(tmp_path: Path, names: list[str]) -> None:
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "prisma.config.json").touch()

    assert find_config(tmp_path) == tmp_path / names[0]
