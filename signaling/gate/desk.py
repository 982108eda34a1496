"""The gate from the person's side up to the camera: coming, consent, document."""

from __future__ import annotations

import hmac
from collections.abc import Sequence

import structlog

from hearing import events as ev
from hearing import identity_events as ie
from hearing.documents import Document, DocumentReader, number_index
from hearing.errors import UserError
from hearing.identity_events import IdentityLevel, VerdictMethod
from hearing.participant import CONNECTED, Presence
from hearing.session import is_over
from hearing.state import Hearing, Person
from identity.gate import GateStage
from identity.vault import ACCOUNTS, FACE_DATA, Purpose
from signaling.gate.face_notice import PURPOSE, face_notice
from signaling.gate.log import GateLog, end_of_verdict
from signaling.limits import MOST_PEOPLE, Limiter

_logger = structlog.get_logger()
_MOST_DOCUMENTS = 5
"""An hour, of one person: numbers must not be guessed here."""


RETURN_MS = 30_000
"""A page that has dropped is waited for so long before the link alone begins anew."""


class GateDesk:
    """One for the server. `participant` is always the person themselves."""

    def __init__(self, log: GateLog) -> None:
        services = log.services
        identity = services.settings.identity
        self.notice = face_notice(identity.retention_h, sent_out=identity.engine == "http")
        self._log = log
        self._tools = log.tools
        self._reader = DocumentReader()
        self._number_key = services.derived_key("identity numbers")
        self._documents = Limiter(
            _MOST_DOCUMENTS / 3600, _MOST_DOCUMENTS, services.sources.monotonic_us, max_keys=MOST_PEOPLE
        )
        log.when_released(self._documents.forget)

    # --- coming -----------------------------------------------------------------------------------------------

    async def guest_came(self, session: str, participant: str, proof: str | None) -> None:
        """Somebody with the invitation wants a ticket. A link is not a person: without the `proof` of the page that
        earned a verdict they begin anew, and only once that page has been gone for `RETURN_MS`, or whoever stole a
        link could throw its owner out. Raises UserError `entered-elsewhere`."""
        ledger = await self._log.ledger(session)

        def elsewhere(hearing: Hearing, now_ms: int) -> Sequence[ev.AnyEvent]:
            wanted = self._log.proof(hearing, participant)
            if not wanted or hmac.compare_digest(wanted.encode(), (proof or "").encode()):
                return ()
            if is_over(hearing.state):
                # Nobody earns a verdict any more: one that was taken away would be lost for good.
                raise UserError(
                    "entered-elsewhere",
                    "庭审已结束，此席位已在另一页面或设备上核验：请用原来的设备阅读和签署笔录，或请书记员协助",
                    "the hearing is over and somebody was checked for this seat on another device: read and sign "
                    "the minutes there, or ask the clerk",
                )
            person = hearing.people[participant]
            returns = person.presence is Presence.DROPPED and self._log.now() < person.presence_utc_ms + RETURN_MS
            if person.presence in CONNECTED or returns:
                raise UserError(
                    "entered-elsewhere",
                    "此席位已在另一页面或设备上核验。请回到原页面；需换设备的，请关闭原页面，一分钟后再试，或请书记员协助",
                    "somebody was checked for this seat on another page or device: go back to it; to change devices "
                    "close it and try again in a minute, or ask the clerk",
                )
            return end_of_verdict(hearing, participant, "another-device")

        await ledger.change(participant, elsewhere)

    async def staff_came(self, session: str, participant: str, account: str) -> None:
        """A signed-in account wants the ticket of its seat: enough unless faces are asked for, and then their
        reference photo is the account's. Idempotent."""
        ledger = await self._log.ledger(session)
        person = ledger.hearing.people[participant]
        if ledger.hearing.identity is IdentityLevel.NONE or person.standing.passed:
            return
        if ledger.hearing.identity is not IdentityLevel.FACE:
            await self._log.give_pass(ledger, participant, VerdictMethod.ACCOUNT, by=account, checked=False)
            return
        photo = await self._log.vault.get(ACCOUNTS, account, Purpose.REFERENCE)
        if photo is not None and not person.standing.reference and not is_over(ledger.hearing.state):
            await self._log.vault.put(
                session, participant, Purpose.REFERENCE, photo.data, media_type=photo.media_type
            )
            await ledger.note("server", [ie.ReferenceKept(participant=participant, source="account")])

    # --- consent ----------------------------------------------------------------------------------------------

    async def consent(self, session: str, participant: str, sha256: str, language: str, guardian: str) -> None:
        """Consent to what was shown. Raises UserError `notice-changed`, `gate-passed` and what the stage asks for."""
        if sha256 != self.notice.sha256:
            raise UserError("notice-changed", "告知书已更新，请重新阅读", "the notice has changed: read it again")
        consented = ie.FaceConsented(
            participant=participant, purpose=PURPOSE, text_sha256=sha256, language=language, guardian=guardian
        )

        def agreed(hearing: Hearing, person: Person) -> Sequence[ev.AnyEvent]:
            # Who chose the clerk may think again while waiting for them.
            waits = person.standing.consent in {"declined", "withdrawn"}
            allowed = (GateStage.CONSENT, GateStage.GUARDIAN, *((GateStage.CLERK,) if waits else ()))
            self._log.check(hearing, person, *allowed)
            return [consented]

        await self._log.change(session, participant, agreed)

    async def decline(self, session: str, participant: str) -> None:
        """The way without a face; what was made of it before goes. Idempotent."""

        def declined(hearing: Hearing, person: Person) -> Sequence[ev.AnyEvent]:
            if person.standing.consent == "declined":
                return ()
            self._log.check(
                hearing, person, GateStage.CONSENT, GateStage.DOCUMENT, GateStage.GUARDIAN, GateStage.CHALLENGE,
                GateStage.LOCKED, GateStage.CLERK,
            )  # fmt: skip
            return [ie.FaceDeclined(participant=participant)]

        await self._log.change(session, participant, declined)
        await self._log.forget_face(session, participant)

    async def withdraw(self, session: str, participant: str) -> None:
        """Take the consent back; what is kept of the face is erased now. Nothing without consent. Idempotent."""

        def withdrew(hearing: Hearing, person: Person) -> Sequence[ev.AnyEvent]:
            return [ie.FaceConsentWithdrawn(participant=participant)] if person.standing.consent == "given" else ()

        await self._log.change(session, participant, withdrew)
        ledger = await self._log.ledger(session)
        if ledger.hearing.people[participant].standing.consent == "withdrawn":
            await self._log.erase(session, participant, "withdrawn", participant, FACE_DATA)

    # --- document ---------------------------------------------------------------------------------------------

    async def document(self, session: str, participant: str, kind: str, number: str) -> None:
        """Check a document's number against the case file, else the registry. Raises UserError as
        `read_document`, and `too-many`."""
        ledger = await self._log.ledger(session)
        stages = (GateStage.DOCUMENT, GateStage.CLERK)
        self._log.check(ledger.hearing, ledger.hearing.people[participant], *stages)
        document = self.read_document(kind, number)
        if not self._documents.take(f"{session}.{participant}"):
            raise UserError(
                "too-many", "证件号码填写次数过多，请稍后再试或联系书记员", "too many numbers: wait, or ask the clerk"
            )
        index = self.number_index(document)
        filed = await self._log.vault.get(session, participant, Purpose.NUMBER)
        if filed is not None:
            answer, source, photo = ("yes" if filed.data.decode() == index else "no"), "case_file", None
        elif self._tools.registry is not None:
            name = ledger.hearing.people[participant].seat.name
            told = await self._tools.registry.verify(name, document)
            answer, source, photo = told.match, told.source, told.photo
        else:
            answer, source, photo = "unknown", "", None
        checked = ie.DocumentChecked(
            participant=participant,
            kind=document.kind,
            masked=document.masked,
            index_hmac=index,
            registry=answer,
            source=source,
            minor=document.minor,
        )

        def told_log(hearing: Hearing, person: Person) -> Sequence[ev.AnyEvent]:
            self._log.check(hearing, person, *stages)
            return [checked]

        await self._log.change(session, participant, told_log)
        standing = ledger.hearing.people[participant].standing
        # Who wants no face used is not compared with a photo either.
        if photo is not None and not standing.reference and standing.consent == "given":
            try:
                await self.keep_reference(session, participant, photo, "registry", "server")
            except UserError as problem:
                # The registry's photo is not the person's to mend: without a reference a clerk compares.
                _logger.warning("registry.photo_refused", code=problem.code)

    def read_document(self, kind: str, number: str) -> Document:
        """Raises UserError as `hearing.documents.DocumentReader.read`."""
        return self._reader.read(kind, number, self._log.now())

    def number_index(self, document: Document) -> str:
        """Finds the same number again without giving it away."""
        return number_index(document, self._number_key)

    async def keep_reference(self, session: str, participant: str, photo: bytes, source: str, by: str) -> None:
        """Seal a reference photo. Raises UserError as `Matcher.check_reference`, `session-over`."""
        ledger = await self._log.ledger(session)
        if is_over(ledger.hearing.state):
            raise UserError("session-over", "本次庭审已结束", "this session is over")
        if self._tools.matcher is None:
            raise UserError("not-ready", "未安装人脸比对引擎", "no face engine is set up here")
        clean = await self._tools.matcher.check_reference(photo)
        await self._log.vault.put(session, participant, Purpose.REFERENCE, clean, media_type="image/jpeg")
        await ledger.note(by, [ie.ReferenceKept(participant=participant, source=source)])
