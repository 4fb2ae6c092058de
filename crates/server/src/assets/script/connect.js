// Connect data source: while somebody types, the form is sent for a preview and the parts of the answer take their places.
// The server draws everything; without this file the buttons do the same.
{
const connect = (form) => {
  const area = form.querySelector("textarea[name=jql]");
  if (!area) return;
  const box = form.querySelector("[data-jql]");
  const save = form.querySelector("[data-save]");
  const part = (name, within = form) => within.querySelector(`[data-part="${CSS.escape(name)}"]`);
  const chars = () => [...area.value];
  // Places count characters, the text area counts UTF-16 units.
  const units = (at) => chars().slice(0, at).join("").length;
  const cursor = () => [...area.value.slice(0, area.selectionStart)].length;
  box.classList.add("on");
  form.querySelector("[data-preview]").hidden = true;

  /** Shows the text at once, in the old colours as far as it is the old text. */
  const paint = () => {
    const marks = part("marks");
    if (marks.textContent.replace(/\n$/, "") === area.value) return;
    marks.replaceChildren(...area.value.split("\n").map((line) => {
      const shown = document.createElement("span");
      shown.className = "l";
      shown.textContent = line + "\n";
      return shown;
    }));
  };

  // Another site has other fields to choose from: then the whole table is new.
  let moved = false;

  /** Puts the parts of a drawn page in the place of ours. */
  const place = (page, names) => {
    for (const fresh of page.querySelectorAll("form[data-connect] [data-part]")) {
      const name = fresh.dataset.part;
      if (name === "query-step" || (name === "table" && !moved) || (names && !names.includes(name))) continue;
      const old = part(name);
      if (!old) continue;
      const kept = old.querySelector("[name=confirm_empty]")?.checked;
      old.replaceWith(fresh);
      if (kept) { const now = fresh.querySelector("[name=confirm_empty]"); if (now) now.checked = true; }
    }
    const number = page.querySelector("[data-part=query-step] .no");
    if (number) part("query-step").querySelector(".no").replaceWith(number);
    if (!names) moved = false;
    for (const fresh of page.querySelectorAll("input[name=metric],input[name=completed_only]")) {
      const ours = form.querySelector(`input[name="${fresh.name}"][value="${CSS.escape(fresh.value)}"]`);
      if (ours) ours.disabled = fresh.disabled;
    }
    const rejected = part("foot").dataset.rejected !== undefined;
    box.classList.toggle("err", rejected);
    area.setAttribute("aria-invalid", rejected);
    save.disabled = rejected;
    for (const button of form.querySelectorAll("[data-mend]")) button.hidden = false;
    form.querySelector("[data-tidy]").hidden = !part("marks").dataset.tidied;
  };

  let asked = null;
  const ask = async (live) => {
    asked?.abort();
    const mine = asked = new AbortController();
    const said = new URLSearchParams(new FormData(form));
    if (live) said.set("live", "true");
    box.classList.toggle("busy", !live);
    try {
      const answer = await fetch(`${form.getAttribute("action")}/preview`, { method: "POST", body: said, signal: mine.signal });
      const text = await answer.text();
      if (mine.signal.aborted) return;
      const page = new DOMParser().parseFromString(text, "text/html");
      // Signed out meanwhile: saving asks to sign in and loses nothing.
      if (page.querySelector("form[data-connect]")) place(page, live ? ["marks", "foot", "confirm"] : null);
    } catch { /* aborted, or no network: the next key tries again */ }
    if (asked === mine) box.classList.remove("busy");
  };

  let soon = null, later = null;
  const changed = (pause) => {
    clearTimeout(soon); clearTimeout(later);
    if (pause) soon = setTimeout(() => ask(true), 60);
    later = setTimeout(() => ask(false), pause);
  };
  area.addEventListener("input", () => { paint(); changed(400); offer(); });
  form.addEventListener("change", (event) => { if (event.target !== area && event.target.name !== "confirm_empty") { moved ||= event.target.name === "connection_id"; changed(0); } });

  /** Replaces a part of the query as if it had been typed, so that undo works. */
  const write = (start, end, text) => {
    area.focus();
    area.setSelectionRange(units(start), units(end));
    if (!document.execCommand("insertText", false, text)) area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
    area.dispatchEvent(new Event("input"));
  };
  form.addEventListener("click", (event) => {
    const mend = event.target.closest("[data-mend]");
    if (mend) { write(Number(mend.dataset.start), Number(mend.dataset.end), mend.dataset.mend); hide(); }
    if (event.target.closest("[data-tidy]")) { write(0, chars().length, part("marks").dataset.tidied); hide(); }
  });

  // Suggestions: a list below the editor; Down enters it, Enter takes, Escape closes.
  const list = document.createElement("ul");
  list.className = "offer"; list.id = "jql-offer"; list.hidden = true;
  list.setAttribute("role", "listbox"); list.setAttribute("aria-label", "What fits here");
  box.querySelector(".ed").append(list);
  area.setAttribute("aria-autocomplete", "list"); area.setAttribute("aria-haspopup", "listbox"); area.setAttribute("aria-controls", list.id);
  let offers = [], chosen = -1, offering = null;
  const hide = () => { offering?.abort(); list.hidden = true; chosen = -1; area.removeAttribute("aria-activedescendant"); };
  const choose = (index) => {
    chosen = index;
    [...list.children].forEach((item, at) => item.setAttribute("aria-selected", at === index));
    const item = list.children[index];
    if (item) { area.setAttribute("aria-activedescendant", item.id); item.scrollIntoView({ block: "nearest" }); }
    else area.removeAttribute("aria-activedescendant");
  };
  // What was typed since the offer was made belongs to it.
  const take = (offer) => write(offer.start, Math.max(offer.end, cursor()), offer.text + (offer.text.endsWith(")") ? "" : " "));
  /** Offers what goes on from what is typed; where nothing is, only when asked to: the list would cover the result. */
  const offer = async (wanted) => {
    offering?.abort();
    const mine = offering = new AbortController();
    const id = form.elements.connection_id.value;
    const query = new URLSearchParams({ jql: area.value, cursor: cursor() });
    const before = offers[chosen]?.text;
    try { offers = (await okrsync.send("GET", `/api/v1/connections/${id}/suggestions?${query}`, undefined, mine.signal)).items; } catch { return; }
    if (mine.signal.aborted) return;
    list.replaceChildren(...offers.slice(0, 12).map((offer, index) => {
      const item = okrsync.make(`<li role="option" id="jql-offer-${index}" aria-selected="false"><span></span><small></small></li>`);
      item.firstChild.textContent = offer.text; item.lastChild.textContent = offer.kind;
      item.addEventListener("mousedown", (event) => { event.preventDefault(); take(offer); });
      return item;
    }));
    list.hidden = document.activeElement !== area || !offers.some((offer) => wanted || offer.end > offer.start);
    choose(list.hidden ? -1 : offers.findIndex((offer) => offer.text === before));
  };
  area.addEventListener("blur", hide);
  area.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const count = list.children.length;
    if (event.key === "Escape" && !list.hidden) { event.preventDefault(); event.stopPropagation(); hide(); }
    else if (list.hidden) { if (event.key === "ArrowDown" && area.selectionEnd === area.value.length) { event.preventDefault(); offer(true); } }
    else if (event.key === "ArrowDown") { event.preventDefault(); choose((chosen + 1) % count); }
    else if (event.key === "ArrowUp" && chosen >= 0) { event.preventDefault(); choose(chosen - 1); }
    else if (event.key === "Enter" && chosen >= 0) { event.preventDefault(); take(offers[chosen]); }
  });

  paint();
  for (const button of form.querySelectorAll("[data-mend]")) button.hidden = false;
  if (area.value.trim()) changed(0);
};
document.querySelectorAll("form[data-connect]").forEach(connect);
document.addEventListener("okrsync:dialog", () => document.querySelectorAll("dialog form[data-connect]").forEach(connect));
}
