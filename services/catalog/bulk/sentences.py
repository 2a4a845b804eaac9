"""What the codes of problems mean in Chinese; the rules themselves speak English.

Pure: no database, no HTTP, no clock.
"""

from typing import Final

SENTENCES: Final[dict[str, str]] = {
    "missing": "必填项为空，请填写。",
    "name-says-nothing": "信息资源名称应说明是关于什么的信息。",
    "name-of-a-system": "请填写信息资源的名称，而不是承载它的信息系统的名称。",
    "name-taken": "已有同名的信息资源（空格和标点不作区分）。",
    "credit-code-invalid": "提供方的统一社会信用代码校验不通过（GB 32100），请先更正部门登记信息。",
    "too-long": "内容超过允许的长度。",
    "damaged-text": "文字已损坏（乱码），请重新录入。",
    "contradiction": "与本条目的其他内容相互矛盾，详见英文说明。",
    "format-unknown": "信息资源格式不在该格式分类的清单内。",
    "related-unknown": "目录中没有这个关联资源。",
    "repeated": "与上面的另一信息项重复。",
    "share-type-unknown": "本规章没有这种共享类型。",
    "price-or-fee": "共享一律无偿，共享条件不得涉及价格或收费。",
    "basis-insufficient": "该类依据不足以支持“不予共享”。",
    "secret-excluded": "保密审查不允许此类信息进入共享目录。",
    "sensitive-unconditional": "此类敏感信息不得无条件共享。",
    "basic-not-unconditional": "基础信息项应当无条件共享。",
    "network-not-allowed": "此类信息只能在规章规定的网络上共享，本平台部署在外网。",
    "must-share-unknown": "本规章的应当共享类别中没有这一类。",
    "secrecy-differs": "与条目所填的涉密属性不一致。",
    "item-type-open": "未填写数据类型，且所填数据元不在登记表中。",
    "element-unknown": "数据元登记表中没有这个数据元。",
    "not-the-element": "与所绑定的数据元不一致，详见英文说明。",
    "ruling-missing": "两条规定相互冲突，需要主管部门的裁定意见。",
    # What pydantic finds where a source told what no entry takes.
    "extra-forbidden": "不是目录条目的字段。",
    "enum": "不是该字段的取值。",
    "string-too-long": "内容超过允许的长度。",
    "string-type": "应为文字。",
    "int-type": "应为整数。",
    "int-parsing": "应为整数。",
    "int-from-float": "应为整数。",
    "greater-than-equal": "数值过小。",
    "less-than-equal": "数值过大。",
    "bool-type": "应为是或否。",
    "bool-parsing": "应为是或否。",
    "uuid-parsing": "不是有效的资源标识。",
    "uuid-type": "不是有效的资源标识。",
    "too-many": "数量超过上限。",
    "too-long-list": "数量超过上限。",
    "value-error": "内容不符合要求。",
    "model-type": "结构不正确。",
    "model-attributes-type": "结构不正确。",
    "dict-type": "结构不正确。",
    "list-type": "应为列表。",
}
_OTHERWISE: Final = "不符合要求，详见英文说明。"


def chinese(code: str) -> str:
    """The sentence for a code; one that none was written for sends to the English one."""
    return SENTENCES.get(code, _OTHERWISE)
