// Single keys. They do nothing while somebody types, nor when they are switched off (<body data-no-keys>).
(() => {
  const go = { o: "/", m: "/mine", i: "/issues", c: "/connections" };
  let waitsForSecond = 0;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || okrsync.typing() || document.querySelector("dialog[open]")) return;
    if ("noKeys" in document.body.dataset || !document.querySelector(".app")) return;
    const second = Date.now() - waitsForSecond < 1500;
    waitsForSecond = 0;
    const link = (selector) => { const found = document.querySelector(selector); if (found) { event.preventDefault(); found.click(); } };
    // A place without a page is no place: its key does nothing.
    if (second && go[event.key]) return link(`.nav a[href="${go[event.key]}"]`);
    switch (event.key) {
      case "/": {
        const field = document.querySelector("[name=q]");
        event.preventDefault();
        if (field) field.focus(); else location.assign("/#q");
        break;
      }
      case "[": link("[data-period=previous]"); break;
      case "]": link("[data-period=next]"); break;
      case "g": waitsForSecond = Date.now(); break;
      case "?": event.preventDefault(); okrsync.dialog({ href: "/keys" }); break;
    }
  });
  if (location.hash === "#q") document.querySelector("[name=q]")?.focus();
})();
