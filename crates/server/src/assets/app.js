// Live rows: refresh without leaving the page, and numbers that move when they move. Everything works without this file.
"use strict";
(() => {
  if (!document.querySelector("[data-board]")) return;
  const status = document.querySelector("[data-live-status]");
  const token = document.querySelector("meta[name=csrf-token]")?.content ?? "";
  const say = (text) => { if (status) status.textContent = text; };

  // Replaces what differs, row by row, so that focus and scroll stay where they are; the whole board where rows came or went.
  const parts = (root) => [...root.querySelectorAll("[data-part]")];
  const names = (list) => list.map((part) => part.dataset.part).join();
  const swap = (fresh) => {
    const [shown, next] = [parts(document), parts(fresh)];
    if (names(shown) !== names(next)) {
      document.querySelector("[data-board]").replaceWith(fresh.querySelector("[data-board]"));
      return;
    }
    shown.forEach((old, index) => {
      if (old.outerHTML !== next[index].outerHTML && !old.contains(document.activeElement)) glide(old, next[index]);
    });
  };

  // The new row starts with the old bar, so that the width changes visibly.
  const glide = (old, next) => {
    const from = old.querySelector(".bar .fill")?.getAttribute("width");
    const fill = next.querySelector(".bar .fill");
    const to = fill?.getAttribute("width");
    old.replaceWith(next);
    if (!from || !to || from === to) return;
    fill.setAttribute("width", from);
    requestAnimationFrame(() => requestAnimationFrame(() => fill.setAttribute("width", to)));
  };

  let waiting = null;
  let busy = 0;
  const reload = () => {
    if (busy) return;
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      try {
        const answer = await fetch(location.href, { headers: { accept: "text/html" } });
        if (answer.redirected) return location.assign(answer.url);
        if (answer.ok) swap(new DOMParser().parseFromString(await answer.text(), "text/html"));
      } catch { /* The line is down: the next event, or the reader, tries again. */ }
    }, 300);
  };

  const refresh = async (form) => {
    const button = form.querySelector("button");
    if (button.disabled) return;
    button.disabled = true;
    button.querySelector("svg").classList.add("spin");
    const label = form.parentElement.querySelector("[data-age]");
    if (label) label.textContent = "Refreshing …";
    say("Refreshing");
    busy += 1;
    try {
      const answer = await fetch(form.dataset.refresh, {
        method: "POST",
        headers: { "content-type": "application/json", "x-csrf-token": token },
        body: form.dataset.body ?? null,
      });
      const problem = answer.ok ? null : await answer.json();
      say(problem ? `Refresh failed. ${problem.detail}` : "Refreshed");
    } catch {
      say("Refresh failed: okrsync does not answer.");
    } finally {
      busy -= 1;
      button.disabled = false;
      button.querySelector("svg").classList.remove("spin");
      if (document.activeElement === button) button.blur();
      reload();
    }
  };

  document.addEventListener("submit", (event) => {
    if (!event.target.dataset.refresh) return;
    event.preventDefault();
    refresh(event.target);
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName)) return;
    event.preventDefault();
    document.querySelector("[name=q]")?.focus();
  });

  const events = new EventSource("/api/v1/events");
  for (const name of ["okr.updated", "connection.state", "missed"]) events.addEventListener(name, reload);
  addEventListener("pagehide", () => events.close());
  // Ages and the expected marker move with the time.
  setInterval(reload, 60_000);
})();
