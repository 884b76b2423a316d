"""What the command line says, in English and in Korean.

`Words` is the catalogue and its English text; `Korean` says the same. A method takes what its
sentence needs, so a wrong call is a type error. English in both are the last line of the
demonstration, which is for scripts, and what the library itself says of wrong calls and in its log.
"""

import os
from collections.abc import Mapping

__all__ = ["Korean", "Words", "words"]


class Words:
    """English."""

    # Colours of a price that rises or falls, as the reader's own market paints them.
    rise, fall = "green", "red"

    # --- demo: the screen
    market, price, change, bid, ask = "market", "price", "change", "best bid", "best ask"
    state, wishes, components, streams = "state", "wishes", "components", "streams"
    messages, connections, outages = "messages", "connections", "outages"
    rate, events, age = "events/s", "events", "newest"

    def title(self) -> str:
        return "tickwire demo: many components, one wire, on a local exchange"

    def state_of(self, state: str) -> str:
        return state

    def seconds_left(self, seconds: float) -> str:
        return f"{seconds:.0f} s left"

    def per_second(self, events: float) -> str:
        return f"{events:,.0f} events/s"

    def milliseconds(self, ms: float) -> str:
        return f"{ms:,.0f} ms"

    # --- demo: the story
    def asking(self, components: int, wishes: int, types: int, markets: int) -> str:
        what = f"{types} types x {markets} markets"
        return f"{components} components ask at once: {wishes} wishes, {what}"

    def all_confirmed(self, streams: int, ms: float) -> str:
        return f"confirmed: {streams} streams have shown data after {ms:.0f} ms"

    def cutting(self) -> str:
        return "now the exchange cuts the connection, without a goodbye"

    def reconnecting(self, reason: str, failures: int) -> str:
        attempt = f", attempt {failures}" if failures > 1 else ""
        return f"lost: {reason}; reconnecting{attempt}"

    def restored(self, streams: int, ms: float) -> str:
        return f"restored: {streams} streams after {ms:.0f} ms"

    def gaps_told(self, streams: int) -> str:
        return f"{streams} streams told of the gap"

    # --- demo: the summary
    before, after, confirmed = "before the drop", "after it", "streams confirmed"
    messages_seen = "messages (seen by the exchange)"
    delivered, conflated, dropped = "events delivered", "events conflated", "events dropped"
    breaches = "limit breaches"
    interrupted = "interrupted; this is what there is so far"

    def fell_short(self, problems: str) -> str:
        return f"this run did not show what it should: {problems}"

    not_confirmed = "streams without data at the end"
    not_restored = "the connection was not restored"
    limits_broken = "limits of the exchange broken"
    too_much_wire = "more than one connection or two messages before the drop"
    not_told = "streams that were not told of the gap"
    events_lost = "events lost"
    handlers_failed = "handlers failed"

    # --- watch
    size, side, bid_size, ask_size, high, low = (
        "size",
        "side",
        "bid size",
        "ask size",
        "high",
        "low",
    )
    start, opened, closed, utc = "start (UTC)", "open", "close", "time (UTC)"
    buy, sell = "buy", "sell"

    def cannot_watch(self, data_type: str, shown: str) -> str:
        return f"watch does not show '{data_type}'; it shows: {shown}"

    def one_exchange(self) -> str:
        return "pass only one of --simulate, --url and --environment: each names an exchange"

    def unreachable(self, where: str, reason: str) -> str:
        return (
            f"cannot reach {where}: {reason}. Check the network and the address, "
            "or add --simulate for a local exchange"
        )

    no_answer = "no answer"

    def rejected(self, stream: str, suggestion: str | None) -> str:
        hint = f"; did you mean {suggestion}?" if suggestion else ""
        return f"{stream}: the exchange does not know it{hint}"

    def refused(self, error: str) -> str:
        return f"the exchange refused: {error}"

    def lagged(self, dropped: int, data_type: str) -> str:
        return f"too slow: {dropped} {data_type} events dropped"

    # --- simulate
    def running(self, address: str, markets: int) -> str:
        return f"local exchange on {address}, {markets} markets; Ctrl-C ends it"

    def how_to_use(self, symbol: str, websocket: str, http: str) -> tuple[str, ...]:
        return (
            f"  WebSocket   {websocket}",
            f"  look in     tickwire watch ticker {symbol} --url {websocket}",
            f"  statistics  {http}/sim/stats",
        )

    def served(self, connections: int, messages: int, frames: int, breaches: int) -> str:
        return (
            f"served {connections} connections, {messages} messages, {frames} frames; "
            f"{breaches} limit breaches"
        )


