// Short forms, questions and sheets appear over the page. Without this file they are pages of their own.
(() => {
  let shown = null;
  const close = () => shown?.dialog.close();
  const typed = () => new URLSearchParams([...shown.dialog.querySelectorAll("form")].flatMap((form) => [...new FormData(form)])).toString();

  /** Shows a dialog; `opener` gets the focus back. What is live may have been drawn anew: then its successor. */
  const show = (dialog, opener, ended) => {
    dialog.setAttribute("aria-labelledby", "dialog-title");
    dialog.addEventListener("close", () => {
      dialog.remove();
      ended?.();
      (opener?.isConnected ? opener : opener?.href && document.querySelector(`a[href="${opener.getAttribute("href")}"]`))?.focus?.();
    });
    document.body.append(dialog);
    dialog.showModal();
  };

  const open = async (link) => {
    let page;
    try {
      const answer = await fetch(link.href, { headers: { accept: "text/html" } });
      if (!answer.ok || answer.redirected) return location.assign(link.href);
      page = new DOMParser().parseFromString(await answer.text(), "text/html");
    } catch { return location.assign(link.href); }
    const body = page.querySelector("[data-dialog-body]");
    if (!body) return location.assign(link.href);
    close();
    const dialog = document.createElement("dialog");
    dialog.classList.toggle("wide", body.classList.contains("wide"));
    dialog.append(body);
    const mine = shown = { dialog };
    show(dialog, link, () => { if (shown === mine) shown = null; });
    if ("sheet" in body.dataset) spread(page.title, link.href);
    document.dispatchEvent(new Event("okrsync:dialog"));
    if (mine.address) mine.typed = typed();
    (dialog.querySelector("[autofocus],input:not([type=hidden]),textarea,select") ?? dialog.querySelector(".actions a"))?.focus();
  };

  // A sheet has an address: "back" closes it, and what was typed into it is not thrown away unasked.
  const spread = (title, address) => {
    const { dialog } = shown;
    const before = document.title;
    Object.assign(shown, { address, sure: false });
    history.pushState({ sheet: true }, "", address);
    document.title = title;
    dialog.classList.add("over");
    dialog.addEventListener("close", () => { document.title = before; });
    dialog.addEventListener("cancel", (event) => { if (event.target === dialog) { event.preventDefault(); leave(); } });
    dialog.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.defaultPrevented) { event.preventDefault(); leave(); }
    });
  };
  const unsaved = () => !shown.sure && typed() !== shown.typed;
  const leave = () => {
    if (!shown?.address) return close();
    if (!unsaved()) return history.back();
    const question = okrsync.make(`<dialog><section class="dialog-page"><h1 id="leave-title">Leave without saving?</h1><p class="sub">What you changed here is not stored.</p><div class="actions"><button class="btn" type="button" autofocus>Go on editing</button><button class="btn danger" type="button">Leave</button></div></section></dialog>`);
    const [stay, go] = question.querySelectorAll("button");
    show(question, document.activeElement);
    question.setAttribute("aria-labelledby", "leave-title");
    stay.addEventListener("click", () => question.close());
    go.addEventListener("click", () => { shown.sure = true; question.close(); history.back(); });
  };
  addEventListener("popstate", () => {
    // Forward again, onto a sheet that is gone: as a page.
    if (!shown?.address) { if (history.state?.sheet) location.reload(); return; }
    if (!unsaved()) return close();
    history.pushState({ sheet: true }, "", shown.address);
    leave();
  });

  document.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    const link = event.target.closest("a[data-dialog]");
    if (link) { event.preventDefault(); return open(link); }
    if (event.target.closest("dialog [data-close]")) { event.preventDefault(); return leave(); }
    // A click beside an open menu closes it.
    for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") for (const menu of document.querySelectorAll("details.menu[open]")) { menu.open = false; menu.querySelector("summary").focus(); }
    // Instead of the browser's own sending on Enter, not besides it.
    const form = event.key === "Enter" && (event.ctrlKey || event.metaKey) && document.activeElement?.form;
    if (form) { event.preventDefault(); form.requestSubmit(); }
  });

  okrsync.dialog = open;

  // Fields that belong to a choice show with it: <div data-when="name=value other">.
  const fit = (form) => {
    for (const part of form.querySelectorAll("[data-when]")) {
      const [name, values] = part.dataset.when.split("=");
      const chosen = new FormData(form).get(name) ?? "";
      part.hidden = !values.split(" ").includes(chosen);
    }
  };
  document.addEventListener("change", (event) => { if (event.target.form) fit(event.target.form); });
  document.querySelectorAll("form").forEach(fit);
  document.addEventListener("okrsync:dialog", () => document.querySelectorAll("dialog form").forEach(fit));
})();
