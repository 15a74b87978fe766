"""Makes a database what a schema says, without migrations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from prisma_engine.admin.session import create_database_if_missing, read_url
from prisma_engine.errors import UserFacingError
from prisma_engine.migrate.workspace import External, SchemaFiles, Workspace

__all__ = ["PushResult", "Pushing", "push"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PushResult:
    """What a push did, or why it did nothing.

    Shape: `steps` counts what was done; `unexecutable` are the changes that the data forbid, `warnings` those that lose
           data: with either of them nothing is done, unless data loss was accepted.
    """

    steps: int
    warnings: Sequence[str]
    unexecutable: Sequence[str]


class Pushing:
    """The steps of `push` one by one, for a program that asks somebody in between."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    async def reset(self) -> None:
        """Erase everything in the database's schemas."""
        async with self._workspace.engine() as engine:
            await engine.call("reset", {"filter": self._workspace.external.params()})

    async def push(self, *, accept_data_loss: bool) -> PushResult:
        """Change the database, if nothing stands against it."""
        params = {"force": accept_data_loss, "schema": self._workspace.schema()}
        async with self._workspace.engine() as engine:
            answer = await engine.call("schemaPush", {**params, "filters": self._workspace.external.params()})
        return PushResult(
            steps=int(answer["executedSteps"]),
            warnings=list(answer["warnings"] or ()),
            unexecutable=list(answer["unexecutable"] or ()),
        )


async def push(
    files: SchemaFiles,
    *,
    url: str,
    accept_data_loss: bool = False,
    force_reset: bool = False,
    external: External | None = None,
) -> PushResult:
    """Make the database what the schema says; it is created where it is missing, and with `force_reset` erased first.

    Errors: UserFacingError with Prisma's code; without one where the data forbid a change, where data would be lost and
            `accept_data_loss` does not allow that, and for a `force_reset` on another host, unless the environment's
            PRISMA_ALLOW_REMOTE_RESET names it.
    """
    await create_database_if_missing(read_url(url))
    pushing = Pushing(Workspace(files=files, url=url, external=external or External()))
    if force_reset:
        await pushing.reset()
    result = await pushing.push(accept_data_loss=accept_data_loss)
    if result.unexecutable:
        raise _refused("These changes cannot be executed:", result.unexecutable)
    if result.warnings and not accept_data_loss:
        raise _refused("These changes lose data, which accept_data_loss allows:", result.warnings)
    return result


def _refused(title: str, lines: Sequence[str]) -> UserFacingError:
    return UserFacingError(None, "\n".join([title, *(f"  • {line}" for line in lines)]))
