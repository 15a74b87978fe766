"""Models of a program's own: subclasses, parts of a model, and partial types that are made with the client."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, Final, Optional

import prisma
import pytest
import pytest_asyncio
from prisma.generator import cleanup_templates

from database_url import DatabaseUrl
from fix_clients import SCHEMA
from fix_clients import prisma as prisma_cli
from fix_postgres import Server

HIDE_THE_REST: Final = """
CREATE ROLE "{role}" LOGIN PASSWORD 'part';
GRANT USAGE ON SCHEMA public TO "{role}";
GRANT SELECT ({columns}) ON users TO "{role}";
"""
"""Makes a user of the database who may not even look at the other columns."""


@pytest_asyncio.fixture
async def partial_view(server: Server, blog: Any, blog_url: str) -> AsyncIterator[str]:
    """The URL for a user who sees three columns of `users`, which holds one row."""
    await blog.user.create({"email": "ada@example.org", "name": "Ada", "age": 36})
    name = DatabaseUrl.parse(blog_url).database
    role = f"part_{name}"
    sql = HIDE_THE_REST.format(role=role, columns="id, email, full_name")
    await server.execute(sql, database=name)
    yield f"postgresql://{role}:part@{server.host}:{server.port}/{name}?schema=public"
    await server.execute(f'DROP OWNED BY "{role}"; DROP ROLE "{role}"', database=name)


async def test_a_model_of_some_fields_selects_only_those(blog_client: Any, partial_view: str) -> None:
    class Person(blog_client.bases.BaseUser):  # type: ignore[misc]  # the class is known at run time only
        id: int
        name: Optional[str]  # noqa: UP045  # pydantic reads it on Python 3.9 too

        @property
        def greeting(self) -> str:
            return f"Hello {self.name}"

    async with blog_client.Prisma(datasource={"url": partial_view}, use_dotenv=False) as client:
        person = await Person.prisma(client).find_first()
        assert (type(person), person.model_dump()) == (Person, {"id": 1, "name": "Ada"})
        assert person.greeting == "Hello Ada"
        assert [type(one) for one in await Person.prisma(client).find_many(where={"email": "ada@example.org"})] == [
            Person
        ]
        with pytest.raises(blog_client.errors.PrismaError, match=r"permission denied|denied access"):
            await client.user.find_first()


async def test_models_of_some_fields_write_and_return_themselves(blog_client: Any, blog: Any) -> None:
    class Post(blog_client.bases.BasePost):  # type: ignore[misc]  # the class is known at run time only
        title: str

    class Author(blog_client.bases.BaseUser):  # type: ignore[misc]  # the class is known at run time only
        email: str
        posts: Optional[list[Post]] = None  # noqa: UP045  # pydantic reads it on Python 3.9 too

    authors = Author.prisma(blog)
    created = await authors.create({"email": "a@", "posts": {"create": [{"title": "t"}]}}, include={"posts": True})
    assert created == Author(email="a@", posts=[Post(title="t")])
    assert await authors.update(where={"email": "a@"}, data={"age": 3}) == Author(email="a@")
    upsert = {"create": {"email": "-"}, "update": {"posts": {"create": [{"title": "u"}]}}}
    include = {"posts": {"order_by": {"title": "desc"}, "take": 1}}
    assert await authors.upsert(where={"email": "a@"}, data=upsert, include=include) == Author(
        email="a@", posts=[Post(title="u")]
    )
    assert await authors.query_raw("SELECT * FROM users") == [Author(email="a@")]
    assert await authors.query_first("SELECT email FROM users") == Author(email="a@")
    assert await authors.group_by(["age"], sum={"age": True}) == [{"age": 3, "_sum": {"age": 3}}]
    with pytest.raises(blog_client.errors.UnknownRelationalFieldError, match="on the Author model"):
        await authors.find_many(include={"profile": True})
    assert await authors.delete(where={"email": "a@"}) == Author(email="a@")


async def test_a_subclass_of_a_model_adds_methods_and_checks(blog_client: Any, blog: Any) -> None:
    class User(blog_client.models.User):  # type: ignore[misc]  # the class is known at run time only
        @property
        def domain(self) -> str:
            return str(self.email).partition("@")[2]

    await blog.user.create({"email": "ada@example.org", "posts": {"create": [{"title": "t"}]}})
    user = await User.prisma(blog).find_first_or_raise(include={"posts": True})
    assert (type(user), user.domain, [type(post) for post in user.posts]) == (
        User,
        "example.org",
        [blog_client.models.Post],
    )


async def test_json_can_be_read_into_a_model(blog_client: Any, blog: Any) -> None:
    from pydantic import BaseModel, field_validator

    class Settings(BaseModel):
        theme: str
        size: int = 1

    class User(blog_client.bases.BaseUser):  # type: ignore[misc]  # the class is known at run time only
        settings: Settings

        @field_validator("settings", mode="before")
        @classmethod
        def parse(cls, value: object) -> object:
            return json.loads(value) if isinstance(value, str) else value

    created = await User.prisma(blog).create({"email": "a@", "settings": blog_client.Json({"theme": "dark"})})
    assert created.settings == Settings(theme="dark")


async def test_records_are_copied_dumped_and_described_like_other_models(blog_client: Any, blog: Any) -> None:
    user = await blog.user.create({"email": "a@"}, include={"posts": True})
    assert blog_client.models.User.model_validate(user.model_dump()) == user
    user = await blog.user.update(where={"id": user.id}, data={"settings": blog_client.Json({"a": [1]})})
    dumped = json.loads(user.model_dump_json())
    assert (dumped["email"], dumped["settings"], dumped["posts"], dumped["role"]) == ("a@", {"a": [1]}, None, "READER")
    assert "email" in blog_client.models.User.model_json_schema()["$defs"]["User"]["required"]
    raw = await blog.types.create({"raw": blog_client.Base64.encode(b"\x00")})
    assert json.loads(raw.model_dump_json())["raw"] == "AA=="


CONFIGURATION: Final = "PRISMA_PY_CONFIG_PARTIAL_TYPE_GENERATOR"

PARTIAL_TYPES: Final = """
from prisma.models import Post, User

