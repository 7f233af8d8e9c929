// Search and order of the lists in an app's page, beside app.js (docs/apps.md).
const searches = {}, sorts = {};
const isObject = value => typeof value === "object" && value !== null;

// The `items` of the list at `path` that match its search, in its order.
window.mcpLists = (path, items, { locale }) => {
  const words = (searches[path] ?? "").split(/\s+/), sort = sorts[path];
  const found = items.filter(item => {
    const text = (isObject(item) ? Object.values(item) : [item]).join("\n").toLocaleLowerCase();
    return words.every(word => text.includes(word));
  });
  for (const each of document.querySelectorAll(`[data-count="${path}"]`)) each.textContent = found.length;
  if (!sort) return found;
  const { compare } = new Intl.Collator(locale, { numeric: true });
  const by = item => (isObject(item) && Object.hasOwn(item, sort.key) ? item[sort.key] : null) ?? "";
  const order = (a, b) => typeof a === "number" && typeof b === "number" ? a - b : compare(a, b);
  return found.sort((a, b) => sort.sign * order(by(a), by(b)));
};

document.addEventListener("input", ({ target }) => {
  if (!target.dataset.search) return;
  searches[target.dataset.search] = target.value.trim().toLocaleLowerCase();
  window.mcpApp.render();
});

document.addEventListener("click", event => {
  const target = event.target.closest("[data-sort]");
  if (!target) return;
  const [list, key] = target.dataset.sort.split(":"), before = sorts[list];
  const sign = before?.key === key ? -before.sign : 1;
  sorts[list] = { key, sign };
  const buttons = document.querySelectorAll(`[data-sort^="${list}:"]`);
  buttons.forEach(each => each.closest("th")?.removeAttribute("aria-sort"));
  target.closest("th")?.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
  window.mcpApp.render();
});
