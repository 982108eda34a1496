"""Being present as an agent: whoever an agent acts for is there through them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from signaling.meetings.room import MeetingRoom
from voting.requests import Attend
from voting.words import Channel


async def attend(room: MeetingRoom, person: str, salt: Callable[[], str]) -> None:
    """The person is present, and whoever they act for; a principal who is here in person stays as they are.
    Idempotent."""
    meeting = room.hall.meeting
    principals = [
        principal
        for (principal, agent), mandates in meeting.mandates_between.items()
        if agent == person
        and principal not in meeting.present
        and any(not meeting.mandates[mandate].revoked for mandate in mandates)
    ]
    own = [person] if person in room.register and person not in meeting.present else []
    requests = [
        Attend(attendee=attendee, by=person, channel=Channel.ONLINE, salt=salt(), state="in")
        for attendee in own + principals
    ]
    # All at once: an agent may act for hundreds, and they share a sync.
    await asyncio.gather(*(room.hall.do(request) for request in requests))


def is_here(room: MeetingRoom, person: str) -> bool:
    """Signed in, or with a page open: an agent who is no creditor is in no presence list of their own."""
    return person in room.hall.meeting.present or any(wire.person == person for wire in room.wires)
