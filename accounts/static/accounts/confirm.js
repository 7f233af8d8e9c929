// Asks for confirmation before a button marked data-confirm submits its form: the question is its title.
"use strict";

for (const button of document.querySelectorAll("button[data-confirm]")) {
  button.addEventListener("click", (event) => {
    if (!confirm(`${button.title}?`)) event.preventDefault();
  });
}
