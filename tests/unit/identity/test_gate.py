"""The gate's machine: the order of its steps, its locks, and that no sequence of facts gets around them."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given

from hearing import identity_events as ie
from hearing.errors import UserError
from hearing.events import Seat
from hearing.identity_events import IdentityLevel, VerdictMethod, VerdictOutcome
from hearing.roles import Role
from hearing.standing import Standing, fold
from hearing.state import Person
from identity.gate import (
    CLERK_ONLY_AFTER,
    LOCK_AFTER,
    LOCK_MS,
    GateStage,
    Visitor,
    check_stage,
    failures_left,
    locked_until_utc_ms,
    may_be_watched,
    stage,
    why_waiting,
)

pytestmark = pytest.mark.unit

NOW = 1_795_000_000_000
P = "p"
CONSENT = ie.FaceConsented(participant=P, purpose="gate", text_sha256="0" * 64, language="zh-CN")
GUARDIAN = ie.FaceConsented(participant=P, purpose="gate", text_sha256="0" * 64, language="zh-CN", guardian="parent")
DECLINE = ie.FaceDeclined(participant=P)
WITHDRAW = ie.FaceConsentWithdrawn(participant=P)
FAILED = ie.GateAttempted(participant=P, attempt=1, outcome="failed", reason="flat")
CHALLENGED = ie.GateAttempted(participant=P, attempt=1, outcome="passed")
RELEASE = ie.GateReleased(participant=P, reason="other", by="clerk1")
REFERENCE = ie.ReferenceKept(participant=P, source="case_file")
ERASED = ie.IdentityErased(participant=P, items=1, key_destroyed=False, reason="request")


def document(registry: str = "yes", minor: bool = False) -> ie.DocumentChecked:
    return ie.DocumentChecked(
        participant=P, kind="resident_id", masked="110***", index_hmac="", registry=registry, minor=minor
    )


def verdict(outcome: VerdictOutcome) -> ie.VerdictGiven:
    return ie.VerdictGiven(participant=P, verdict="v", outcome=outcome, method=VerdictMethod.FACE, reason="uncertain")


def after(
    *events: ie.IdentityEvent, level: IdentityLevel = IdentityLevel.FACE, role: Role = Role.PLAINTIFF
) -> Visitor:
    standing = Standing()
    for event in events:
        standing = fold(standing, event, NOW)
    return Visitor(level, role, standing)


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ((), GateStage.CONSENT),
        ((CONSENT,), GateStage.DOCUMENT),
        ((CONSENT, document()), GateStage.CHALLENGE),
        ((CONSENT, document("unknown")), GateStage.CHALLENGE),
        ((CONSENT, document("no")), GateStage.DOCUMENT),
        ((CONSENT, document(minor=True)), GateStage.GUARDIAN),
        ((CONSENT, document(minor=True), GUARDIAN), GateStage.CHALLENGE),
        ((DECLINE,), GateStage.CLERK),
        ((DECLINE, document("no")), GateStage.CLERK),
        ((CONSENT, document(), WITHDRAW), GateStage.CLERK),
        ((CONSENT, document(), CHALLENGED, verdict(VerdictOutcome.REVIEW)), GateStage.REVIEW),
        ((CONSENT, document(), CHALLENGED, verdict(VerdictOutcome.PASS)), GateStage.PASSED),
        ((verdict(VerdictOutcome.REFUSED),), GateStage.REFUSED),
        ((CONSENT, document(), verdict(VerdictOutcome.REVIEW), RELEASE), GateStage.CHALLENGE),
    ],
)
def test_each_fact_leads_to_the_next_step(events: tuple[ie.IdentityEvent, ...], expected: GateStage) -> None:
    assert stage(after(*events), NOW) is expected


def test_other_levels_and_the_court_s_own_people() -> None:
    assert stage(after(level=IdentityLevel.NONE), NOW) is GateStage.PASSED
    assert stage(after(level=IdentityLevel.CODE), NOW) is GateStage.DOCUMENT
    assert stage(after(document(), level=IdentityLevel.CODE), NOW) is GateStage.CODE
    assert stage(after(document("unknown"), level=IdentityLevel.CODE), NOW) is GateStage.CLERK
    assert stage(after(document("no"), level=IdentityLevel.CLERK), NOW) is GateStage.CLERK
    assert stage(after(role=Role.JUDGE), NOW) is GateStage.CLERK
    assert stage(after(REFERENCE, role=Role.JUDGE), NOW) is GateStage.CONSENT
    assert stage(after(REFERENCE, CONSENT, role=Role.JUDGE), NOW) is GateStage.CHALLENGE
    assert stage(after(REFERENCE, DECLINE, role=Role.JUDGE), NOW) is GateStage.CLERK


def test_three_failures_close_the_automatic_path_for_ten_minutes_and_six_for_good() -> None:
    ready = (CONSENT, document())
    assert stage(after(*ready, FAILED, FAILED), NOW) is GateStage.CHALLENGE
    locked = after(*ready, *[FAILED] * LOCK_AFTER)
    assert stage(locked, NOW) is GateStage.LOCKED
    assert locked_until_utc_ms(locked.standing) == NOW + LOCK_MS
    assert why_waiting(locked, NOW) == "locked-out"
    assert stage(locked, NOW + LOCK_MS - 1) is GateStage.LOCKED
    assert stage(locked, NOW + LOCK_MS) is GateStage.CHALLENGE
    assert failures_left(locked.standing) == CLERK_ONLY_AFTER - LOCK_AFTER
    for_good = after(*ready, *[FAILED] * CLERK_ONLY_AFTER)
    assert stage(for_good, NOW + 10 * LOCK_MS) is GateStage.CLERK
    assert stage(after(*ready, *[FAILED] * CLERK_ONLY_AFTER, RELEASE), NOW) is GateStage.CHALLENGE


def test_every_stage_says_what_to_do_instead() -> None:
    for now in GateStage:
        other = next(s for s in GateStage if s is not now)
        who = {
            GateStage.PASSED: after(verdict(VerdictOutcome.PASS)),
            GateStage.REVIEW: after(verdict(VerdictOutcome.REVIEW)),
            GateStage.REFUSED: after(verdict(VerdictOutcome.REFUSED)),
            GateStage.CONSENT: after(),
            GateStage.DOCUMENT: after(CONSENT),
            GateStage.GUARDIAN: after(CONSENT, document(minor=True)),
            GateStage.CHALLENGE: after(CONSENT, document()),
            GateStage.CODE: after(document(), level=IdentityLevel.CODE),
            GateStage.CLERK: after(level=IdentityLevel.CLERK, role=Role.JUDGE),
            GateStage.LOCKED: after(CONSENT, document(), *[FAILED] * LOCK_AFTER),
        }[now]
        check_stage(who, NOW, now)
        with pytest.raises(UserError) as refused:
            check_stage(who, NOW, other)
        assert refused.value.zh
        assert refused.value.en


EVENTS = st.lists(
    st.sampled_from(
        [
            CONSENT,
            GUARDIAN,
            DECLINE,
            WITHDRAW,
            FAILED,
            CHALLENGED,
            RELEASE,
            REFERENCE,
            ERASED,
            document(),
            document("no"),
            document(minor=True),
        ]
    ),
    max_size=14,
)


@given(events=EVENTS, role=st.sampled_from([Role.PLAINTIFF, Role.JUDGE]), later_ms=st.integers(0, 2 * LOCK_MS))
def test_no_order_of_facts_reaches_the_challenge_around_consent_document_or_lock(
    events: list[ie.IdentityEvent], role: Role, later_ms: int
) -> None:
    who = after(*events, role=role)
    standing = who.standing
    reached = stage(who, NOW + later_ms)
    assert reached is not GateStage.PASSED
    if reached is GateStage.CHALLENGE:
        assert standing.consent == "given"
        assert role is Role.JUDGE or (standing.document and standing.registry != "no")
        assert role is Role.JUDGE or standing.guardian or not standing.minor
        assert standing.failures < CLERK_ONLY_AFTER
        assert standing.failures != LOCK_AFTER or later_ms >= LOCK_MS


PASSED = verdict(VerdictOutcome.PASS)


@pytest.mark.parametrize(
    ("events", "watched"),
    [
        ((CONSENT, PASSED), True),
        ((PASSED,), False),
        ((DECLINE, PASSED), False),
        ((CONSENT, DECLINE, PASSED), False),
        ((CONSENT, PASSED, WITHDRAW), False),
        ((CONSENT, PASSED, ERASED), False),
        ((CONSENT, verdict(VerdictOutcome.REVIEW)), False),
    ],
)
def test_a_seat_is_watched_only_with_consent_to_the_use_of_the_face(
    events: tuple[ie.IdentityEvent, ...], watched: bool
) -> None:
    def may_be(role: Role) -> bool:
        seat = Seat(participant=P, seat="seat", role=role, name="")
        return may_be_watched(Person(seat=seat, standing=after(*events).standing))

    assert may_be(Role.PLAINTIFF) is watched
    assert may_be(Role.PRESIDING_JUDGE) is watched
    assert not any(may_be(role) for role in (Role.DISPLAY, Role.OBSERVER, Role.SUPERVISOR))
