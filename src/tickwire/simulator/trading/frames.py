"""The messages of an account: `myOrder` and `myAsset`, in every format.

Source: the websocket-myorder and -myasset pages of docs.upbit.com (2026-09). Null members are
present, and numbers are plain in all formats, as in the samples there. `assets` names what has
changed and nothing else: whether the real exchange lists more is not known.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from tickwire.simulator.spelling import DECIMALS, VALUE_DECIMALS, plain
from tickwire.simulator.trading.ledger import AMOUNT_DECIMALS, Account
from tickwire.simulator.trading.orders import Fill, Order
from tickwire.simulator.wire.formats import Format
from tickwire.simulator.wire.request import Wish

__all__ = ["AssetNotice", "OrderNotice", "asset_notice", "order_notice"]

_ORDER_NAMES = (
    ("type", "ty"),
    ("code", "cd"),
    ("uuid", "uid"),
    ("ask_bid", "ab"),
    ("order_type", "ot"),
    ("state", "s"),
    ("trade_uuid", "tuid"),
    ("price", "p"),
    ("avg_price", "ap"),
    ("volume", "v"),
    ("remaining_volume", "rv"),
    ("executed_volume", "ev"),
    ("trades_count", "tc"),
    ("reserved_fee", "rsf"),
    ("remaining_fee", "rmf"),
    ("paid_fee", "pf"),
    ("locked", "l"),
    ("executed_funds", "ef"),
    ("time_in_force", "tif"),
    ("trade_fee", "tf"),
    ("is_maker", "im"),
    ("identifier", "id"),
    ("smp_type", "smpt"),
    ("prevented_volume", "pv"),
    ("prevented_locked", "pl"),
    ("trade_timestamp", "ttms"),
    ("order_timestamp", "otms"),
    ("timestamp", "tms"),
    ("stream_type", "st"),
)
_ASSETS_NAMES = (
    ("type", "ty"),
    ("asset_uuid", "astuid"),
    ("assets", "ast"),
    ("asset_timestamp", "asttms"),
    ("timestamp", "tms"),
    ("stream_type", "st"),
)
_ASSET_NAMES = (("currency", "cu"), ("balance", "b"), ("locked", "l"))


@dataclass(frozen=True, slots=True)
class OrderNotice:
    """Something has happened to an order."""

    key: str
    code: str
    values: tuple[str, ...]

    def frame_for(self, wish: Wish, account: str | None, form: Format) -> bytes | None:
        """For its owner, if the wish names its market or none at all."""
        if account != self.key or wish.type != "myOrder":
            return None
        if wish.codes and self.code not in wish.codes:
            return None
        return form.frame(_object(_ORDER_NAMES, self.values, form))


@dataclass(frozen=True, slots=True)
class AssetNotice:
    """Balances of an account have changed: currency, free and locked."""

    key: str
    uuid: str
    assets: tuple[tuple[str, str, str], ...]
    at_ms: int
    published_ms: int

    def frame_for(self, wish: Wish, account: str | None, form: Format) -> bytes | None:
        """For the owner of the balances."""
        if account != self.key or wish.type != "myAsset":
            return None
        assets = ",".join(_object(_ASSET_NAMES, one, form) for one in self.assets)
        values = (
            '"myAsset"',
            json.dumps(self.uuid),
            f"[{assets}]",
            str(self.at_ms),
            str(self.published_ms),
            '"REALTIME"',
        )
        return form.frame(_object(_ASSETS_NAMES, values, form))


def order_notice(order: Order, state: str, published_ms: int, fill: Fill | None) -> OrderNotice:
    """The order as it is now. With a `fill`, price and size are those of the fill."""
    terms = order.terms
    price, volume = (terms.price, terms.volume) if fill is None else (fill.price, fill.size)
    last_ms = order.fills[-1].at_ms if order.fills else order.created_ms
    values = (
        '"myOrder"',
        json.dumps(terms.market),
        json.dumps(order.uuid),
        '"BID"' if terms.buys else '"ASK"',
        json.dumps(terms.ord_type),
        json.dumps(state),
        json.dumps(None if fill is None else fill.uuid),
        _number(price),
        _number(order.avg_price),
        _number(volume),
        _number(order.remaining_volume),
        _number(order.executed_volume),
        str(len(order.fills)),
        _number(order.reserved_fee, AMOUNT_DECIMALS),
        _number(order.remaining_fee, AMOUNT_DECIMALS),
        _number(order.paid_fee, AMOUNT_DECIMALS),
        _number(order.locked, AMOUNT_DECIMALS),
        _number(order.executed_value, VALUE_DECIMALS),
        json.dumps(terms.time_in_force),
        _number(None if fill is None else fill.fee, AMOUNT_DECIMALS),
        json.dumps(None if fill is None else fill.is_maker),
        json.dumps(terms.identifier, ensure_ascii=False),
        json.dumps(terms.smp_type),
        _number(order.prevented_volume) if order.prevented_volume else "0",
        _number(order.prevented_locked, AMOUNT_DECIMALS) if order.prevented_locked else "0",
        str(last_ms),
        str(order.created_ms),
        str(published_ms),
        '"REALTIME"',
    )
    return OrderNotice(order.key, terms.market, values)


def asset_notice(
    account: Account, currencies: Sequence[str], uuid: str, at_ms: int, published_ms: int
) -> AssetNotice:
    """These balances as they are now."""
    assets = []
    for currency in currencies:
        balance = account.balance(currency)
        free, locked = (_number(one, AMOUNT_DECIMALS) for one in (balance.free, balance.locked))
        assets.append((json.dumps(currency), free, locked))
    return AssetNotice(account.key, uuid, tuple(assets), at_ms, published_ms)


def _object(names: Sequence[tuple[str, str]], values: Sequence[str], form: Format) -> str:
    pairs = zip(names, values, strict=True)
    return "{" + ",".join(f'"{name[form.short]}":{value}' for name, value in pairs) + "}"


def _number(number: int | None, decimals: int = DECIMALS) -> str:
    if number is None:
        return "null"
    text = plain(number, decimals)
    return text if "." in text else text + ".0"
