"""The chat API of the examples, served by uvicorn as its README says."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, TypeVar
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from fix_own_server import OwnServer
from steps import PROJECT

_README: Final = (PROJECT / "examples" / "fastapi_app" / "README.md").read_text(encoding="utf-8")
_TOLD: Final = "uvicorn --app-dir tests acceptance.told_chat:app"
_LONG: Final = 50  # seconds until a test gives up; none takes a tenth of it
_CLIENTS: Final = 50

_Found = TypeVar("_Found")
Events = list[tuple[str, Any]]


@dataclass(frozen=True, slots=True)
class Web:
    """A running application, and a client of it."""

    process: subprocess.Popen[str]
    client: httpx.AsyncClient

    async def session(self, *contents: str) -> str:
        """The id of a new session with messages of the user."""
        session_id = str((await self.client.post("/sessions")).json()["id"])
        for content in contents:
            answer = await self.client.post(f"/sessions/{session_id}/messages", json={"content": content})
            assert answer.status_code == HTTPStatus.CREATED
        return session_id

    async def messages(self, session_id: str, **page: str | int) -> list[dict[str, str]]:
        """A page of the messages."""
        answer = await self.client.get(f"/sessions/{session_id}/messages", params=page)
        assert answer.status_code == HTTPStatus.OK, answer.text
        return [dict(message) for message in answer.json()]

    async def talk(self, session_id: str) -> list[tuple[str, str]]:
        """Who said what."""
        return [(message["role"], message["content"]) for message in await self.messages(session_id)]

    async def tell(self, *pieces: str | None) -> None:
        """Have the model say these pieces."""
        told = await self.client.post("/tell", content=json.dumps(pieces), headers={"Content-Type": "application/json"})
        assert told.status_code == HTTPStatus.OK, told.text

    async def status(self, method: str, path: str, **request: Any) -> int:
        """The status of an answer."""
        return (await self.client.request(method, path, **request)).status_code

    async def readiness(self) -> tuple[int, Any]:
        """What it says of itself."""
        answer = await self.client.get("/health/ready")
        return answer.status_code, answer.json().get("reason")

    def terminate(self) -> str:
        """End it as a supervisor of services does, and return what it complained about."""
        self.process.terminate()
        complaints = self.process.communicate(timeout=_LONG)[1]
        assert self.process.returncode == -signal.SIGTERM
        return complaints


@contextmanager
def _process(command: str, url: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The web server; requests wait in its socket until it takes them."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        fd = str(listener.fileno())
        process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", *shlex.split(command), "--fd", fd, "--log-level", "warning"],
            env={**os.environ, "DATABASE_URL": url, "PYTHONPATH": os.pathsep.join(sys.path)},
            cwd=PROJECT,
            pass_fds=[listener.fileno()],
            stderr=subprocess.PIPE,
            text=True,
        )
    with process:
        try:
            yield process, port
        finally:
            process.kill()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def database(own_server: OwnServer) -> OwnServer:
    """A server of the module's own, with the tables."""
    for migration in sorted((PROJECT / "migrations").glob("*/migration.sql")):
        await own_server.execute(migration.read_text(encoding="utf-8"))
    return own_server


@asynccontextmanager
async def _client(process: subprocess.Popen[str], port: int) -> AsyncIterator[Web]:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=_LONG, trust_env=False) as client:
        yield Web(process, client)


@asynccontextmanager
async def _web(command: str, url: str) -> AsyncIterator[Web]:
    with _process(command, url) as (process, port):
        async with _client(process, port) as web:
            yield web


@pytest.fixture(scope="module")
def command() -> str:
    """How the README starts it."""
    found = re.search(r"^uvicorn .+$", _README, re.MULTILINE)
    assert found is not None
    return found[0]


@pytest.fixture(scope="module")
def example(command: str, database: OwnServer) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The application as it is."""
    with _process(command, database.url) as running:
        yield running


@pytest.fixture(scope="module")
def told(database: OwnServer) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The application with a model that says what it is told."""
    with _process(_TOLD, database.url) as running:
        yield running


