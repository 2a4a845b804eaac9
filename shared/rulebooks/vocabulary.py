"""The words in which a rulebook's values are said: named terms, each with the law's own Chinese."""

from enum import StrEnum
from typing import Self


class Term(StrEnum):
    """A word of the law: its English value for code and wire, `zh` as the article has it."""

    zh: str

    def __new__(cls, value: str, zh: str) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.zh = zh
        return member


class Level(Term):
    """The level of government that made a rulebook, or that a duty falls on."""

    PROVINCE = "province", "省级"
    CITY = "city", "设区的市"
    COUNTY = "county", "县级"


class Kind(Term):
    """Whether a document governs an installation by itself or only overlays another."""

    RULEBOOK = "rulebook", "规则"
    OVERLAY = "overlay", "上位法叠加"


class Party(Term):
    """Who has a part in sharing."""

    AUTHORITY = "authority", "主管部门"
    PROVIDER = "provider", "提供部门"
    CONSUMER = "consumer", "使用部门"
    LEAD_COLLECTOR = "lead-collector", "主采集部门"
    LEAD_DEPARTMENT = "lead-department", "牵头部门"
    DEPARTMENT = "department", "政务部门"
    GOVERNMENT = "government", "本级政府"
    LEADING_GROUP = "leading-group", "领导小组"
    SUPERVISORY_ORGAN = "supervisory-organ", "监察机关"
    AUDIT_OFFICE = "audit-office", "审计机关"
    PUBLIC = "public", "社会公众"


class Body(Term):
    """Kinds of organisations that a rulebook binds."""

    ADMINISTRATIVE_ORGAN = "administrative-organ", "行政机关"
    AUTHORISED_ORGANISATION = "authorised-organisation", "法律法规授权的组织"
    ENTRUSTED_ORGANISATION = "entrusted-organisation", "依法受委托的组织"
    PUBLIC_INSTITUTION = "public-institution", "授权具有行政职能的事业单位"
    SOCIAL_ORGANISATION = "social-organisation", "授权具有行政职能的社会组织"
    PUBLIC_SERVICE_ENTERPRISE = "public-service-enterprise", "具有公共服务职能的企事业单位"


class ShareType(Term):
    """How far a resource may be shared."""

    UNCONDITIONAL = "unconditional", "无条件共享"
    CONDITIONAL = "conditional", "有条件共享"
    NOT_SHARED = "not-shared", "不予共享"


class CatalogueField(Term):
    """What a catalogue entry must state."""

    NAME = "name", "名称"
    CLASSIFICATION = "classification", "分类"
    RESPONSIBLE_PARTY = "responsible-party", "责任方"
    PROVIDER = "provider", "提供单位"
    FORMAT = "format", "格式"
    ATTRIBUTES = "attributes", "属性"
    PROVISION_METHOD = "provision-method", "提供方式"
    SHARE_METHOD = "share-method", "共享方式"
    SHARE_TYPE = "share-type", "共享类型"
    SHARING_CONDITION = "sharing-condition", "共享条件"
    USE_REQUIREMENTS = "use-requirements", "使用要求"
    UPDATE_LIMIT = "update-limit", "更新时限"
    PUBLICATION_DATE = "publication-date", "发布日期"


class CatalogueKind(Term):
    """Which catalogues a rulebook knows."""

    RESOURCES = "resources", "政务信息资源目录"
    SHARING = "sharing", "政务信息资源共享目录"


class CompilationMethod(Term):
    """The ways to compile an entry."""

    ONLINE = "online", "在线编制"
    OFFLINE_TOOL = "offline-tool", "离线工具"
    SYSTEM_TO_SYSTEM = "system-to-system", "系统对接"


class LegalBasis(Term):
    """What can carry a restriction or an exception."""

    LAW = "law", "法律"
    ADMINISTRATIVE_REGULATION = "administrative-regulation", "行政法规"
    REGULATION = "regulation", "法规"
    RULE = "rule", "规章"
    CENTRAL_POLICY = "central-policy", "党中央、国务院政策"


class Change(Term):
    """What makes a catalogue entry need a refresh."""

    SHARED_INFORMATION = "shared-information", "共享信息变化"
    NEEDS = "needs", "共享需求变化"
    LAW = "law", "法律法规修订"
    FUNCTIONS = "functions", "职能变化"


class Cycle(Term):
    """How often something recurs."""

    REGULARLY = "regularly", "定期"
    QUARTERLY = "quarterly", "每季度"
    ANNUALLY = "annually", "每年"


class RefreshDuty(Term):
    """How the text words the duty to keep shared data current."""

    DYNAMIC = "dynamic", "动态管理"
    TIMELY = "timely", "及时更新"
    AS_CATALOGUED = "as-catalogued", "按共享目录更新"


class Sensitivity(Term):
    """Why data is sensitive."""

    STATE_SECRET = "state-secret", "国家秘密"
    WORK_SECRET = "work-secret", "工作秘密"
    COMMERCIAL_SECRET = "commercial-secret", "商业秘密"
    PERSONAL_PRIVACY = "personal-privacy", "个人隐私"
    HARMS_ENFORCEMENT = "harms-enforcement", "泄露后影响行政执法和机关正常办公"


