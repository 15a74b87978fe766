"""The table of messages in partitions by session: the SQL for it, made of what the database has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import asyncpg

from prisma_engine.admin.session import quoted
from prisma_engine.namespace import Table
from steps import StepError

__all__ = ["MessageTable", "read_table"]

_PARTITIONS: Final = 16

_COLUMNS: Final = """
SELECT attname FROM pg_attribute
WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
ORDER BY attnum
"""
_INDEXES: Final = """
SELECT relname, indisunique,
    substring(pg_get_indexdef(oid) FROM '^CREATE (?:UNIQUE )?INDEX {name} ON {name}( USING .*)')
FROM pg_index JOIN pg_class ON oid = indexrelid
WHERE indrelid = $1::regclass AND indisvalid AND NOT indisprimary
ORDER BY relname
""".format(name='(?:"[^"]*"|[^ "])+')
_FOREIGN_KEYS: Final = """
SELECT conname, pg_get_constraintdef(oid), confrelid::regclass::text
FROM pg_constraint WHERE conrelid = $1::regclass AND contype = 'f' ORDER BY conname
"""
_SEQUENCES: Final = """
SELECT objid::regclass::text, attname
FROM pg_depend
JOIN pg_class ON oid = objid AND relkind = 'S'
JOIN pg_attribute ON attrelid = refobjid AND attnum = refobjsubid
WHERE refobjid = $1::regclass AND deptype = 'a'
ORDER BY 1
"""
_OBSTACLES: Final = """
SELECT pg_describe_object(classid, objid, objsubid)
FROM pg_class
JOIN pg_type ON pg_type.oid = reltype
JOIN pg_depend ON (refclassid, refobjid) IN (
    ('pg_class'::regclass, pg_class.oid), ('pg_type'::regclass, pg_type.oid), ('pg_type'::regclass, typarray)
)
WHERE pg_class.oid = $1::regclass
AND (
    deptype = 'n' OR classid IN (
        'pg_trigger'::regclass, 'pg_rewrite'::regclass, 'pg_policy'::regclass, 'pg_publication_rel'::regclass
    )
)
AND objid NOT IN (
    SELECT oid FROM pg_constraint WHERE conrelid = $1::regclass AND contype = 'c'
    UNION ALL
    SELECT oid FROM pg_attrdef WHERE adrelid = $1::regclass
    UNION ALL
    SELECT oid FROM pg_trigger WHERE tgfoid::regproc::text = $3
)
UNION
SELECT 'constraint ' || conname FROM pg_constraint
WHERE conrelid = $1::regclass AND (contype = 'x' OR NOT convalidated OR contype IN ('p', 'u') AND condeferrable)
UNION
SELECT 'unique index ' || indexrelid::regclass
FROM pg_index
WHERE indrelid = $1::regclass AND indisunique AND NOT indisprimary AND NOT EXISTS (
    SELECT FROM pg_attribute WHERE attrelid = indrelid AND attname = $2 AND attnum = ANY (indkey[:indnkeyatts - 1])
)
UNION
SELECT 'identity column ' || attname FROM pg_attribute WHERE attrelid = $1::regclass AND attidentity <> ''
UNION
SELECT 'rights for column ' || attname FROM pg_attribute WHERE attrelid = $1::regclass AND attacl IS NOT NULL
UNION
SELECT 'row level security' FROM pg_class WHERE oid = $1::regclass AND relrowsecurity
UNION
SELECT 'an index as replica identity' FROM pg_class WHERE oid = $1::regclass AND relreplident = 'i'
UNION
SELECT 'its parent ' || inhparent::regclass FROM pg_inherits WHERE inhrelid = $1::regclass
ORDER BY 1
"""

_HEAD: Final = """\
-- The messages in partitions by session, in one transaction: others may read meanwhile, and wait to write.
-- In a database that is in use, make db-partitions does the same without that.

"""

# Whose the table is, who may do what with it, and what else is said of it; nobody asks the partitions by their names.
_COPY_SETTINGS: Final = """\
DO $$
DECLARE command text;
BEGIN
    FOR command IN
        WITH old AS (SELECT * FROM pg_class WHERE oid = {table_text}::regclass),
        parts AS (SELECT inhrelid::regclass AS made FROM pg_inherits WHERE inhparent = {new_text}::regclass),
        whole AS (SELECT {new_text}::regclass AS made),
        each AS (TABLE parts UNION ALL TABLE whole)
        SELECT format('ALTER TABLE %s OWNER TO %s', made, relowner::regrole) FROM old, each
        UNION ALL
        SELECT format('ALTER TABLE %s SET (%s)', made, array_to_string(reloptions, ', '))
        FROM old, parts WHERE reloptions IS NOT NULL
        UNION ALL
        SELECT format('ALTER TABLE %s REPLICA IDENTITY FULL', made) FROM old, each WHERE relreplident = 'f'
        UNION ALL
        SELECT format('ALTER TABLE %s REPLICA IDENTITY NOTHING', made) FROM old, each WHERE relreplident = 'n'
        UNION ALL
        SELECT format('COMMENT ON TABLE %s IS %L', made, said)
        FROM old, whole, obj_description(oid, 'pg_class') said WHERE said IS NOT NULL
        UNION ALL
        SELECT format(
            'GRANT %s ON %s TO %s%s', privilege_type, made,
            CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END,
            CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END
        )
        FROM old, whole, aclexplode(relacl)
    LOOP
        EXECUTE command;
    END LOOP;
