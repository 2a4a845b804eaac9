"""The words of the duties around sharing: provision, record, supervision, security, sanctions."""

from shared.rulebooks.vocabulary import Term


class ForbiddenUse(Term):
    """Uses that a text forbids by name."""

    OTHER_PURPOSE = "other-purpose", "用于其他目的"
    DISGUISED_PURPOSE = "disguised-purpose", "变相用于其他目的"
    PAID_SERVICE = "paid-service", "有偿服务"
    COMMERCIAL_USE = "commercial-use", "商业用途"


class ProvisionMethod(Term):
    """How shared data is provided."""

    SYSTEM_INTERFACE = "system-interface", "系统对接"
    FRONT_END_MACHINE = "front-end-machine", "前置机共享"
    ONLINE_QUERY = "online-query", "联机查询"
    BATCH_DOWNLOAD = "batch-download", "部门批量下载"
    EXCHANGE_NODE = "exchange-node", "共享交换节点"


class Quality(Term):
    """What shared data must be."""

    TRUE = "true", "真实性"
    COMPLETE = "complete", "完整性"
    ACCURATE = "accurate", "准确性"
    TIMELY = "timely", "时效性"
    AVAILABLE = "available", "可用性"
    RELIABLE = "reliable", "可靠性"
    SAME_AS_OWN = "same-as-own", "与本部门所掌握信息一致"


class Standard(Term):
    """The standards that collected and shared data follows."""

    UNIFIED = "unified", "统一标准"
    NATIONAL = "national", "国家标准"
    PROVINCIAL = "provincial", "省标准"
    LOCAL = "local", "地方标准"
    INDUSTRY = "industry", "行业标准"
    DATA_ELEMENTS = "data-elements", "数据元标准"


class AuditedOperation(Term):
    """Operations that must be traceable."""

    GATHERING = "gathering", "汇聚"
    SHARING = "sharing", "共享"
    QUERY = "query", "查询"
    COMPARISON = "comparison", "比对"
    DOWNLOAD = "download", "下载"
    ANALYSIS = "analysis", "分析研判"
    ACCESS = "access", "访问"
    MAINTENANCE = "maintenance", "更新维护"


class Measure(Term):
    """What an assessment looks at."""

    CATALOGUE = "catalogue", "目录编制情况"
    AMOUNT = "amount", "提供信息的数量"
    QUALITY = "quality", "质量"
    TIMELINESS = "timeliness", "更新时效"
    PROVISION = "provision", "提供情况"
    USE = "use", "使用情况"


class AssessmentOutcome(Term):
    """What an assessment publishes."""

    REPORT = "report", "评估报告"
    SCORES = "scores", "考核成绩"
    SUGGESTIONS = "suggestions", "改进意见"


class Reporter(Term):
    """Who reports yearly."""

    PROVINCIAL_DEPARTMENTS = "provincial-departments", "省级政务部门"
    CITIES = "cities", "各设区市"
    COUNTIES = "counties", "各县（区）政府"
    CITY_DEPARTMENTS = "city-departments", "市级各政务部门"


class SanctionStep(Term):
    """The rungs of a sanction ladder."""

    RECTIFICATION_NOTICE = "rectification-notice", "通知整改"
    ORDER_TO_CORRECT = "order-to-correct", "责令限期改正"
    PUBLIC_CRITICISM = "public-criticism", "通报批评"
    ADMINISTRATIVE_LIABILITY = "administrative-liability", "追究行政责任"
    CRIMINAL_LIABILITY = "criminal-liability", "追究刑事责任"
    REPORT_TO_GOVERNMENT = "report-to-government", "上报政府"
    SUSPENSION = "suspension", "暂停共享其他部门信息资源的资格"
    SUPERVISORY_ORGAN = "supervisory-organ", "由行政监察部门处理"


class SanctionTrigger(Term):
    """When a rung of the ladder is reached."""

    FOUND = "found", "有规定情形"
    OVERDUE = "overdue", "逾期未改正"
    GRAVE = "grave", "情节严重"
    CRIME = "crime", "构成犯罪"
    SUPERVISION_LAW = "supervision-law", "违反《行政监察法》"


class Suspended(Term):
    """What a suspension takes away."""

    OTHERS_DATA = "others-data", "共享其他部门信息资源的资格"


class ResponsibleRole(Term):
    """Persons and units that a department must name."""

    HEAD = "head", "主要负责人（第一责任人）"
    INTERNAL_UNIT = "internal-unit", "内部机构"
    NAMED_PERSON = "named-person", "专人"
    CHIEF_INFORMATION_OFFICER = "chief-information-officer", "首席信息主管"
    SYSTEM_MAINTAINER = "system-maintainer", "数据库、前置系统运行维护专人"
    COMPILER = "compiler", "目录编制专人"
    REVIEWER = "reviewer", "目录审核专人"


class ProjectDuty(Term):
    """What is asked of IT projects paid with public money."""

    AUTHORITY_REVIEW = "authority-review", "立项前主管部门提出审核意见"
    EVALUATION = "evaluation", "绩效评价"
    RESOURCE_LIST = "resource-list", "立项前预编项目信息资源目录"
    CATALOGUED = "catalogued", "纳入目录管理系统作为验收要求"
    FUNDING_DEPENDS = "funding-depends", "不符合共享要求的不予审批、不安排运维经费"
    FUNDING_REGISTERED = "funding-registered", "申请资金时向主管部门登记"
    PROJECT_SUPERVISION = "project-supervision", "对项目建设实施监督评估"


class AccessMeasure(Term):
    """How access to shared data is controlled."""

    IDENTITY = "identity", "身份认证"
    AUTHORISATION = "authorisation", "授权管理"
    ACCESS_CONTROL = "access-control", "存取访问控制"
    SAFEGUARDS = "safeguards", "安全保障"


class SecurityDuty(Term):
    """Duties of security around data and platform."""

    MANAGEMENT = "management", "安全管理制度"
    RISK_ASSESSMENT = "risk-assessment", "风险评估"
    SECURITY_REVIEW = "security-review", "安全审查"
    MONITORING = "monitoring", "安全监测"
    GRADING = "grading", "信息资源定级"
    MALWARE_PROTECTION = "malware-protection", "病毒防范"
    CRITICAL_INFRASTRUCTURE = "critical-infrastructure", "关键信息基础设施"


class Protection(Term):
    """Protection schemes for information systems."""

    CLASSIFIED_SYSTEMS = "classified-systems", "涉密信息系统分级保护"
    SECURITY_LEVELS = "security-levels", "信息安全等级保护"
    NETWORK_SECURITY = "network-security", "网络安全制度和要求"


class RecoveryDuty(Term):
    """Duties for the bad day."""

    OFF_SITE_BACKUP = "off-site-backup", "异地备份"
    EMERGENCY_HANDLING = "emergency-handling", "应急处理"
    DISASTER_RECOVERY = "disaster-recovery", "灾难恢复"
