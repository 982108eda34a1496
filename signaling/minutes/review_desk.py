"""The review of one courtroom's minutes: who may read, what people do to them, and each page's news of it.

What the clerk has listened to is what this server gave them the sound of, since it started: after a restart they
listen again.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Sequence

from hearing import events as ev
from hearing import review_commands as cmd
from hearing.errors import Refused
from hearing.policy import is_verified
from hearing.review import Correction, Review, Signing
from hearing.review_events import MinutesSigned
from hearing.review_rules import Minutes, decide_review, signers
from hearing.roles import Right, is_staff, rights
from hearing.session import State, is_over
from hearing.state import Hearing, Person
from hearing.transcript import Line
from records.ledger import Ledger
from records.timeline import Span, join, subtract
from records.writing.draft import Draft
from records.writing.minutes import Paragraph
from signaling.minutes.desk import Reader
from signaling.minutes.review_messages import CorrectionView, MinutesView, ReadParagraph, ReviewNews, SignerView
from signaling.minutes.signature_shelf import SignatureShelf

_LAID_OPEN = frozenset({State.TRANSCRIPT_REVIEW, State.SIGNED, State.SEALED})


class ReviewDesk:
    """`draft` is folded by `signaling.minutes.desk`, before this desk hears of an entry."""

    def __init__(
        self,
        ledger: Ledger,
        draft: Draft,
        shelf: SignatureShelf,
        pages: Callable[[], Iterable[Reader]],
        utc_ms: Callable[[], int],
    ) -> None:
        self.shelf = shelf
        self._ledger = ledger
        self._draft = draft
        self._pages = pages
        self._utc_ms = utc_ms
        self._signing = asyncio.Lock()
        self._heard: dict[tuple[str, str], tuple[Span, ...]] = {}
        self._nothing_there: dict[tuple[str, str], tuple[Span, ...]] = {}
        self._told_seq = 0

    async def do(self, participant: str, command: cmd.ReviewCommand) -> Sequence[ev.Entry]:
        """Carry out a command. Raises Refused (`hearing.review_rules`), StoreUnavailable."""
        if isinstance(command, cmd.SignMinutes):
            return await self._sign(participant, command)
        return await self._decide(participant, command)

    def gave_sound(self, participant: str, track: str, from_ms: int, to_ms: int, *, found: bool) -> None:
        """This person was given the sound of this span, or there is none of it. Only clerks' are kept."""
        person = self._ledger.hearing.people.get(participant)
        if person is None or Right.WRITE_MINUTES not in rights(person.role):
            return
        kept = self._heard if found else self._nothing_there
        kept[participant, track] = join([*kept.get((participant, track), ()), Span(from_ms, to_ms)])

    def check_may_hand_in(self, participant: str) -> None:
        """Raises Refused (`not-in-review`, `no-right`)."""
        hearing = self._ledger.hearing
        if hearing.state is not State.TRANSCRIPT_REVIEW:
            raise Refused("not-in-review", "笔录尚未开放核对或已结束", "the minutes are not open to review now")
        if hearing.people[participant] not in signers(hearing):
            raise Refused("no-right", "您无须在本笔录上签名", "you need not sign these minutes")

    async def picture(self, participant: str, sha256: str) -> bytes:
        """The picture of a signature: one's own, the court's people anybody's. Raises Refused (`no-picture`)."""
        mine = any(s.signed is not None and s.signed.image_sha256 == sha256 for s in self._seen_by(participant))
        found = await self.shelf.signed(sha256) if mine else None
        if found is None:
            raise Refused("no-picture", "没有这个签名", "there is no such signature")
        return found

    def minutes(self, participant: str) -> MinutesView:
        """The document for this reader. Raises Refused (`no-right`, `not-in-review`)."""
        hearing = self._ledger.hearing
        person = hearing.people[participant]
        if not self._may_read(hearing, person):
            raise Refused("not-in-review", "笔录尚未开放核对", "the minutes do not lie open to you now")
        document, review = self._draft.document(), self._draft.review
        return MinutesView(
            seq=self._draft.seq,
            sha256=document.sha256,
            court=document.court,
            title=document.title,
            fields=document.fields,
            paragraphs=tuple(_read(each, self._draft.transcript.get(each.line)) for each in document.paragraphs),
            closing=document.closing,
            places=document.places,
            corrections=tuple(_view(each) for each in review.corrections.values() if _is_for(person, each)),
        )

    def news(self, participant: str) -> ReviewNews | None:
        """How the review stands for this page; None while there is none for it."""
        hearing = self._ledger.hearing
        person = hearing.people.get(participant)
        if person is None or hearing.state not in _LAID_OPEN or not self._may_read(hearing, person):
            return None
        review, verdict = self._draft.review, person.standing.verdict
        return ReviewNews(
            seq=self._draft.seq,
            minutes_sha256=self._draft.sha256,
            until_utc_ms=review.until_utc_ms,
            verdict=verdict.id if verdict is not None else "",
            undecided=sum(_is_for(person, each) for each in review.undecided()),
            signers=tuple(self._seen_by(participant)),
        )

    def settle(self) -> None:
        """Tell the pages what has changed since the last call; late words of a whole hearing come in one go. Cheap
        when nothing has."""
        if self._draft.seq == self._told_seq or self._ledger.hearing.state not in _LAID_OPEN:
            return
        self._told_seq = self._draft.seq
        for page in self._pages():
            news = self.news(page.participant) if page.live else None
            if news is not None:
                page.send(news)

    # --- inside ---------------------------------------------------------------------------------------------

    async def _sign(self, participant: str, command: cmd.SignMinutes) -> Sequence[ev.Entry]:
        # One at a time: a refused try takes away its picture, which another's signature may be about to name.
        async with self._signing:
            picture = await self.shelf.handed_in(participant, command.image_sha256)
            if picture is None:
                return await self._decide(participant, command)
            await self.shelf.keep(picture)
            text = self._draft.document().text().encode()
            if hashlib.sha256(text).hexdigest() == command.minutes_sha256:
                await self.shelf.keep_text(text)
            try:
                signed = await self._decide(participant, command, picture)
            except Refused:
                await self._discard_unsigned(command.image_sha256)
                raise
            if not signed:
                # Signed already, and with another picture perhaps.
                await self._discard_unsigned(command.image_sha256)
            return signed

    async def _discard_unsigned(self, image_sha256: str) -> None:
        if image_sha256 not in await self._signed_pictures():
            await self.shelf.discard(image_sha256)

    async def _signed_pictures(self) -> set[str]:
        entries = self._ledger.entries()
        return {entry.event.image_sha256 async for entry in entries if isinstance(entry.event, MinutesSigned)}

    async def _decide(
        self, participant: str, command: cmd.ReviewCommand, picture: bytes | None = None
    ) -> Sequence[ev.Entry]:
        def decide(hearing: Hearing, now_ms: int) -> Sequence[ev.AnyEvent]:
            listened, soundless = self._listened(participant, command)
            minutes = Minutes(
                transcript=self._draft.transcript,
                review=self._draft.review,
                sha256=self._draft.sha256 if is_over(hearing.state) else "",
                image=picture,
                listened=listened,
                soundless=soundless,
            )
            return decide_review(hearing, minutes, participant, command, self._utc_ms())

        return await self._ledger.change(participant, decide)

    def _listened(self, participant: str, command: cmd.ReviewCommand) -> tuple[bool, bool]:
        if not isinstance(command, cmd.DecideCorrection):
            return False, False
        asked = self._draft.review.corrections.get(command.correction)
        line = self._draft.transcript.get(asked.line) if asked is not None else None
        if line is None or not line.track:
            return False, False
        whole, who = [Span(line.from_ms, line.to_ms)], (participant, line.track)
        unheard = subtract(whole, self._heard.get(who, ()))
        return not unheard, not subtract(unheard, self._nothing_there.get(who, ()))

    def _may_read(self, hearing: Hearing, person: Person) -> bool:
        if not is_verified(hearing, person):
            return False
        if is_staff(person.role):
            return is_over(hearing.state)
        return hearing.state in _LAID_OPEN and person.took_part

    def _seen_by(self, participant: str) -> list[SignerView]:
        hearing = self._ledger.hearing
        viewer = hearing.people[participant]
        sha256 = self._draft.sha256
        return [
            _signer(self._draft.review, each.seat.participant, sha256)
            for each in signers(hearing)
            if is_staff(viewer.role) or each is viewer
        ]