class Korean(Words):
    """한국어."""

    rise, fall = "red", "blue"

    market, price, change, bid, ask = "마켓", "현재가", "등락", "매수호가", "매도호가"
    state, wishes, components, streams = "상태", "구독 요청", "컴포넌트", "스트림"
    messages, connections, outages = "메시지", "연결", "끊김"
    rate, events, age = "초당 이벤트", "이벤트", "최신"

    def title(self) -> str:
        return "tickwire 데모: 컴포넌트는 여럿, 연결은 하나 (로컬 거래소)"

    def state_of(self, state: str) -> str:
        return _STATES.get(state, state)

    def seconds_left(self, seconds: float) -> str:
        return f"{seconds:.0f}초 남음"

    def per_second(self, events: float) -> str:
        return f"초당 {events:,.0f}건"

    def asking(self, components: int, wishes: int, types: int, markets: int) -> str:
        return (
            f"컴포넌트 {components}개가 동시에 요청: 구독 {wishes}건, "
            f"타입 {types}개 x 마켓 {markets}개"
        )

    def all_confirmed(self, streams: int, ms: float) -> str:
        return f"확인: 스트림 {streams}개가 {ms:.0f} ms 만에 데이터 수신"

    def cutting(self) -> str:
        return "이제 거래소가 예고 없이 연결을 끊습니다"

    def reconnecting(self, reason: str, failures: int) -> str:
        attempt = f" ({failures}회째)" if failures > 1 else ""
        return f"연결 끊김: {_in_korean(reason)}; 재연결 중{attempt}"

    def restored(self, streams: int, ms: float) -> str:
        return f"복구 완료: 스트림 {streams}개, {ms:.0f} ms 소요"

    def gaps_told(self, streams: int) -> str:
        return f"공백을 통지받은 스트림 {streams}개"

    before, after, confirmed = "끊기 전", "끊은 후", "확인된 스트림"
    messages_seen = "메시지 (거래소 집계)"
    delivered, conflated, dropped = "전달된 이벤트", "병합된 이벤트", "버려진 이벤트"
    breaches = "한도 위반"
    interrupted = "중단됨; 지금까지의 결과입니다"

    def fell_short(self, problems: str) -> str:
        return f"이번 실행은 보여야 할 것을 보이지 못했습니다: {problems}"

    not_confirmed = "종료 시 데이터가 없는 스트림"
    not_restored = "연결이 복구되지 않음"
    limits_broken = "거래소 한도 위반"
    too_much_wire = "끊기 전 연결이 둘 이상이거나 메시지가 셋 이상"
    not_told = "공백을 통지받지 못한 스트림"
    events_lost = "유실된 이벤트"
    handlers_failed = "실패한 핸들러"

    size, side, bid_size, ask_size, high, low = (
        "수량",
        "체결",
        "매수잔량",
        "매도잔량",
        "고가",
        "저가",
    )
    start, opened, closed, utc = "시작 (UTC)", "시가", "종가", "시각 (UTC)"
    buy, sell = "매수", "매도"

    def cannot_watch(self, data_type: str, shown: str) -> str:
        return f"watch는 '{data_type}' 타입을 보여 주지 않습니다; 볼 수 있는 타입: {shown}"

    def one_exchange(self) -> str:
        return "--simulate, --url, --environment 중 하나만 쓰세요: 각각 다른 거래소를 가리킵니다"

    def unreachable(self, where: str, reason: str) -> str:
        return (
            f"{where}에 연결할 수 없습니다: {_in_korean(reason)}. 네트워크와 주소를 확인하거나 "
            "--simulate 로 로컬 거래소를 쓰세요"
        )

    no_answer = "응답 없음"

    def rejected(self, stream: str, suggestion: str | None) -> str:
        hint = f"; 혹시 {suggestion} 입니까?" if suggestion else ""
        return f"{stream}: 거래소에 없는 코드입니다{hint}"

    def refused(self, error: str) -> str:
        return f"거래소가 거부했습니다: {error}"

    def lagged(self, dropped: int, data_type: str) -> str:
        return f"처리가 늦어 {data_type} 이벤트 {dropped}개를 버렸습니다"

    def running(self, address: str, markets: int) -> str:
        return f"로컬 거래소 {address}, 마켓 {markets}개; 종료는 Ctrl-C"

    def how_to_use(self, symbol: str, websocket: str, http: str) -> tuple[str, ...]:
        return (
            f"  웹소켓  {websocket}",
            f"  보기    tickwire watch ticker {symbol} --url {websocket}",
            f"  통계    {http}/sim/stats",
        )

    def served(self, connections: int, messages: int, frames: int, breaches: int) -> str:
        return (
            f"연결 {connections}건, 메시지 {messages}건, 프레임 {frames}개, 한도 위반 {breaches}건"
        )


_STATES = {
    "disconnected": "끊김",
    "connecting": "연결 중",
    "connected": "연결됨",
    "subscribing": "구독 중",
    "active": "수신 중",
    "reconnecting": "재연결 중",
    "error": "오류",
    "closed": "닫힘",
}


_REASONS = {
    "the connection was cut without a goodbye": "예고 없이 끊어졌습니다",
    "closed by the server": "서버가 닫았습니다",
    "no answer to a ping": "핑에 응답이 없습니다",
    "the server broke the protocol": "서버가 프로토콜을 어겼습니다",
    "the exchange does not serve what it was asked for": "거래소가 요청한 것을 보내지 않습니다",
    "the connection is closed": "연결이 닫혀 있습니다",
    "the server gave up during the handshake": "핸드셰이크 중에 서버가 포기했습니다",
    "the server's certificate is not valid": "서버 인증서가 유효하지 않습니다",
    "the host name could not be resolved": "호스트 이름을 찾을 수 없습니다",
    "nobody listens at": "연결을 받지 않는 주소입니다:",
    "the server did not answer in time": "서버가 제때 응답하지 않았습니다",
    "the server refused the connection with": "서버가 연결을 거부했습니다:",
    "it asks to wait": "요청한 대기 시간:",
    "could not be read": "읽을 수 없습니다",
    "did not answer within": "제때 응답하지 않았습니다:",
    "answered with": "응답:",
}
"""Why a connection is gone, as the transport says it; what others say stays as it is."""


def _in_korean(reason: str) -> str:
    for english, korean in _REASONS.items():
        reason = reason.replace(english, korean)
    return reason


def words(environment: Mapping[str, str] = os.environ) -> Words:
    """The catalogue for the locale; of the three variables the first that is set counts."""
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    locale = next((environment[name] for name in names if environment.get(name)), "")
    return Korean() if locale.lower().startswith("ko") else Words()
