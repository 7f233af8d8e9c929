// The page of an MCP App: messages with its host, and the tool's result in it (docs/apps.md).
const root = document.documentElement, host = {};
const pending = new Map(), lists = new WeakMap(), copies = new WeakSet(), fields = new WeakMap();
let data = {}, input = {}, capabilities = {}, lastId = 0, lastHeight = 0;

// --- Messages ---

const post = message => parent.postMessage({ jsonrpc: "2.0", ...message }, "*");
const request = (method, params = {}) => new Promise((...settle) => {
  pending.set(++lastId, settle);
  post({ id: lastId, method, params });
});
const ask = (method, params) => request(method, params).catch(error => fail(error.message));
const call = (name, args = {}) => request("tools/call", { name, arguments: args });
const tell = (name, detail) => document.dispatchEvent(new CustomEvent(`mcp:${name}`, { detail }));

const UI = "ui/notifications/", handlers = {
  [`${UI}tool-input`]: begin,
  [`${UI}tool-input-partial`]: begin,
  [`${UI}tool-result`]: end,
  [`${UI}tool-cancelled`]: ({ reason }) => stop(reason || "Cancelled", "cancelled"),
  [`${UI}host-context-changed`]: adapt,
  "ui/resource-teardown": () => tell("teardown"),
  ping: () => {},
};

addEventListener("message", ({ source, data: message }) => {
  if (source !== parent || message?.jsonrpc !== "2.0") return;
  const { id, method, params = {}, error, result } = message, known = has(handlers, method);
  if (known) handlers[method](params);
  if (method === undefined) {
    const [resolve, reject] = pending.get(id) ?? [];
    pending.delete(id);
    if (error) reject?.(error);
    else resolve?.(result);
  } else if (id !== undefined) {
    post(known ? { id, result: {} } : { id, error: { code: -32601, message: "Method not found" } });
  }
});

const textOf = result => result.content.map(each => each.text ?? "").join("\n");
const contentOf = result => result.structuredContent ?? { result: textOf(result) };

function begin(params) {
  input = params.arguments ?? {};
  tell("input", input);
  render();
}

function end(result, kept) {
  if (result.isError) return stop(textOf(result), "error");
  data = { ...kept, ...contentOf(result) };
  stop("", "ready");
  tell("result", result);
  render();
}

function stop(text, state) {
  root.dataset.state = state;
  fail(text);
}

function fail(text, form) {
  const place = form?.querySelector("[data-error]") ?? document.querySelector("[data-error]") ?? {};
  place.textContent = text;
  place.hidden = !text;
}

function adapt(context) {
  Object.assign(host, context);
  const { theme, locale, styles = {}, safeAreaInsets = {} } = context, fonts = styles.css?.fonts;
  if (theme) root.style.colorScheme = root.dataset.theme = theme;
  if (locale) root.lang = locale;
  for (const [name, value] of Object.entries(styles.variables ?? {})) root.style.setProperty(name, value ?? "");
  for (const [side, width] of Object.entries(safeAreaInsets)) root.style.setProperty(`--inset-${side}`, `${width}px`);
  if (fonts) document.head.append(Object.assign(document.createElement("style"), { textContent: fonts }));
  render();
}

// --- Values ---

const isNone = value => value === undefined || value === null;
const has = (value, name) => !isNone(value) && Object.hasOwn(value, name);
const member = (value, name) => has(value, name) ? value[name] : undefined;

function lookup(path, scope) {
  if (path === ".") return scope.item;
  const [first, ...rest] = path.split(".");
  while (scope.parent && !has(scope.item, first)) scope = scope.parent;
  return rest.reduce(member, first === "$input" ? input : member(scope.item, first));
}

function holds(condition, scope) {
  const [path, wanted] = condition.split("="), value = lookup(path, scope);
  if (wanted !== undefined) return String(value ?? "") === wanted;
  return Array.isArray(value) ? value.length > 0 : !!value;
}

function shown(value, how = "") {
  if (isNone(value)) return "";
  const { locale, timeZone } = host;
  try {
    if (how.startsWith("date")) {
      // A date is the same in all time zones.
      const zone = /T/.test(value) ? timeZone : "UTC", timeStyle = how === "datetime" ? "short" : undefined;
      return new Date(value).toLocaleString(locale, { dateStyle: "medium", timeStyle, timeZone: zone });
    }
    const style = { number: "decimal", percent: "percent" }[how] ?? "currency";
    if (how) return Number(value).toLocaleString(locale, { style, currency: how.length === 3 ? how : undefined });
  } catch { /* The value has no such form. */ }
  return String(value);
}

// --- The page ---

const pairs = (text = "") => text.split(/\s+/).filter(Boolean).map(each => each.split(/:(.*)/, 2));
const ADDRESSES = /^(src|href|action|formaction|poster|data|xlink:href)$/i, ADDRESS = /^(https?:|mailto:)/i;

