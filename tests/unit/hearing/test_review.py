"""Reading, correcting and signing the minutes after 闭庭."""

from __future__ import annotations

import hashlib

import pytest

from hearing import review_commands as cmd
from hearing import review_events as re
from hearing.commands import Admit, Dismiss, MoveSession
from hearing.errors import Refused
from hearing.line_commands import StrikeLine, WriteLine
from hearing.line_rules import decide_line
from hearing.participant import Presence
from hearing.review import Review, fold
from hearing.review_rules import READING_DAYS, Minutes, decide_review, signers
from hearing.session import Move, State
from hearing.transcript import Transcript
from hearing.transcript_events import LineKind, UtteranceHeard
from tests.fakes.courtroom import Courtroom
from tests.fakes.signer import PICTURE, Signer, command_of

pytestmark = pytest.mark.unit

NOW = 1_795_000_000_000
LINE = "plaintiff@0"


def refused(code: str) -> pytest.RaisesExc[Refused]:
    return pytest.raises(Refused, check=lambda error: error.code == code)


class Reading:
    """A court that has closed, with one line of speech. The hash is of the shown lines alone."""

    def __init__(self) -> None:
        self.room = Courtroom().open()
        self.room.do("judge", Admit(participant="witness"))
        words = UtteranceHeard(
            utterance=LINE,
            participant="plaintiff",
            track="plaintiff",
            language="zh-CN",
            from_ms=0,
            to_ms=900,
            text="我同义",
            raw="我同义",
            words=(),
            engine="scripted",
            until_ms=1000,
        )
        self.room.note([words])
        self.room.do("judge", Dismiss(participant="witness"))
        self.room.move(Move.CLOSE)

    @property
    def transcript(self) -> Transcript:
        transcript = Transcript()
        for entry in self.room.entries:
            transcript.apply(entry)
        return transcript

    @property
    def review(self) -> Review:
        review = Review()
        for entry in self.room.entries:
            review = fold(review, entry)
        return review

    @property
    def sha256(self) -> str:
        return hashlib.sha256("".join(line.text for line in self.transcript.shown()).encode()).hexdigest()

    def do(
        self,
        actor: str,
        command: cmd.ReviewCommand,
        picture: bytes | None = PICTURE,
        late_ms: int = 0,
        heard: str = "all",
    ) -> None:
        minutes = Minutes(
            self.transcript,
            self.review,
            self.sha256,
            picture,
            listened=heard == "all",
            soundless=heard == "nothing there",
        )
        self.room.note(decide_review(self.room.hearing, minutes, actor, command, NOW + late_ms), actor)

    def open(self) -> Reading:
        self.do("clerk", cmd.OpenReview())
        return self

    def sign(self, who: str, *, sha256: str | None = None, verdict: str = "", late_ms: int = 0) -> None:
        signed = Signer().signed("s", who, sha256 or self.sha256, NOW, verdict)
        self.do(who, command_of(signed), late_ms=late_ms)

    @property
    def state(self) -> State:
        return self.room.hearing.state


@pytest.fixture
def reading() -> Reading:
    return Reading().open()


def test_the_minutes_lie_open_for_five_days() -> None:
    reading = Reading()
    with refused("no-right"):
        reading.do("judge", cmd.OpenReview())
    reading.open()
    assert reading.state is State.TRANSCRIPT_REVIEW
    assert reading.review.until_utc_ms == NOW + READING_DAYS * 86_400_000
    reading.open()


def test_nobody_moves_into_review_by_a_command_of_the_court() -> None:
    reading = Reading()
    with refused("move-not-allowed"):
        reading.room.do("judge", MoveSession(move=Move.REVIEW))


def test_minutes_are_not_opened_while_the_court_sits() -> None:
    room = Courtroom().open()
    minutes = Minutes(Transcript(), Review(), "0" * 64)
    with refused("not-closed"):
        decide_review(room.hearing, minutes, "clerk", cmd.OpenReview(), NOW)


def test_who_signs_is_who_was_there_and_no_spectator(reading: Reading) -> None:
    assert [person.seat.seat for person in signers(reading.room.hearing)] == [
        "judge",
        "judge-2",
        "clerk",
        "plaintiff",
        "defendant",
        "witness",
    ]


def test_a_dismissed_witness_comes_back_to_read_and_sign(reading: Reading) -> None:
    assert reading.room.presence("witness") is Presence.DISMISSED
    reading.room.arrive("witness")
    reading.sign("witness")
    assert reading.review.signings["witness"].signed is not None


