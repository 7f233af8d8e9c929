// Says when the time to wait is over, in the element marked data-wait, whose value is that time in seconds.
// The text to show then is its data-over.
"use strict";

const waiting = document.querySelector("[data-wait]");
// Timers take 24 days at most.
if (waiting && Number(waiting.dataset.wait) < 86400) {
  setTimeout(() => {
    waiting.textContent = waiting.dataset.over ?? "You can try again now.";
  }, Number(waiting.dataset.wait) * 1000);
}
