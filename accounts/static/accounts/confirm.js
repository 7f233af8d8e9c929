// Asks for confirmation before a form marked data-confirm submits: its text is what happens, the attribute names to what.
"use strict";

for (const form of document.querySelectorAll("form[data-confirm]")) {
  form.addEventListener("submit", (event) => {
    if (!confirm(`${form.textContent.trim()}: ${form.dataset.confirm}?`)) event.preventDefault();
  });
}

// A button marked data-confirm has the question as its title.
for (const button of document.querySelectorAll("button[data-confirm]")) {
  button.addEventListener("click", (event) => {
    if (!confirm(`${button.title}?`)) event.preventDefault();
  });
}
