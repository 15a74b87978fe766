"""Run on the schema `own_columns`: the chat API of the examples takes and tells what a project has added."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from httpx import ASGITransport, AsyncClient, Response

from fastapi_app.main import app

SESSION: dict[str, Any] = {
    "title": "Mine",
    "language": "de",
    "model": None,
    "mood": "ANGRY",
    "tags": ["a", "b"],
    "settings": {"deep": [1.5, None]},
    "key": "AP8=",
    "size": 2**40,
    "ratio": 0.1,
    "pinned": True,
}
MESSAGE: dict[str, Any] = {"language": "fr", "tokens": 5, "mood": "CALM", "moods": ["ANGRY"], "extra": [1, {"a": None}]}


def told(answer: Response) -> Any:
    """What an answer says. It has to be a good one."""
    assert answer.is_success, answer.text
    return answer.json()


def parts(of: dict[str, Any], names: dict[str, Any]) -> dict[str, Any]:
    return {name: of[name] for name in names}


async def converse(client: AsyncClient) -> None:
    session = told(await client.post("/sessions", json=SESSION))
    assert parts(session, SESSION) == SESSION
    assert {"messages", "characterFile", "user"}.isdisjoint(session)
    [summary] = told(await client.get("/sessions"))
    assert (parts(summary, session), summary["messageCount"]) == (session, 0)

    path = f"/sessions/{session['id']}"
    message = told(await client.post(f"{path}/messages", json={"content": "Hello", **MESSAGE}))
    assert parts(message, MESSAGE) == MESSAGE
    reply = await client.post(f"{path}/replies", json={"language": "en"})
    assert "event: stored" in reply.text, reply.text
    first, second = told(await client.get(f"{path}/messages"))
    assert (first, second["language"], second["content"]) == (message, "en", "You said: Hello")
    assert told(await client.put(f"{path}/character", json={"name": "Ada"}))["version"] == 1


async def be_refused(client: AsyncClient) -> None:
    for path, body in [
        ("/sessions", None),
        ("/sessions", {"language": "de"}),
        ("/sessions", {"title": "a", "mood": "GLAD"}),
        ("/sessions/nobody/replies", None),
        ("/sessions/nobody/messages", {"content": "no language"}),
    ]:
        answer = await client.post(path, json=body)
        assert answer.status_code == 422, (path, body, answer.text)
        assert json.loads(answer.text)["detail"]


async def main() -> None:
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=ASGITransport(app), base_url="http://chat") as client,
    ):
        await converse(client)
        await be_refused(client)
        assert told(await client.get("/openapi.json"))


asyncio.run(main())
