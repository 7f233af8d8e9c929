// Asks before a form marked data-confirm is sent: what its button says is the question.
"use strict";

for (const form of document.querySelectorAll("form[data-confirm]")) {
  form.addEventListener("submit", (event) => {
    if (!confirm(`${form.textContent.trim()}?`)) event.preventDefault();
  });
}
