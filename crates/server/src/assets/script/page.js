// What the scripts of a page share. Everything works without any of them.
"use strict";
const okrsync = (() => {
  const token = document.querySelector("meta[name=csrf-token]")?.content ?? "";
  const status = document.querySelector("[data-live-status]");
  const place = document.querySelector("[data-toasts]");
  const make = (html) => { const box = document.createElement("template"); box.innerHTML = html; return box.content.firstElementChild; };

  /** Says something to screen readers only. */
  const say = (text) => { if (status) status.textContent = text; };

  // A good message goes after six seconds, unless somebody reads it; a failure stays.
  const watch = (toast) => {
    let timer = null;
    const close = () => toast.remove();
    const start = () => { if (toast.dataset.toast === "true") timer = setTimeout(close, 6000); };
    const stop = () => clearTimeout(timer);
    for (const name of ["mouseenter", "focusin"]) toast.addEventListener(name, stop);
    for (const name of ["mouseleave", "focusout"]) toast.addEventListener(name, start);
    toast.querySelector("[data-close]").addEventListener("click", close);
    start();
  };

  /** Shows a message: good ones for six seconds, others until they are closed. */
  const toast = (good, title, text) => {
    if (!place) return;
    const shown = make(`<div class="toast" role="${good ? "status" : "alert"}" data-toast="${good}"><div class="grow"><b class="b6"></b><p class="sub"></p></div><button class="ib sm" type="button" data-close aria-label="Close">✕</button></div>`);
    shown.querySelector("b").textContent = title;
    shown.querySelector("p").textContent = text ?? "";
    place.append(shown);
    watch(shown);
  };

  /** Sends a change to our own API; answers its JSON, or throws a problem document. */
  const send = async (method, path, body, signal) => {
    const answer = await fetch(path, {
      method, signal,
      headers: { "content-type": "application/json", "x-csrf-token": token },
      body: body === undefined ? null : typeof body === "string" ? body : JSON.stringify(body),
    });
    const json = answer.status === 204 ? null : await answer.json();
    if (!answer.ok) throw json;
    return json;
  };

  const typing = () => /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName) || document.activeElement?.isContentEditable;

  document.querySelectorAll("[data-toast]").forEach(watch);

  // One click is enough: the button rests until the next page is there. Coming back by "back" wakes it.
  const resting = new Set();
  addEventListener("submit", (event) => {
    const button = event.submitter;
    if (event.defaultPrevented || !button || event.target.method !== "post") return;
    if (resting.has(event.target)) return event.preventDefault();
    resting.add(event.target);
    button.setAttribute("aria-disabled", "true");
  });
  addEventListener("pageshow", () => {
    resting.clear();
    document.querySelectorAll("button[aria-disabled=true]").forEach((button) => button.removeAttribute("aria-disabled"));
  });

  // A value beside its button is copied by it; where the clipboard is closed to us, it is selected.
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const value = button.parentElement.querySelector("code");
      try { await navigator.clipboard.writeText(value.textContent); toast(true, "Copied"); }
      catch { getSelection().selectAllChildren(value); }
    });
  }

  document.getElementById("form-problem")?.focus();
  return { token, say, toast, send, typing, make };
})();
