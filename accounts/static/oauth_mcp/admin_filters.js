// On a phone, folds the filters of a list but the period and those in use, so that they fit above the list.
"use strict";

addEventListener("load", () => {
  if (!matchMedia("(max-width: 767px)").matches) return;
  for (const filter of document.querySelectorAll("#changelist-filter details")) {
    const first = filter.querySelector("li");
    const isUsed = filter.querySelector("li.selected") && !first?.classList.contains("selected");
    filter.open = Boolean(isUsed) || filter.querySelector("form.period") !== null;
  }
  document.documentElement.classList.add("folded-filters");
});
