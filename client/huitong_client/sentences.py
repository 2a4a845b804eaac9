"""Every sentence that a person reads, in English and in Chinese, chosen by the locale."""

import os
from collections.abc import Mapping
from typing import Final

SENTENCES: Final[Mapping[str, tuple[str, str]]] = {
    # What went wrong, and what to do about it.
    "refused": (
        "Refused: {detail} ({code}, HTTP {status})",
        "被拒绝：{detail}（{code}，HTTP {status}）",
    ),
    "refused-article": ("  under {article}", "  依据 {article}"),
    "refused-field": ("  {field}: {message}", "  {field}：{message}"),
    "refused-request": ("  request id {request}", "  请求编号 {request}"),
    "unreachable": (
        "The platform does not answer ({reason}). Is the address right, and the network up?",
        "平台没有应答（{reason}）。请检查地址和网络。",
    ),
    "certificate": (
        "The server's certificate does not verify: {reason}. "
        "If your authority has its own CA, log in again with --ca-file.",
        "服务器证书校验失败：{reason}。如本单位使用自有 CA，请用 --ca-file 重新登录。",
    ),
    "not-json": ("The answer of {where} is not JSON.", "{where} 的应答不是 JSON。"),
    "not-an-object": ("{where} is not an object.", "{where} 不是对象。"),
    "field-unfit": (
        "In the answer of {where} the field {field} is missing or of another kind: "
        "is this client as new as the platform?",
        "{where} 的应答中字段 {field} 缺失或类型不符：客户端版本是否与平台一致？",
    ),
    "no-digest": ("A file was announced without its SHA-256.", "文件清单中缺少 SHA-256 摘要。"),
    "address-unfit": (
        "The platform named an address without TLS or a malformed one; it was not used.",
        "平台给出的地址未加密或格式有误，未予使用。",
    ),
    "issuer-differs": (
        "The gateway {gateway} calls itself {issuer}. Log in with that address.",
        "网关 {gateway} 自称为 {issuer}，请使用该地址登录。",
    ),
    "token-type": (
        "The gateway gave no bearer token; it was not used.",
        "网关未返回 Bearer 令牌，未予使用。",
    ),
    "gateway-unfit": (
        "{gateway} is not a gateway's address; it should look like https://data.example.gov.cn.",
        "{gateway} 不是网关地址，应形如 https://data.example.gov.cn。",
    ),
    "gateway-plain": (
        "{gateway} is not encrypted: a secret is sent over https only, or within this machine.",
        "{gateway} 未加密：密钥只经 https 或在本机内传送。",
    ),
    "ca-file": ("The CA file {path} cannot be read.", "无法读取 CA 文件 {path}。"),
    # Credentials.
    "no-profile": (
        "There is no profile {profile} on this machine. Run: huitong login",
        "本机没有配置 {profile}，请先执行：huitong login",
    ),
    "profile-name": (
        "{profile} is no name of a profile: letters, digits, dot, dash and underscore.",
        "{profile} 不是有效的配置名：只能用字母、数字、点、横线和下划线。",
    ),
    "profile-unreadable": (
        "The profile {path} cannot be read. Log in again.",
        "无法读取配置 {path}，请重新登录。",
    ),
    "profile-open": (
        "Others can read {path}; it holds a secret. Run chmod 600 on it, or log in again.",
        "其他用户可以读取 {path}，其中有密钥。请 chmod 600 或重新登录。",
    ),
    "secret-missing": (
        "No secret was given: use the prompt, --secret-file or HUITONG_CLIENT_SECRET.",
        "未提供密钥：请在提示处输入，或使用 --secret-file、HUITONG_CLIENT_SECRET。",
    ),
    "key-missing": (
        "There is no key in {path}. Make one: huitong key {path}",
        "{path} 中没有私钥。请先生成：huitong key {path}",
    ),
    "own-key-unfit": (
        "{path} holds no private key that can be used: PEM without a password, EC P-256, RSA of "
        "2048 bits or more, or Ed25519.",
        "{path} 中没有可用的私钥：须为无口令的 PEM，EC P-256、2048 位以上 RSA 或 Ed25519。",
    ),
    "certificate-unfit": (
        "{path} holds no certificate that can be shown: PEM, the certificate with its chain, and "
        "its key without a password in the same file or in --certificate-key.",
        "{path} 中没有可用的证书：须为 PEM，含证书链；私钥无口令，"
        "在同一文件或 --certificate-key 中。",
    ),
    "key-exists": (
        "{path} exists and is not overwritten; --show prints the key that it holds.",
        "{path} 已存在，不予覆盖；--show 可显示其中的公钥。",
    ),
    "key-registered-so": (
        "The private key is in {path}, readable by you alone; it goes nowhere. Give the line above "
        "to your department's administrator, who registers it: PUT /v1/clients/{client}/keys. "
        "Then: huitong login --key {path}. The key's name is {kid}.",
        "私钥保存在 {path}，仅本用户可读，不会外传。请将上面一行交给本部门管理员登记："
        "PUT /v1/clients/{client}/keys，然后执行：huitong login --key {path}。密钥名为 {kid}。",
    ),
    "ask-client": ("Client id: ", "客户端编号："),
    "ask-secret": ("Client secret (not shown): ", "客户端密钥（不显示）："),
    "logged-in": (
        "Logged in at {gateway} as client {client}. Kept in {path}, readable by you alone.",
        "已以客户端 {client} 登录 {gateway}。凭据保存在 {path}，仅本用户可读。",
    ),
    "whoami": (
        "{kind} {id} of department {department} at {gateway}\npermissions: {permissions}",
        "{kind} {id}，部门 {department}，网关 {gateway}\n权限：{permissions}",
    ),
    # Files and folders.
    "unreadable": ("{path} cannot be read.", "无法读取 {path}。"),
    "unwritable": ("{path} cannot be written.", "无法写入 {path}。"),
    "system-unfit": (
        "{address} is no address of a system: http:// or https://, without a name or a query.",
        "{address} 不是系统地址：应为 http:// 或 https://，不含用户名和查询参数。",
    ),
    "header-unfit": (
        "Line {line} of {path} is no `Name: value` that a system can be sent.",
        "{path} 第 {line} 行不是可发送的“名称: 值”。",
    ),
    "file-changed": (
        "{path} changed while it was being sent. Wait until it is written and push again.",
        "{path} 在发送过程中被改动。请等写入完成后重新推送。",
    ),
    "disk-full": (
        "The disk is full; {file} was not kept. Make room and run the same command again.",
        "磁盘已满，{file} 未保留。请清理空间后重新执行同一命令。",
    ),
    "no-room": (
        "{file} needs {needed} bytes, {free} are free. Make room and run the same command again.",
        "{file} 需要 {needed} 字节，可用 {free} 字节。请清理空间后重新执行同一命令。",
    ),
    "digest-differs": (
        "{file} came twice with bytes other than announced; nothing was kept. "
        "Tell the platform's operators.",
        "{file} 两次下载的内容均与公布的摘要不符，未予保留。请联系平台运维人员。",
    ),
    "folder-unfit": ("The folder {path} cannot be used.", "无法使用文件夹 {path}。"),
    "folder-busy": (
        "Another pull is working in {path}; this one did nothing.",
        "{path} 正被另一个拉取任务使用，本次未做任何操作。",
    ),
    "folder-taken": (
        "{path} holds the data of grant {grant}. Use another folder.",
        "{path} 存放的是授权 {grant} 的数据，请换用其他文件夹。",
    ),
    "state-unreadable": (
        "{path} cannot be read. Move it away and pull with --snapshot.",
        "无法读取 {path}。请移走该文件并用 --snapshot 重新拉取。",
    ),
    "state-unwritable": (
        "The state file in {path} cannot be written; run the same command again after mending it.",
        "无法写入 {path} 中的状态文件；排除故障后请重新执行同一命令。",
    ),
    "would-skip": (
        "The folder came to sequence {sequence}; starting after {after} would leave out changes.",
        "文件夹只到序号 {sequence}，从 {after} 之后开始会漏掉变更。",
    ),
    "epoch-changed": (
        "The data began anew, in another shape or after a restore (epoch {held} became {now}): "
        "changes no longer follow on what you hold.\n"
        "Pull again with --snapshot and load it in place of everything before.",
        "数据因结构改变或平台恢复已重新开始（纪元 {held} 变为 {now}），"
        "变更已不能接在现有数据之后。\n"
        "请用 --snapshot 重新拉取，并以其替换此前的全部数据。",
    ),
    "sequence-lost": (
        "The platform does not know sequence {sequence}, which you hold: it was restored to an "
        "earlier state.\n"
        "Pull again with --snapshot and load it in place of everything before.",
        "平台没有您已有的序号 {sequence}：平台已恢复到较早的状态。\n"
        "请用 --snapshot 重新拉取，并以其替换此前的全部数据。",
    ),
    "receipt-differs": (
        "What you hold up to sequence {sequence} is not what the platform handed out.\n"
        "Pull again with --snapshot and load it in place of everything before.",
        "您持有的截至序号 {sequence} 的内容与平台交付的内容不一致。\n"
        "请用 --snapshot 重新拉取，并以其替换此前的全部数据。",
    ),
    "history-not-kept": (
        "What changed after sequence {sequence}, which you hold, is kept no more.\n"
        "Pull again with --snapshot and load it in place of everything before.",
        "序号 {sequence} 之后的变更已不再保留。\n"
        "请用 --snapshot 重新拉取，并以其替换此前的全部数据。",
    ),
    "overtaken": (
        "New snapshots appeared faster than one could be fetched. Run the command again.",
        "快照更新快于下载速度，请稍后重新执行。",
    ),
    "sequence-unfit": (
        "The platform's list of changes does not fit at sequence {sequence}.",
        "平台的变更清单在序号 {sequence} 处不连贯。",
    ),
    # Transfers and batches.
    "progress": (
        "{label}  {done} of {total}  {percent}%  {rate}/s",
        "{label}  {done} / {total}  {percent}%  {rate}/秒",
    ),
    "batch-taken": ("Batch {batch} was taken: {state}.", "批次 {batch} 已接收：{state}。"),
    "batch-state": ("Batch {batch}: {state}{phase}", "批次 {batch}：{state}{phase}"),
    "batch-rows": (
        "rows in {rows_in}, accepted {accepted}, flagged {flagged}, rejected {rejected}",
        "读入 {rows_in} 行，接受 {accepted} 行，其中标记 {flagged} 行，拒收 {rejected} 行",
    ),
    "batch-rejected": ("  {count:>9}  rejected  {rule}", "  {count:>9}  拒收  {rule}"),
    "batch-flagged": ("  {count:>9}  flagged   {rule}", "  {count:>9}  标记  {rule}"),
    "batch-refusal": ("Refused as a whole: {detail} ({code})", "整批被拒：{detail}（{code}）"),
    "batch-id": (
        "{batch} cannot name a batch: 8 to 128 ASCII characters without spaces.",
        "{batch} 不能作批次号：须为 8 至 128 个不含空格的 ASCII 字符。",
    ),
    "charset": ("{charset} is no name of a charset.", "{charset} 不是字符集名称。"),
    "rejects-saved": ("The reject report is in {path}.", "拒收报告已保存到 {path}。"),
    "still-working": (
        "Batch {batch} is still {state}. It goes on without you; look again with: huitong batches",
        "批次 {batch} 仍为 {state}。处理会继续进行，可用 huitong batches 查看。",
    ),
    "pulled": (
        "{path} is at sequence {sequence} of epoch {epoch}: {new} new files, {rows} rows.",
        "{path} 已到纪元 {epoch} 序号 {sequence}：新文件 {new} 个，共 {rows} 行。",
    ),
    "looked-up": ("{keys} keys asked, {rows} rows found.", "查询 {keys} 个键，找到 {rows} 行。"),
    "no-keys": ("There are no keys in {path}.", "{path} 中没有键。"),
    "nothing": ("Nothing there.", "没有记录。"),
    # Receipts.
    "receipt-saved": (
        "The receipt of entry {index} is in {path}.",
        "第 {index} 条的回执已保存到 {path}。",
    ),
    "receipt-proven": (
        "Verified: the log {origin} of {size} entries, signed by its key, holds this entry "
        "at index {index}:",
        "校验通过：日志 {origin}（共 {size} 条，已由其密钥签名）在第 {index} 位含有下列条目：",
    ),
    "receipt-format": (
        "This is no receipt of the format {format}.",
        "不是格式为 {format} 的回执。",
    ),
    "key-unfit": (
        "This is no Ed25519 verifier key (name+id+key), or it is damaged.",
        "不是 Ed25519 验证公钥（name+id+key），或已损坏。",
    ),
    "note-unfit": ("The checkpoint is not a signed note.", "检查点不是签名文本。"),
    "checkpoint-unfit": ("The checkpoint or the path is malformed.", "检查点或路径格式有误。"),
    "origin-differs": (
        "The checkpoint is of the log {origin}, the key of {name}.",
        "检查点属于日志 {origin}，而公钥属于 {name}。",
    ),
    "signature-wrong": (
        "The checkpoint's signature is wrong: it was altered after it was signed.",
        "检查点的签名不正确：签名后内容被改动。",
    ),
    "signature-missing": (
        "The checkpoint is not signed by the key of {name}.",
        "检查点未由 {name} 的密钥签名。",
    ),
    "index-outside": (
        "Index {index} lies outside a log of {size} entries.",
        "位置 {index} 超出共 {size} 条的日志。",
    ),
    "path-length": ("The path has not the length its place demands.", "路径长度与位置不符。"),
    "root-differs": (
        "The path does not lead from this entry at index {index} to the signed root "
        "of {size} entries.",
        "路径不能从第 {index} 位的条目通向 {size} 条时已签名的根。",
    ),
    "serving": ("Taking calls for {address}.", "正在为 {address} 受理调用。"),
    "served": ("{operation}: {outcome}", "{operation}：{outcome}"),
    "interrupted": (
        "Interrupted. Run the same command again: it goes on where it was.",
        "已中断。重新执行同一命令即可从断点继续。",
    ),
    # The command line.
    "about": (
        "Hand data to the Huitong platform, fetch it, and check its audit log.",
        "向汇通平台报送数据、拉取数据并校验审计日志。",
    ),
    "exit-codes": (
        "exit codes: 0 done · 2 usage · 3 refused · 4 no usable answer · 5 wrong bytes · "
        "6 epoch changed · 7 this machine (disk, folder, file, credentials) · "
        "8 batch refused · 9 not proven · 10 batch not finished in time · 130 interrupted",
        "退出码：0 完成 · 2 用法错误 · 3 被拒绝 · 4 无有效应答 · 5 内容不符 · 6 纪元改变 · "
        "7 本机问题（磁盘、文件夹、文件、凭据） · 8 批次被拒 · 9 校验不通过 · "
        "10 批次未在时限内完成 · 130 中断",
    ),
    "help-profile": ("which login to use (default: default)", "使用哪个登录配置（默认 default）"),
    "help-json": ("print results as JSON, one object a line", "以 JSON 输出结果，每行一个对象"),
    "help-login": ("log in as a client system", "以客户端系统身份登录"),
    "help-whoami": ("who the platform takes you for", "查看当前身份"),
    "help-grants": ("the grants of your department", "本部门的授权"),
    "help-batches": ("the batches of a resource", "某资源的批次"),
    "help-push": ("hand in a file as a batch", "报送一个文件作为批次"),
    "help-pull": ("bring a folder up to date with a grant", "按授权更新文件夹"),
    "help-serve": (
        "take this department's calls and ask the system behind this machine",
        "受理本部门接口调用并转至本机后的系统",
    ),
    "help-serve-to": ("the system's address in this network", "本网络内系统的地址"),
    "help-serve-headers": (
        "a file of `Name: value` lines that the system wants to be shown",
        "系统要求出示的请求头文件，每行“名称: 值”",
    ),
    "help-serve-resource": (
        "only this resource's calls (may repeat)",
        "只受理该资源的调用（可重复）",
    ),
    "help-serve-at-once": ("so many calls at once (1 to 32)", "同时受理的调用数（1 至 32）"),
    "help-lookup": ("look up rows by key", "按键查询"),
    "help-receipt": ("fetch or verify receipts of the audit log", "获取或校验审计回执"),
    "help-receipt-fetch": ("fetch the receipt of one entry", "获取一条记录的回执"),
    "help-receipt-verify": ("verify a receipt offline", "离线校验回执"),
    "help-gateway": ("the gateway's address", "网关地址"),
    "help-client": ("the client id; asked for if left out", "客户端编号；省略时提示输入"),
    "help-secret-file": (
        "a file with the secret, - for standard input; "
        "otherwise HUITONG_CLIENT_SECRET or a prompt. Never an argument",
        "存放密钥的文件，- 表示标准输入；否则取 HUITONG_CLIENT_SECRET 或提示输入。不得写在命令行",
    ),
    "help-own-key": (
        "a file with this machine's private key, instead of a secret; see huitong key",
        "本机私钥文件，代替密钥；见 huitong key",
    ),
    "help-certificate": (
        "a file with this machine's certificate, shown to the gateway; alone it is the proof",
        "本机证书文件，连接时出示；单独使用即为凭证",
    ),
    "help-certificate-key": (
        "the certificate's key, where it lies in a file of its own",
        "证书的私钥文件（与证书不在同一文件时）",
    ),
    "help-make-key": (
        "make a key for this machine and print what registers it",
        "为本机生成私钥并输出登记内容",
    ),
    "help-key-file": ("where the private key lies", "私钥文件"),
    "help-key-client": ("the client that it is for", "所属客户端编号"),
    "help-key-show": ("make none; print that of the key there", "不生成，只输出已有私钥的登记内容"),
    "help-ca-file": ("trust this CA file alone", "只信任此 CA 文件"),
    "help-resource": ("the resource's id", "资源编号"),
    "help-file": ("the CSV file", "CSV 文件"),
    "help-mode": ("all rows, or upserts and deletes by key", "全量，或按键的增改删"),
    "help-id": (
        "your own name for the batch; otherwise made from the content",
        "本单位的批次号；省略时由内容得出",
    ),
    "help-charset": (
        "the file's charset, such as GB18030; found out where it is not told",
        "文件字符集，如 GB18030；省略时自动识别",
    ),
    "help-sheet": (
        "the sheet of an XLSX workbook; the first visible one where it is not told",
        "XLSX 工作簿的工作表名；省略时取第一个可见的工作表",
    ),
    "help-wait": ("wait for the verdict", "等待处理结果"),
    "help-timeout": ("seconds to wait (default: 3600)", "最长等待秒数（默认 3600）"),
    "help-rejects": ("save the reject report here (waits)", "拒收报告保存到此处（会等待）"),
    "help-grant": ("the grant's id", "授权编号"),
    "help-to": ("the target folder (default: here)", "目标文件夹（默认当前）"),
    "help-format": ("parquet or csv", "parquet 或 csv"),
    "help-after": ("only what changed after this sequence number", "只取此序号之后的变更"),
    "help-snapshot": ("take a whole snapshot anew", "重新取全量快照"),
    "help-keys": (
        'a file with one key a line, - for standard input; a key of two items is ["a","b"]',
        '每行一个键的文件，- 为标准输入；由两项组成的键写作 ["a","b"]',
    ),
    "help-index": ("the entry's index in the log", "条目在日志中的位置"),
    "help-save-to": ("the file to save to", "保存到的文件"),
    "help-receipt-file": ("the receipt", "回执文件"),
    "help-key": ("the log's verifier key, or a file that holds it", "日志验证公钥，或存放它的文件"),
}


def say(sentence: str, /, **values: object) -> str:
    """The sentence with its values, in Chinese where the locale is Chinese, else in English."""
    return SENTENCES[sentence][_language()].format(**values)


def _language() -> int:
    # The order of POSIX: the first that is set and not empty decides.
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return int(value.lower().startswith("zh"))
    return 0
