"""What is kept of a session's newest updates has bounds, and never leaves out one in the middle."""

from __future__ import annotations

import tracemalloc
from typing import get_args

import msgspec
import msgspec.inspect
import pytest

from hearing import events as ev
from hearing.exhibit_events import ExhibitSubmitted
from hearing.identity_events import IdentityLevel
from hearing.participant import Presence
from hearing.roles import Role
from hearing.session import State
from hearing.state import Hearing, Person, apply
from hearing.supervision_events import LookAsked, LookBegan, LookEnded, RecordLooked
from signaling.fanout import NO_PART_OF_HEARING, EncodedUpdate, Recent

pytestmark = pytest.mark.unit


def updates(count: int, people: int = 3, first: int = 1) -> list[EncodedUpdate]:
    seats = [
        ev.Seat(participant=f"p{n}", seat=f"observer-{n}", role=Role.OBSERVER, name="旁听") for n in range(people)
    ]
    hearing = Hearing(session="S", people={seat.participant: Person(seat=seat) for seat in seats})
    return [
        EncodedUpdate(
            ev.Entry(
                session="S",
                seq=seq,
                at_ms=seq,
                utc_ms=seq,
                actor="server",
                event=ev.SpeakerChanged(participants=("p0",)),
                prev="",
                hash="",
            ),
            msgspec.structs.replace(hearing, people=dict(hearing.people), last_seq=seq),
        )
        for seq in range(first, first + count)
    ]


SUPERVISOR = ev.Seat(participant="s", seat="supervisor-sun", role=Role.SUPERVISOR, name="孙督察")
SEALED = ev.RangeSealed(track="t", file="t.mkv", first_byte=0, end_byte=1, sha512="ab" * 64, from_ms=0, to_ms=1)
"""What comes every few seconds while a hearing is recorded, and is for the court alone."""


def told(event: ev.AnyEvent, actor: str = "server", at_ms: int = 7) -> EncodedUpdate:
    """An entry in a hearing with a judge, a party, an observer, a witness and a supervisor."""
    seats = [
        SUPERVISOR,
        *(
            ev.Seat(participant=who, seat=who, role=role, name=who)
            for who, role in (
                ("judge", Role.PRESIDING_JUDGE),
                ("party", Role.PLAINTIFF),
                ("observer", Role.OBSERVER),
                ("witness", Role.WITNESS),
            )
        ),
    ]
    people = {
        seat.participant: Person(
            seat=seat, presence=Presence.WAITING if seat.role is Role.WITNESS else Presence.PRESENT
        )
        for seat in seats
    }
    hearing = Hearing(session="S", state=State.IN_SESSION, identity=IdentityLevel.NONE, people=people)
    entry = ev.Entry(session="S", seq=7, at_ms=at_ms, utc_ms=at_ms, actor=actor, event=event, prev="", hash="")
    return EncodedUpdate(entry, hearing)


@pytest.mark.parametrize("viewer", ["party", "observer", "witness", "nobody"])
@pytest.mark.parametrize("identity", [IdentityLevel.NONE, IdentityLevel.FACE])
@pytest.mark.parametrize(
    ("event", "actor"),
    [
        (ev.ParticipantAdded(seat=SUPERVISOR), "server"),
        (ev.PresenceChanged(participant="s", before=Presence.INVITED, after=Presence.PRESENT), "server"),
        (ev.PresenceChanged(participant="s", before=Presence.PRESENT, after=Presence.LEFT, reason="left"), "s"),
        (ev.PresenceChanged(participant="s", before=Presence.PRESENT, after=Presence.REMOVED), "judge"),
        (ev.HelpAsked(participant="s", text="听不清"), "s"),
        (LookAsked(participant="s", picture=True, sound=True, reason="抽查"), "s"),
        (LookBegan(participant="s", picture=True, sound=True), "server"),
        (LookEnded(participant="s", cause="closed"), "judge"),
        (RecordLooked(account="sun", name="孙督察", what="lines", words="异议", lines=2), "sun"),
    ],
)
def test_others_cannot_tell_a_supervisor_from_a_sealed_range(
    event: ev.AnyEvent, actor: str, identity: IdentityLevel, viewer: str
) -> None:
    def seen(update: EncodedUpdate) -> bytes:
        update.hearing = msgspec.structs.replace(update.hearing, identity=identity)
        return update.frame(viewer)

    assert seen(told(event, actor, at_ms=7)) == seen(told(SEALED, at_ms=9))


@pytest.mark.parametrize("actor", ["s", "judge", "server"])
def test_a_supervisors_coming_and_going_is_for_the_courts_own_people(actor: str) -> None:
    left = ev.PresenceChanged(participant="s", before=Presence.PRESENT, after=Presence.LEFT, reason="left")
    update = told(left, actor)
    for own in ("judge", "s"):
        seen = msgspec.json.decode(update.frame(own))
        assert (seen["seq"], seen["at_ms"], seen["actor"], seen["event"]["participant"]) == (7, 7, actor, "s")
        assert "s" in {person["seat"]["participant"] for person in seen["hearing"]["people"]}


