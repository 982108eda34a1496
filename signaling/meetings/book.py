"""What is known of meetings beside their logs: what was announced before anything could be voted on, and what changes
no result (documents, questions). Votes, opened motions and who was present are in the ballot log.
"""

from __future__ import annotations

import asyncio

import msgspec

from hearing.errors import UserError
from hearing.ids import new_ulid
from records.ports import KeyValueStore
from signaling.meetings.view import DocumentView
from voting.leaves import Options
from voting.words import Group, Matter

MEETINGS = "meetings"
GENERATIONS = "meeting_generations"
AGENTS = "meeting_agents"
QUESTIONS = "meeting_questions"
SPEECHES = "meeting_speeches"
MOST_QUESTIONS = 50
"""In writing, of one person."""


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A motion that was announced with the agenda; what it is opened with is a leaf of the log."""

    motion: str
    title: str
    matter: Matter
    groups: tuple[Group, ...] = ()
    options: Options = Options()
    withdrawn: bool = False
    """Taken off the agenda again before it was opened."""


class AgendaDocument(msgspec.Struct, frozen=True, kw_only=True):
    """会议文件. One that was removed is shown no more and stays, with who removed it and why."""

    document: str
    title: str
    kind: str
    """`pdf`, `docx`, `xlsx`, `ofd`, `png` or `jpg`, by its contents."""
    sha256: str
    bytes: int
    added_by: str
    added_utc_ms: int
    removed_by: str = ""
    removed_utc_ms: int | None = None
    reason: str = ""

    @property
    def stands(self) -> bool:
        """Whether it is shown."""
        return self.removed_utc_ms is None

    @property
    def view(self) -> DocumentView:
        """As everybody in the meeting sees it."""
        return DocumentView(document=self.document, title=self.title, sha256=self.sha256, bytes=self.bytes)


class MeetingRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One meeting, as stored."""

    id: str
    court: str
    case_no: str
    title: str
    alg: str
    scheduled_utc_ms: int
    created_by: str
    created_utc_ms: int
    gate: str = ""
    """The session whose gate stands before the meeting; empty: link and number are enough."""
    state: str = ""
    """As `signaling.meetings.show.state_of` gives it; "" where it was not noted yet."""
    drafts: tuple[Draft, ...] = ()
    documents: tuple[AgendaDocument, ...] = ()
    """In the order in which they are shown; those that were removed come last."""

    def shown(self) -> tuple[AgendaDocument, ...]:
        """Documents that stand."""
        return tuple(each for each in self.documents if each.stands)


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """书面提问."""

    id: str
    person: str
    text: str
    utc_ms: int


class Agent(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who votes for others and is in no roll."""

    agent: str
    name: str
    number: str


class MeetingBook:
    """All meetings' records."""

    def __init__(self, store: KeyValueStore) -> None:
        self._store = store
        self._generations: dict[tuple[str, str], int] = {}
        self._questions: dict[str, list[Question]] = {}
        """Of meetings that somebody asked for: their consoles do so every two seconds."""
        self._reading = asyncio.Lock()

    async def load(self) -> None:
        """Read what must be answered at once. Idempotent."""
        for key, value in await self._store.items(GENERATIONS):
            meeting, _, person = key.partition("/")
            self._generations[meeting, person] = msgspec.json.decode(value, type=int)

    def generation(self, meeting: str, person: str) -> int:
        """How often the person's link was replaced."""
        return self._generations.get((meeting, person), 0)

    async def replace_link(self, meeting: str, person: str) -> None:
        """The person's link and passes end; the next link is another."""
        after = self.generation(meeting, person) + 1
        await self._store.put(GENERATIONS, f"{meeting}/{person}", msgspec.json.encode(after))
        self._generations[meeting, person] = after

    async def get(self, meeting: str) -> MeetingRecord:
        """Raises UserError `unknown-meeting`."""
        raw = await self._store.get(MEETINGS, meeting)
        if raw is None:
            raise UserError("unknown-meeting", "没有这个债权人会议", "there is no such creditors' meeting")
        return msgspec.json.decode(raw, type=MeetingRecord)

    async def all(self) -> list[MeetingRecord]:
        """Every meeting, the oldest first."""
        return [msgspec.json.decode(raw, type=MeetingRecord) for _, raw in await self._store.items(MEETINGS)]

    async def put(self, record: MeetingRecord) -> None:
        """Insert or replace."""
        await self._store.put(MEETINGS, record.id, msgspec.json.encode(record))

    async def add_agent(self, meeting: str, agent: Agent) -> None:
        """Insert or replace."""
        await self._store.put(AGENTS, f"{meeting}/{agent.agent}", msgspec.json.encode(agent))

    async def agent(self, meeting: str, agent: str) -> Agent | None:
        """The agent, or None."""
        raw = await self._store.get(AGENTS, f"{meeting}/{agent}")
        return msgspec.json.decode(raw, type=Agent) if raw is not None else None

    async def agents(self, meeting: str) -> dict[str, str]:
        """Names of the meeting's agents by their id."""
        found = [
            await self.agent(meeting, key.partition("/")[2]) for key in await self._store.keys(AGENTS, f"{meeting}/")
        ]
        return {agent.agent: agent.name for agent in found if agent is not None}

    async def ask(self, meeting: str, person: str, text: str, utc_ms: int) -> Question:
        """Keep a question. Raises UserError `too-many-questions` beyond `MOST_QUESTIONS` of one person."""
        known = await self._asked_in(meeting)
        if sum(each.person == person for each in known) >= MOST_QUESTIONS:
            raise UserError(
                "too-many-questions",
                f"每人最多提 {MOST_QUESTIONS} 个书面问题",
                f"at most {MOST_QUESTIONS} written questions of one person",
            )
        question = Question(id=new_ulid(utc_ms), person=person, text=text, utc_ms=utc_ms)
        await self._store.put(QUESTIONS, f"{meeting}/{question.id}", msgspec.json.encode(question))
        known.append(question)
        return question

    async def speaks(self, meeting: str, person: str, utc_ms: int) -> None:
        """Keep that the person was given the floor. Idempotent for the same moment."""
        await self._store.add(SPEECHES, f"{meeting}/{utc_ms:014d}/{person}", b"")

    async def speeches(self, meeting: str) -> list[tuple[str, int]]:
        """Who was given the floor, and when (UTC ms), the first first."""
        found = []
        for key in sorted(await self._store.keys(SPEECHES, f"{meeting}/")):
            _, utc_ms, person = key.split("/", 2)
            found.append((person, int(utc_ms)))
        return found

    async def questions(self, meeting: str) -> list[Question]:
        """All questions of the meeting, the oldest first."""
        return list(await self._asked_in(meeting))

    async def _asked_in(self, meeting: str) -> list[Question]:
        known = self._questions.get(meeting)
        if known is None:
            async with self._reading:
                known = self._questions.get(meeting)
                if known is None:
                    keys = await self._store.keys(QUESTIONS, f"{meeting}/")
                    found = [await self._store.get(QUESTIONS, key) for key in keys]
                    known = [msgspec.json.decode(raw, type=Question) for raw in found if raw is not None]
                    self._questions[meeting] = known
        return known
