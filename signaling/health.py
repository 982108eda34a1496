"""What the consoles' lamps show: each participant's network, and the recording."""

from __future__ import annotations

from typing import Literal

from hearing.participant import CONNECTED
from hearing.roles import Right, rights
from hearing.state import Person
from media_server.ports import PeerStats
from signaling.courtroom import Courtroom
from signaling.protocol import Lamp, Network, NetworkReport

GOOD_LOSS_PERMILLE, FAIR_LOSS_PERMILLE = 30, 100
GOOD_RTT_MS, FAIR_RTT_MS = 250, 600

Grade = Literal["good", "fair", "poor", "lost"]


def grade(rtt_ms: int, loss_permille: int) -> Grade:
    """The lamp's colour. A court cares for intelligible speech: Opus conceals some 3 % loss, hardly 10 %."""
    if rtt_ms <= GOOD_RTT_MS and loss_permille <= GOOD_LOSS_PERMILLE:
        return "good"
    if rtt_ms <= FAIR_RTT_MS and loss_permille <= FAIR_LOSS_PERMILLE:
        return "fair"
    return "poor"


def lamp(participant: str, stats: PeerStats | None, report: NetworkReport | None) -> Lamp:
    """From the server's own figures where media runs, else from the page's report; lost when there is neither."""
    if stats is not None:
        rtt_ms = round(stats.rtt_ms) if stats.rtt_ms is not None else (report.rtt_ms if report else 0)
        up, down = round(stats.loss_up * 1000), round(stats.loss_down * 1000)
        kbps_up, kbps_down = stats.bitrate_up_bps // 1000, stats.bitrate_down_bps // 1000
    elif report is not None:
        rtt_ms, up, down = report.rtt_ms, report.loss_up_permille, report.loss_down_permille
        kbps_up, kbps_down = report.kbps_up, report.kbps_down
    else:
        rtt_ms = up = down = kbps_up = kbps_down = 0
    return Lamp(
        participant=participant,
        grade=grade(rtt_ms, max(up, down)),
        rtt_ms=rtt_ms,
        loss_up_permille=up,
        loss_down_permille=down,
        kbps_up=kbps_up,
        kbps_down=kbps_down,
        hidden=report is not None and report.hidden,
    )


def tell_lamps(room: Courtroom) -> None:
    """Send everybody's lamps to those who admit people, and each other person their own."""
    lamps = {p: _lamp_of(room, person) for p, person in room.hearing.people.items() if _matters(room, person)}
    everybody = Network(lamps=tuple(lamps.values()))
    for participant, connection in room.connections.items():
        person = room.hearing.people.get(participant)
        if not connection.live or person is None:
            continue
        if Right.ADMIT in rights(person.role):
            connection.send(everybody)
        elif participant in lamps:
            connection.send(Network(lamps=(lamps[participant],)))


def _matters(room: Courtroom, person: Person) -> bool:
    return Right.PUBLISH in rights(person.role) or person.seat.participant in room.connections


def _lamp_of(room: Courtroom, person: Person) -> Lamp:
    participant = person.seat.participant
    connection = room.connections.get(participant)
    stats = room.media.stats(participant)
    if (connection is None and stats is None) or person.presence not in CONNECTED:
        return Lamp(
            participant=participant,
            grade="lost",
            rtt_ms=0,
            loss_up_permille=0,
            loss_down_permille=0,
            kbps_up=0,
            kbps_down=0,
        )
    return lamp(participant, stats, connection.report if connection is not None else None)


def tell_health(room: Courtroom) -> None:
    """Send the recording's figures to those who run or manage the session."""
    health = room.recording.health() if room.recording is not None else None
    if health is None:
        return
    for participant, connection in room.connections.items():
        person = room.hearing.people.get(participant)
        if connection.live and person is not None and Right.ADMIT in rights(person.role):
            connection.send(health)
