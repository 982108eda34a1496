"""A small hearing for tests: seats, a controllable clock, and logs with a valid chain."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hearing import events as ev
from hearing.clock import Sources
from hearing.roles import Role
from records.chain import GENESIS, make_entry

SEATS: tuple[ev.Seat, ...] = tuple(
    ev.Seat(participant=seat, seat=seat, role=role, name=name, required=required)
    for seat, role, name, required in (
        ("judge", Role.PRESIDING_JUDGE, "陈法官", True),
        ("judge-2", Role.JUDGE, "林法官", False),
        ("clerk", Role.CLERK, "李书记员", False),
        ("plaintiff", Role.PLAINTIFF, "张三", True),
        ("defendant", Role.DEFENDANT, "李四", True),
        ("witness", Role.WITNESS, "王五", True),
        ("expert", Role.EXPERT, "赵六", False),
        ("observer", Role.OBSERVER, "旁听一", False),
        ("supervisor", Role.SUPERVISOR, "督察", False),
        ("operator", Role.OPERATOR, "技术", False),
        ("display", Role.DISPLAY, "大屏", False),
    )
)


def created(seats: Sequence[ev.Seat] = SEATS, public: bool = True) -> ev.SessionCreated:
    """The first event of a log."""
    return ev.SessionCreated(
        court="某某人民法院",
        case_no="（2026）粤01民初1号",
        hearing_no="1",
        cause="买卖合同纠纷",
        title="第一次庭审",
        public=public,
        scheduled_utc_ms=1_795_000_000_000,
        seats=tuple(seats),
    )


@dataclass
class FakeTime:
    """Two clocks a test can move. The wall clock may be stepped, the monotonic one only forward."""

    monotonic_us: int = 5_000_000
    utc_ms: int = 1_795_000_000_000

    def sources(self) -> Sources:
        return Sources(lambda: self.monotonic_us, lambda: self.utc_ms)

    def pass_ms(self, ms: int) -> None:
        self.monotonic_us += ms * 1000
        self.utc_ms += ms

    def step_wall_ms(self, ms: int) -> None:
        self.utc_ms += ms

    def restart_process(self, down_ms: int) -> None:
        """A new monotonic origin, as after a reboot; the wall clock has gone on."""
        self.monotonic_us = 1_000
        self.utc_ms += down_ms


def chained(session: str, count: int, after: ev.Entry | None = None) -> list[ev.Entry]:
    """`count` entries that follow `after` (or begin the log)."""
    entries: list[ev.Entry] = []
    seq, prev = (after.seq, after.hash) if after else (0, GENESIS)
    for _ in range(count):
        seq += 1
        event: ev.AnyEvent = created() if seq == 1 else ev.SpeakerChanged(participants=(f"讲话人{seq}",))
        entry = make_entry(session=session, seq=seq, at_ms=seq, utc_ms=seq, actor="server", event=event, prev=prev)
        entries.append(entry)
        prev = entry.hash
    return entries


def chained_events(session: str, events: Iterable[ev.AnyEvent]) -> list[ev.Entry]:
    """A log of these events."""
    entries: list[ev.Entry] = []
    for seq, event in enumerate(events, 1):
        prev = entries[-1].hash if entries else GENESIS
        entries.append(
            make_entry(session=session, seq=seq, at_ms=seq, utc_ms=seq, actor="server", event=event, prev=prev)
        )
    return entries
