"""Generators that are programs: Prisma's protocol over their standard streams.

A request is a line on the program's stdin, its answer a line on its stderr; every other line there is what the program
has to say should it fail. Its stdout is the command's own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import count
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any, Final

from prisma_engine.errors import UserFacingError

__all__ = ["GeneratorError", "GeneratorProgram", "MissingGeneratorError"]

_NOT_FOUND: Final = 127
"""The status of a shell that does not know the command."""

_PATIENCE: Final = 2.0
"""Seconds that a program gets to end, once it is told that nothing follows, and again when it is told to stop."""

_ids: Final = count(1)


class GeneratorError(UserFacingError):
    """A generator failed; the message is what it had to say."""

    def __init__(self, message: str) -> None:
        super().__init__(None, message)


class MissingGeneratorError(GeneratorError):
    """There is no program of the provider's name."""


class GeneratorProgram:
    """A program that runs from here to `close`.

    Source: Prisma 7.10, `GeneratorProcess`.
    """

    def __init__(self, command: str) -> None:
        self._command = command
        self._answers: SimpleQueue[dict[str, Any] | None] = SimpleQueue()
        self._said: list[str] = []
        self._process = subprocess.Popen(  # noqa: S602  -- a provider is a command of a shell
            command, shell=True, stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=_environment()
        )
        self._reader = Thread(target=self._read, name=f"answers of {command}", daemon=True)
        self._reader.start()
        Thread(target=self._watch, name=f"end of {command}", daemon=True).start()

    def ask(self, method: str, params: Mapping[str, Any]) -> Any:
        """Send a request and wait for its answer.

        Errors: MissingGeneratorError when there is no such program, GeneratorError when it refuses or ends.
        """
        number = next(_ids)
        self._send({"jsonrpc": "2.0", "method": method, "params": params, "id": number})
        answer = next((answer for answer in self._until_the_end() if answer["id"] == number), None)
        if answer is None:
            raise self._ended()
        error = answer.get("error")
        if error is not None:
            raise GeneratorError(str(error.get("message", "") if isinstance(error, dict) else error))
        return answer.get("result")

    def close(self) -> None:
        """Let the program end; one that does not is stopped."""
        with suppress(OSError):
            _pipe(self._process.stdin).close()
        for stop in (self._process.terminate, self._process.kill):
            try:
                self._process.wait(_PATIENCE)
                break
            except subprocess.TimeoutExpired:
                stop()
        self._process.wait()

    def _send(self, request: Mapping[str, Any]) -> None:
        line = json.dumps(request, ensure_ascii=False, separators=(",", ":"))
        stdin = _pipe(self._process.stdin)
        with suppress(BrokenPipeError):  # the program has ended, and `ask` says with which words
            stdin.write(f"{line}\n".encode())
            stdin.flush()

    def _until_the_end(self) -> Iterator[dict[str, Any]]:
        while (answer := self._answers.get()) is not None:
            yield answer

    def _read(self) -> None:
        with _pipe(self._process.stderr) as stream:
            for line in stream:
                self._take(line.decode("utf-8", "replace").rstrip("\r\n"))

    def _watch(self) -> None:
        """Note the program's end; programs that it has started may hold its stderr open for ever."""
        self._process.wait()
        self._reader.join(_PATIENCE)
        self._answers.put(None)

    def _take(self, line: str) -> None:
        try:
            message = json.loads(line)
        except ValueError:
            self._said.append(line)
            return
        if isinstance(message, dict) and message.get("jsonrpc") and message.get("id"):
            self._answers.put(message)

    def _ended(self) -> GeneratorError:
        """What to say of a program that ended without an answer."""
        status = self._process.wait()
        self._answers.put(None)  # for whoever asks again
        kind = MissingGeneratorError if status == _NOT_FOUND else GeneratorError
        how = "failed:" if status else "ended without an answer:"
        said = "\n".join(self._said) or f"it said nothing, and its exit status is {status}."
        return kind(f"Generator {json.dumps(self._command)} {how}\n\n{said}\n")


def _environment() -> dict[str, str]:
    """The environment, in which `python` is the Python that runs this, and reads and answers in UTF-8."""
    path = [str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]
    return {
        **os.environ,
        "PATH": os.pathsep.join(path),
        "PRISMA_GENERATOR_INVOCATION": "true",
        "PYTHONIOENCODING": "utf-8",
    }


def _pipe(stream: Any) -> Any:
    """A stream of the process, which has one because it was started so."""
    assert stream is not None  # noqa: S101  -- narrows the type
    return stream
