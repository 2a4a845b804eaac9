"""From a cell to the value of a field, and what is wrong where there is none.

Spreadsheet programs turn what people type into numbers, dates and formulas. What can be
understood without guessing is taken; what may have lost something says so.
Pure: no database, no HTTP, no clock.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from pydantic import JsonValue

from services.catalog.bulk.found import Place, Problem, Severity
from services.catalog.mappings.translation import Translation
from services.catalog.workbook.layout import Column, Kind
from services.catalog.workbook.words import flag, plain, values_of, word
from shared.workbooks.cells import Cell, Holds

# Excel keeps fifteen digits of a number and writes zeros for the rest.
_KEPT_DIGITS: Final = 15
_SEPARATORS: Final = re.compile(r"[;；,，、\n]")
_SHOWN_CHOICES: Final = 12


class Fault(Exception):
    """Why a cell gives no value."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.code, self.zh, self.en = code, zh, en


@dataclass(slots=True)
class Converter:
    """Turns cells into values, and gathers what it finds wrong."""

    translation: Translation
    problems: list[Problem]
    prefix: str = ""

    def value(self, column: Column, cell: Cell, place: Place, field: str) -> JsonValue:
        """What the field is told; None where the cell gives nothing or nothing good."""
        try:
            return self._value(column, cell, place, field)
        except Fault as fault:
            self.problems.append(
                Problem(place=place, field=field, code=fault.code, zh=fault.zh, en=fault.en)
            )
            return None

    def _value(self, column: Column, cell: Cell, place: Place, field: str) -> JsonValue:
        text = self._text(cell, column.leaf.kind, place, field)
        if not text.strip():
            return None
        translated = self.translation.value(f"{self.prefix}{column.path}", text)
        match column.leaf.kind:
            case Kind.TEXT:
                return translated
            case Kind.NUMBER:
                return _number(translated)
            case Kind.FLAG:
                return _flag(translated)
            case Kind.DATE:
                return translated.strip()
            case Kind.TEXTS:
                return [piece.strip() for piece in _SEPARATORS.split(translated) if piece.strip()]
            case Kind.CODES:
                return list(self._codes(column, text))
            case Kind.CODE:
                return _code(column, translated)

    def _codes(self, column: Column, text: str) -> Iterator[str]:
        for piece in _SEPARATORS.split(text):
            if piece.strip():
                foreign = self.translation.value(f"{self.prefix}{column.path}", piece)
                yield _code(column, foreign)

    def _text(self, cell: Cell, kind: Kind, place: Place, field: str) -> str:
        match cell.holds:
            case Holds.FORMULA:
                raise Fault(
                    "formula",
                    "单元格含公式，请改为填写结果（选择性粘贴为数值）。",
                    "The cell holds a formula; paste its value instead.",
                )
            case Holds.ERROR:
                raise Fault(
                    "cell-error",
                    f"单元格显示错误值 {cell.text}，请重新填写。",
                    "The cell shows an error; fill it in anew.",
                )
            case Holds.DATE if kind in (Kind.TEXT, Kind.TEXTS, Kind.NUMBER):
                raise Fault(
                    "date-for-text",
                    f"软件把内容变成了日期（{cell.text}），请将单元格设为文本后重新填写。",
                    "The program turned the content into a date; format the cell as text and "
                    "type it anew.",
                )
            case Holds.NUMBER:
                return self._from_number(cell.text, kind, place, field)
            case _:
                return cell.text

    def _from_number(self, raw: str, kind: Kind, place: Place, field: str) -> str:
        text = _digits(raw)
        if kind not in (Kind.TEXT, Kind.TEXTS):
            return text
        if len(text.strip("-0.").replace(".", "")) >= _KEPT_DIGITS:
            raise Fault(
                "digits-lost",
                "长数字被软件当作数值，只保留 15 位，末位已丢失；请设为文本后重新填写。",
                "A long number was taken for a quantity and keeps 15 digits only; format the "
                "cell as text and type it anew.",
            )
        self.problems.append(
            Problem(
                place=place,
                field=field,
                code="number-for-text",
                zh="软件把内容当作数值，开头的 0 可能已丢失；请核对。",
                en="The program took the content for a number; leading zeros may be lost: check.",
                severity=Severity.WARNING,
            )
        )
        return text


def _digits(raw: str) -> str:
    """The number as a person would have typed it."""
    try:
        number = Decimal(raw)
    except InvalidOperation:
        return raw
    if not number.is_finite() or abs(number.adjusted()) > 40:
        return raw
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _number(text: str) -> int:
    bare = plain(text).replace(",", "")
    if re.fullmatch(r"-?\d{1,18}", bare, re.ASCII):
        return int(bare)
    raise Fault("not-a-number", "应填写整数。", "An integer is wanted here.")


def _flag(text: str) -> bool:
    found = flag(text)
    if found is None:
        raise Fault("not-yes-or-no", "请填写“是”或“否”。", "Say 是 or 否.")
    return found


def _code(column: Column, text: str) -> str:
    codes = column.leaf.codes
    if codes is None:
        raise TypeError(f"{column.path} has no code list")
    found = values_of(codes).get(plain(text))
    if found is not None:
        return found.value
    choices = "、".join(word(member) for member in list(codes)[:_SHOWN_CHOICES])
    more = "等，见“代码表”" if len(codes) > _SHOWN_CHOICES else ""
    number = plain(text).isdecimal()
    hint = "；其他产品的数字代码须通过代码映射导入" if number else ""
    raise Fault(
        "not-in-list",
        f"“{column.zh}”应为：{choices}{more}{hint}。",
        "Not a word of this code list; see the sheet of code lists"
        + (", or name the mapping that says whose digits these are." if number else "."),
    )