class Network(Term):
    """Over which network data may travel."""

    INNER = "inner", "电子政务内网"
    OUTER = "outer", "电子政务外网"
    CONFIDENTIAL = "confidential", "采取保密措施的网络"


class BasicCategory(Term):
    """Information whose basic items are shared without condition."""

    POPULATION = "population", "人口信息"
    LEGAL_ENTITIES = "legal-entities", "法人单位信息"
    LEGAL_ENTITY_BASICS = "legal-entity-basics", "法人基本信息"
    GEOGRAPHY = "geography", "自然资源和空间地理信息"
    CERTIFICATES = "certificates", "电子证照信息"
    CREDIT = "credit", "社会信用信息"
    ENFORCEMENT_RESULTS = "enforcement-results", "行政执法结果信息"
    PUBLIC_FACILITIES = "public-facilities", "公共服务设施信息"


class BaseCatalogue(Term):
    """Catalogues and databases that a lead department keeps."""

    BASE = "base", "基础信息资源"
    THEME = "theme", "主题信息资源"
    COMPOSITE = "composite", "综合数据库"


class MustShare(Term):
    """Categories that must be shared."""

    POPULATION = "population", "人口"
    LEGAL_ENTITIES = "legal-entities", "法人"
    GEOGRAPHY = "geography", "地理"
    FINANCE = "finance", "金融"
    TAX = "tax", "税收"
    STATISTICS = "statistics", "统计"
    OPEN_POWER = "open-power", "行政权力网上公开透明运行"
    JOINT_APPROVAL = "joint-approval", "跨部门并联审批、业务协同"
    DUTY_NEED = "duty-need", "履行职能需要"
    BY_LAW = "by-law", "依照法律法规规章可以共享"
    THEMES = "themes", "主题信息资源"


class Theme(Term):
    """Themes of joint projects of several departments."""

    HEALTH = "health", "健康保障"
    SOCIAL_SECURITY = "social-security", "社会保障"
    FOOD_AND_DRUGS = "food-and-drugs", "食品药品安全"
    WORK_SAFETY = "work-safety", "安全生产"
    PRICES = "prices", "价格监管"
    ENERGY = "energy", "能源安全"
    CREDIT_SYSTEM = "credit-system", "信用体系"
    CONSTRUCTION = "construction", "城乡建设"
    COMMUNITY = "community", "社区治理"
    ECOLOGY = "ecology", "生态环保"
    EMERGENCY = "emergency", "应急维稳"
    POVERTY_RELIEF = "poverty-relief", "精准扶贫"
    GOVERNMENT_SERVICES = "government-services", "政务服务"


class RequestClass(Term):
    """The requests that a rule about requests holds for."""

    ANY = "any", "所有共享申请"
    CONDITIONAL = "conditional", "有条件共享类申请"
    SENSITIVE = "sensitive", "涉及国家秘密、商业秘密、个人隐私的申请"


class Statement(Term):
    """What a request must state."""

    DUTY = "duty", "履行职责需要"
    NEED = "need", "共享需求"
    PURPOSE = "purpose", "使用用途"


class Terms(Term):
    """What a provider fixes when it shares."""

    CONDITION = "condition", "共享条件"
    SCOPE = "scope", "共享范围"
    USE = "use", "使用用途"


class RefusalGround(Term):
    """On what grounds a request may be refused."""

    STATE_SECRET = "state-secret", "涉及国家秘密"
    COMMERCIAL_SECRET = "commercial-secret", "涉及商业秘密"
    PERSONAL_PRIVACY = "personal-privacy", "涉及个人隐私"
    STATUTORY = "statutory", "法定事由"


class Negotiable(Term):
    """What can be asked for only by way of negotiation."""

    OUTSIDE_CATALOGUE = "outside-catalogue", "共享目录以外的信息"
    NOT_SHARED = "not-shared", "不予共享类"
    REFUSED = "refused", "有条件共享类中提供部门不予共享的"
    ANY = "any", "信息资源共享事宜"


class DisputeStep(Term):
    """The steps by which a disagreement is settled, in the order the rulebook gives."""

    NEGOTIATION = "negotiation", "双方协商"
    AUTHORITY_COORDINATION = "authority-coordination", "主管部门协调"
    LEADING_GROUP_COORDINATION = "leading-group-coordination", "领导小组协调"
    REPORT_TO_GOVERNMENT = "report-to-government", "主管部门报同级人民政府"
    GOVERNMENT_DECISION = "government-decision", "同级人民政府确定"


class PassingOn(Term):
    """Whether what was obtained may go to a third party."""

    NEVER = "never", "不得提供给第三方"
    WITH_CONSENT = "with-consent", "经提供部门同意方可转给第三方"
    OWN_DUTIES_ONLY = "own-duties-only", "只能用于本机关履行职责需要"