def test_a_correction_is_decided_after_listening_and_both_ways_are_kept(reading: Reading) -> None:
    reading.do("plaintiff", cmd.RequestCorrection(line=LINE, revision=0, wanted="我同意", reason="误识"))
    (asked,) = reading.review.undecided()
    assert (asked.was, asked.wanted) == ("我同义", "我同意")
    with refused("no-right"):
        reading.do("plaintiff", cmd.DecideCorrection(correction=asked.id, revision=0, accepted=True))
    with refused("listen-first"):
        reading.do("clerk", cmd.DecideCorrection(correction=asked.id, revision=0, accepted=True), heard="not yet")
    with refused("reason-needed"):
        reading.do("clerk", cmd.DecideCorrection(correction=asked.id, revision=0, accepted=False))
    reading.do("clerk", cmd.DecideCorrection(correction=asked.id, revision=0, accepted=True))
    line = reading.transcript.get(LINE)
    assert line is not None
    assert (line.text, line.revisions[0].reason) == ("我同意", f"补正 {asked.id}")
    with refused("already-decided"):
        reading.do("clerk", cmd.DecideCorrection(correction=asked.id, revision=0, accepted=False, reason="x"))


def test_the_same_request_twice_is_one(reading: Reading) -> None:
    for _ in range(2):
        reading.do("plaintiff", cmd.RequestCorrection(line=LINE, revision=0, wanted="我同意"))
    reading.do("defendant", cmd.RequestCorrection(line=LINE, revision=0, wanted="我同意"))
    assert [each.participant for each in reading.review.undecided()] == ["plaintiff", "defendant"]


def test_nobody_learns_what_a_mark_of_the_court_says_by_asking_for_its_correction() -> None:
    reading = Reading()
    (mark,) = decide_line(
        reading.room.hearing,
        reading.transcript,
        "clerk",
        WriteLine(text="核对此处", kind=LineKind.MARK, from_ms=100),
        1_000,
    )
    reading.room.note([mark])
    reading.open()
    (line,) = (each for each in reading.transcript.shown() if each.kind is LineKind.MARK)
    with refused("unknown-line"):
        reading.do("plaintiff", cmd.RequestCorrection(line=line.id, revision=7, wanted="x"))


def test_an_acceptance_never_overwrites_what_the_clerk_has_not_seen(reading: Reading) -> None:
    reading.do("plaintiff", cmd.RequestCorrection(line=LINE, revision=0, wanted="我同意"))
    reading.do("defendant", cmd.RequestCorrection(line=LINE, revision=0, wanted="我不同意"))
    one, two = (each.id for each in reading.review.undecided())
    reading.do("clerk", cmd.DecideCorrection(correction=one, revision=0, accepted=True))
    with refused("line-changed"):
        reading.do("clerk", cmd.DecideCorrection(correction=two, revision=0, accepted=True))
    reading.do("clerk", cmd.DecideCorrection(correction=two, revision=0, accepted=False, reason="与录音不符"))
    line = reading.transcript.get(LINE)
    assert line is not None
    assert line.text == "我同意"


def test_nothing_is_accepted_for_a_line_that_is_no_longer_in_the_minutes(reading: Reading) -> None:
    reading.do("plaintiff", cmd.RequestCorrection(line=LINE, revision=0, wanted="我同意"))
    (asked,) = reading.review.undecided()
    strike = StrikeLine(line=LINE, revision=0, struck=True, reason="重复")
    reading.room.note(decide_line(reading.room.hearing, reading.transcript, "clerk", strike, 1_000))
    with refused("unknown-line"):
        reading.do("clerk", cmd.DecideCorrection(correction=asked.id, revision=1, accepted=True))
    reading.do("clerk", cmd.DecideCorrection(correction=asked.id, revision=1, accepted=False, reason="该行已删去"))
    assert reading.review.undecided() == ()


def test_where_no_sound_is_left_the_clerk_may_decide_without_and_the_record_says_so(reading: Reading) -> None:
    reading.do("defendant", cmd.RequestCorrection(line=LINE, revision=0, wanted="我不同意"))
    (asked,) = reading.review.undecided()
    decided = cmd.DecideCorrection(correction=asked.id, revision=0, accepted=False, reason="录音缺失")
    reading.do("clerk", decided, heard="nothing there")
    assert reading.review.corrections[asked.id].listened is False


