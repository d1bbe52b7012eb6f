"use strict";
/* The lists: one table, filled with the accounts of the chosen list; every choice is kept in the address. */
(() => {
  const { week, texts, fill, fold, known, make, small, sentence, badge, chip, tagged, decision, day, daysUntil, signed, percent, money, whole, address } = window.app;
  const $ = (id) => document.getElementById(id);
  const PAGE = 50;
  const FILTERS = ["owner", "band", "segment"];
  const accounts = window.app.accounts();
  const most = window.app.most(accounts);
  const lists = new Map(week.lists.map((list) => [list.key, list]));
  const first = week.lists[0].key;
  let state, table, shownList;

  accounts.forEach((account) => {
    account.text = fold([account.name, account.id, account.owner, account.segment, account.play, account.contact, ...account.why, ...account.tags.map(tagged)].filter(known).join(" "));
    if (known(account.churn_probability) && known(account.arr)) account.stake = account.churn_probability * account.arr;
  });

  const members = {
    act: (account) => known(account.rank),
    leaving: (account) => account.gone === 1,
    resting: (account) => account.held === 1,
    all: (account) => account.gone !== 1,
    signal: (account, list) => account.tags.includes(list.tag),
  };
  const isMember = (account, list) => members[list.kind](account, list);
  const fits = (account) => FILTERS.every((name) => !state[name] || account[name] === state[name]);

  /* ---- what stands in each column: how it looks, and what it is sorted by ---- */
  const leads = (id) => `account.html#${new URLSearchParams({ id, from: written().slice(1) })}`;
  const link = (account) => make("a", { href: leads(account.id), class: "open", "data-id": account.id }, account.name);
  const stack = (...parts) => { const cell = make("div", { class: "cell" }); cell.append(...parts.filter(Boolean)); return cell; };
  const listed = (account) => {
    if (!account.status) return null;
    const weeks = account.weeks_listed > 1 ? ` ${fill(texts.listed, { weeks: account.weeks_listed })}` : "";
    const standing = known(texts.listed_for[account.listed_for]) ? ` ${texts.listed_for[account.listed_for]}` : "";
    return make("small", {}, chip(texts.status[account.status], `status ${account.status}`), [standing, weeks].filter(Boolean).join(","));
  };
  const who = (account) => stack(link(account), small([account.owner, account.segment].filter(known).join(" · ")), listed(account));
  const how = (account) => stack(badge(account), known(account.behaviour) && small(fill(texts.behaviour, { health: whole(account.behaviour) })), known(account.override) && small(`${texts.overridden}: ${account.override}`),
    known(account.change_1w) && small([fill(texts.in_week, { change: signed(account.change_1w) }), known(account.by_model) && fill(texts.by_model, { change: signed(account.by_model) })].filter(Boolean).join(", ")),
    known(account.change_4w) && small(fill(texts.in_month, { change: signed(account.change_4w) })));
  const stake = (account) => stack(
    known(account.arr) ? make("p", { class: "amount" }, `${money(account.arr)} `, make("small", { class: "inline" }, texts.a_year)) : small(texts.worth_unknown),
    known(account.churn_probability) && small(fill(texts.chance, { share: percent(account.churn_probability), verb: week.verb })),
    known(account.decide_by) && decision(account.decide_by),
    known(account.renewal_date) && small(fill(texts.renews, { day: day(account.renewal_date) })));
  /* in the list of a signal first what makes it true */
  const isNew = (text, at, all) => !all.slice(0, at).some((told) => told.includes(text.split("; ")[0]));
  const reasons = (account) => [account.told?.[lists.get(state.list).tag], ...account.why].filter(known).filter(isNew);
  const why = (account) => stack(
    make("ul", { class: "reasons" }, ...(reasons(account).length ? reasons(account) : [texts.nothing]).map((text) => make("li", {}, sentence(text)))),
    account.tags.length > 0 && make("p", { class: "tags" }, ...account.tags.filter((tag) => tag !== lists.get(state.list).tag).flatMap((tag) => [chip(tagged(tag)), " "])));
  const firstTip = (tips) => {
    const [tip, ...more] = tips.split("\n");
    return fill(more.length ? texts.tip_more : texts.tip, { tip, count: more.length });
  };
  const now = (account) => stack(
    known(account.play) && make("p", {}, account.play),
    known(account.play_due) && small(fill(texts.due, { role: account.play_role, day: day(account.play_due) })),
    (known(account.contact) || known(account.last_touch)) && small([account.contact, known(account.last_touch) && fill(texts.touch, { day: day(account.last_touch) })].filter(Boolean).join(", ")),
    account.open_urgent_tickets > 0 && small(account.open_urgent_tickets === 1 ? texts.ticket : fill(texts.tickets, { count: account.open_urgent_tickets }), "near"),
    known(account.set_aside) && small(fill(texts.rests, { day: day(account.rests_until), why: account.set_aside })),
    known(account.tips) && small(firstTip(account.tips)),
    known(account.url) && make("small", { class: "screen" }, make("a", { href: account.url, rel: "noopener noreferrer" }, texts.crm)));
  const plain = (show) => (account) => document.createTextNode(show(account) ?? "");
  const ends = (account) => stack(document.createTextNode(known(account.ends_at) ? day(account.ends_at) : ""),
    known(account.days_left) && small(texts.left_soon[account.days_left] ?? fill(texts.left_in, { days: whole(account.days_left) })));

  const shortly = (iso) => daysUntil(iso) < 0 ? make("span", { class: "passed" }, fill(texts.passed_short, { day: day(iso) })) : make("span", daysUntil(iso) <= 14 ? { class: "near" } : {}, day(iso));

  const text = (name) => ({ show: plain((account) => account[name]), by: (account) => account[name] });
  const figure = (name, show) => ({ show: plain((account) => known(account[name]) ? show(account[name]) : ""), by: (account) => account[name], kind: "n" });
  const COLUMNS = {
    rank: { ...figure("rank", whole), kind: "rank" },
    account: { show: who, by: (account) => account.name, kind: "who" },
    name: { show: (account) => stack(link(account), small([account.gone ? "" : account.owner, account.segment].filter(known).join(" · "))), by: (account) => account.name, kind: "who" },
    health: { show: how, by: (account) => account.health, kind: "how" },
    score: { show: badge, by: (account) => account.health },
    stake: { show: stake, by: (account) => account.stake ?? account.arr, down: true, kind: "stake" },
    why: { show: why, by: (account) => account.why[0], fixed: true, kind: "why" },
    now: { show: now, by: (account) => account.play_due, kind: "now" },
    owner: text("owner"),
    week: figure("change_1w", signed), month: figure("change_4w", signed),
    chance: { ...figure("churn_probability", percent), down: true }, worth: { ...figure("arr", money), down: true },
    decide: { show: (account) => known(account.decide_by) ? shortly(account.decide_by) : document.createTextNode(""), by: (account) => account.decide_by, kind: "day" },
    renewal: { show: plain((account) => known(account.renewal_date) ? day(account.renewal_date) : ""), by: (account) => account.renewal_date, kind: "day" },
    first: { show: plain((account) => account.why.length ? sentence(account.why[0]) : ""), by: (account) => account.why[0], kind: "first-reason", fixed: true },
    notice: { show: plain((account) => known(account.notice_at) ? day(account.notice_at) : ""), by: (account) => account.notice_at },
    ends: { show: ends, by: (account) => account.ends_at, kind: "day" },
    contact: text("contact"),
    aside: { show: plain((account) => sentence(account.set_aside)), by: (account) => account.set_aside },
    until: { show: plain((account) => day(account.rests_until)), by: (account) => account.rests_until, kind: "day" },
  };
  const LABELS = { name: "account", score: "health" };
  const SHOWN = {
    act: ["rank", "account", "health", "stake", "why", "now"],
    signal: ["account", "health", "stake", "why", "now"],
    leaving: ["name", "owner", "worth", "notice", "ends", "contact"],
    resting: ["name", "score", "worth", "aside", "until", "first"],
    all: ["name", "score", "week", "month", "chance", "worth", "decide", "renewal", "first"],
  };
  const ORDER = { act: ["rank", "asc"], signal: ["stake", "desc"], leaving: ["ends", "asc"], resting: ["until", "asc"], all: ["score", "asc"] };
  const label = (name) => texts.columns[LABELS[name] ?? name];

  /* ---- the address ---- */
  const columnsOf = (list) => SHOWN[list.kind].filter((name) => accounts.length === 0 || name !== "chance" || accounts.some((account) => known(account.churn_probability)));
  const restore = () => {
    const asked = address();
    const list = lists.has(asked.get("list")) ? asked.get("list") : first;
    const [sort, dir] = ORDER[lists.get(list).kind];
    state = { list, q: asked.get("q") ?? "", sort: asked.get("sort") ?? sort, dir: asked.get("dir") ?? (asked.get("sort") ? "asc" : dir), page: Number(asked.get("page") ?? 1) };
    FILTERS.forEach((name) => { state[name] = asked.get(name) ?? ""; });
    if (!columnsOf(lists.get(list)).includes(state.sort)) [state.sort, state.dir] = [sort, dir];
  };
  const written = (changes = {}) => {
    const wanted = { ...state, ...changes };
    const [sort, dir] = ORDER[lists.get(wanted.list).kind];
    const result = new URLSearchParams({ list: wanted.list });
    ["q", ...FILTERS].forEach((name) => { if (wanted[name]) result.set(name, wanted[name]); });
    if (wanted.sort !== sort || wanted.dir !== dir) { result.set("sort", wanted.sort); result.set("dir", wanted.dir); }
    if (wanted.page > 1) result.set("page", wanted.page);
    return `#${result}`;
  };
  const keep = () => history.replaceState(null, "", written());

  /* ---- menus ---- */
  const options = (select, values, shown = (value) => value) => {
    const blank = select.querySelector("option[value='']");
    select.replaceChildren(...(blank ? [blank] : []), ...values.map((value) => make("option", { value }, shown(value))));
  };
  const valuesOf = (name) => [...new Set(accounts.map((account) => account[name]).filter(known))].sort((a, b) => a.localeCompare(b, week.locale));
  const counts = () => new Map(week.lists.map((list) => [list.key, accounts.filter((account) => isMember(account, list) && fits(account)).length]));
  const menus = () => {
    const found = counts();
    const item = (list) => make("li", {}, make("a", { href: written({ list: list.key, ...Object.fromEntries(["sort", "dir"].map((name, at) => [name, ORDER[list.kind][at]])), page: 1, q: "" }), ...(list.key === state.list ? { "aria-current": "page" } : {}), "data-list": list.key },
      make("span", {}, list.title), make("span", { class: "count" }, whole(found.get(list.key)))));
    const group = ([key, title]) => [make("h2", {}, title), make("ul", {}, ...week.lists.filter((list) => list.group === key).map(item))];
    $("lists").replaceChildren(...Object.entries(week.groups).flatMap(group));
    options($("list"), [...lists.keys()], (key) => `${lists.get(key).title} (${whole(found.get(key))})`);
    $("list").value = state.list;
  };

  /* ---- the table ---- */
  const missingLast = (direction) => (a, b) => (a === b ? 0 : a === "" ? 1 : b === "" ? -1 : (typeof a === "string" ? a.localeCompare(b, week.locale, { numeric: true }) : a - b) * direction);
  DataTable.ext.type.order["kept-asc"] = missingLast(1);
  DataTable.ext.type.order["kept-desc"] = missingLast(-1);
  const column = (name) => ({
    title: label(name), data: null, type: "kept", orderable: !COLUMNS[name].fixed, className: COLUMNS[name].kind ?? "",
    orderSequence: COLUMNS[name].down ? ["desc", "asc"] : ["asc", "desc"],
    render: (data, purpose, account) => purpose === "display" ? COLUMNS[name].show(account) : COLUMNS[name].by(account) ?? "",
    createdCell: (cell) => cell.setAttribute("data-label", label(name)),
  });
  const wanted = (account) => fits(account) && fold(state.q).split(/\s+/).every((word) => account.text.includes(word));

  const turn = { previous: texts.previous, next: texts.next };
  const build = (list) => {
    if (table) table.destroy();
    const names = columnsOf(list);
    const own = accounts.filter((account) => isMember(account, list));
    const element = make("table", { class: `rows ${list.kind}` }, make("caption", { class: "unseen" }, list.title));
    $("table").replaceChildren(element);
    table = new DataTable(element, {
      data: own, columns: names.map(column), order: [[names.indexOf(state.sort), state.dir]], pageLength: PAGE, autoWidth: false, deferRender: true,
      layout: { topStart: null, topEnd: null, bottomStart: null, bottomEnd: "paging" }, orderMulti: false,
      language: { emptyTable: texts.empty, zeroRecords: [texts.none, most].filter(Boolean).join(" "), paginate: { first: "", last: "", ...turn },
        aria: { orderable: ": ", orderableReverse: `: ${texts.sort_reverse}`, orderableRemove: `: ${texts.sort_remove}`, paginate: turn } },
      pagingType: "simple_numbers",
      drawCallback() {
        const container = this.api().table().container();
        container.querySelector(".dt-paging nav")?.setAttribute("aria-label", texts.page);
        container.querySelector(".dt-paging").hidden = this.api().page.info().pages < 2;
        container.querySelectorAll("a.open").forEach((anchor) => { anchor.href = leads(anchor.dataset.id); });
      },
    });
    table.search.fixed("wanted", (text, account) => wanted(account));
    table.on("order", () => { const [[at, dir]] = table.order(); if (names[at] !== state.sort || dir !== state.dir) { state.sort = names[at]; state.dir = dir; $("sort").value = names[at]; keep(); } });
    table.on("page", () => { state.page = table.page() + 1; keep(); scrollTo({ top: 0 }); });
    options($("sort"), names.filter((name) => !COLUMNS[name].fixed), (name) => (name === "rank" ? texts.in_order : label(name)));
    shownList = list.key;
  };

  const show = () => {
    const list = lists.get(state.list);
    if (shownList !== list.key) build(list);
    else table.order([[columnsOf(list).indexOf(state.sort), state.dir]]);
    table.draw();
    if (state.page > 1) table.page(Math.min(state.page, table.page.info().pages) - 1).draw("page");
    const { recordsDisplay, recordsTotal } = table.page.info();
    const counted = recordsDisplay !== recordsTotal ? texts.count : recordsTotal === 1 ? texts.count_one : texts.count_all;
    $("count").textContent = fill(counted, { shown: whole(recordsDisplay), all: whole(recordsTotal) });
    $("title").textContent = list.title;
    $("lead").textContent = list.tip ? `${list.lead} ${list.tip}` : list.lead;
    document.title = [list.title, state.owner, `${week.company}, ${day(week.asOf)}`].filter(known).join(" · ");
    $("q").value = state.q; $("sort").value = state.sort;
    FILTERS.forEach((name) => { $(name).value = state[name]; });
    $("clear").hidden = !state.q && FILTERS.every((name) => !state[name]);
    document.querySelectorAll(".only-at-risk").forEach((note) => { note.hidden = list.kind !== "act"; });
    menus();
  };

  const change = (changes) => { Object.assign(state, changes, { page: 1 }); keep(); show(); };
  options($("owner"), valuesOf("owner")); options($("segment"), valuesOf("segment"));
  options($("band"), ["red", "amber", "green"], (band) => texts.bands[band]);
  FILTERS.forEach((name) => $(name).addEventListener("change", () => change({ [name]: $(name).value })));
  $("q").addEventListener("input", () => change({ q: $("q").value }));
  $("sort").addEventListener("change", () => change({ sort: $("sort").value, dir: COLUMNS[$("sort").value].down ? "desc" : "asc" }));
  $("list").addEventListener("change", () => { location.hash = written({ list: $("list").value, q: "", page: 1, ...Object.fromEntries(["sort", "dir"].map((name, at) => [name, ORDER[lists.get($("list").value).kind][at]])) }); });
  $("filters").addEventListener("submit", (event) => event.preventDefault());
  $("filters").addEventListener("reset", (event) => { event.preventDefault(); change({ q: "", owner: "", band: "", segment: "" }); });
  window.addEventListener("hashchange", () => { restore(); show(); });
  window.addEventListener("beforeprint", () => table.page.len(-1).draw());
  window.addEventListener("afterprint", () => table.page.len(PAGE).draw());
  $("most").textContent = most;
  $("most").hidden = !most;
  restore(); show();
})();
