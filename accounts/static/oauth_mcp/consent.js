// Keeps Enter in a field from submitting the consent form: a decision takes one of its buttons.
"use strict";

document.querySelector("form.consent").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches("input")) event.preventDefault();
});
