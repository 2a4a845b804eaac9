// The docs page's own script: dark where the reader's system is dark, Chinese beside English in
// what Swagger UI says in English only, and a fresh Idempotency-Key where one is asked for.
(() => {
  "use strict";

  const dark = matchMedia("(prefers-color-scheme: dark)");
  const paint = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
  dark.addEventListener("change", paint);
  paint();

  const WORDS = {
    "Authorize": "登录 · Authorize",
    "Authorized": "已登录 · Authorized",
    "Available authorizations": "登录方式 · Available authorizations",
    "Authorization URL:": "登录地址 · Authorization URL:",
    "Available values": "可取值 · Available values",
    "Cancel": "取消 · Cancel",
    "Clear": "清除 · Clear",
    "Close": "关闭 · Close",
    "Code": "状态码 · Code",
    "Curl": "命令行 · Curl",
    "Default value": "缺省值 · Default value",
    "Description": "说明 · Description",
    "Details": "内容 · Details",
    "Download": "下载 · Download",
    "Edit Value": "填写 · Edit value",
    "Example Value": "示例 · Example",
    "Examples:": "示例 · Examples:",
    "Example Description": "示例说明 · About the example",
    "Execute": "执行 · Execute",
    "Flow:": "方式 · Flow:",
    "Headers:": "首部 · Headers:",
    "Links": "链接 · Links",
    "Loading": "正在加载 · Loading",
    "Logout": "退出 · Log out",
    "Media type": "媒体类型 · Media type",
    "Name": "名称 · Name",
    "No links": "无 · None",
    "No parameters": "无参数 · No parameters",
    "Parameters": "参数 · Parameters",
    "Request URL": "请求地址 · Request URL",
    "Request body": "请求体 · Request body",
    "Request duration": "用时 · Request duration",
    "Reset": "重置 · Reset",
    "Response body": "响应体 · Response body",
    "Response headers": "响应首部 · Response headers",
    "Responses": "响应 · Responses",
    "Schema": "结构 · Schema",
    "Schemas": "数据结构 · Schemas",
    "Send empty value": "发送空值 · Send empty value",
    "Server response": "服务器响应 · Server response",
    "Servers": "服务器 · Servers",
    "Token URL:": "令牌地址 · Token URL:",
    "Try it out": "试用 · Try it out",
    "Undocumented": "未说明 · Undocumented",
    "client_id:": "标识 · client_id:",
    "client_secret:": "密钥 · client_secret:",
    "required": "必填 · required",
  };
  const PLACEHOLDERS = { "Filter by tag or path": "按分组或路径筛选 · Filter by group or path" };
  // What people wrote, and what is code, stays as it is.
  const LEAVE = "pre, code, textarea, select, .markdown, .renderedMarkdown, .opblock-summary-path";

  const say = (text) => {
    const said = text.data.trim();
    const word = WORDS[said];
    if (!word || text.parentElement?.closest(LEAVE)) return;
    text.data = text.data.replace(said, word);
  };
  const fill = (input) => {
    const hint = PLACEHOLDERS[input.placeholder];
    if (hint) input.placeholder = hint;
    if (input.placeholder !== "Idempotency-Key" || input.value || input.dataset.filled) return;
    // Through the element's own setter, or React does not hear of it.
    const { set } = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value");
    set.call(input, key());
    input.dataset.filled = "yes";
    input.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const key = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(12));
    return `docs-${Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("")}`;
  };
  const look = (root) => {
    if (root.nodeType === Node.TEXT_NODE) return say(root);
    if (root.nodeType !== Node.ELEMENT_NODE) return;
    const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) say(texts.currentNode);
    if (root.matches("input")) fill(root);
    root.querySelectorAll("input").forEach(fill);
  };

  document.addEventListener("DOMContentLoaded", () => {
    look(document.body);
    new MutationObserver((changes) => {
      for (const change of changes) {
        if (change.type === "characterData") say(change.target);
        change.addedNodes.forEach(look);
      }
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
})();
