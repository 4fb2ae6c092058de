// A marker on the chart that follows the pointer or the arrow keys; its numbers are those of the table below.
(() => {
  const NS = "http://www.w3.org/2000/svg";
  const ready = (plot) => {
    const rows = [...(plot.parentElement.querySelectorAll("[data-points] tbody tr") ?? [])].reverse();
    const drawing = [...plot.querySelectorAll("svg")].find((one) => one.getBoundingClientRect().width);
    const line = drawing?.querySelector(".line-actual")?.getAttribute("d");
    if (!rows.length || !line || plot.dataset.ready) return;
    plot.dataset.ready = "true";
    // "M40 266H98V242H141…": the days' places from left to right.
    const places = [...line.matchAll(/[MH]([\d.]+)/g)].map((found) => Number(found[1])).slice(0, rows.length);
    const cursor = document.createElementNS(NS, "line");
    cursor.classList.add("cursor");
    const [top, bottom] = ["y1", "y2"].map((name) => drawing.querySelector(".end").getAttribute(name));
    cursor.setAttribute("y1", top);
    cursor.setAttribute("y2", bottom);
    const tip = okrsync.make('<div class="tip num" hidden></div>');
    plot.append(tip);
    plot.tabIndex = 0;
    plot.setAttribute("role", "group");
    plot.setAttribute("aria-label", "Chart: arrow keys move through the days");
    let at = rows.length - 1;
    const show = (index) => {
      at = Math.max(0, Math.min(rows.length - 1, index));
      const [day, actual, expected] = [...rows[at].cells].map((cell) => cell.textContent);
      cursor.setAttribute("x1", places[at]);
      cursor.setAttribute("x2", places[at]);
      drawing.append(cursor);
      tip.textContent = `${day}: ${actual}, ${expected} expected`;
      tip.hidden = false;
      const scale = drawing.getBoundingClientRect().width / drawing.viewBox.baseVal.width;
      tip.style.left = `${Math.min(places[at] * scale + 16, plot.clientWidth - tip.offsetWidth - 8)}px`;
    };
    const hide = () => { cursor.remove(); tip.hidden = true; };
    plot.addEventListener("pointermove", (event) => {
      const box = drawing.getBoundingClientRect();
      const x = ((event.clientX - box.left) / box.width) * drawing.viewBox.baseVal.width;
      show(places.reduce((best, place, index) => (Math.abs(place - x) < Math.abs(places[best] - x) ? index : best), 0));
    });
    plot.addEventListener("pointerleave", hide);
    plot.addEventListener("focus", () => show(at));
    plot.addEventListener("blur", hide);
    plot.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1, Home: -rows.length, End: rows.length }[event.key];
      if (!step) return;
      event.preventDefault();
      show(at + step);
      okrsync.say(tip.textContent);
    });
  };
  const all = () => document.querySelectorAll("[data-chart]").forEach(ready);
  document.addEventListener("okrsync:swapped", all);
  all();
})();
