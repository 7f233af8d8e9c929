// Passkeys: adds one by one button, and says why a browser gave none. The scripts of allauth ask the browser.
"use strict";

{
  const problem = document.getElementById("passkey-problem");
  const form = document.getElementById("add-passkey");
  // Remembers, while the person authenticates again, that they pressed the button: the time of that, in milliseconds.
  const PRESSED = "add-passkey-pressed";
  const LONGEST_MS = 5 * 60 * 1000;
  // The page has the sentences, in its language (mfa/webauthn/snippets/scripts.html).
  const PROBLEMS = {
    InvalidStateError: problem.dataset.added,
    NotAllowedError: problem.dataset.cancelled,
    NotSupportedError: problem.dataset.unsupported,
    SecurityError: problem.dataset.forbidden,
  };

  const show = (exception) => {
    problem.textContent = PROBLEMS[exception?.name] ?? problem.dataset.other;
    problem.hidden = false;
  };

  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    show(event.detail.exception);
  });

  // The person authenticates again where the server asks for it, and comes back to the page of the button.
  const authenticateAgain = (address) => {
    sessionStorage.setItem(PRESSED, String(Date.now()));
    location.assign(address);
  };

  const add = async () => {
    problem.hidden = true;
    try {
      const response = await fetch(form.action, { headers: { Accept: "application/json" } });
      if (response.redirected) return authenticateAgain(response.url);
      if (!response.ok) throw new Error(`The server responded with ${response.status}.`);
      const { creation_options: options } = await response.json();
      form.elements.credential.value = JSON.stringify(await webauthnJSON.create(options));
      form.submit();
    } catch (exception) {
      show(exception);
    }
  };

  if (form) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      add();
    });
    const pressed = Number(sessionStorage.getItem(PRESSED));
    sessionStorage.removeItem(PRESSED);
    if (form.action === location.href && Date.now() - pressed < LONGEST_MS) add();
  }
}