def test_who_hands_in_an_exhibit_is_told_to_the_court_and_to_nobody_else() -> None:
    seats = [
        ev.Seat(participant=who, seat=who, role=role, name=who)
        for who, role in (("judge", Role.PRESIDING_JUDGE), ("one", Role.PLAINTIFF), ("other", Role.DEFENDANT))
    ]
    people = {seat.participant: Person(seat=seat, presence=Presence.PRESENT) for seat in seats}
    hearing = Hearing(session="S", state=State.IN_SESSION, identity=IdentityLevel.NONE, people=people)
    told = ExhibitSubmitted(
        number=1, name="合同", source="原告", purpose="证明欠款", participant="one", kind="pdf", file="exhibits/X",
        size_bytes=1, sha256="a" * 64, sm3="b" * 64,
    )  # fmt: skip
    entry = ev.Entry(session="S", seq=7, at_ms=7, utc_ms=7, actor="one", event=told, prev="", hash="")
    update = EncodedUpdate(entry, apply(hearing, entry))
    seen = {who: msgspec.json.decode(update.frame(who)) for who in ("judge", "one", "other")}
    assert [(each["actor"], each["event"] is not None) for each in seen.values()] == [
        ("one", True),
        ("one", True),
        ("", False),
    ]
    assert [each["hearing"]["exhibit_changes"] for each in seen.values()] == [1, 0, 0]


def seqs(kept: list[EncodedUpdate] | None) -> list[int]:
    assert kept is not None
    return [update.entry.seq for update in kept]


def test_who_missed_a_little_is_served_from_memory_and_who_missed_more_is_not() -> None:
    recent = Recent(max_entries=10)
    assert recent.after(0) is None
    recent.extend(updates(30))
    assert seqs(recent.after(25)) == [26, 27, 28, 29, 30]
    assert seqs(recent.after(20)) == list(range(21, 31))
    assert recent.after(19) is None
    assert seqs(recent.after(30)) == []


def test_a_full_gallery_does_not_fill_the_memory() -> None:
    recent = Recent(max_entries=2_000, max_bytes=1_000_000)
    for update in updates(300, people=200):
        update.frame("p0")
        update.frame("a stranger")
        recent.extend([update])
        assert recent.size_bytes <= 1_000_000
    assert recent.after(0) is None
    oldest = next(seq for seq in range(300) if recent.after(seq) is not None)
    assert seqs(recent.after(oldest)) == list(range(oldest + 1, 301))


def test_frames_that_are_made_later_count_from_the_next_update_on() -> None:
    made = updates(50)
    limit_bytes = sum(update.size_bytes for update in made)
    recent = Recent(max_entries=100, max_bytes=limit_bytes)
    recent.extend(made)
    assert seqs(recent.after(0)) == list(range(1, 51))
    for update in made:
        update.frame("p0")
    assert recent.size_bytes > limit_bytes
    recent.extend(updates(1, first=51))
    assert recent.size_bytes <= limit_bytes
    assert recent.after(0) is None
    assert seqs(recent.after(50)) == [51]


def test_the_size_that_is_counted_is_about_what_is_held() -> None:
    tracemalloc.start()
    try:
        begun, _ = tracemalloc.get_traced_memory()
        made = updates(200, people=20)
        for update in made:
            update.frame("p0")
        held = tracemalloc.get_traced_memory()[0] - begun
    finally:
        tracemalloc.stop()
    counted = sum(update.size_bytes for update in made)
    assert 0.7 * held <= counted <= 1.5 * held


@pytest.mark.parametrize("kind", [kind for each in NO_PART_OF_HEARING for kind in (get_args(each) or (each,))])
def test_events_told_without_the_hearing_leave_it_as_it_was(kind: type[ev.Event]) -> None:
    """Built from the types of its fields, so that a field added later is tried too."""
    event = msgspec.convert(_some(kind), kind)
    hearing = updates(1)[0].hearing
    entry = ev.Entry(session="S", seq=2, at_ms=2, utc_ms=2, actor="p0", event=event, prev="", hash="")
    after = apply(hearing, entry)
    assert msgspec.structs.replace(after, last_seq=hearing.last_seq, last_at_ms=hearing.last_at_ms) == hearing
    assert msgspec.json.decode(EncodedUpdate(entry, after).frame("p0"))["hearing"] is None


def _some(kind: type[ev.Event]) -> dict[str, object]:
    some: dict[str, object] = {"type": kind.__struct_config__.tag}
    for field in msgspec.inspect.type_info(kind).fields:  # type: ignore[attr-defined]
        match field.type:
            case msgspec.inspect.IntType():
                some[field.name] = 1
            case msgspec.inspect.StrType():
                some[field.name] = "p0"
            case msgspec.inspect.BoolType():
                some[field.name] = True
            case msgspec.inspect.VarTupleType():
                some[field.name] = ()
            case msgspec.inspect.EnumType(cls=cls):
                some[field.name] = next(iter(cls)).value
            case msgspec.inspect.UnionType() | msgspec.inspect.LiteralType():
                some[field.name] = None
    return some
