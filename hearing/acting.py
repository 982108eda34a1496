"""Who acts, and what they may: the questions that come before every rule of minutes, seals and exhibits."""

from __future__ import annotations

from hearing.errors import Refused
from hearing.participant import CONNECTED
from hearing.policy import is_verified
from hearing.roles import Right, label, rights
from hearing.state import Hearing, Person


def acting(hearing: Hearing, actor: str) -> Person:
    """The participant who acts. Raises Refused `unknown-participant`, `not-here`, `not-verified`."""
    person = hearing.people.get(actor)
    if person is None:
        raise Refused("unknown-participant", "您不在本次庭审的名单中", "you are not on this session's list")
    if person.presence not in CONNECTED:
        raise Refused("not-here", "您当前不在线", "you are not connected")
    if not is_verified(hearing, person):
        raise Refused("not-verified", "请先完成身份核验", "pass the identity check first")
    return person


def need(person: Person, right: Right) -> None:
    """Raises Refused `no-right`."""
    if right not in rights(person.role):
        raise no_right(person)


def no_right(person: Person) -> Refused:
    """To raise: this role may not do it."""
    zh, en = label(person.role)
    return Refused("no-right", f"{zh}无权进行此操作", f"a {en.lower()} may not do this")
