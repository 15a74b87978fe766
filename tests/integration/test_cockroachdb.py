"""Schemas for CockroachDB get Prisma's compiler for it; its plans run here on PostgreSQL, whose protocol it speaks."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio

from fix_clients import import_client, prisma
from prisma_engine.client_package import FOLDER, ClientPackage
from prisma_engine.compiler.host import QueryCompiler
from prisma_engine.compiler.modules import Provider, prepare
from steps import PROJECT

DELETE: Final = {
    "modelName": "Session",
    "action": "deleteOne",
    "query": {"arguments": {"where": {"id": "s"}}, "selection": {"id": True}},
}


def schema(provider: Provider) -> str:
    """The project's schema for a provider; its client goes beside it."""
    text = (PROJECT / "schema.prisma").read_text(encoding="utf-8").replace('"postgresql"', f'"{provider}"')
    return re.sub(r"(generator \w+ \{)", r'\1\n  output = "./roach_client"', text)


@pytest.fixture(scope="module")
def roach_client(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The client's package, generated for CockroachDB."""
    folder = tmp_path_factory.mktemp("roach")
    (folder / "schema.prisma").write_text(schema("cockroachdb"), encoding="utf-8")
    prisma("generate", "--schema", str(folder / "schema.prisma"), folder=folder)
    return import_client(folder, "roach_client")


@pytest_asyncio.fixture
async def roach(roach_client: Any, migrated_url: str) -> AsyncIterator[Any]:
    """A connected client on a fresh database."""
    async with roach_client.Prisma(datasource={"url": migrated_url}, use_dotenv=False) as client:
        yield client


def test_a_client_has_the_build_of_its_provider(roach_client: Any) -> None:
    package = ClientPackage("roach_client")
    assert package.provider() == "cockroachdb"
    [build] = package.folder.glob("query_compiler*.cwasm")
    assert build.name.startswith("query_compiler_small_bg.cockroachdb-")
    assert package.folder.parent == Path(roach_client.__file__).parent
    assert package.folder.name == FOLDER


@pytest.mark.parametrize(("provider", "word"), [("postgresql", "TEXT"), ("cockroachdb", "STRING")])
def test_plans_have_the_types_of_their_database(provider: Provider, word: str, tmp_path: Path) -> None:
    prepare(tmp_path, provider)
    compiler = QueryCompiler(tmp_path, schema=schema(provider), provider=provider)
    assert f'"dbType": "{word}"' in json.dumps(compiler.compile(json.dumps(DELETE)))


async def test_the_plans_of_a_chat_run(roach: Any, roach_client: Any) -> None:
    session = await roach.session.create(
        data={"messages": {"create": [{"content": "Hello!", "role": "user"}, {"content": "Hi.", "role": "assistant"}]}}
    )
    await roach.message.create_many(data=[{"content": str(n), "role": "user", "sessionId": session.id} for n in "123"])
    for content in ({"name": "Ada"}, {"name": "Eve"}):
        json_content = roach_client.Json(content)
        await roach.characterfile.upsert(
            where={"sessionId": session.id},
            data={"create": {"sessionId": session.id, "content": json_content}, "update": {"content": json_content}},
        )
    found = await roach.session.find_unique(
        where={"id": session.id},
        include={"messages": {"order_by": {"content": "desc"}, "take": 2}, "characterFile": True},
    )
    assert [message.content for message in found.messages] == ["Hi.", "Hello!"]
    assert found.characterFile.content == {"name": "Eve"}
    assert await roach.message.update_many(where={"content": {"in": ["1", "2"]}}, data={"role": "assistant"}) == 2
    groups = await roach.message.group_by(by=["role"], count=True, order={"role": "asc"})
    assert [(group["role"], group["_count"]["_all"]) for group in groups] == [("assistant", 3), ("user", 2)]
    assert (await roach.session.delete(where={"id": session.id})).id == session.id
    assert await roach.message.count() == 0
