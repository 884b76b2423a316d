"""The whole pure exchange: connects, messages, time. Nothing at all may come out of it.

An input is a script of lines: a line that begins with `@` is a deed, any other is a message on the
connection that was opened last.

    @0 @1 @2   open the public, private or info endpoint        @+   go on by 130 ms
    @-         the last one goes                               @~   go on by 1.1 s

Whatever lands in an outbox must be JSON in UTF-8, and of the shape that clients expect.
"""

import base64
import hashlib
import hmac
import json
from typing import Any

from tests.fuzz import request
from tickwire.simulator.exchange import Exchange, Refusal
from tickwire.simulator.market.instruments import named
from tickwire.simulator.switches import Switches
from tickwire.simulator.wire.session import Session

__all__ = ["SEEDS", "WORDS", "target"]

_MS_NS = 1_000_000
_KEYS = {"access": "secret"}
_ENDPOINTS = ("public", "private", "info")
_LONGEST_SCRIPT = 24
# Of one input; more would only be slow.
_MOST_MS = 2_500

SEEDS: tuple[str, ...] = (
    *(f"@{number}\n{text}\n@+\n@~" for number in range(3) for text in request.SEEDS),
    "@0\n" + "\n@~\n".join(request.SEEDS[:6]),
    "@1\n" + "\n@+\n".join((*request.SEEDS[6:8], request.SEEDS[4], "PING")) + "\n@~\n@-\n@+",
    "@2\n" + "\n".join((*request.SEEDS[8:10], request.SEEDS[5])),
    "@0\n" + "\n".join([request.SEEDS[5]] * 7),
    "@0\n@1\n@2\n@0\n@0\n@0\n@0\n@0\n@0\n@0\n@0\n@+",
)
WORDS: tuple[str, ...] = (*request.WORDS, "@0", "@1", "@2", "@+", "@~", "@-", "\n", "\n@~\n")


class _Room:
    """An exchange that lives over many inputs, and its clock."""

    def __init__(self, switches: Switches) -> None:
        self.now_ns = 1_795_147_200_000 * _MS_NS
        self.numbers = 0
        self.exchange = Exchange(
            [named(code) for code in ("KRW-BTC", "BTC-ETH")],
            seed=1,
            now_ns=self.now_ns,
            keys=_KEYS,
            switches=switches,
        )

    def play(self, lines: list[str]) -> None:
        open_: list[Session] = []
        passed_ms = 0
        self.numbers += 1
        address = f"10.0.{self.numbers // 256 % 256}.{self.numbers % 256}"
        for line in lines[:_LONGEST_SCRIPT]:
            match line:
                case "@0" | "@1" | "@2":
                    admitted = self._open(address, int(line[1]))
                    if admitted is not None:
                        open_.append(admitted)
                case "@-":
                    if open_:
                        self.exchange.disconnect(open_.pop(), self.now_ns, 1000, "gone")
                case "@+" | "@~":
                    ms = 130 if line == "@+" else 1_100
                    if passed_ms + ms <= _MOST_MS:
                        passed_ms += ms
                        self.now_ns += ms * _MS_NS
                        self.exchange.step(self.now_ns)
                        self.exchange.idle(self.now_ns)
                case _:
                    if open_:
                        self.exchange.receive(open_[-1], line, self.now_ns)
            for session in open_:
                for frame in session.take():
                    _check(frame)
        for session in open_:
            self.exchange.disconnect(session, self.now_ns, 1006, "end")
        if self.numbers % 50 == 0:
            json.dumps(self.exchange.referee.report(self.now_ns))
        # The limits of a second hold for one input, not for the next.
        self.now_ns += 1_100 * _MS_NS

    def _open(self, address: str, number: int) -> Session | None:
        self.numbers += 1
        endpoint: Any = _ENDPOINTS[number]
        admitted = self.exchange.connect(
            address,
            self.now_ns,
            endpoint=endpoint,
            authorization=_bearer(str(self.numbers)) if number else None,
        )
        if isinstance(admitted, Refusal):
            assert admitted.status in (401, 418, 429), admitted
            return None
        return admitted


def _bearer(nonce: str) -> str:
    def part(member: bytes) -> bytes:
        return base64.urlsafe_b64encode(member).rstrip(b"=")

    claims = json.dumps({"access_key": "access", "nonce": nonce}).encode()
    signed = part(b'{"alg":"HS256","typ":"JWT"}') + b"." + part(claims)
    signature = hmac.new(_KEYS["access"].encode(), signed, hashlib.sha256).digest()
    return f"Bearer {(signed + b'.' + part(signature)).decode()}"


def _check(frame: bytes) -> None:
    told = json.loads(frame.decode())
    for one in told if isinstance(told, list) else [told]:
        assert isinstance(one, dict), one
        assert {"type", "ty", "error", "status", "method", "mthd"} & one.keys(), one


_rooms = (
    _Room(Switches()),
    _Room(
        Switches(
            list_wrapping=True,
            english_messages=True,
            public_types_everywhere=True,
            same_code_twice="last",
            empty_codes="nothing",
            both_flags="everything",
            rate_error_closes=False,
            ping_counts=True,
            lower_case_ping=True,
            list_without_format="streams",
            listed_suffixes=False,
            listed_flags=True,
            listed_snapshots=False,
        )
    ),
)


def target(data: bytes) -> None:
    lines = data.decode(errors="replace").split("\n")
    # An input always meets the same settings, so that it can be repeated.
    _rooms[sum(data[:64]) % len(_rooms)].play(lines)
