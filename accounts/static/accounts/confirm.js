// Asks before a form marked data-confirm is sent: what its button says is the question. A button so marked, among
// others of its form, asks by its title.
"use strict";

for (const form of document.querySelectorAll("form[data-confirm]")) {
  form.addEventListener("submit", (event) => {
    if (!confirm(`${form.textContent.trim()}?`)) event.preventDefault();
  });
}

for (const button of document.querySelectorAll("button[data-confirm]")) {
  button.addEventListener("click", (event) => {
    if (!confirm(`${button.title}?`)) event.preventDefault();
  });
}
