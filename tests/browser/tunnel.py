"""The network between one creditor's phone and the meeting, in the hands of a test."""

from __future__ import annotations

import json
from typing import Any

from playwright.async_api import Route, WebSocketRoute


class Tunnel:
    """The one road between a phone and the meeting: the answer to a ballot is lost on it, and then the road is."""

    def __init__(self) -> None:
        self.ballots: list[str] = []
        """The `idem` of each ballot that reached the meeting."""
        self.loses_answers = False
        self.closed = False
        self._road: WebSocketRoute | None = None

    def opened(self, page: WebSocketRoute) -> None:
        """For `Page.route_web_socket`."""
        meeting = page.connect_to_server()
        self._road = page

        def out(frame: str | bytes) -> None:
            message: Any = json.loads(frame)
            if message["type"] == "cast":
                self.ballots.append(message["idem"])
            if not self.closed:
                meeting.send(frame)

        def back(frame: str | bytes) -> None:
            if self.closed or (self.loses_answers and json.loads(frame)["type"] == "receipt"):
                return
            page.send(frame)

        page.on_message(out)
        meeting.on_message(back)

    async def posted(self, route: Route) -> None:
        """For `Page.route` of the ballots that go by HTTPS, where the page finds no WebSocket."""
        if self.closed:
            await route.abort()
            return
        ballot: Any = route.request.post_data_json
        self.ballots.append(ballot["idem"])
        await route.continue_()

    async def cut(self) -> None:
        """No word passes in either direction until `mend`."""
        self.closed = True
        assert self._road is not None
        await self._road.close(code=3000)

    def mend(self) -> None:
        self.closed = self.loses_answers = False
