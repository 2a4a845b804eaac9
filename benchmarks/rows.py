"""Generated rows that look like enterprise registrations, with correct check characters."""

from pathlib import Path

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_AT_ONCE = 10_000

ITEMS: list[dict[str, object]] = [
    {"code": "name", "name": "企业名称", "type": "C", "length": 100, "openness": "closed"},
    {
        "code": "uscc",
        "name": "统一社会信用代码",
        "type": "C",
        "length": 18,
        "key": True,
        "required": True,
        "standard": "unified-social-credit-code",
        "openness": "closed",
    },
    {"code": "registered", "name": "注册日期", "type": "D", "openness": "closed"},
    {
        "code": "capital",
        "name": "注册资金",
        "type": "Y",
        "length": 16,
        "scale": 2,
        "openness": "closed",
    },
    {"code": "city", "name": "地区", "type": "C", "length": 20, "openness": "closed"},
]


def credit_code(number: int) -> str:
    """The credit code of one row, correct by GB 32100."""
    body = f"91320{number % 900 + 100:03d}{number:09d}"
    total = sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True))
    return body + _ALPHABET[-total % 31]


def write(path: Path, rows: int) -> None:
    """Write a CSV of so many rows."""
    with path.open("w", encoding="utf-8") as file:
        file.write(",".join(str(item["name"]) for item in ITEMS) + "\n")
        for start in range(0, rows, _AT_ONCE):
            file.writelines(_line(n) for n in range(start, min(start + _AT_ONCE, rows)))


def write_changed(path: Path, rows: int, every: int) -> int:
    """Write a CSV of every so manieth row, its city another one; how many."""
    with path.open("w", encoding="utf-8") as file:
        file.write(",".join(str(item["name"]) for item in ITEMS) + "\n")
        file.writelines(f"{_line(n).rstrip()}区\n" for n in range(0, rows, every))
    return len(range(0, rows, every))


def _line(n: int) -> str:
    day = f"20{n % 25:02d}-{n % 12 + 1:02d}-{n % 28 + 1:02d}"
    return f'无锡第{n}贸易有限公司,{credit_code(n)},{day},"{n % 999 + 1},000.50",无锡{n % 97}\n'
