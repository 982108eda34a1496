"""A creditors' meeting over the wire, in a server of its own: from the table to the receipt, and after kill -9."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest

from hearing.errors import UserError
from tests.fakes.meeting_court import called, number_of, phone
from tests.fakes.serving import serving
from voting.leaves import leaf_bytes, read_leaf
from voting.merkle import consistent, includes, leaf_hash
from voting.tree_heads import TreeHead, read_head
from yunting.demo.client import Api

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]


def head_of(receipt: Any) -> TreeHead:
    return read_head(msgspec.json.encode(receipt["head"]))


async def proved(api: Api, meeting: str, receipt: Any, head: TreeHead) -> bool:
    """The receipt's leaf is in the tree of this head."""
    leaf = leaf_bytes(read_leaf(msgspec.json.encode(receipt["leaf"])))
    seq = receipt["leaf"]["seq"]
    proof = await api.call("GET", f"meetings/{meeting}/proof?seq={seq}&size={head.size}")
    hashes = [bytes.fromhex(each) for each in proof["hashes"]]
    return includes(head.alg, leaf_hash(head.alg, leaf), seq, head.size, hashes, bytes.fromhex(head.root))


async def test_a_meeting_from_the_table_to_the_announced_result(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, called(server, [100, 200, 300, 50]) as court:
        await court.post("motions", {"title": "关于财产变价方案", "matter": "ordinary"})
        person, _, code = (await court.link("C1")).partition(".")
        wrong = {"person": person, "code": code, "number_end": "000000"}
        with pytest.raises(UserError, match="number-wrong"):
            await court.post("signin", wrong)
        # However often a stranger tries with a wrong link, the person themself is not kept out.
        for _ in range(30):
            with pytest.raises(UserError, match="code-unknown"):
                await court.post("signin", {**wrong, "code": "AAAA"})
        with pytest.raises(UserError, match="doors-closed"):
            await court.sign_in(1, court.clerk)
        await court.post("doors", {})
        tokens = {n: await court.sign_in(n, court.clerk) for n in (1, 2, 3)}
        board = (await court.console())["board"]
        assert (board["heads"], board["amount_fen"], board["total_heads"]) == (3, 60_000, 4)
        api = court.clerk
        async with phone(api, court.meeting, tokens[1]) as one, phone(api, court.meeting, tokens[2]) as two:
            assert one.entered["mine"]["claims"][0]["amount_fen"] == 10_000
            assert (await one.cast("agree", "too-early"))["code"] == "not-open"
            await court.by_two("open")
            opened = await one.until("mine")
            assert [vote["amount_fen"] for vote in opened["mine"]["votes"]] == [10_000]
            given = await one.cast("agree", "a-1")
            # Again, as after a broken connection: the same receipt. Another ballot: the one that stands.
            assert (await one.cast("agree", "a-1"))["receipt"] == given["receipt"]
            assert (await one.cast("against", "a-1"))["code"] == "idem-taken"
            standing = await one.cast("against", "a-2")
            assert (standing["code"], standing["standing"]) == ("already-voted", given["receipt"])
            assert (await two.cast("agree", "b-1", creditor="C1"))["code"] in {"no-mandate", "not-yours"}
            await two.cast("agree", "b-2")
            turnout = (await court.console())["turnout"][0]
            assert (turnout["heads_cast"], turnout["heads_present"], turnout["heads_total"]) == (2, 3, 4)
            assert "agree" not in str(turnout)
            console = await court.by_two("close")
            (motion,) = console["meeting"]["motions"]
            assert motion["result"]["passed"] is False
            assert motion["result"]["divisions"][0]["amount_missing_fen"] == 32_500 - 30_000
            late = await two.cast("against", "b-3")
            assert (late["code"], late["late"]["late"]) == ("late", True)
            async with phone(api, court.meeting, tokens[3]) as three:
                assert three.entered["meeting"]["motions"][0]["result"] is None
            await court.by_two("announce")
            while not (shown := await one.until("meeting"))["meeting"]["motions"][0]["result"]:
                pass
            assert shown["meeting"]["motions"][0]["state"] == "announced"
        newest = read_head(msgspec.json.encode(await api.call("GET", f"meetings/{court.meeting}/head")))
        old = head_of(given["receipt"])
        assert await proved(api, court.meeting, given["receipt"], newest)
        path = f"meetings/{court.meeting}/consistency?first={old.size}&second={newest.size}"
        hashes = [bytes.fromhex(each) for each in (await api.call("GET", path))["hashes"]]
        assert consistent(old.alg, old.size, bytes.fromhex(old.root), newest.size, bytes.fromhex(newest.root), hashes)


async def test_who_has_the_link_may_guess_the_number_a_few_times_only(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, called(server, [100, 200]) as court:
        person, _, code = (await court.link("C1")).partition(".")
        wrong = {"person": person, "code": code, "number_end": "000000"}
        for _ in range(20):
            with pytest.raises(UserError, match="number-wrong"):
                await court.post("signin", wrong)
        with pytest.raises(UserError, match="too-many-tries"):
            await court.post("signin", {**wrong, "number_end": number_of(1)[-6:]})
        await court.post("doors", {})
        await court.sign_in(2, court.clerk)


async def test_a_ballot_by_https_a_proxy_and_who_may_not(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, called(server, [100, 200]) as court:
        await court.post("motions", {"title": "关于财产变价方案", "matter": "ordinary"})
        await court.post("doors", {})
        mandate = {"principal": "C2", "agent": "C1", "document": "0" * 64}
        await court.post("mandates", mandate)
        await court.by_two("open")
        token = await court.sign_in(1, court.clerk)
        url = f"{server.base_url}/api/v1/meetings/{court.meeting}/ballots"
        http = court.clerk.http

        async def cast(body: dict[str, Any], token: str = token) -> tuple[int, Any]:
            answer = await http.post(url, json=body, headers={"Authorization": f"Bearer {token}"})
            return answer.status, await answer.json()

        own = {"motion": "M1", "round": 1, "choice": "agree", "idem": "h-1"}
        status, receipt = await cast(own)
        assert status == 201
        assert await cast(own) == (200, receipt)
        status, proxy = await cast({**own, "creditor": "C2", "idem": "h-2"})
        assert status == 201
        assert (proxy["leaf"]["creditor"], proxy["leaf"]["actor"]) == ("C2", "C1")
        assert proxy["leaf"]["mandate"]
        assert (await cast({**own, "idem": "h-3"}))[0] == 409
        assert (await cast({**own, "idem": "h-4"}, token="x"))[0] == 401
        assert (await cast({**own, "choice": "maybe", "idem": "h-5"}))[0] == 400
        console = await court.by_two("close")
        assert console["meeting"]["motions"][0]["result"]["passed"] is True
        with pytest.raises(UserError, match="not-signed-in"):
            async with server.api() as stranger:
                await stranger.call("GET", f"meetings/{court.meeting}")


async def test_the_exported_log_verifies_and_holds_the_receipt(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, called(server, [100, 200, 300]) as court:
        await court.post("motions", {"title": "关于财产变价方案", "matter": "ordinary"})
        url = f"{server.base_url}/api/v1/meetings/{court.meeting}/log.jsonl"
        http = court.clerk.http

        async def log(edition: str, **headers: str) -> tuple[int, bytes]:
            async with http.get(f"{url}?edition={edition}", headers=headers) as answer:
                return answer.status, await answer.read()

        assert (await log("public"))[0] == 404
        await court.post("doors", {})
        await court.by_two("open")
        token = await court.sign_in(1, court.clerk)
        async with phone(court.clerk, court.meeting, token) as one:
            receipt = (await one.cast("agree", "x-1"))["receipt"]
        # Nobody sees what was voted while others still vote.
        status, refusal = await log("court")
        assert (status, msgspec.json.decode(refusal)["error"]) == (409, "motion-open")
        status, public = await log("public", Authorization=f"Bearer {token}")
        assert status == 200
        assert b'"choice"' not in public
        assert (await log("all"))[0] == 400
        await court.by_two("close")
        await court.by_two("announce")
        for edition in ("court", "public"):
            status, data = await log(edition)
            assert status == 200
            file, kept = tmp_path / f"{edition}.jsonl", tmp_path / "receipt.json"
            await asyncio.to_thread(file.write_bytes, data)
            await asyncio.to_thread(kept.write_bytes, msgspec.json.encode(receipt, order="sorted"))
            words = ("verify", str(file), "--receipt", str(kept), "--json")
            code, out, _ = await server.yunting(*words)
            assert code == 0, out
            await asyncio.to_thread(file.write_bytes, data.replace(b"C1", b"C2") if edition == "court" else data[:-9])
            assert (await server.yunting(*words))[0] == 1


async def test_what_was_receipted_is_there_after_kill_9(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, called(server, [100] * 30) as court:
        await court.post("motions", {"title": "关于财产变价方案", "matter": "ordinary"})
        await court.post("doors", {})
        await court.by_two("open")
        tokens = {n: await court.sign_in(n, court.clerk) for n in range(1, 31)}
        url = f"{server.base_url}/api/v1/meetings/{court.meeting}/ballots"
        receipts: dict[int, Any] = {}
        killed: list[bool] = []

        async def vote(creditor: int) -> None:
            body = {"motion": "M1", "round": 1, "choice": "agree", "idem": f"k-{creditor}"}
            bearer = {"Authorization": f"Bearer {tokens[creditor]}"}
            try:
                async with court.clerk.http.post(url, json=body, headers=bearer) as answer:
                    if answer.status in {200, 201}:
                        receipts[creditor] = await answer.json()
            except aiohttp.ClientError:
                pass
            if len(receipts) == 12 and not killed:
                killed.append(True)
                await server.stop(signal.SIGKILL)

        await asyncio.gather(*(vote(creditor) for creditor in tokens))
        before = dict(receipts)
        assert len(before) >= 12
        await server.start()
        for creditor in tokens:
            await vote(creditor)
        assert len(receipts) == 30
        for creditor, receipt in before.items():
            assert receipts[creditor] == receipt, "another receipt for the same ballot"
        newest = read_head(msgspec.json.encode(await court.clerk.call("GET", f"meetings/{court.meeting}/head")))
        for receipt in receipts.values():
            assert await proved(court.clerk, court.meeting, receipt, newest)
        console = await court.by_two("close")
        assert console["meeting"]["motions"][0]["result"]["divisions"][0]["agree"]["heads"] == 30


async def test_noise_and_strangers_on_the_socket_disturb_nobody(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, called(server, [100, 200]) as court:
        await court.post("motions", {"title": "关于财产变价方案", "matter": "ordinary"})
        await court.post("doors", {})
        await court.by_two("open")
        token = await court.sign_in(1, court.clerk)
        api = court.clerk
        for forged in ("", "C1~9~x", token.replace("C1", "C2"), token[:-1] + ("0" if token[-1] != "0" else "1")):
            async with phone(api, court.meeting, forged) as stranger:
                assert (stranger.entered["type"], stranger.entered["action"]) == ("farewell", "sign_in")
        url = f"{api.base_url.replace('https', 'wss')}/meetings/{court.meeting}/ws"
        for first in ("", "[]", '{"type":"cast"}', '{"type":"enter","version":9,"token":"x"}', "\u0000" * 100):
            async with api.http.ws_connect(url) as socket:
                await socket.send_str(first)
                assert (await socket.receive_json())["type"] == "farewell"
        async with phone(api, court.meeting, token) as one:
            noise = (
                "",
                "nonsense",
                "[" * 3_000,
                '{"type":"cast","re":"1"}',
                '{"type":"enter","version":1,"token":"x"}',
            )
            for frame in (*noise, '{"type":"beat","sent_ms":-1}', '{"type":"have_read","re":"1","document":"D9"}'):
                await one.socket.send_str(frame)
                assert (await one.until("refusal"))["code"] in {"bad-message", "unknown-document"}
            assert (await one.cast("agree", "n-1", motion="M9"))["code"] == "not-open"
            assert (await one.cast("agree", "n-2", division="wage"))["code"] == "wrong-division"
            assert (await one.cast("invalid", "n-3"))["code"] == "bad-ballot"
            # However many sockets a person opens, the newest few stay, and votes go on.
            async with AsyncExitStack() as more:
                others = [await more.enter_async_context(phone(api, court.meeting, token)) for _ in range(4)]
                async with asyncio.timeout(20):
                    while (await one.socket.receive()).type is aiohttp.WSMsgType.TEXT:
                        pass
                assert (await others[-1].cast("agree", "n-4"))["type"] == "receipt"