def _signer(review: Review, participant: str, sha256: str) -> SignerView:
    said: Signing | None = review.signings.get(participant)
    if said is None:
        return SignerView(participant=participant, standing="outstanding")
    now = said.minutes_sha256 == sha256
    return SignerView(
        participant=participant,
        standing="outdated" if not now else "signed" if said.signed is not None else "refused",
        utc_ms=said.utc_ms,
        reason=said.refusal,
        signed=said.signed,
    )


def _is_for(person: Person, correction: Correction) -> bool:
    mine = correction.participant == person.seat.participant
    return mine or correction.accepted is True or is_staff(person.role)


def _view(correction: Correction) -> CorrectionView:
    return CorrectionView(
        id=correction.id,
        participant=correction.participant,
        line=correction.line,
        was=correction.was,
        wanted=correction.wanted,
        reason=correction.reason,
        asked_utc_ms=correction.asked_utc_ms,
        accepted=correction.accepted,
        answer=correction.answer,
        listened=correction.listened,
    )


def _read(paragraph: Paragraph, line: Line | None) -> ReadParagraph:
    return ReadParagraph(
        kind=paragraph.kind,
        speaker=paragraph.speaker,
        text=paragraph.text,
        line=paragraph.line,
        revision=line.revision if line is not None else 0,
        track=line.track if line is not None else "",
        from_ms=paragraph.from_ms,
        to_ms=line.to_ms if line is not None else paragraph.from_ms,
    )
