// Live parts: numbers that move when they move, refreshing without leaving the page.
(() => {
  if (!document.querySelector("[data-live]")) return;
  const { say, toast, send } = okrsync;
  // A sheet over the page has an address and parts of its own.
  const here = location.href;

  // Replaces what differs, part by part, so that focus and scroll stay where they are; the whole where parts came or went.
  const parts = (root) => [...root.querySelectorAll("[data-part]")].filter((part) => !part.closest("dialog"));
  const names = (list) => list.map((part) => part.dataset.part).join();
  const same = (a, b) => strip(a) === strip(b);
  // A fresh mark in a form is no news.
  const strip = (part) => part.outerHTML.replace(/name="once" value="[^"]*"/g, "").replace(/ (?:tabindex|hidden|aria-expanded)="[^"]*"/g, "");
  const swap = (fresh) => {
    const [shown, next] = [parts(document), parts(fresh)];
    if (names(shown) !== names(next)) {
      const at = document.activeElement?.closest("[data-live] [data-part]")?.dataset.part;
      document.querySelector("[data-live]").replaceWith(fresh.querySelector("[data-live]"));
      document.dispatchEvent(new Event("okrsync:swapped"));
      if (at) document.querySelector(`[data-part="${CSS.escape(at)}"]`)?.focus();
      return;
    }
    shown.forEach((old, index) => {
      if (!same(old, next[index]) && !(old.contains(document.activeElement) && old !== document.activeElement)) glide(old, next[index]);
    });
    document.dispatchEvent(new Event("okrsync:swapped"));
  };

  // The new part starts with the old bar, so that the width changes visibly. Focus and what is closed stay.
  const glide = (old, next) => {
    const from = old.querySelector(".bar .fill")?.getAttribute("width");
    const fill = next.querySelector(".bar .fill");
    const to = fill?.getAttribute("width");
    const focused = old === document.activeElement;
    next.hidden = old.hidden;
    if (old.tabIndex >= 0 && old.hasAttribute("tabindex")) next.setAttribute("tabindex", old.getAttribute("tabindex"));
    old.replaceWith(next);
    if (focused) next.focus();
    if (!from || !to || from === to) return;
    fill.setAttribute("width", from);
    requestAnimationFrame(() => requestAnimationFrame(() => fill.setAttribute("width", to)));
  };

  let waiting = null;
  let busy = 0;
  let last = 0;
  // At most every two seconds, however much happens.
  const reload = () => {
    if (busy || waiting) return;
    waiting = setTimeout(async () => {
      waiting = null;
      last = Date.now();
      try {
        const answer = await fetch(here, { headers: { accept: "text/html" } });
        if (answer.redirected) return location.assign(answer.url);
        if (answer.ok) swap(new DOMParser().parseFromString(await answer.text(), "text/html"));
      } catch { /* The line is down: the next event, or the reader, tries again. */ }
    }, Math.max(300, last + 2000 - Date.now()));
  };

  const mine = new Map();
  const refresh = async (form) => {
    const button = form.querySelector("button");
    if (button.disabled) return;
    button.disabled = true;
    button.querySelector("svg")?.classList.add("spin");
    const label = form.closest("[data-part]")?.querySelector("[data-age]");
    if (label) label.textContent = "Refreshing …";
    say("Refreshing");
    busy += 1;
    try {
      const outcome = await send("POST", form.dataset.refresh, form.dataset.body);
      if (outcome?.state === "queued" || outcome?.state === "running") {
        mine.set(outcome.id, form);
        say("Refreshing goes on.");
      } else {
        say("Refreshed");
      }
    } catch (problem) {
      toast(false, "Refresh failed", problem?.detail ?? "okrsync does not answer.");
    } finally {
      busy -= 1;
      button.disabled = false;
      button.querySelector("svg")?.classList.remove("spin");
      reload();
    }
  };

  document.addEventListener("submit", (event) => {
    if (!event.target.dataset.refresh) return;
    event.preventDefault();
    refresh(event.target);
  });

  // Every quarter of the way is said, however large the steps.
  const followed = () => document.querySelector("[data-follow]")?.dataset.follow;
  let told = Number(followed() ?? 0);
  const tell = (share) => {
    const quarter = share - share % 25;
    if (quarter > told) say(`${quarter} percent`);
    told = Math.max(quarter, told);
  };
  // A page that follows a first sync has the newest numbers.
  document.addEventListener("okrsync:swapped", () => { if (followed()) tell(Number(followed())); });

  // How far a refresh has come, where the page has a place for it.
  const progress = (news) => {
    const box = document.querySelector("[data-progress]");
    const { state, progress: { done, total } } = news;
    const over = state === "done" || state === "failed";
    if (box) {
      box.hidden = over;
      const share = total ? Math.min(100, Math.floor((done * 100) / total)) : 0;
      box.querySelector(".fill")?.setAttribute("width", `${share}%`);
      const text = box.querySelector("[data-progress-text]");
      if (text) text.textContent = total ? `${done} of ${total}` : `${done} read`;
      if (over) told = 0; else tell(share);
    }
    if (over) mine.delete(news.id);
    if (over || followed()) reload();
  };

  const events = new EventSource("/api/v1/events");
  for (const name of ["okr.updated", "connection.state", "missed"]) events.addEventListener(name, reload);
  events.addEventListener("refresh.progress", (event) => progress(JSON.parse(event.data)));
  addEventListener("pagehide", () => events.close());
  // Ages and the expected marker move with the time.
  setInterval(reload, 60_000);
})();
