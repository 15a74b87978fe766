"""Run with the OpenAI Agents SDK: an agent with a tool remembers in the database all that went through its runs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta, timezone
from typing import Any, Final, cast
from uuid import uuid4

from agents import (
    Agent,
    Model,
    ModelResponse,
    RunConfig,
    Runner,
    SQLiteSession,
    Usage,
    function_tool,
    set_tracing_disabled,
)
from agents.memory import Session, SessionSettings
from openai.types.responses import ResponseFunctionToolCall, ResponseOutputMessage, ResponseOutputText
from openai.types.responses.response_reasoning_item import ResponseReasoningItem, Summary
from readme import block

from agent_memory.openai_session import DatabaseSession
from database import DatabaseService

ITEMS: Final[list[Any]] = [
    {"role": "user", "content": "plain"},
    {"content": "in another order", "role": "assistant"},
    {"role": "developer", "content": "Be brief."},
    {"role": "user", "content": "what PostgreSQL's text has no place for: \0 \ud800"},
    {"role": "user", "content": "a", "type": "message"},
    {
        "type": "message",
        "role": "user",
        "content": [
            {"type": "input_text", "text": "What is this?"},
            {"type": "input_image", "image_url": "data:image/png;base64,AA==", "detail": "auto"},
            {"type": "input_file", "file_id": "file-1"},
        ],
    },
    {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Hm."}], "encrypted_content": "?"},
    {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "weather", "arguments": '{"city": "Ulm"}'},
    {"type": "function_call_output", "call_id": "call_1", "output": "rain \0"},
    {"type": "function_call_output", "call_id": "call_2", "output": [{"type": "input_text", "text": "in parts"}]},
    {"type": "computer_call_output", "call_id": "c", "output": {"type": "computer_screenshot", "image_url": "data:"}},
    {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search", "query": "Ulm"}},
    {"type": "item_reference", "id": "rs_1"},
    {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "status": "completed",
        "content": [
            {"type": "output_text", "text": "Rain.", "annotations": [], "logprobs": []},
            {"type": "refusal", "refusal": "No more."},
        ],
    },
    {"type": "a kind of later versions", "numbers": [2**70, 1e-7, -0.0, 1.10], "nothing": None, "deep": [[[{}]]]},
]
READ: Final = [
    ("user", "plain"),
    ("assistant", "in another order"),
    ("developer", "Be brief."),
    ("user", "what PostgreSQL's text has no place for: \ufffd \ufffd"),
    ("user", "a"),
    ("user", "What is this?"),
    ("assistant", "Hm."),
    ("assistant", '{"city": "Ulm"}'),
    ("tool", "rain \ufffd"),
    ("tool", "in parts"),
    ("tool", ""),
    ("assistant", ""),
    ("assistant", ""),
    ("assistant", "Rain.\n\nNo more."),
    ("assistant", ""),
]
"""What a person reads of them."""


class Scripted(Model):
    """A model that thinks, asks for the weather, and tells it; it keeps what it was given."""

    def __init__(self) -> None:
        self.given: list[Any] = []

    async def get_response(self, system_instructions: Any, input: Any, *args: Any, **kwargs: Any) -> ModelResponse:  # noqa: A002, ARG002  # the SDK's names
        self.given.append(input)
        last = input[-1]
        output = self._told(last["output"]) if last.get("type") == "function_call_output" else self._asked()
        return ModelResponse(output=output, usage=Usage(), response_id=None)

    def _asked(self) -> list[Any]:
        thought = ResponseReasoningItem(
            id=f"rs_{uuid4()}", type="reasoning", summary=[Summary(text="Hm.", type="summary_text")]
        )
        call = ResponseFunctionToolCall(
            call_id=f"call_{uuid4()}", name="weather", arguments='{"city": "Ulm"}', type="function_call"
        )
        return [thought, call]

    def _told(self, weather: str) -> list[Any]:
        text = ResponseOutputText(text=f"There is {weather}.", type="output_text", annotations=[])
        return [
            ResponseOutputMessage(
                id=f"msg_{uuid4()}", type="message", role="assistant", status="completed", content=[text]
            )
        ]

    def stream_response(self, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        raise NotImplementedError


@function_tool
def weather(city: str) -> str:
    """The weather of a city."""
    return f"rain in {city}"


async def every_item_comes_back_as_it_was(db: DatabaseService) -> None:
    session = DatabaseSession("items", db)
    assert isinstance(session, Session)
    assert await session.get_items() == []
    assert await session.pop_item() is None
    await session.add_items([])
    await session.add_items(ITEMS)
    found = await session.get_items()
    assert [json.dumps(item) for item in found[2:]] == [json.dumps(item) for item in ITEMS[2:]]
    assert found == ITEMS
    stored = await db.messages.get_messages_by_session_id("items")
    assert [(message.role, message.content) for message in stored] == READ
    assert [message.data is None for message in stored] == [True] * 3 + [False] * (len(ITEMS) - 3)

    assert await session.get_items(limit=2) == ITEMS[-2:]
    assert await session.get_items(limit=0) == []
    limited = DatabaseSession("items", db, session_settings=SessionSettings(limit=3))
    assert await limited.get_items() == ITEMS[-3:]
    assert await limited.get_items(limit=1) == ITEMS[-1:]

    assert [await session.pop_item() for _ in range(3)] == ITEMS[:-4:-1]
    await session.add_items(ITEMS[-3:])
    assert await session.get_items() == ITEMS
    refused: Any = [{"role": "user", "content": "a"}, {"type": "compaction", "value": object()}]
    try:
        await session.add_items(refused)
    except TypeError as error:
        assert "not JSON serializable" in str(error)  # noqa: PT017  # a program of its own
    assert await session.get_items() == ITEMS
    await session.clear_session()
    assert await session.get_items() == []


async def what_others_store_is_in_the_memory(db: DatabaseService) -> None:
    await db.sessions.create_session(id="others")
    message = await db.messages.create_message(content="Hello!", role="user", session_id="others")
    await db.messages.replace_content(message.id, "Hi!")
    session = DatabaseSession("others", db)
    assert await session.get_items() == [{"role": "user", "content": "Hi!"}]
    later = datetime.now(timezone.utc) + timedelta(hours=1)  # by another clock
    await db.messages.create_message(content="later", role="user", session_id="others", createdAt=later)
    await session.add_items([{"role": "user", "content": str(number)} for number in range(3)])
    assert [cast("Any", item)["content"] for item in await session.get_items()] == ["Hi!", "later", "0", "1", "2"]


async def an_agent_remembers_as_with_the_sdks_own_session(db: DatabaseService) -> None:
    memories: list[list[Any]] = []
    for session in (DatabaseSession("agent", db), SQLiteSession("agent")):
        model = Scripted()
        agent = Agent(name="Ada", model=model, tools=[weather])
        for question in ("How is the weather?", "And now?"):
            result = await Runner.run(agent, question, session=cast("Session", session))
            assert result.final_output == "There is rain in Ulm."
        short = RunConfig(session_settings=SessionSettings(limit=1))
        await Runner.run(agent, "And later?", session=cast("Session", session), run_config=short)
        assert len(model.given[4]) == 2  # of the history, and the question
        memories.append([*model.given, await session.get_items()])
    ours, theirs = ([_without_ids(item) for item in memory] for memory in memories)
    assert ours == theirs
    kinds = [item.get("type", item.get("role")) for item in memories[0][-1]]
    assert kinds == ["user", "reasoning", "function_call", "function_call_output", "message"] * 3


def _without_ids(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_ids(item) for item in value]
    if isinstance(value, dict):
        return {name: _without_ids(item) for name, item in value.items() if name not in {"id", "call_id"}}
    return value


async def the_readme_is_true(db: DatabaseService) -> None:
    found: dict[str, Any] = {"model": Scripted(), "tools": [weather]}
    exec(block("OpenAI Agents SDK"), found)  # a page of the project's own
    await found["talk"]("readme")
    assert len(await DatabaseSession("readme", db).get_items()) == 5


async def main() -> None:
    set_tracing_disabled(disabled=True)
    async with DatabaseService.get_instance() as db:
        await every_item_comes_back_as_it_was(db)
        await what_others_store_is_in_the_memory(db)
        await an_agent_remembers_as_with_the_sdks_own_session(db)
        await the_readme_is_true(db)


asyncio.run(main())
