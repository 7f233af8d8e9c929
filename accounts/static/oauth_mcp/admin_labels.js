// Names for those of Django's widgets that have none, for screen readers, and for the values of lists on a phone.
"use strict";

// Of the field in a row of a table, the heading of its column.
function labelOf(field) {
  const label = document.querySelector(`label[for="${field.id}"]`);
  return label ? label.firstChild.textContent.trim().replace(/:$/, "") : field.closest("td")?.dataset.label;
}

// On a phone, each field of a row has the name of its column, too.
function nameCells(table) {
  const headings = table.tHead?.rows[0].cells ?? [];
  for (const heading of headings) if (!heading.textContent.trim()) heading.setAttribute("role", "presentation");
  for (const cell of table.querySelectorAll("tr.form-row > td")) {
    const name = headings[cell.cellIndex]?.firstChild?.textContent.trim();
    if (name && cell.children.length) cell.dataset.label = name;
  }
}

function nameWidgets() {
  for (const table of document.querySelectorAll(".tabular table")) nameCells(table);
  for (const field of document.querySelectorAll(".tabular td[data-label] :is(input:not([type=hidden]), select, textarea)")) {
    if (!field.labels?.length) field.setAttribute("aria-label", labelOf(field));
  }
  for (const select of document.querySelectorAll("select.admin-autocomplete")) {
    // The field of several values is the search; that of one value is a button that opens it, with the value in a text.
    const name = labelOf(select);
    const fields = ".select2-search__field, .select2-selection--single, .select2-selection--single [role=textbox]";
    for (const field of name ? select.parentElement.querySelectorAll(fields) : []) field.setAttribute("aria-label", name);
    // Its list of values also has a button that is no value.
    select.parentElement.querySelector("ul.select2-selection__rendered")?.setAttribute("role", "presentation");
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

// Django's scripts build the widgets when the page has loaded, and those of a row when it is added.
addEventListener("load", () => setTimeout(nameWidgets));
document.addEventListener("formset:added", () => setTimeout(nameWidgets));
