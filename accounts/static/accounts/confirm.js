// Asks for confirmation before a form or button marked data-confirm submits. The question is the text of the form, or
// the title of the button.
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