Post.create_partial("PostTitle", include={"title"})
User.create_partial("UserName", include={"id", "name"}, required={"name"})
User.create_partial("UserPlain", exclude_relational_fields=True, optional={"email"})
User.create_partial("UserWithTitles", include={"id", "posts"}, relations={"posts": "PostTitle"})
User.create_partial("UserWithout", exclude={"age", "settings"})
"""

PROGRAM: Final = """
import asyncio, json, sys

from prisma import Prisma
from prisma.partials import PostTitle, UserName, UserPlain, UserWithout, UserWithTitles


async def main() -> None:
    async with Prisma(auto_register=True, datasource={"url": sys.argv[1]}) as client:
        name = await UserName.prisma().find_first_or_raise()
        try:
            await UserPlain.prisma().find_first()
            refused = False
        except Exception as error:
            refused = "denied" in str(error)
    async with Prisma(datasource={"url": sys.argv[2]}) as client:
        plain = await UserPlain.prisma(client).find_first_or_raise()
        without = await UserWithout.prisma(client).find_first_or_raise(include={"posts": True})
        created = await UserWithTitles.prisma(client).create(
            {"email": "new", "posts": {"create": [{"title": "t"}]}}, include={"posts": True}
        )
    print(json.dumps({
        "name": name.model_dump(),
        "refused": refused,
        "plain": sorted(plain.model_dump()),
        "without": [without.email, without.posts, hasattr(without, "age")],
        "created": created.model_dump(),
        "type": type(created.posts[0]).__name__,
    }))


asyncio.run(main())
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder of packages with a client of its own, not yet generated, where its package is installed."""
    folder = tmp_path / "site"
    package = folder / "prisma"
    shutil.copytree(
        Path(prisma.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__", "_prisma_engine")
    )
    cleanup_templates(package)
    return folder


WAYS: Final = {
    "in the schema": ('partial_type_generator = "partials/types.py"', "partials/types.py", {}),
    "in the environment": ("", "partials/types.py", {CONFIGURATION: "partials/types.py"}),
    "by its place": ("", "prisma/partial_types.py", {}),
}
"""How what makes partial types is found: an option of the generator, the file's place, more environment."""


def make_partial_types(site: Path, folder: Path, option: str, place: str, environment: Mapping[str, str]) -> list[str]:
    """Generate the client with partial types; return the lines of them, whose order differs from time to time."""
    schema = re.sub(r"output .*", option, SCHEMA.read_text(encoding="utf-8"))
    for name, text in {place: PARTIAL_TYPES, "schema.prisma": schema}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    path = os.pathsep.join([str(site), *sys.path])
    prisma_cli("generate", folder=folder, environment={**environment, "PYTHONPATH": path})
    return sorted((site / "prisma" / "partials.py").read_text(encoding="utf-8").splitlines())


async def test_partial_types_select_only_their_fields(
    site: Path, tmp_path: Path, blog_url: str, partial_view: str
) -> None:
    first, *others = (make_partial_types(site, tmp_path / name, *way) for name, way in WAYS.items())
    assert others == [first, first]
    program = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        PROGRAM,
        partial_view,
        blog_url,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(site), *sys.path])},
        stdout=PIPE,
        stderr=PIPE,
    )
    stdout, stderr = await program.communicate()
    assert program.returncode == 0, stderr.decode()
    scalars = ["active", "age", "changed", "email", "id", "joined", "managerId", "name", "role", "score", "settings"]
    assert json.loads(stdout) == {
        "name": {"id": 1, "name": "Ada"},
        "refused": True,
        "plain": [*scalars, "tags"],
        "without": ["ada@example.org", [], False],
        "created": {"id": 2, "posts": [{"title": "t"}]},
        "type": "PostTitle",
    }