def test_a_refused_correction_stays_on_record(reading: Reading) -> None:
    reading.do("defendant", cmd.RequestCorrection(line=LINE, revision=0, wanted="我不同意"))
    (asked,) = reading.review.undecided()
    reading.do("clerk", cmd.DecideCorrection(correction=asked.id, revision=0, accepted=False, reason="与录音不符"))
    kept = reading.review.corrections[asked.id]
    assert (kept.accepted, kept.answer, kept.listened) == (False, "与录音不符", True)
    assert reading.review.undecided() == ()


def test_a_signature_is_of_these_minutes_only(reading: Reading) -> None:
    before = reading.sha256
    reading.sign("plaintiff")
    assert reading.review.standing("plaintiff", before) is not None
    reading.do("defendant", cmd.RequestCorrection(line=LINE, revision=0, wanted="我同意"))
    (asked,) = reading.review.undecided()
    reading.do("clerk", cmd.DecideCorrection(correction=asked.id, revision=0, accepted=True))
    assert reading.review.standing("plaintiff", reading.sha256) is None
    with refused("minutes-changed"):
        reading.sign("defendant", sha256=before)
    reading.sign("plaintiff")
    assert reading.review.standing("plaintiff", reading.sha256) is not None


def test_a_signature_that_does_not_hold_is_not_taken(reading: Reading) -> None:
    signed = Signer().signed("s", "plaintiff", reading.sha256, NOW)
    with refused("bad-signature"):
        reading.do("defendant", command_of(signed))
    with refused("bad-signature"):
        reading.do("plaintiff", command_of(signed), picture=PICTURE + b"x")
    with refused("bad-signature"):
        reading.do("plaintiff", command_of(signed), picture=None)
    with refused("bad-signature"):
        reading.sign("plaintiff", verdict="somebody else's")
    with refused("bad-time"):
        reading.sign("plaintiff", late_ms=601_000)
    assert reading.review.signings == {}


def test_a_spectator_signs_nothing(reading: Reading) -> None:
    reading.room.arrive("observer")
    with pytest.raises(Refused):
        reading.sign("observer")


def test_refusing_to_sign_needs_a_reason_and_the_clerk_may_record_it(reading: Reading) -> None:
    with refused("reason-needed"):
        reading.do("plaintiff", cmd.RefuseToSign(minutes_sha256=reading.sha256, reason=" "))
    reading.do("plaintiff", cmd.RefuseToSign(minutes_sha256=reading.sha256, reason="与事实不符"))
    with refused("no-right"):
        reading.do("plaintiff", cmd.RefuseToSign(minutes_sha256=reading.sha256, reason="x", participant="defendant"))
    reading.do("clerk", cmd.RefuseToSign(minutes_sha256=reading.sha256, reason="逾期未签", participant="defendant"))
    assert reading.review.signings["plaintiff"].refusal == "与事实不符"
    assert reading.review.signings["defendant"].refusal == "逾期未签"


def test_the_minutes_are_signed_when_everybody_has_signed_or_refused(reading: Reading) -> None:
    for who in ("judge", "judge-2", "clerk", "plaintiff", "defendant"):
        with refused("unsigned"):
            reading.do("clerk", cmd.SignOff())
        reading.sign(who)
    reading.do("clerk", cmd.RefuseToSign(minutes_sha256=reading.sha256, reason="已离庭", participant="witness"))
    reading.do("clerk", cmd.SignOff())
    assert reading.state is State.SIGNED
    with refused("not-in-review"):
        reading.do("plaintiff", cmd.RefuseToSign(minutes_sha256=reading.sha256, reason="反悔"))


def test_an_open_request_holds_the_sign_off(reading: Reading) -> None:
    reading.do("plaintiff", cmd.RequestCorrection(line=LINE, revision=0, wanted="我同意"))
    with refused("undecided"):
        reading.do("clerk", cmd.SignOff())


def test_the_refusal_of_one_who_signed_later_does_not_stand(reading: Reading) -> None:
    reading.do("plaintiff", cmd.RefuseToSign(minutes_sha256=reading.sha256, reason="再想想"))
    reading.sign("plaintiff")
    standing = reading.review.standing("plaintiff", reading.sha256)
    assert standing is not None
    assert isinstance(standing.signed, re.MinutesSigned)
    with refused("already-decided"):
        reading.do("clerk", cmd.RefuseToSign(minutes_sha256=reading.sha256, reason="x", participant="plaintiff"))
