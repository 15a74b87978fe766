"""This project as a peer that can be made to see many shapes of queries."""

from __future__ import annotations

from typing import Any

from footprint.shapes import some_shapes
from peers.ours import Ours
from peers.serving import main


class OursGrowing(Ours):
    """The same calls, and one more."""

    async def see_shapes(self, session_id: str, count: int) -> Any:
        """Send so many queries of different shapes."""
        for query in some_shapes(session_id, first=0, count=count):
            await self._db.client.message.find_many(**query)
        return count


if __name__ == "__main__":
    main(OursGrowing)
