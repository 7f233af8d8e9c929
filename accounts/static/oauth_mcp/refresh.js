// Loads the part of the page that is marked with data-refresh again, every so many seconds, while it is there.
for (const part of document.querySelectorAll("[data-refresh]")) {
  const timer = setInterval(async () => {
    if (document.hidden || part.contains(document.activeElement)) return;
    const response = await fetch(location.href, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const now = response.ok && page.getElementById(part.id);
    part.replaceChildren(...(now ? now.childNodes : []));
    if (!now) clearInterval(timer);
  }, 1000 * Number(part.dataset.refresh));
}
