"""What the exchange announces: titles and Markdown bodies, in Korean, all of them made up.

The assets in them are none that the local exchange trades, so nobody waits for a market that does
not come. Slots: `{name}` and `{code}` an asset, `{day}` and `{clock}` a moment some hours ahead,
`{until}` one later that day.
"""

from typing import NamedTuple

__all__ = ["ASSETS", "TEMPLATES", "UPDATES", "Template"]


class Template(NamedTuple):
    """One kind of announcement."""

    category: str
    title: str
    body: str


ASSETS = (
    ("달빛토큰", "DALB"),
    ("한강코인", "HGNG"),
    ("소나무네트워크", "SNMU"),
    ("은하수체인", "EUNH"),
    ("제주프로토콜", "JEJP"),
    ("북극성", "POLR"),
    ("단풍파이낸스", "DNPG"),
    ("해돋이", "HDOD"),
)

TEMPLATES = (
    Template(
        "maintenance",
        "[점검] 시스템 점검 안내 ({day} {clock} ~ {until})",
        "## 시스템 점검 안내\n\n안정적인 서비스 제공을 위해 시스템 점검을 진행합니다.\n\n"
        "- **일시**: {day} {clock} ~ {until} (KST)\n- **영향**: 점검 중 주문 및 조회 일시 중단\n\n"
        "점검 시간은 작업 상황에 따라 변경될 수 있습니다.",
    ),
    Template(
        "maintenance",
        "[점검] {name}({code}) 지갑 점검 안내",
        "## {name}({code}) 지갑 점검 안내\n\n- 시작: {day} {clock}\n- 종료 예정: {until}\n\n"
        "점검 중에는 {code} 입출금을 이용하실 수 없습니다.",
    ),
    Template(
        "trade",
        "[거래] {name}({code}) KRW, BTC, USDT 마켓 디지털 자산 추가",
        "## {name}({code}) 신규 거래지원 안내\n\n"
        "| 항목 | 내용 |\n|---|---|\n| 마켓 | KRW, BTC, USDT |\n"
        "| 거래지원 개시 | {day} {clock} |\n\n"
        "> 거래지원 개시 직후 5분간 매수 주문이 제한됩니다.",
    ),
    Template(
        "trade",
        "[거래] {name}({code}) 거래 유의 종목 지정 안내",
        "## {name}({code}) 거래 유의 종목 지정\n\n{code}가 거래 유의 종목으로 지정되었습니다.\n\n"
        "1. **지정 일시**: {day} {clock}\n2. **영향**: 입금 중단",
    ),
    Template(
        "wallet",
        "[입출금] {name}({code}) 네트워크 업그레이드에 따른 입출금 중단 안내",
        "## {name}({code}) 입출금 중단\n\n{day} {clock}부터 {code} 입출금이 중단됩니다.\n\n"
        "- 재개 시점은 네트워크 안정화를 확인한 뒤 공지합니다.",
    ),
    Template(
        "wallet",
        "[입출금] {name}({code}) 입출금 재개 안내",
        "{name}({code})의 입출금이 {day} {clock}부터 정상적으로 **재개**됩니다.",
    ),
    Template(
        "digital_asset",
        "[디지털 자산] {name}({code}) 유통량 계획 변경 안내",
        "## 유통량 계획 변경\n\n{name} 재단이 {code}의 유통량 계획을 변경하였습니다.\n\n"
        "- 적용 일시: {day} {clock}",
    ),
    Template(
        "notice",
        "[안내] 개인정보 처리방침 개정 안내",
        "## 개인정보 처리방침 개정\n\n개정된 처리방침이 {day}부터 시행됩니다.\n\n"
        "문의 사항은 고객센터로 연락해 주시기 바랍니다.",
    ),
    Template(
        "notice",
        "[안내] 사칭 사이트 및 피싱 주의 안내",
        "## 피싱 주의\n\n- 주소창의 주소를 반드시 확인해 주세요.\n"
        "- 비밀번호와 인증 번호를 **누구에게도** 알려주지 마세요.",
    ),
    Template(
        "service",
        "[서비스] Open API 기능 개선 안내",
        "## Open API 기능 개선\n\n{day} {clock}에 새 기능이 추가됩니다.\n\n"
        '```json\n[{{"ticket":"test"}},{{"type":"announcement"}}]\n```',
    ),
    Template(
        "nft",
        "[NFT] 신규 컬렉션 드롭스 일정 안내",
        "## 드롭스 일정\n\n- 판매 시작: {day} {clock}\n- 판매 종료: {until}",
    ),
    Template(
        "event",
        "[이벤트] {name}({code}) 거래지원 기념 이벤트",
        "## {name}({code}) 이벤트\n\n기간 중 거래하신 분께 추첨을 통해 {code}를 드립니다.\n\n"
        "- **기간**: {day} {clock}부터 7일간",
    ),
)

# What an update adds at the end of a body.
UPDATES = (
    "\n\n---\n**[변경]** 일정이 {day} {clock}(으)로 변경되었습니다.",
    "\n\n---\n**[완료]** 본 공지의 작업이 완료되었습니다. 이용해 주셔서 감사합니다.",
    "\n\n---\n**[추가 안내]** 종료 예정 시각이 {until}(으)로 연장되었습니다.",
)
