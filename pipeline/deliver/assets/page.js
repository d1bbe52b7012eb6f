"use strict";
(() => {
  const PAGE = 100;
  const data = JSON.parse(document.getElementById("data").textContent);
  const rows = data.rows;
  const $ = (id) => document.getElementById(id);
  const fields = ["q", "owner", "band", "tag"];
  const state = { q: "", owner: "", band: "", tag: "", sort: "health", dir: "ascending", list: "rank", listdir: "ascending", shown: PAGE };
  const kept = { ...state };
  const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
  const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

  rows.forEach((row) => { row.text = fold([row.name, row.id, row.owner, row.segment, ...(row.why || []), ...(row.tags || [])].join(" ")); });

  const day = (iso) => { const [y, m, d] = iso.split("-"); return `${Number(d)} ${MONTHS[m - 1]} ${y}`; };
  const signed = (points) => { const n = Math.round(points); return n > 0 ? `+${n}` : n < 0 ? `−${-n}` : "0"; };
  const exact = (points) => `${points < 0 ? "−" : "+"}${Math.abs(points).toFixed(1)}`;
  const money = (amount) => data.currency + Math.round(amount).toLocaleString("en-US");
  const percent = (share) => (share > 0 && share < 0.0095 ? `${(100 * share).toFixed(1)} %` : `${Math.round(100 * share)} %`);
  const known = (value, show) => (value === undefined ? "" : show(value));

  const make = (tag, attributes = {}, ...inside) => {
    const svg = ["svg", "rect", "text", "line", "title"].includes(tag);
    const element = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
    Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
    element.append(...inside);
    return element;
  };

  const fits = (row) =>
    (!state.owner || row.owner === state.owner) && (!state.band || row.band === state.band) &&
    (!state.tag || (row.tags || []).includes(state.tag)) && fold(state.q).split(/\s+/).every((word) => row.text.includes(word));

  const compare = (a, b, direction) => {
    const missing = (value) => value === undefined || value === "" || Number.isNaN(value);
    if (missing(a) || missing(b)) return missing(a) - missing(b);
    const order = typeof a === "string" ? a.localeCompare(b, "en", { sensitivity: "base", numeric: true }) : a - b;
    return direction === "descending" ? -order : order;
  };

  /* what stands behind one account: points by dimension, reasons, facts */
  const bars = (row) => {
    const parts = [["Starting point", row.base || 0], ...data.dimensions.map((name, at) => [name, row.points[at]])].filter(([, points]) => Math.abs(points) >= 0.05);
    const most = Math.max(10, ...parts.map(([, points]) => Math.abs(points)));
    const svg = make("svg", { class: "points", viewBox: `0 0 400 ${parts.length * 22 + 4}`, role: "img", "aria-label": parts.map(([name, points]) => `${name} ${exact(points)}`).join(", ") });
    svg.append(make("line", { x1: 250, x2: 250, y1: 0, y2: parts.length * 22 }));
    parts.forEach(([name, points], at) => {
      const width = (Math.abs(points) / most) * 95;
      svg.append(make("text", { class: "label", x: 0, y: at * 22 + 15 }, name));
      svg.append(make("rect", { class: points < 0 ? "cost" : "gain", x: points < 0 ? 250 - width : 250, y: at * 22 + 5, width, height: 12, rx: 2 }));
      svg.append(make("text", { x: 400, y: at * 22 + 15, "text-anchor": "end" }, exact(points)));
    });
    return svg;
  };

  const detail = (row, columns) => {
    const facts = make("dl", { class: "facts" });
    [["Account", row.id], ["Segment", row.segment], ["Owner", row.owner], ["Chance to leave", known(row.chance, percent)], ["Worth a year", known(row.arr, money)],
      ["Renewal", known(row.renewal, day)], ["Coverage", known(row.coverage, percent)], ["Signals", (row.tags || []).join(", ")]]
      .filter(([, value]) => value).forEach(([name, value]) => facts.append(make("dt", {}, name), make("dd", {}, value)));
    const reasons = make("ul", {}, ...(row.why || ["Nothing stands out."]).map((text) => make("li", {}, text)));
    const sum = make("p", {}, `60 and these points make ${row.score.toFixed(1)}${row.score !== row.health ? `, shown as ${Math.round(row.health)}` : ""}.`);
    const left = make("div", {}, make("h3", {}, "Where the points come from"), bars(row), sum);
    const right = make("div", {}, make("h3", {}, "Why"), reasons, facts);
    return make("tr", { class: "detail" }, make("td", { colspan: columns }, make("div", { class: "grid" }, left, right)));
  };

  const toggle = (button) => {
    const line = button.closest("tr");
    const isOpen = button.getAttribute("aria-expanded") === "true";
    button.setAttribute("aria-expanded", String(!isOpen));
    if (isOpen) line.nextElementSibling.remove();
    else line.after(detail(rows[line.dataset.place], line.children.length));
  };

  /* the lists */
  const line = (row, place) => {
    const cell = (text, kind) => make("td", kind ? { class: kind } : {}, text);
    const name = make("th", { scope: "row" }, make("button", { type: "button", class: "open", "aria-expanded": "false" }, row.name));
    if (row.segment) name.append(make("small", {}, row.segment));
    const health = make("td", {}, make("span", { class: `health ${row.band}` }, make("b", {}, String(Math.round(row.health))), ` ${data.bands[row.band]}`));
    return make("tr", { "data-place": place }, name, cell(row.owner || "", "wide"), health, cell(known(row.week, signed), "n wide"), cell(known(row.month, signed), "n wide"),
      cell(known(row.chance, percent), "n wide"), cell(known(row.arr, money), "n"), cell(known(row.renewal, day), "wide day"), cell((row.why || [""])[0], "wide"));
  };

  const mark = (table, sort, direction) => table.querySelectorAll("thead th").forEach((head) => {
    const button = head.querySelector("button");
    if (button && button.dataset.sort === sort) head.setAttribute("aria-sort", direction); else head.removeAttribute("aria-sort");
  });

  const showAll = () => {
    const found = rows.map((row, place) => [row, place]).filter(([row]) => fits(row));
    found.sort(([a], [b]) => compare(a[state.sort], b[state.sort], state.dir) || compare(a.name, b.name, "ascending"));
    $("all").tBodies[0].replaceChildren(...found.slice(0, state.shown).map(([row, place]) => line(row, place)));
    $("all-count").textContent = found.length === rows.length ? `${rows.length}` : `${found.length} of ${rows.length}`;
    $("all").hidden = !found.length; $("all-none").hidden = found.length > 0; $("more").hidden = found.length <= state.shown;
    $("more").textContent = `Show ${Math.min(PAGE, found.length - state.shown)} more`;
    mark($("all"), state.sort, state.dir);
  };

  const showCalls = () => {
    if (!$("calls")) return;
    $("calls").querySelectorAll(".detail").forEach((open) => { open.previousElementSibling.querySelector(".open").setAttribute("aria-expanded", "false"); open.remove(); });
    const body = $("calls").tBodies[0];
    const lines = [...body.rows];
    const value = (row) => (row.dataset[state.list] === "" ? undefined : Number(row.dataset[state.list]));
    lines.sort((a, b) => compare(value(a), value(b), state.listdir) || a.dataset.rank - b.dataset.rank);
    lines.forEach((row) => { row.hidden = !fits(rows[row.dataset.place] || { text: fold(row.textContent) }); });
    body.append(...lines);
    const count = lines.filter((row) => !row.hidden).length;
    $("act-count").textContent = count === lines.length ? `${count}` : `${count} of ${lines.length}`;
    $("act-none").hidden = count > 0; $("calls").hidden = !count;
    mark($("calls"), state.list, state.listdir);
  };

  const showLeaving = () => {
    if (!$("gone")) return;
    const lines = [...$("gone").tBodies[0].rows];
    const words = fold(state.q).split(/\s+/);
    lines.forEach((row) => { row.hidden = Boolean((state.owner && row.dataset.owner !== state.owner) || !words.every((word) => fold(row.textContent).includes(word))); });
    const count = lines.filter((row) => !row.hidden).length;
    $("gone").hidden = !count;
    $("leaving-count").textContent = count === lines.length ? `${count}` : `${count} of ${lines.length}`;
  };

  const show = () => { showCalls(); showLeaving(); showAll(); $("clear").hidden = fields.every((name) => !state[name]); };

  /* the address keeps the filters, so that a view can be sent to a colleague */
  const keep = () => {
    const address = new URLSearchParams();
    [...fields, "sort", "dir", "list", "listdir"].forEach((name) => { if (state[name] !== kept[name]) address.set(name, state[name]); });
    history.replaceState(null, "", `#${address}`);
  };
  const restore = () => {
    if (location.hash.length > 1 && !location.hash.includes("=")) return;
    const address = new URLSearchParams(location.hash.slice(1));
    [...fields, "sort", "dir", "list", "listdir"].forEach((name) => { state[name] = address.get(name) ?? kept[name]; });
    fields.forEach((name) => { $(name).value = state[name]; });
    show();
  };

  fields.forEach((name) => $(name).addEventListener("input", () => { state[name] = $(name).value; state.shown = PAGE; keep(); show(); }));
  $("filters").addEventListener("submit", (event) => event.preventDefault());
  $("filters").addEventListener("reset", () => { fields.forEach((name) => { state[name] = ""; }); keep(); show(); });
  $("more").addEventListener("click", () => { state.shown += PAGE; showAll(); });
  document.addEventListener("click", (event) => {
    const open = event.target.closest(".open");
    if (open) toggle(open);
    const button = event.target.closest("thead button");
    if (!button) return;
    const [sort, direction] = button.closest("table").id === "calls" ? ["list", "listdir"] : ["sort", "dir"];
    const turned = state[direction] === "ascending" ? "descending" : "ascending";
    state[direction] = state[sort] === button.dataset.sort ? turned : button.dataset.first || "ascending";
    state[sort] = button.dataset.sort;
    keep(); show();
  });
  window.addEventListener("hashchange", restore);
  show();
  restore();
})();