@pytest_asyncio.fixture
async def web(example: tuple[subprocess.Popen[str], int]) -> AsyncIterator[Web]:
    """The application as it is, with a client."""
    async with _client(*example) as web:
        yield web


@pytest_asyncio.fixture
async def told_web(told: tuple[subprocess.Popen[str], int]) -> AsyncIterator[Web]:
    """The application whose model is told what to say, with a client."""
    async with _client(*told) as web:
        yield web


def _events(text: str) -> Events:
    """The server-sent events of a whole answer."""
    return [(name, json.loads(data)) for name, data in re.findall(r"event: (.+)\ndata: (.+)\n\n", text)]


async def _next_event(lines: AsyncIterator[str]) -> tuple[str, Any]:
    """The next event of an answer that goes on."""
    name, data, _ = [await anext(lines) for _ in range(3)]
    return name.removeprefix("event: "), json.loads(data.removeprefix("data: "))


async def _until(condition: Callable[[], Awaitable[_Found]], wanted: _Found) -> None:
    """Wait until the condition gives what is wanted."""

    async def wait() -> None:
        while await condition() != wanted:
            pass

    await asyncio.wait_for(wait(), _LONG)


async def test_the_readme_tells_of_every_route(web: Web) -> None:
    paths = (await web.client.get("/openapi.json")).json()["paths"]
    routes = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    assert set(re.findall(r"^\| `([A-Z]+ \S+)` \|", _README, re.MULTILINE)) == routes


# Conversations


async def test_a_conversation_is_kept_until_its_session_is_deleted(web: Web) -> None:
    session = await web.session("Hello there")
    events = _events((await web.client.post(f"/sessions/{session}/replies")).text)
    *_, stored = messages = await web.messages(session)

    said = [("piece", {"text": text}) for text in ("You said:", " Hello", " there")]
    assert events == [*said, ("stored", {"id": stored["id"]})]
    assert [message["content"] for message in messages] == ["Hello there", "You said: Hello there"]
    assert messages[0].keys() == {"id", "role", "content", "createdAt"}

    assert await web.status("DELETE", f"/sessions/{session}") == HTTPStatus.NO_CONTENT
    assert await web.status("GET", f"/sessions/{session}/messages") == HTTPStatus.NOT_FOUND


async def test_the_list_of_sessions_tells_what_is_in_each(web: Web) -> None:
    session = await web.session("one", "two")
    listed = (await web.client.get("/sessions")).json()
    [found] = [summary for summary in listed if summary["id"] == session]

    assert found["messageCount"] == 2
    assert found["lastMessageAt"] == (await web.messages(session))[-1]["createdAt"]
    assert found.keys() == {"id", "createdAt", "updatedAt", "messageCount", "lastMessageAt"}


async def test_a_character_file_is_replaced_by_the_next(web: Web) -> None:
    path = f"/sessions/{await web.session()}/character"
    assert await web.status("GET", path) == HTTPStatus.NOT_FOUND
    for content in ({"name": "Ada", "topics": ["engines", None, 1.5]}, {}):
        put = await web.client.put(path, json=content)
        assert put.json()["content"] == content
        assert (await web.client.get(path)).json() == put.json()


