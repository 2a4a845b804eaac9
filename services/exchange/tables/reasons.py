"""The rules that rows are checked by, how severe each is, and their sentences for a clerk."""

from collections.abc import Mapping
from enum import StrEnum


class Rule(StrEnum):
    """A rule, which is also the reason code of what breaks it. The order is that of checking:
    where a row breaks several, the first one counts."""

    FIELDS = "wrong-number-of-fields"
    QUOTES = "unclosed-quote"
    UNREADABLE = "unreadable-line"
    NO_VALUE = "formula-or-error"
    ROUNDED = "digits-lost"
    DAMAGED = "damaged-text"
    TYPE = "wrong-type"
    LENGTH = "too-long"
    REQUIRED = "required-missing"
    CHECK_CHARACTER = "check-character"
    CODE = "not-in-code-list"
    OPERATION = "unknown-operation"
    UNIQUE = "duplicate-key"


class Severity(StrEnum):
    """What a broken rule means for the row: out, in and marked, or nothing."""

    REJECT = "reject"
    FLAG = "flag"
    PASS = "pass"  # noqa: S105 - a severity, no password


# A row without its fields, its type or its key is no row; the provider cannot choose otherwise.
ALWAYS_REJECTED = frozenset(
    {
        Rule.FIELDS,
        Rule.QUOTES,
        Rule.UNREADABLE,
        Rule.NO_VALUE,
        Rule.ROUNDED,
        Rule.TYPE,
        Rule.OPERATION,
        Rule.UNIQUE,
    }
)

_SENTENCES = {
    Rule.FIELDS: ("字段个数与表头不符", "the line has not as many fields as the header"),
    Rule.QUOTES: ("引号未正确闭合", "a quoted field is not closed properly"),
    Rule.UNREADABLE: (
        "该行不是由简单值组成的 JSON 对象，或过长",
        "the line is no JSON object of plain values, or too long",
    ),
    Rule.NO_VALUE: (
        "单元格是公式或错误值，请选择性粘贴为数值后再提交",
        "the cell is a formula or an error; paste it as a value and hand it in again",
    ),
    Rule.ROUNDED: (
        "电子表格只保留 15 位有效数字，后面的数字已丢失；请将该列设为文本格式，从源系统重新导出",
        "a spreadsheet keeps 15 digits and has lost the others; format the column as text and "
        "export it from its source again",
    ),
    Rule.DAMAGED: ("文字已损坏，无法还原", "the text is damaged and cannot be restored"),
    Rule.TYPE: ("不符合信息项的数据类型", "the value is not of the item's data type"),
    Rule.LENGTH: ("超过信息项规定的长度", "the value is longer than the item allows"),
    Rule.REQUIRED: ("必填项为空", "the item is required and empty"),
    Rule.CHECK_CHARACTER: (
        "校验码不符合国家标准 GB 32100 / GB 11643",
        "the check character does not fit GB 32100 or GB 11643",
    ),
    Rule.CODE: (
        "不在数据元规定的代码表中",
        "the value is not in the code list of the item's data element",
    ),
    Rule.OPERATION: (
        "操作应为 upsert/更新 或 delete/删除",
        "the operation must be upsert or delete",
    ),
    Rule.UNIQUE: ("主键与前面的行重复", "the key stands on an earlier line already"),
}


def sentence(rule: Rule, item: str | None) -> str:
    """What is wrong, in Chinese and English; `item` is the item's name. Never the value."""
    chinese, english = _SENTENCES[rule]
    return f"{item + '：' if item else ''}{chinese} · {item + ': ' if item else ''}{english}"


class Severities:
    """The provider's choice for each rule, and for a rule on one item where it differs."""

    def __init__(self, chosen: Mapping[tuple[Rule, str | None], Severity] | None = None) -> None:
        self._chosen = dict(chosen or {})

    def of(self, rule: Rule, item: str) -> Severity:
        """How severe `rule` is on the item with that code; unspoken means reject."""
        if rule in ALWAYS_REJECTED:
            return Severity.REJECT
        everywhere = self._chosen.get((rule, None), Severity.REJECT)
        return self._chosen.get((rule, item), everywhere)
