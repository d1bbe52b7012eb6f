"use strict";
/* The charts on the page of an account, as Vega-Lite specifications. They share one time axis and one left margin. */
window.accountCharts = (() => {
  const { week, texts, fill, daysUntil, day } = window.app;
  const LEFT = 110;
  const shortDay = (iso) => day(iso).replace(/[\s.,/]*\d{4}$/, "");
  const soft = "var(--soft)";
  const DAY = 864e5;
  const from = Date.parse(week.asOf) - 364 * DAY;
  const month = new Intl.DateTimeFormat(week.locale, { month: "short", year: "2-digit", timeZone: "UTC" });
  /* days as numbers, with the labels of the axis given: a time scale would read them in the reader's own time zone */
  const timed = (rows) => rows.map((row) => ({ ...row, at: Date.parse(row.date) }));
  const axis = (ticks, label) => ({ grid: false, values: ticks, labelOverlap: "greedy", labelFlush: false,
    labelExpr: `${JSON.stringify(Object.fromEntries(ticks.map((tick) => [tick, label(tick)])))}[datum.value]` });
  const time = (end, start, marks) => ({ field: "at", type: "quantitative", title: null, scale: { domain: [start, end], zero: false, nice: false }, axis: marks });
  const monthly = (end) => {
    const first = new Date(from);
    const ticks = [...Array(26).keys()].map((at) => Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1 + at, 1)).filter((tick) => tick < end);
    return time(end, from, axis(ticks.filter((tick, at) => at % 2 === 0), (tick) => month.format(tick)));
  };
  const side = { minExtent: LEFT, maxExtent: LEFT };
  const base = (height, values) => ({ width: "container", height, data: { values: timed(values) }, autosize: { type: "fit-x", contains: "padding" } });

  /* the time axis reaches to the renewal where that is ahead */
  const until = (account) => {
    const ahead = account.renewal_date && daysUntil(account.renewal_date) > 0 && daysUntil(account.renewal_date) < 370 ? account.renewal_date : week.asOf;
    return Date.parse(ahead) + 10 * DAY;
  };

  /* from the first published week, or half a year back where there are more */
  const start = (rows) => Math.max(Date.parse(rows[0].date), Date.parse(week.asOf) - 182 * DAY) - 4 * DAY;
  const weekly = (rows) => {
    const dates = rows.map((row) => Date.parse(row.date)).filter((date) => date >= start(rows));
    return time(Date.parse(week.asOf) + 4 * DAY, start(rows), axis(dates, (tick) => shortDay(new Date(tick).toISOString().slice(0, 10))));
  };

  const health = (rows) => {
    const y = { field: "health", type: "quantitative", title: texts.columns.health, scale: { domain: [0, 104], nice: false }, axis: { ...side, values: [0, 20, 40, 60, 80, 100] } };
    const edge = (at, band) => ({ data: { values: [{ at }] }, mark: { type: "rule", strokeDash: [4, 4], color: `var(--${band}-bar)`, strokeWidth: 1.5 }, encoding: { y: { datum: at, type: "quantitative" } } });
    const changed = timed(rows.filter((row, at) => at && row.model !== rows[at - 1].model));
    const x = weekly(rows);
    return { ...base(170, rows), layer: [
      edge(week.red, "red"), edge(week.amber, "amber"),
      { data: { values: changed }, mark: { type: "rule", strokeDash: [1, 3], color: soft }, encoding: { x } },
      { mark: { type: "line", point: { filled: true, size: 34, color: "var(--focus)" }, clip: true }, encoding: { x, y } },
    ] };
  };

  /* points by dimension and week: colour says the direction, its strength the size */
  const heat = (weeks) => {
    const cells = weeks.flatMap((each) => week.dimensions.map((name, at) => ({ date: each.date, name, points: each.points[at] }))).filter((cell) => Number.isFinite(cell.points));
    const values = timed(cells).map((cell) => ({ ...cell, at: cell.at - 3.3 * DAY, to: cell.at + 3.3 * DAY, size: Math.abs(cell.points) }));
    return { ...base(week.dimensions.length * 20, []), data: { values }, mark: { type: "rect", clip: true }, encoding: {
      x: { ...weekly(weeks), axis: null }, x2: { field: "to" },
      y: { field: "name", type: "nominal", sort: null, title: null, axis: { ...side, grid: false } },
      color: { condition: { test: "datum.points < 0", value: "var(--red-bar)" }, value: "var(--green-bar)" },
      opacity: { field: "size", type: "quantitative", legend: null, scale: { domain: [0, 10], range: [0.04, 1], clamp: true } } } };
  };

  const points = (rows) => ({
    ...base(rows.length * 24, rows),
    encoding: { y: { field: "name", type: "nominal", sort: null, title: null, axis: { grid: false, minExtent: 130, maxExtent: 130 } } },
    layer: [
      { mark: { type: "rule", color: soft, strokeWidth: 1 }, encoding: { x: { datum: 0, type: "quantitative" }, y: null } },
      { mark: { type: "bar", height: 12, cornerRadius: 2 }, encoding: {
        x: { field: "points", type: "quantitative", title: texts.points, axis: { tickCount: 5, format: "+d", labelExpr: "datum.value === 0 ? '0' : datum.label" }, scale: { nice: true } },
        color: { condition: { test: "datum.points < 0", value: "var(--red-bar)" }, value: "var(--green-bar)" } } },
      ...(rows.some((row) => Number.isFinite(row.before)) ? [{ transform: [{ filter: "isValid(datum.before)" }],
        mark: { type: "tick", thickness: 2, size: 18, color: "var(--ink)" }, encoding: { x: { field: "before", type: "quantitative" } } }] : []),
    ],
  });

  const use = (rows, end) => ({
    ...base(110, rows.map((row) => ({ ...row, to: Date.parse(row.date) + 6 * DAY }))), mark: { type: "bar", color: "var(--focus)", opacity: 0.8, clip: true },
    encoding: { x: monthly(end), x2: { field: "to" },
      y: { field: "amount", type: "quantitative", title: fill(texts[`use_${week.useSpan}`], { unit: week.useUnit }), axis: { ...side, tickCount: 3, format: "~s" } }, y2: { datum: 0 } },
  });

  const LANES = ["ticket", "survey", "touch", "term"];
  const events = (rows, end, marks) => {
    const y = { field: "lane", type: "nominal", sort: null, title: null, scale: { domain: LANES.map((lane) => texts.lanes[lane]) }, axis: { ...side, grid: true, gridDash: [1, 4] } };
    const tones = ["plain", "bad", "fair", "good"];
    return { ...base(LANES.length * 34, rows), layer: [
      { mark: { type: "point", filled: true, size: 90, clip: true }, encoding: { x: monthly(end), y, opacity: { condition: { test: "datum.tone === 'plain'", value: 0.35 }, value: 0.95 },
        color: { field: "tone", type: "nominal", legend: null, scale: { domain: tones, range: [soft, "var(--red-bar)", "var(--amber-bar)", "var(--green-bar)"] } },
        shape: { field: "tone", type: "nominal", legend: null, scale: { domain: tones, range: ["circle", "triangle-down", "diamond", "circle"] } } } },
      { data: { values: timed(marks) }, mark: { type: "rule", color: "var(--ink)", strokeWidth: 1.5, strokeDash: [5, 3], clip: true }, encoding: { x: monthly(end) } },
      { data: { values: timed(marks) }, mark: { type: "text", align: "left", dx: 4, dy: -6, color: "var(--ink)", fontSize: 11, limit: 120, clip: false }, encoding: { x: monthly(end), y: { value: 0 }, text: { field: "name" } } },
    ] };
  };

  /* two by two: the edges stand in the middle, wherever they are on their scales */
  const loyalty = (satisfied, loyal) => {
    const edges = week.loyalty;
    const place = (value, edge) => value < edge ? 50 * value / edge : 50 + 50 * (value - edge) / (100 - edge);
    const side = (field, title, edge) => ({ field, type: "quantitative", title, scale: { domain: [0, 100], nice: false },
      axis: { values: [0, 50, 100], grid: false, labelExpr: `datum.value === 50 ? "${edge}" : datum.label` } });
    const x = side("x", texts.loyalty.satisfied, edges.satisfied), y = side("y", texts.loyalty.loyal, edges.loyal);
    const corners = [["hostage", 0, 50], ["loyalist", 50, 50], ["defector", 0, 0], ["mercenary", 50, 0]]
      .map(([key, x0, y0]) => ({ x: x0, y: y0, x2: x0 + 50, y2: y0 + 50, name: texts.loyalty.places[key], key }));
    /* each name in the outer corner, out of the way of the mark */
    const named = (right) => ({ data: { values: corners.filter((each) => (each.x === 50) === right).map((each) => ({ ...each, mx: right ? 98 : 2, my: each.y ? 94 : 6 })) },
      mark: { type: "text", color: "var(--ink)", fontSize: 12, align: right ? "right" : "left" }, encoding: { x: { ...x, field: "mx" }, y: { ...y, field: "my" }, text: { field: "name" } } });
    const at = { y: place(loyal, edges.loyal), ...(Number.isFinite(satisfied) ? { x: place(satisfied, edges.satisfied) } : {}) };
    const mark = Number.isFinite(satisfied)
      ? { mark: { type: "point", filled: true, size: 190, color: "var(--focus)", opacity: 1 }, encoding: { x, y } }
      : { mark: { type: "rule", strokeWidth: 2, strokeDash: [6, 4], color: "var(--focus)" }, encoding: { y } };
    return { width: "container", height: 260, autosize: { type: "fit-x", contains: "padding" }, data: { values: [at] }, layer: [
      { data: { values: corners }, mark: { type: "rect", stroke: "var(--line)", strokeWidth: 1 }, encoding: { x, y, x2: { field: "x2" }, y2: { field: "y2" },
        color: { field: "key", type: "nominal", legend: null, scale: { domain: ["hostage", "loyalist", "defector", "mercenary"], range: ["var(--amber-bg)", "var(--green-bg)", "var(--red-bg)", "var(--amber-bg)"] } } } },
      named(false), named(true), mark,
    ] };
  };

  const part = (type) => new Intl.NumberFormat(week.locale, { useGrouping: true }).formatToParts(12345.6).find((each) => each.type === type)?.value ?? "";
  const formatLocale = { decimal: part("decimal"), thousands: part("group"), grouping: [3], currency: ["", ""] };

  /* drawn without evaluating code, and without a style of its own: the page's policy allows neither */
  const draw = (place, spec, label) => window.vegaEmbed(place, { $schema: "https://vega.github.io/schema/vega-lite/v6.json", config: week.chart, ...spec },
    { formatLocale, ast: true, renderer: "svg", actions: false, defaultStyle: false, tooltip: false, hover: false }).then(() => {
    const svg = place.querySelector("svg");
    svg.querySelectorAll("[role^=graphics]").forEach((mark) => { mark.removeAttribute("role"); mark.removeAttribute("aria-roledescription"); });
    /* the drawing is named by what it shows, once; Vega names its place as well, in English */
    ["role", "aria-roledescription", "aria-label"].forEach((name) => place.removeAttribute(name));
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", label);
  });

  return { health, heat, points, use, events, loyalty, until, draw };
})();
