"""What a person reads about their face is true of where it goes."""

from __future__ import annotations

import pytest

from signaling.gate.face_notice import face_notice

pytestmark = pytest.mark.unit


def test_a_court_that_sends_faces_out_says_so_and_asks_for_another_consent() -> None:
    here, out = face_notice(72), face_notice(72, sent_out=True)
    assert "不通过互联网提供给他人" in here.zh
    assert "given to nobody over the internet" in here.en
    assert "不通过互联网" not in out.zh
    assert "发送给" in out.zh
    assert "is sent to the face comparison service" in out.en
    assert here.sha256 != out.sha256
    assert "{" not in here.zh + here.en + out.zh + out.en
