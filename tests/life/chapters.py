"""The life of a project, step by step: every command, done well, done wrong, and in trouble."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from life.stage import Chapter, Stage, Step

__all__ = ["CHAPTERS"]

_SOURCE: Final = 'datasource db {\n  provider = "postgresql"\n}\n'
_GENERATOR: Final = (
    'generator client {\n  provider        = "python -m prisma_engine.generator"\n  previewFeatures = ["views"]\n}\n\n'
)
_CONSENT: Final = "PRISMA_USER_CONSENT_FOR_DANGEROUS_AI_ACTION"
_SEED: Final = "import sys\nprint('filled', *sys.argv[1:])\nsys.exit(3 if 'fail' in sys.argv else 0)\n"
_INVALID: Final = "what is wrong with a URL has words of our own"
_MISSING_SERVER: Final = "postgresql://somebody:secret@127.0.0.1:1/nowhere"


def _schema(*fields: str, more: str = "") -> Callable[[Stage], None]:
    lines = "".join(f"  {field}\n" for field in ("id   Int     @id", "name String?", *fields))
    return partial(_write, name="schema.prisma", text=f"{_SOURCE}\nmodel User {{\n{lines}}}\n{more}")


def _write(stage: Stage, *, name: str, text: str) -> None:
    stage.write(name, text)


def _sql(script: str) -> Callable[[Stage], None]:
    return partial(_execute, script=script)


def _execute(stage: Stage, *, script: str) -> None:
    stage.execute(script)


def _edit(pattern: str, before: str, after: str) -> Callable[[Stage], None]:
    return lambda stage: stage.edit(pattern, before, after)


def _remove(pattern: str) -> Callable[[Stage], None]:
    return lambda stage: stage.remove(pattern)


def _all(*changes: Callable[[Stage], None]) -> Callable[[Stage], None]:
    def change(stage: Stage) -> None:
        for each in changes:
            each(stage)

    return change


def _file(name: str, text: str) -> Callable[[Stage], None]:
    return partial(_write, name=name, text=text)


def _migration(name: str, script: str = "") -> Callable[[Stage], None]:
    return _file(f"migrations/{name}/migration.sql", script or f'CREATE TABLE "{name}" (id int);\n')


_DEVELOPMENT: Final[Chapter] = (
    Step("migrate dev --name a_first", _schema()),
    Step("migrate dev"),
    Step("migrate dev --name b_Bäume␣&␣Blätter␣2", _schema("size Int?")),
    Step("migrate dev --create-only --name c_empty"),
    Step("migrate dev", _edit("migrations/*_c_empty/migration.sql", "-- This is an empty migration.", "SELECT 1;")),
    Step("migrate dev --create-only -n d_draft", _schema("size Int?", "mail String?")),
    Step("migrate dev --name e_rest", _schema("size Int?", "mail String?", "rest Int?")),
    Step("migrate dev --name f_lost", _all(_schema("mail String?"), _sql('INSERT INTO "User" VALUES (1, $$x$$, 2)'))),
    Step("migrate dev --create-only --name f_lost"),
    Step("migrate dev --name g_no", _schema("size Int?", "mail String?", "rest Int?", "must Int")),
    Step("migrate dev --create-only --name g_no"),
    Step("migrate dev", _remove("migrations/*_g_no")),
    Step("migrate dev --name h_bad", _schema("size Itn?")),
    Step("migrate dev", _all(_schema("size Int?", "mail String?", "rest Int?"))),
    Step("migrate dev --name i_twice", _schema("size Int?", "mail String? @unique", "rest Int?")),
    Step(
        "migrate dev --unknown", differs="the usage names Prisma 5's options, too", says="unexpected option: --unknown"
    ),
    Step(
        "migrate dev --name", differs="the usage names Prisma 5's options, too", says="option requires argument: --name"
    ),
)

_TROUBLE: Final[Chapter] = (
    Step("migrate dev --name a_first", _schema()),
    Step("migrate dev --name b_second", _schema("size Int?")),
    Step("migrate dev", _edit("migrations/*_a_first/migration.sql", "-- CreateTable", "-- Created")),
    Step("migrate dev", _all(_edit("migrations/*_a_first/migration.sql", "-- Created", "-- CreateTable"))),
    Step("migrate dev", _remove("migrations/*_b_second")),
    Step("migrate reset"),
    Step("migrate reset --force"),
    Step("migrate dev --name b_again"),
    Step("migrate dev --name c_drift", _sql("CREATE TABLE drift (id int PRIMARY KEY)")),
    Step("migrate reset -f", _sql("DROP TABLE drift")),
    Step(
        "migrate dev",
        _file("migrations/20300101000000_z_bad/migration.sql", "CREATE TABLE a ();\nCREATE TABEL b ();\n"),
    ),
    Step("migrate reset --force", _remove("migrations/*_z_bad")),
    Step("migrate dev", _file("migrations/20300101000000_z_none/readme", "no script")),
    Step("migrate dev", _remove("migrations/*_z_none")),
    Step("migrate dev", _edit("migrations/migration_lock.toml", "postgresql", "mysql")),
    Step("migrate reset --force"),
    Step("migrate reset --force", _remove("migrations")),
    Step(
        "migrate reset --force --unknown",
        differs="the usage names Prisma 5's options, too",
        says="unknown or unexpected option: --unknown",
    ),
)

_DIFF: Final[Chapter] = (
    Step("migrate dev --name a_first", _schema("size Int?")),
    Step("migrate diff --from-empty --to-schema schema.prisma"),
    Step("migrate diff --from-empty --to-schema=schema.prisma --script"),
    Step("migrate diff --from-schema schema.prisma --to-empty --script --exit-code"),
    Step("migrate diff --from-migrations migrations --to-schema schema.prisma --exit-code"),
    Step("migrate diff --from-migrations migrations --to-schema schema.prisma --exit-code", _schema("more Int?")),
    Step("migrate diff --from-config-datasource --to-schema schema.prisma --script"),
    Step("migrate diff --from-schema schema.prisma --to-config-datasource"),
    Step("migrate diff --from-config-datasource --to-config-datasource --exit-code"),
    Step("migrate diff --from-migrations nowhere --to-empty --exit-code"),
    Step("migrate diff --from-empty --to-config-datasource --script -o out.sql"),
    Step("migrate diff --from-empty --to-schema nothing.prisma"),
    Step("migrate diff --from-empty --to-schema broken.prisma", _file("broken.prisma", "model A {\n  id Itn @id\n}\n")),
    Step(
        "migrate diff --from-empty", differs="the usage names Prisma 5's options, too", says="0 `--to-...` parameter(s)"
    ),
    Step(
        "migrate diff --from-empty --from-schema schema.prisma --to-empty",
        differs="the usage names Prisma 5's options, too",
        says="2 `--from-...` parameter(s) provided. 1 must be provided.",
    ),
    Step(
        "migrate diff --from-schema-datamodel schema.prisma --to-empty",
        differs="Prisma 7 has removed Prisma 5's option",
        says="[-] Removed tables\n  - User",
    ),
    Step("migrate diff --from-local-d1 --to-empty", differs="there is no D1 here", says="Cloudflare D1"),
)

_PUSH: Final[Chapter] = (
    Step("db push", _schema("size Int?")),
    Step("db push"),
    Step("db push", _all(_schema(), _sql('INSERT INTO "User" VALUES (1, $$x$$, 2)'))),
    Step("db push --accept-data-loss"),
    Step("db push", _schema("must Int")),
    Step("db push --accept-data-loss"),
    Step("db push --force-reset"),
    Step("db push --force-reset --accept-data-loss", _schema()),
    Step("db push", _schema("size Itn?")),
    Step("db push --unknown", differs="the usage names Prisma 5's options, too", says="unexpected option: --unknown"),
    Step("db push --accept-data-loss", _schema(), environment={"CLAUDECODE": "1"}),
    Step("db push --force-reset", environment={"AGENT": "amp"}),
    Step("db push --force-reset", environment={"AI_AGENT": "ro bot", _CONSENT: "yes, erase it"}),
    Step("migrate reset --force", environment={"AGENT": "1"}),
    Step("migrate reset --force", environment={"GEMINI_CLI": "1", _CONSENT: "yes"}),
)

# the view is of two tables because PostgreSQL 13 to 15 write `g.id` in that of a single one, and 16 does not
_ODD: Final = """
CREATE TYPE mood AS ENUM ('fine', 'very tired');
CREATE TABLE "user-group" (id serial PRIMARY KEY, title text NOT NULL DEFAULT 'x', moods mood[]);
CREATE TABLE member (id bigint PRIMARY KEY, "group" int NOT NULL REFERENCES "user-group", born timestamptz, spot point);
CREATE TABLE no_key (a int, b text);
CREATE VIEW grown AS SELECT g.id, g.title FROM "user-group" g, no_key;
"""

_PULL: Final[Chapter] = (
    Step("db pull", _file("schema.prisma", _SOURCE)),
    Step("db pull --print"),
    Step("db pull --print", _sql(_ODD)),
    Step("db pull"),
    Step(
        "db pull",
        _edit("schema.prisma", "model member {", '/// People.\nmodel Person {\n  // a comment\n  @@map("member")\n'),
    ),
    Step("db pull --force"),
    Step("db pull --force --print"),
    Step("db pull", _edit("schema.prisma", "model", "modle")),
    Step("db pull --print"),
    Step("db pull --force"),
    Step("db pull", _file("schema.prisma", f"{_GENERATOR}{_SOURCE}")),
    Step("db pull", _sql("DROP VIEW grown; CREATE VIEW known AS SELECT 1 AS one")),
    Step("db pull --force", _file("schema.prisma", _SOURCE)),
    Step("db pull --unknown"),
    Step("db pull --print", environment={"DATABASE_URL": _MISSING_SERVER}),
    Step("db pull", environment={"DATABASE_URL": _MISSING_SERVER}),
    Step(
        "db pull",
        _remove("schema.prisma"),
        differs="Prisma 7's configuration insists on its schema",
        says="schema.prisma",
    ),
)

_SCHEMAS: Final = 'datasource db {\n  provider = "postgresql"\n  schemas  = ["one", "two"]\n}\n'
_IN_SCHEMAS: Final = f"""{_SCHEMAS}
model A {{
  id Int @id

  @@schema("one")
}}

