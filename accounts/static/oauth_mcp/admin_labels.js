// Names for those of Django's widgets that have none, for screen readers, and for the values of lists on a phone.
"use strict";

function nameWidgets() {
  for (const select of document.querySelectorAll("select.admin-autocomplete")) {
    const label = document.querySelector(`label[for="${select.id}"]`);
    // The field of several values is the search; that of one value is a button that opens it.
    const field = select.parentElement.querySelector(".select2-search__field, .select2-selection--single");
    if (label && field) field.setAttribute("aria-label", label.firstChild.textContent.trim().replace(/:$/, ""));
  }
  for (const icon of document.querySelectorAll("span.help-tooltip[aria-label]")) icon.setAttribute("role", "img");
}

// On a phone, each value of a list has the name of its column (admin.css).
for (const row of document.querySelectorAll("#result_list tbody tr")) {
  const headings = row.closest("table").tHead?.rows[0].cells ?? [];
  for (const [at, cell] of [...row.cells].entries()) {
    if (headings[at]) cell.dataset.label = headings[at].querySelector(".text")?.textContent.trim() ?? "";
  }
}

// Django's scripts build the widgets when the page has loaded.
addEventListener("load", () => setTimeout(nameWidgets));
