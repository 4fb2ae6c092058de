// The tree of objectives by keyboard: one tab stop, arrows between rows and cells, groups that close.
(() => {
  const tree = () => document.querySelector("[role=treegrid]");
  const rows = () => [...(tree()?.querySelectorAll("[role=row][aria-level]") ?? [])];
  const shown = () => rows().filter((row) => !row.hidden);
  const level = (row) => Number(row.getAttribute("aria-level"));
  const cells = (row) => [...row.querySelectorAll("a,button")].filter((one) => one.offsetParent);
  const closed = new Set(JSON.parse(sessionStorage.getItem("okrsync.closed") ?? "[]"));

  // What lies below a closed row is hidden.
  const fit = () => {
    let above = Infinity;
    for (const row of rows()) {
      if (level(row) <= above) above = Infinity;
      row.hidden = above !== Infinity;
      if (row.hasAttribute("aria-expanded")) {
        const shut = closed.has(row.dataset.part);
        row.setAttribute("aria-expanded", String(!shut));
        if (shut && above === Infinity) above = level(row);
      }
    }
    const all = document.querySelector("[data-collapse]");
    if (all) {
      all.hidden = !rows().some((row) => row.hasAttribute("aria-expanded"));
      all.textContent = closed.size ? "Expand all" : "Collapse all";
    }
  };
  const keep = () => { sessionStorage.setItem("okrsync.closed", JSON.stringify([...closed])); fit(); };
  const set = (row, open) => { if (open) closed.delete(row.dataset.part); else closed.add(row.dataset.part); keep(); };

  // One row can be reached by Tab; arrows move it. Cells are reached from their row.
  const rest = (row) => {
    for (const other of rows()) other.tabIndex = other === row ? 0 : -1;
    tree()?.querySelectorAll("[role=row] a,[role=row] button").forEach((one) => { one.tabIndex = -1; });
  };
  const focus = (row) => { if (row) { rest(row); row.focus(); } };
  const begin = () => { if (!tree()) return; fit(); rest(rows().find((row) => row === document.activeElement) ?? shown()[0]); };

  document.addEventListener("click", (event) => {
    const chevron = event.target.closest("[data-toggle]");
    if (chevron) { const row = chevron.closest("[role=row]"); return set(row, row.getAttribute("aria-expanded") !== "true"); }
    if (event.target.closest("[data-collapse]")) {
      if (closed.size) closed.clear();
      else for (const row of rows()) if (row.hasAttribute("aria-expanded")) closed.add(row.dataset.part);
      keep();
    }
  });

  document.addEventListener("keydown", (event) => {
    const row = event.target.closest?.("[role=treegrid] [role=row][aria-level]");
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
    const list = shown();
    const at = list.indexOf(row);
    const inside = cells(row).indexOf(event.target);
    const open = row.getAttribute("aria-expanded");
    const steps = {
      ArrowDown: () => focus(list[at + 1]),
      ArrowUp: () => focus(list[at - 1]),
      Home: () => focus(list[0]),
      End: () => focus(list.at(-1)),
      ArrowRight: () => { if (inside < 0 && open === "false") set(row, true); else cells(row)[inside + 1]?.focus(); },
      ArrowLeft: () => {
        if (inside > 0) return cells(row)[inside - 1].focus();
        if (inside === 0) return focus(row);
        if (open === "true") return set(row, false);
        focus(list.slice(0, at).reverse().find((other) => level(other) < level(row)));
      },
      Enter: () => { if (inside < 0) row.querySelector("a[data-row]")?.click(); else return false; },
      r: () => row.querySelector("form[data-refresh] button")?.click(),
    };
    const step = steps[event.key === "R" ? "r" : event.key];
    if (step && step() !== false) { event.preventDefault(); event.stopPropagation(); }
  });

  document.addEventListener("okrsync:swapped", begin);
  begin();
})();