async def test_a_message_that_is_sent_again_is_stored_once(web: Web) -> None:
    session = await web.session()
    message = {"content": "Are you there?", "id": str(uuid4())}
    statuses = [await web.status("POST", f"/sessions/{session}/messages", json=message) for _ in range(2)]

    assert statuses == [HTTPStatus.CREATED, HTTPStatus.CONFLICT]
    assert await web.talk(session) == [("user", "Are you there?")]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/sessions?after=nobody", "", HTTPStatus.NOT_FOUND),
        ("GET", "/sessions?limit=0", "", HTTPStatus.UNPROCESSABLE_ENTITY),
        ("GET", "/sessions?after=%00", "", HTTPStatus.UNPROCESSABLE_ENTITY),
        ("DELETE", "/sessions/nobody", "", HTTPStatus.NOT_FOUND),
        ("GET", "/sessions/nobody/messages", "", HTTPStatus.NOT_FOUND),
        ("GET", "/sessions/{session}/messages?before=nothing", "", HTTPStatus.NOT_FOUND),
        ("POST", "/sessions/nobody/messages", '{"content": "Hello"}', HTTPStatus.NOT_FOUND),
        ("POST", "/sessions/{session}/messages", '{"content": "\\u0000"}', HTTPStatus.UNPROCESSABLE_ENTITY),
        ("POST", "/sessions/{session}/messages", '{"content": "", "role": "\\ud800"}', HTTPStatus.UNPROCESSABLE_ENTITY),
        ("POST", "/sessions/nobody/replies", "", HTTPStatus.NOT_FOUND),
        ("PUT", "/sessions/nobody/character", "{}", HTTPStatus.NOT_FOUND),
        ("PUT", "/sessions/{session}/character", '{"size": NaN}', HTTPStatus.UNPROCESSABLE_ENTITY),
    ],
)
async def test_what_is_wrong_with_a_request_is_said_in_its_status(
    method: str, path: str, body: str, status: HTTPStatus, web: Web
) -> None:
    session = await web.session()
    answer = await web.client.request(
        method, path.format(session=session), content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == status
    assert answer.json()["detail"]
    assert await web.talk(session) == []


# Pages


async def test_pages_of_messages_return_each_once_while_others_write(web: Web) -> None:
    session = await web.session(*map(str, range(20)))
    first, *_ = before = await web.messages(session, limit=200)

    async def backward() -> list[dict[str, str]]:
        walked = await web.messages(session, limit=4)
        while page := await web.messages(session, limit=4, before=walked[0]["id"]):
            walked = page + walked
        return walked

    async def forward() -> list[dict[str, str]]:
        walked = [first]
        while page := await web.messages(session, limit=4, after=walked[-1]["id"]):
            walked += page
        return walked

    async def write() -> None:
        for _ in range(10):
            await web.client.post(f"/sessions/{session}/messages", json={"content": "other"})

    *walks, _ = await asyncio.gather(backward(), forward(), write())
    for walked in walks:
        assert [message for message in walked or [] if message["content"] != "other"] == before
        assert len({message["id"] for message in walked or []}) == len(walked or [])


async def test_pages_of_sessions_return_each_once_while_others_write(web: Web) -> None:
    sessions = [await web.session() for _ in range(10)]

    async def walk() -> list[str]:
        walked: list[str] = []
        while page := await listed(walked[-1:]):
            walked += page
        return walked

    async def listed(after: list[str]) -> list[str]:
        answer = await web.client.get("/sessions", params={"limit": 3, "after": after})
        return [summary["id"] for summary in answer.json()]

    async def write() -> None:
        for _ in range(10):
            await web.session()

    walked, _ = await asyncio.gather(walk(), write())
    assert [session for session in walked if session in sessions] == sessions[::-1]


# Replies


async def test_a_reply_is_sent_while_it_is_made_and_stored_when_it_ends(told_web: Web) -> None:
    session = await told_web.session("Go on")
    async with told_web.client.stream("POST", f"/sessions/{session}/replies") as answer:
        lines = answer.aiter_lines()
        for piece in ("One", " two"):
            await told_web.tell(piece)
            assert await _next_event(lines) == ("piece", {"text": piece})
        assert await told_web.talk(session) == [("user", "Go on")]
        await told_web.tell(None)
        name, data = await _next_event(lines)

    assert (name, data["id"]) == ("stored", (await told_web.messages(session))[-1]["id"])
    assert await told_web.talk(session) == [("user", "Go on"), ("assistant", "One two")]


async def test_a_reply_goes_on_when_its_client_hangs_up_and_is_stored_once(told_web: Web) -> None:
    session = await told_web.session("Go on")
    async with told_web.client.stream("POST", f"/sessions/{session}/replies") as answer:
        await told_web.tell("One")
        await _next_event(answer.aiter_lines())
    for piece in (" two", " three", None):
        await told_web.tell(piece)

    await _until(lambda: told_web.talk(session), [("user", "Go on"), ("assistant", "One two three")])


async def test_what_a_model_made_before_it_failed_is_stored(told_web: Web) -> None:
    session = await told_web.session("Go on")
    await told_web.tell("One", "fail")
    events = _events((await told_web.client.post(f"/sessions/{session}/replies")).text)

    assert [name for name, _ in events] == ["piece", "stored", "error"]
    assert events[-1][1] == {"status": 500, "detail": "Something is wrong on the server."}
    assert await told_web.talk(session) == [("user", "Go on"), ("assistant", "One")]


async def test_of_a_model_that_says_nothing_nothing_is_stored(told_web: Web) -> None:
    session = await told_web.session("Go on")
    await told_web.tell(None)
    assert (await told_web.client.post(f"/sessions/{session}/replies")).text == ""
    assert await told_web.talk(session) == [("user", "Go on")]


async def test_a_reply_that_is_asked_for_again_with_its_id_is_stored_once(told_web: Web) -> None:
    session = await told_web.session("Go on")
    reply = {"id": str(uuid4())}
    for said in ("One", "Two"):
        await told_web.tell(said, None)
        answer = await told_web.client.post(f"/sessions/{session}/replies", json=reply)
        assert _events(answer.text) == [("piece", {"text": said}), ("stored", reply)]
    assert await told_web.talk(session) == [("user", "Go on"), ("assistant", "One")]


async def test_a_reply_is_stored_whatever_its_pieces_are_cut_from(told_web: Web) -> None:
    session = await told_web.session("Go on")
    await told_web.tell("Smile \ud83d", "\ude00, NUL \0", " and half of one \ud83d", None)
    events = _events((await told_web.client.post(f"/sessions/{session}/replies")).text)

    assert [name for name, _ in events] == ["piece", "piece", "piece", "stored"]
    assert await told_web.talk(session) == [
        ("user", "Go on"),
        ("assistant", "Smile \N{GRINNING FACE}, NUL \ufffd and half of one \ufffd"),
    ]


async def test_a_reply_to_a_session_that_is_deleted_meanwhile_ends_with_an_error(told_web: Web) -> None:
    session = await told_web.session("Go on")
    async with told_web.client.stream("POST", f"/sessions/{session}/replies") as answer:
        await told_web.client.delete(f"/sessions/{session}")
        await told_web.tell("One", None)
        events = _events((await answer.aread()).decode())

    assert [name for name, _ in events] == ["piece", "error"]
    assert events[-1][1] == {"status": 404, "detail": f"There is no session with the id '{session}'."}


async def test_many_clients_at_once_each_have_a_conversation_of_their_own(web: Web) -> None:
    async def converse(number: int) -> None:
        session = await web.session(f"This is {number}")
        await web.client.post(f"/sessions/{session}/replies")
        assert await web.talk(session) == [
            ("user", f"This is {number}"),
            ("assistant", f"You said: This is {number}"),
        ]

    await asyncio.gather(*map(converse, range(_CLIENTS)))


# The database away, and the end


async def test_it_is_unready_while_the_database_is_away_and_ready_when_it_is_back(
    web: Web, database: OwnServer
) -> None:
    session = await web.session("Hello")
    assert await web.readiness() == (HTTPStatus.OK, None)
    database.stop()
    try:
        assert await web.readiness() == (HTTPStatus.SERVICE_UNAVAILABLE, "P1001")
        assert await web.status("GET", "/health/live") == HTTPStatus.OK
        database.start(default_transaction_read_only="on")
        assert await web.readiness() == (HTTPStatus.SERVICE_UNAVAILABLE, "read-only")
    finally:
        database.restart("fast")
    assert await web.readiness() == (HTTPStatus.OK, None)
    assert await web.talk(session) == [("user", "Hello")]


async def test_while_the_database_is_away_every_answer_says_so_and_nothing_more(web: Web, database: OwnServer) -> None:
    session = await web.session("Hello")
    requests: list[tuple[str, str, Any]] = [
        ("GET", "/sessions", None),
        ("GET", f"/sessions/{session}/messages", None),
        ("POST", f"/sessions/{session}/messages", {"content": "Are you there?"}),
        ("POST", f"/sessions/{session}/replies", None),
        ("GET", "/health/ready", None),
    ]
    database.stop()
    try:
        answers = [await web.client.request(method, path, json=body) for method, path, body in requests]
    finally:
        database.start()

    for answer in answers:
        assert (answer.status_code, answer.headers["Retry-After"]) == (HTTPStatus.SERVICE_UNAVAILABLE, "2")
        assert answer.json() in (
            {"detail": "The database is away (P1001)."},
            {"status": "unready", "reason": "P1001"},
        )
    assert await web.talk(session) == [("user", "Hello")]


async def test_a_reply_that_cannot_be_stored_ends_with_an_error(told_web: Web, database: OwnServer) -> None:
    session = await told_web.session("Go on")
    async with told_web.client.stream("POST", f"/sessions/{session}/replies") as answer:
        database.stop()
        try:
            await told_web.tell("One", None)
            events = _events((await answer.aread()).decode())
        finally:
            database.start()

    assert [name for name, _ in events] == ["piece", "error"]
    assert events[-1][1] == {"status": 503, "detail": "The database is away (P1001)."}
    assert await told_web.talk(session) == [("user", "Go on")]


async def test_it_may_be_started_before_its_database(command: str, database: OwnServer) -> None:
    database.stop()
    try:
        async with _web(command, database.url) as web:
            assert await web.readiness() == (HTTPStatus.SERVICE_UNAVAILABLE, "P1001")
            database.start()
            assert await web.readiness() == (HTTPStatus.OK, None)
            session = await web.session("Hello")
            assert await web.talk(session) == [("user", "Hello")]
            [warning] = web.terminate().splitlines()
            assert "P1001" in warning
            assert "secret" not in warning
    finally:
        database.restart("fast")


async def test_an_error_that_nobody_expects_tells_nothing_of_the_database(web: Web, database: OwnServer) -> None:
    session = await web.session()
    await database.execute('ALTER TABLE "CharacterFile" RENAME TO "Elsewhere"')
    try:
        answer = await web.client.get(f"/sessions/{session}/character")
    finally:
        await database.execute('ALTER TABLE "Elsewhere" RENAME TO "CharacterFile"')
    assert (answer.status_code, answer.text) == (HTTPStatus.INTERNAL_SERVER_ERROR, "Internal Server Error")


async def test_sigterm_stores_what_there_is_of_a_reply_and_leaves_no_connection_behind(
    web: Web, database: OwnServer
) -> None:
    async with _web(_TOLD, f"{database.url}?application_name=leaving") as leaving:
        session = await leaving.session("Go on")
        async with leaving.client.stream("POST", f"/sessions/{session}/replies") as answer:
            await leaving.tell("One")
            await _next_event(answer.aiter_lines())
        assert await _connections(database, "leaving") > 0
        assert await asyncio.to_thread(leaving.terminate) == ""

    async def connections() -> int:
        return await _connections(database, "leaving")

    await _until(connections, 0)
    assert await web.talk(session) == [("user", "Go on"), ("assistant", "One")]


async def _connections(database: OwnServer, application: str) -> int:
    """How many connections the server has from it."""
    connection = await database.connect()
    try:
        sql = "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1"
        return int(await connection.fetchval(sql, application))
    finally:
        await connection.close()