model B {{
  id Int @id

  @@schema("two")
}}
"""

_SEVERAL_SCHEMAS: Final[Chapter] = (
    Step("db push", _file("schema.prisma", _IN_SCHEMAS)),
    Step("db push --force-reset"),
    Step("migrate dev --name a_first"),
    Step("migrate reset --force"),
    Step("migrate dev --name a_first"),
    Step("db pull"),
    Step("db pull --print --schemas one"),
    Step("migrate diff --from-empty --to-config-datasource --script"),
)

_FOLDER_CONFIG: Final = """\
export default {
  schema: 'models',
  migrations: { path: 'migrations', seed: 'python seed.py' },
  datasource: { url: process.env.DATABASE_URL },
}
"""

_FOLDER: Final[Chapter] = (
    Step(
        "db push",
        _all(
            _file("prisma.config.ts", _FOLDER_CONFIG),
            _file("models/base.prisma", _SOURCE),
            _file("models/people/user.prisma", "model User {\n  id Int @id\n}\n"),
            _file("models/people/post.prisma", "model Post {\n  id Int @id\n}\n"),
        ),
    ),
    Step("db pull"),
    Step("db pull --print", _sql('CREATE TABLE "New" (id int PRIMARY KEY)')),
    Step("db pull"),
    Step("migrate reset --force"),
    Step("migrate dev --name a_first"),
    Step("migrate diff --from-migrations migrations --to-schema models --exit-code"),
    Step("db pull --force"),
)

_EXECUTE: Final[Chapter] = (
    Step("db execute --stdin", stdin="CREATE TABLE a (id int); INSERT INTO a VALUES (1);"),
    Step("db execute --file ./a.sql", _file("a.sql", "DO $$ BEGIN PERFORM 1; END $$;\nDROP TABLE a;\n")),
    Step("db execute --file=a.sql"),
    Step("db execute --stdin", stdin="SELECT 1;\nSELEKT ä 2"),
    Step("db execute --stdin", stdin=""),
    Step("db execute --stdin", stdin="-- nothing"),
    Step("db execute --file none.sql"),
    Step("db execute"),
    Step("db execute --stdin --file a.sql"),
    Step("db execute --stdin", stdin="SELECT 1", environment={"DATABASE_URL": _MISSING_SERVER}),
    Step(
        "db execute --stdin",
        stdin="SELECT 1",
        environment={"DATABASE_URL": "mysql://u:p@127.0.0.1/x"},
        differs=_INVALID,
        says="P1013",
    ),
    Step(
        "db execute --unknown",
        differs="the usage names Prisma 5's options, too",
        says="unknown or unexpected option: --unknown",
    ),
    Step("db seed", _file("seed.py", _SEED)),
    Step("db seed -- --one two␣three"),
    Step("db seed -- fail"),
    Step("db seed --one"),
    Step("db seed", _edit("prisma.config.ts", "python seed.py", "no-such-program --x")),
    Step(
        "db seed",
        _edit("prisma.config.ts", "seed: 'no-such-program --x'", ""),
        differs="the example is a Python program",
        says="No seed command configured",
    ),
)

_UNREACHABLE: Final[Chapter] = (
    Step("migrate dev --name a_first", _schema(), environment={"DATABASE_URL": _MISSING_SERVER}),
    Step("migrate reset --force", environment={"DATABASE_URL": _MISSING_SERVER}),
    Step("db push", environment={"DATABASE_URL": _MISSING_SERVER}),
    Step("migrate diff --from-config-datasource --to-empty", environment={"DATABASE_URL": _MISSING_SERVER}),
    Step(
        "migrate dev --name a_first", environment={"DATABASE_URL": "nonsense"}, differs=_INVALID, says="Error: P1013: "
    ),
    Step("db push", environment={"DATABASE_URL": "mysql://u:p@127.0.0.1/x"}, differs=_INVALID, says="Error: P1013: "),
    Step("migrate dev --url postgresql://somebody:secret@127.0.0.1:1/other"),
    Step("db push --url postgresql://somebody:secret@127.0.0.1:1/other"),
)

_DEPLOYMENT: Final[Chapter] = (
    Step("migrate deploy", _all(_schema(), _migration("1_first"))),
    Step("migrate status"),
    Step("migrate deploy"),
    Step("migrate deploy", _migration("2_second")),
    Step("migrate status"),
    Step("migrate deploy"),
    Step("migrate deploy", _migration("3_third", "CREATE TABEL third ();\n")),
    Step("migrate deploy"),
    Step("migrate status"),
    Step("migrate resolve --rolled-back 3_third"),
    Step("migrate status"),
    Step("migrate deploy", _migration("3_third")),
    Step("migrate deploy", _migration("4_fourth", "CREATE TABLE fourth ();\nSELECT 1 / 0;\n")),
    Step("migrate deploy"),
    Step("migrate resolve --applied 4_fourth"),
    Step("migrate status"),
    Step("migrate deploy", _migration("5_fifth")),
    Step("migrate status"),
)

CHAPTERS: Final[Mapping[str, Chapter]] = {
    "development": _DEVELOPMENT,
    "trouble": _TROUBLE,
    "diff": _DIFF,
    "push": _PUSH,
    "pull": _PULL,
    "several schemas": _SEVERAL_SCHEMAS,
    "a folder of schemas": _FOLDER,
    "execute and seed": _EXECUTE,
    "unreachable": _UNREACHABLE,
    "deployment": _DEPLOYMENT,
}
