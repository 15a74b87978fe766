"""Configurations that are read without running them, and those that cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from prisma_engine.cli.config import Config, Value, read_config


def config_of(folder: Path, text: str) -> Config | None:
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
          migrations: { path: 'db//changes', seed: 'tsx prisma/seed.ts' },
          datasource: { url: env('SHOP_URL'), shadowDatabaseUrl: env('SPARE_URL') },
        })
    """

    assert config_of(tmp_path, text) == Config(
        Path("prisma/schema.prisma"), Path("db/changes"), Value(variable="SHOP_URL")
    )


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("process.env.SHOP_URL", Value(variable="SHOP_URL")),
        ("process.env.SHOP_URL!", Value(variable="SHOP_URL")),
        ("process.env['SHOP_URL']", Value(variable="SHOP_URL")),
        ('env("SHOP_URL")', Value(variable="SHOP_URL")),
        ("'postgresql://h/d'", Value(text="postgresql://h/d")),
    ],
)
def test_a_url_stands_there_or_in_a_variable(tmp_path: Path, written: str, url: Value) -> None:
    assert config_of(tmp_path, f"export default {{ datasource: {{ url: {written} }} }}") == Config(url=url)


def test_paths_may_be_joined(tmp_path: Path) -> None:
    text = "export default { schema: path.join('db', 'schema.prisma'), migrations: { path: join('db', \"all\") } }"

    assert config_of(tmp_path, text) == Config(Path("db/schema.prisma"), Path("db/all"))


def test_what_is_not_mentioned_is_left_to_the_defaults(tmp_path: Path) -> None:
    assert config_of(tmp_path, "export default { migrations: { seed: 'x' } }") == Config()


@pytest.mark.parametrize(
    "text",
    [
        "const config = {}\nexport default config",
        "export default { ...shared, schema: 'a.prisma' }",
        "export default { schema }",
        "export default { schema: where }",
        "export default { schema: 'a' + b }",
        "export default { migrations: { path: join(folder, 'all') } }",
        "export default { migrations: all }",
        "export default { datasource: { url: `postgresql://${host}/x` } }",
        "export default { datasource: { url: process.env.A ?? process.env.B } }",
    ],
)
def test_what_only_running_it_would_tell_is_not_guessed(tmp_path: Path, text: str) -> None:
    assert config_of(tmp_path, text) is None
