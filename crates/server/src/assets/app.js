// okrsync in the browser: everything works without this file; with it, rows renew themselves.
"use strict";

const signedIn = document.querySelector("meta[name=csrf-token]") !== null;
const live = () => document.querySelector("[data-live]");

// The page as the server sees it now, put in place of the part that is alive. Nothing else moves.
let renewing = null;
async function renew() {
  if (renewing || !live()) return;
  renewing = new Promise((resolve) => setTimeout(resolve, 300));
  await renewing;
  renewing = null;
  const answer = await fetch(location.href, { headers: { accept: "text/html" } });
  if (!answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-live]");
  const focused = document.activeElement?.getAttribute("aria-label");
  if (fresh) live().replaceChildren(...fresh.childNodes);
  if (focused) document.querySelector(`[aria-label="${CSS.escape(focused)}"]`)?.focus();
}

function listen() {
  if (!live()) return;
  const events = new EventSource("/api/v1/events");
  for (const name of ["okr.updated", "connection.state", "missed"]) events.addEventListener(name, renew);
}

// A refresh is asked for in the background; its end arrives as an event.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-refresh]")) return;
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  button.querySelector("svg")?.classList.add("spin");
  const age = form.parentElement.querySelector(".age");
  if (age) age.textContent = "Refreshing …";
  try {
    await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
  } finally {
    button.disabled = false;
    button.querySelector("svg")?.classList.remove("spin");
    renew();
  }
});

// Light or dark by choice; without a choice the system decides.
const stored = localStorage.getItem("theme");
if (stored) document.documentElement.dataset.theme = stored;
const themeSwitch = document.querySelector("[data-theme-switch]");
if (themeSwitch) {
  themeSwitch.hidden = false;
  themeSwitch.addEventListener("click", () => {
    const root = document.documentElement.dataset;
    const dark = root.theme ? root.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.theme = dark ? "light" : "dark";
    localStorage.setItem("theme", root.theme);
  });
}

if (signedIn) listen();
