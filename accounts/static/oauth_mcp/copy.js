// Adds a copy button beside each element marked data-copy, whose value says what the button does.
// Without this script, one click on the text selects all of it. The page gives its words (accounts/copy_script.html).
"use strict";

const { label: COPY = "Copy", copied: COPIED = "Copied", selected: SELECTED = "Selected" } = document.currentScript.dataset;

for (const source of navigator.clipboard ? document.querySelectorAll("[data-copy]") : []) {
  const label = document.createElement("span");
  label.textContent = COPY;
  label.setAttribute("aria-live", "polite");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "small";
  button.setAttribute("aria-label", source.dataset.copy);
  button.append(label);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(source.textContent.trim());
      label.textContent = COPIED;
    } catch {
      getSelection().selectAllChildren(source);
      label.textContent = SELECTED;
    }
    setTimeout(() => (label.textContent = COPY), 2000);
  });
  source.closest(".copyable").append(button);
}
