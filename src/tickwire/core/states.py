"""The states of one connection, as a table. Everything about transitions is here.

                          ┌──────────── LOST ────────────┐
                          │                              ▼
    DISCONNECTED ─WANTED─▶ CONNECTING ◀──DUE── RECONNECTING / ERROR
         ▲                │                              ▲
         │              OPENED                           │
         │                ▼                              │
         │             CONNECTED ─SENT─▶ SUBSCRIBING ──▶ LOST (or EXHAUSTED)
         │                                │    ▲         │
         │                            PROVEN  SENT       │
         │                                ▼    │         │
         └───EMPTIED── (any) ─────────── ACTIVE ─────────┘        (any) ─STOPPED─▶ CLOSED

Theory of operation. A connection exists because streams are wanted. It is CONNECTED when the socket
is open, SUBSCRIBING while streams it has asked for have not shown data, ACTIVE when all of them
have (or are known to be quiet, or may be so for good reason and nobody objects). A loss leads to
RECONNECTING; once the fast attempts are used up it is an ERROR, which says that somebody should
look while the slow attempts go on. When nobody wants anything any more it is DISCONNECTED, and
CLOSED for good when the owner stops it.

A pair that is not in the table is a mistake of ours and raises `KeyError`.
"""

from enum import StrEnum

__all__ = ["TRANSITIONS", "ConnectionState", "Input"]


class ConnectionState(StrEnum):
    """Where one connection is in its life."""

    DISCONNECTED = "disconnected"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    SUBSCRIBING = "subscribing"
    ACTIVE = "active"
    RECONNECTING = "reconnecting"
    ERROR = "error"
    CLOSED = "closed"

    @property
    def is_open(self) -> bool:
        """Whether a socket is open, so that messages can go out."""
        return self in _OPEN

    @property
    def can_break(self) -> bool:
        """Whether there is a socket, or an attempt at one, that can be lost."""
        return self in _OPEN or self is ConnectionState.CONNECTING

    @property
    def is_waiting(self) -> bool:
        """Whether the next attempt to connect is being waited for."""
        return self in _WAITING


class Input(StrEnum):
    """What can happen to a connection."""

    WANTED = "wanted"  # a stream is desired and there is no connection
    OPENED = "opened"  # the handshake succeeded
    SENT = "sent"  # a subscription message has gone out
    PROVEN = "proven"  # every stream asked for has shown data or is known to be quiet
    LOST = "lost"  # the connection, or an attempt at one, failed
    EXHAUSTED = "exhausted"  # the same, and the fast attempts are used up
    DUE = "due"  # the wait before the next attempt is over
    EMPTIED = "emptied"  # nothing has been desired for the linger time
    STOPPED = "stopped"  # the owner wants no connection any more


_S, _I = ConnectionState, Input
_OPEN = frozenset({_S.CONNECTED, _S.SUBSCRIBING, _S.ACTIVE})
_WAITING = frozenset({_S.RECONNECTING, _S.ERROR})

TRANSITIONS: dict[tuple[ConnectionState, Input], ConnectionState] = {
    (_S.DISCONNECTED, _I.WANTED): _S.CONNECTING,
    (_S.CONNECTING, _I.OPENED): _S.CONNECTED,
    (_S.CONNECTED, _I.SENT): _S.SUBSCRIBING,
    (_S.SUBSCRIBING, _I.SENT): _S.SUBSCRIBING,
    (_S.ACTIVE, _I.SENT): _S.SUBSCRIBING,
    (_S.SUBSCRIBING, _I.PROVEN): _S.ACTIVE,
    (_S.RECONNECTING, _I.DUE): _S.CONNECTING,
    (_S.ERROR, _I.DUE): _S.CONNECTING,
}
for _state in (_S.CONNECTING, _S.CONNECTED, _S.SUBSCRIBING, _S.ACTIVE):
    TRANSITIONS[_state, _I.LOST] = _S.RECONNECTING
    TRANSITIONS[_state, _I.EXHAUSTED] = _S.ERROR
for _state in (_S.CONNECTING, _S.RECONNECTING, _S.ERROR, *_OPEN):
    TRANSITIONS[_state, _I.EMPTIED] = _S.DISCONNECTED
for _state in _S:
    TRANSITIONS[_state, _I.STOPPED] = _S.CLOSED
