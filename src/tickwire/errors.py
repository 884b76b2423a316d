"""What can go wrong, as one tree.

    TickwireError
    ├── UsageError            we were asked wrongly; raised at once, at the call
    ├── AuthenticationError   keys are missing or malformed, or the exchange does not accept them
    ├── ExchangeError         the exchange refused: its name for it and its text
    ├── ProtocolError         a message made no sense; carries the payload
    ├── TransportError        the network failed
    │   └── HandshakeRefused  the server answered the upgrade with an HTTP status
    ├── RateLimitTimeout      a request waited too long for its turn, and was not sent
    └── SlowConsumer          a component fell too far behind to go on

What a caller must fix is raised. What a long life brings by itself (a lost connection, a refusal,
a gap) arrives as a control event that holds the error; see `tickwire.control`.
"""


class TickwireError(Exception):
    """The root of all errors of this package."""


class UsageError(TickwireError, ValueError):
    """The call was wrong: a malformed code, an unknown type, a component that cannot be held."""


class AuthenticationError(TickwireError):
    """Keys are missing or malformed, or the exchange does not accept them; says what to do.

    Raised at the call that needs the keys. What the exchange says about them later arrives in a
    control event, see `tickwire.control.Refused`.
    """


class ExchangeError(TickwireError):
    """The exchange answered with an error.

    Attributes: `name` is the exchange's own name for it (`"INVALID_PARAM"`), `message` its text.
    """

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name
        self.message = message


class ProtocolError(TickwireError):
    """A message from the wire made no sense.

    Attributes: `payload` holds the bytes that came, as they came.
    """

    def __init__(self, reason: str, payload: bytes = b"") -> None:
        super().__init__(reason)
        self.payload = payload


class TransportError(TickwireError):
    """The network failed: no route, no name, no TLS, or the connection is closed."""


class HandshakeRefused(TransportError):
    """The server answered the upgrade request with something other than 101.

    Attributes: `status` is the HTTP status, `retry_after_s` the wait it asked for, if it did, and
    `answer` the beginning of what it said, empty for nothing.
    """

    def __init__(
        self, status: int, retry_after_s: float | None = None, *, answer: str = ""
    ) -> None:
        said = f" ({answer})" if answer else ""
        wait = "" if retry_after_s is None else f"; it asks to wait {retry_after_s:g} s"
        super().__init__(f"the server refused the connection with HTTP {status}{said}{wait}")
        self.status = status
        self.retry_after_s = retry_after_s
        self.answer = answer


class RateLimitTimeout(TickwireError, TimeoutError):
    """A one-off request waited too long for its turn within the exchange's limits; it was not sent.

    Subscriptions never raise this: they wait, and melt into the next message.

    Attributes: `waited_s` is how long it waited.
    """

    def __init__(self, request: str, waited_s: float) -> None:
        super().__init__(
            f"{request}: no slot within the exchange's message limits for {waited_s:g} s, and it "
            "was not sent; ask for several things at once, or less often"
        )
        self.waited_s = waited_s


class SlowConsumer(TickwireError):
    """A component took its events too slowly and events that must not be dropped piled up.

    Attributes: `component_id`, `pending` events waiting, and the `limit` that they passed.
    """

    def __init__(self, component_id: str, pending: int, limit: int) -> None:
        super().__init__(
            f"component {component_id!r} has {pending} events waiting (limit {limit}); "
            "take them faster or subscribe to less"
        )
        self.component_id = component_id
        self.pending = pending
        self.limit = limit