// Whether an attribute of this value cannot run code.
function isSafe(name, value) {
  if (/^(on.*|style|srcdoc)$/i.test(name)) return false;
  return !ADDRESSES.test(name) || ADDRESS.test(value) || (name === "src" && /^data:image\//.test(value));
}

function prepare(element) {
  for (let each; (each = element.querySelector("[data-each]")); ) {
    const anchor = document.createComment("");
    lists.set(anchor, { element: each, path: each.dataset.each, made: new Map() });
    each.replaceWith(anchor);
    each.removeAttribute("data-each");
  }
}

function put(element, scope) {
  const { text, format, if: when, unless, attr, style } = element.dataset;
  element.mcpScope = scope;
  if (when) element.hidden = !holds(when, scope);
  if (unless) element.hidden = holds(unless, scope);
  if (text) element.textContent = shown(lookup(text, scope), format);
  for (const [name, path] of pairs(attr)) {
    const value = lookup(path, scope);
    if (name === "value" || name === "checked") {
      if (fields.get(element) !== value) element[name] = value ?? "";
      fields.set(element, value);
    }
    else if (isNone(value) || value === false || !isSafe(name, value)) element.removeAttribute(name);
    else element.setAttribute(name, value === true ? "" : value);
  }
  for (const [name, path] of pairs(style)) {
    const value = shown(lookup(path, scope));
    if (name.startsWith("--") && /^[\w#.% -]*$/.test(value)) element.style.setProperty(name, value);
  }
  for (const child of [...element.childNodes]) {
    if (lists.has(child)) repeat(child, scope);
    else if (child.nodeType === 1 && !copies.has(child)) put(child, scope);
  }
}

function repeat(anchor, scope) {
  const list = lists.get(anchor), items = lookup(list.path, scope) ?? [], used = new Map();
  // app_lists.js searches and sorts.
  (window.mcpLists?.(list.path, items, host) ?? items).forEach((item, index) => {
    const key = typeof item === "object" ? item ?? index : index;
    const copy = list.made.get(key) ?? list.element.cloneNode(true);
    if (!copies.has(copy)) prepare(copy);
    copies.add(copy);
    used.set(key, copy);
    put(copy, { item, parent: scope });
  });
  for (const [key, copy] of list.made) if (!used.has(key)) copy.remove();
  list.made = used;
  // A move loses the focus.
  for (const copy of [...used.values()].reverse()) {
    if (copy.nextSibling !== anchor) anchor.before(copy);
    anchor = copy;
  }
}

const render = () => put(document.body, { item: data });

function argumentsOf(form, button) {
  const args = {};
  for (const field of form.elements) {
    const { name, type, value } = field;
    if (!name || field.disabled || (/^(submit|button|reset)$/.test(type) && field !== button)) continue;
    if (type === "checkbox") args[name] = field.checked;
    else if (value !== "" && (type !== "radio" || field.checked)) args[name] = type === "number" ? Number(value) : value;
  }
  return args;
}

async function submit(form, button) {
  if (form.ariaBusy === "true" || !form.reportValidity()) return;
  const { call: tool, result: into } = form.dataset;
  form.ariaBusy = "true";
  fail("", form);
  try {
    const result = await call(tool, argumentsOf(form, button));
    if (result.isError) throw new Error(textOf(result));
    data = { ...data, ...(into ? { [into]: contentOf(result) } : contentOf(result)) };
    render();
    const { content } = result;
    if ("tell" in form.dataset && capabilities.updateModelContext) await request("ui/update-model-context", { content });
    if ("reload" in form.dataset) end(await call(root.dataset.tool, input), data);
  } catch (error) {
    fail(error.message, form);
  }
  form.ariaBusy = "false";
}

function say(target) {
  const text = target.dataset.message.replace(/{(.+?)}/g, (_, path) => shown(lookup(path, target.mcpScope)));
  ask("ui/message", { role: "user", content: [{ type: "text", text }] });
}

document.addEventListener("click", event => {
  const target = event.target.closest("a, button, input"), { message, display } = target?.dataset ?? {};
  if (message) say(target);
  else if (display) ask("ui/request-display-mode", { mode: display });
  else if (ADDRESS.test(target?.href)) event.preventDefault(), ask("ui/open-link", { url: target.href });
  else if (target?.type === "submit" && target.form?.dataset.call) {
    // Hosts may refuse forms, and then no `submit` follows.
    event.preventDefault();
    submit(target.form, target);
  }
});

const observer = new ResizeObserver(() => {
  const height = Math.ceil(root.getBoundingClientRect().height);
  if (innerWidth && height !== lastHeight) post({ method: `${UI}size-changed`, params: { height: lastHeight = height } });
});

window.mcpApp = { call, render, request, get data() { return data; }, set data(value) { data = value; render(); } };
prepare(document.body);
request("ui/initialize", {
  protocolVersion: "2026-01-26",
  appInfo: { name: root.dataset.tool ?? "app", version: "1" },
  appCapabilities: { availableDisplayModes: ["inline", "fullscreen"] },
}).then(result => {
  capabilities = result.hostCapabilities;
  adapt(result.hostContext);
  post({ method: `${UI}initialized`, params: {} });
  observer.observe(root);
}, error => stop(error.message, "error"));
