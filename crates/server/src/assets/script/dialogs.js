// Short forms and questions appear over the page. Without this file they are pages of their own.
(() => {
  let shown = null;
  const close = () => shown?.close();

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
    dialog.setAttribute("aria-labelledby", "dialog-title");
    dialog.classList.toggle("wide", body.classList.contains("wide"));
    dialog.append(body);
    dialog.addEventListener("close", () => { dialog.remove(); shown = null; link.focus?.(); });
    document.body.append(dialog);
    shown = dialog;
    dialog.showModal();
    document.dispatchEvent(new Event("okrsync:dialog"));
    (dialog.querySelector("[autofocus],input:not([type=hidden]),textarea,select") ?? dialog.querySelector(".actions a"))?.focus();
  };

  document.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    const link = event.target.closest("a[data-dialog]");
    if (link) { event.preventDefault(); return open(link); }
    if (event.target.closest("dialog [data-close]")) { event.preventDefault(); return close(); }
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