END $$"""


@dataclass(frozen=True, slots=True)
class Index:
    """An index: its name, and what its definition says after the table."""

    name: str
    unique: bool
    definition: str


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A foreign key of messages."""

    name: str
    definition: str
    referenced: str  # in SQL


@dataclass(frozen=True, slots=True)
class MessageTable:
    """The table of messages and what belongs to it; names without a schema are in that of the connection."""

    name: str
    id: str
    session: str
    columns: Sequence[str]  # but for those that the database generates
    indexes: Sequence[Index]
    foreign_keys: Sequence[ForeignKey]
    sequences: Sequence[tuple[str, str]]  # each in SQL, and the column whose default it is

    @property
    def sql(self) -> str:
        """The table's name in SQL."""
        return quoted(self.name)

    @property
    def new(self) -> str:
        """The name in SQL of the table that is to take its place."""
        return quoted(f"{self.name}_new")

    @property
    def partitions(self) -> list[str]:
        """The names in SQL of its partitions."""
        return [quoted(f"{self.name}_p{number:02}") for number in range(_PARTITIONS)]

    @property
    def referenced(self) -> list[str]:
        """The tables in SQL that messages refer to."""
        return sorted({key.referenced for key in self.foreign_keys})

    def create(self) -> list[str]:
        """Make the new table, empty and without indexes."""
        return [
            f"CREATE TABLE {self.new} (LIKE {self.sql} INCLUDING ALL EXCLUDING INDEXES)\n"
            f"PARTITION BY HASH ({quoted(self.session)})",
            *(
                f"CREATE TABLE {partition} PARTITION OF {self.new} "
                f"FOR VALUES WITH (MODULUS {_PARTITIONS}, REMAINDER {number})"
                for number, partition in enumerate(self.partitions)
            ),
        ]

    def copy(self) -> str:
        """Copy the messages."""
        values = ", ".join(map(quoted, self.columns))
        return f"INSERT INTO {self.new} ({values}) SELECT {values} FROM {self.sql}"  # noqa: S608  # names, in SQL

    def index(self) -> list[str]:
        """Index the copies."""
        return [
            f"ALTER TABLE {self.new} ADD CONSTRAINT {quoted(self._index(0))} "
            f"PRIMARY KEY ({quoted(self.id)}, {quoted(self.session)})",
            *(
                f"CREATE {'UNIQUE ' * index.unique}INDEX {quoted(self._index(number))} ON {self.new}{index.definition}"
                for number, index in enumerate(self.indexes, 1)
            ),
        ]

    def refer(self) -> list[str]:
        """Give the new table its foreign keys."""
        return [self.add_key(self.new, key) for key in self.foreign_keys]

    def add_key(self, table: str, key: ForeignKey) -> str:
        """Give a table a foreign key."""
        return f"ALTER TABLE {table} ADD CONSTRAINT {quoted(key.name)} {key.definition}"

    def swap(self) -> list[str]:
        """Put the new table in the place of the old one."""
        names = [f"{self.name}_pkey", *(index.name for index in self.indexes)]
        return [
            _COPY_SETTINGS.format(new_text=_literal(self.new), table_text=_literal(self.sql)),
            *(f"ALTER SEQUENCE {name} OWNED BY {self.new}.{quoted(column)}" for name, column in self.sequences),
            f"DROP TABLE {self.sql}",
            f"ALTER TABLE {self.new} RENAME TO {self.sql}",
            *(
                f"ALTER INDEX {quoted(self._index(number))} RENAME TO {quoted(name)}"
                for number, name in enumerate(names)
            ),
        ]

    def migration(self) -> str:
        """All of it in one transaction, in which others may read and not write: for a database with few messages."""
        tables = ", ".join([self.sql, *self.referenced])
        statements = [
            f"LOCK TABLE {tables} IN SHARE ROW EXCLUSIVE MODE",
            *self.create(),
            self.copy(),
            *self.index(),
            *self.refer(),
            f"ANALYZE {self.new}",
            *self.swap(),
        ]
        return _HEAD + "".join(f"{statement};\n" for statement in statements)

    def _index(self, number: int) -> str:
        """What an index is called until it gets the name of the one that it replaces."""
        return f"{self.name}_new_{number}"


async def read_table(connection: asyncpg.Connection[asyncpg.Record], table: Table, *, ours: str = "") -> MessageTable:
    """Look at the table of messages. Errors: StepError for what partitions cannot keep; `ours` is no such trigger."""
    name, session = quoted(table.name), table.columns["sessionId"]
    obstacles = [row[0] for row in await connection.fetch(_OBSTACLES, name, session, ours)]
    if obstacles:
        raise StepError(f"partitions cannot take the place of {name} because of {', '.join(obstacles)}")
    return MessageTable(
        table.name,
        table.columns["id"],
        session,
        [row[0] for row in await connection.fetch(_COLUMNS, name)],
        [Index(*row) for row in await connection.fetch(_INDEXES, name)],
        [ForeignKey(*row) for row in await connection.fetch(_FOREIGN_KEYS, name)],
        [(row[0], row[1]) for row in await connection.fetch(_SEQUENCES, name)],
    )


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
