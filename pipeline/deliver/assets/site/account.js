"use strict";
/* The page of one account. Its row comes with the lists; its history from the file that holds it and a few others. */
(() => {
  const { week, texts, fill, known, make, small, sentence, badge, chip, tagged, decision, day, daysUntil, signed, exact, percent, money, number, whole, address, load } = window.app;
  const charts = window.accountCharts;
  const root = document.getElementById("account");
  const accounts = window.app.accounts();
  const most = window.app.most(accounts);

  const section = (title, ...inside) => make("section", {}, make("h2", {}, ...[title].flat()), ...inside);
  const list = (items) => make("ul", { class: "reasons" }, ...items.map((text) => make("li", {}, sentence(text))));
  const table = (heads, rows) => make("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": heads.join(", ") }, make("table", { class: "plain" },
    make("thead", {}, make("tr", {}, ...heads.map((head, at) => make("th", at ? { scope: "col", class: "n" } : { scope: "col" }, head)))),
    make("tbody", {}, ...rows.map((row) => make("tr", {}, ...row.map((cell, at) => at ? make("td", { class: "n" }, cell) : make("th", { scope: "row" }, cell)))))));
  const folded = (title, inside) => make("details", {}, make("summary", {}, title), inside);
  const pending = [];
  const figure = (spec, label, ...inside) => {
    const place = make("div", { class: "drawing" });
    pending.push(() => charts.draw(place, spec, label));
    return make("figure", { class: "card" }, place, ...inside);
  };

  /* ---- parts of the page ---- */
  const heading = (account) => {
    const facts = [
      known(account.arr) && `${money(account.arr)} ${texts.a_year}`,
      known(account.churn_probability) && fill(texts.chance, { share: percent(account.churn_probability), verb: week.verb }),
      known(account.renewal_date) && fill(texts.renews, { day: day(account.renewal_date) }),
      known(account.ends_at) && fill(texts.ends_on, { day: day(account.ends_at) }),
      known(account.days_left) && (texts.left_soon[account.days_left] ?? fill(texts.left_in, { days: whole(account.days_left) })),
    ].filter(Boolean);
    const moves = [["change_1w", "in_week"], ["change_4w", "in_month"]].filter(([name]) => known(account[name])).map(([name, key]) => fill(texts[key], { change: signed(account[name]) }));
    return make("header", { class: "account" },
      make("p", { class: "eyebrow" }, [account.owner, account.segment].filter(known).join(" · ")),
      make("h1", {}, account.name),
      make("p", { class: "state" }, known(account.health) ? badge(account) : "", account.gone ? chip(texts.leaving, "status leaving") : "", known(account.behaviour) ? ` (${fill(texts.behaviour, { health: whole(account.behaviour) })}) ` : " ", known(account.status) ? chip(texts.status[account.status], `status ${account.status}`) : "", known(texts.listed_for[account.listed_for]) ? ` ${texts.listed_for[account.listed_for]},` : "", ` ${moves.join(", ")}`),
      make("p", { class: "lead" }, facts.join(" · "), known(account.decide_by) ? make("span", {}, facts.length ? " · " : "", decision(account.decide_by)) : ""),
      known(account.override) ? make("p", { class: "note" }, `${texts.overridden}: ${account.override}`) : "");
  };

  /* of those who leave: that they said so, and why, where they said that too */
  const leaving = (account, story) => {
    const reason = (story.notices ?? []).map(([, stated]) => stated).find(known);
    return [known(account.notice_at) ? fill(texts.gave_notice, { day: day(account.notice_at) }) : texts.gave_notice_once, reason ? fill(texts.stated, { reason }) : texts.stated_none];
  };

  const todo = (account, story) => {
    const play = account.gone ? week.leavingPlay : account.play;
    const why = account.gone ? leaving(account, story) : account.why;
    const tips = new Map(week.lists.filter((each) => each.tag).map((each) => [each.tag, each]));
    const facts = make("dl", { class: "facts" });
    const fact = (name, value) => { if (known(value)) facts.append(make("dt", {}, name), make("dd", {}, value)); };
    fact(texts.columns.contact, account.contact);
    fact(texts.last_touch, known(account.last_touch) ? day(account.last_touch) : "");
    fact(texts.urgent, account.open_urgent_tickets > 0 ? (account.open_urgent_tickets === 1 ? texts.ticket : fill(texts.tickets, { count: account.open_urgent_tickets })) : "");
    fact(texts.coverage, known(account.coverage) ? fill(texts.coverage_told, { share: percent(account.coverage) }) : "");
    if (known(account.url)) fact("CRM", make("a", { href: account.url, rel: "noopener noreferrer" }, texts.crm));
    return make("div", { class: "halves" },
      section(texts.why_title, list(why.length ? why : [texts.nothing]),
        account.tags.length ? make("ul", { class: "signals" }, ...account.tags.map((tag) => make("li", {}, chip(tagged(tag)), " ", account.told?.[tag] ? `${sentence(account.told[tag])}. ` : "", small(tips.get(tag)?.tip ?? "", "inline")))) : ""),
      section(texts.play_title, known(play) ? make("p", { class: "amount" }, play) : make("p", {}, texts.nothing),
        known(account.play_due) ? make("p", {}, fill(texts.due, { role: account.play_role, day: day(account.play_due) })) : "",
        known(account.set_aside) ? make("p", { class: "note" }, sentence(fill(texts.rests, { day: day(account.rests_until), why: account.set_aside }))) : "",
        facts, known(account.tips) ? make("div", { class: "tips" }, make("h3", {}, texts.tips), make("ul", {}, ...account.tips.split("\n").map((tip) => make("li", {}, sentence(tip))))) : ""));
  };

  const row = (values) => ({ date: values[0], health: values[1], model: values[2], base: values[3], points: values.slice(4) });
  const lastWeek = (weeks) => weeks.find((each) => daysUntil(each.date) === -7);

  /* by whom the score moved: the customer, the model or the configuration; the parts add up to the change */
  const movers = (parts) => Object.keys(texts.movers).flatMap((what) => {
    const own = parts.filter(([who, , points]) => who === what && Math.abs(points) >= 0.05);
    if (!own.length) return [];
    const total = (rows) => rows.reduce((sum, [, , points]) => sum + points, 0);
    const calendar = what === "customer" ? total(own.filter(([, name]) => name === "timing")) : 0;
    const part = calendar ? fill(texts.calendar_part, { points: exact(calendar) }) : "";
    return [make("p", { class: "mover" }, make("b", {}, sentence(texts.movers[what])), ` ${exact(total(own))}${part}`),
      make("ul", { class: "moves" }, ...own.sort((a, b) => Math.abs(b[2]) - Math.abs(a[2])).map(([, name, points]) => make("li", {}, make("b", { class: points < 0 ? "down" : "up" }, exact(points)), ` ${dimension(name)}`)))];
  });
  /* what belongs to no dimension is the base that all accounts share */
  const dimension = (name) => known(name) ? week.names[name] ?? sentence(name) : texts.base;

  /* the parts add up to what the score behind health moved; health itself ends at 0 and 100 */
  const ends = (account, parts, now, then) => {
    const points = parts.reduce((sum, [, , each]) => sum + each, 0), change = account.change_1w ?? (now && then ? now.health - then.health : points);
    return Math.abs(points - change) < 0.05 ? "" : make("p", {}, fill(texts.changed_score, { points: exact(points), change: exact(change) }));
  };

  const moved = (account, weeks, movedBy) => {
    const now = weeks.at(-1), then = lastWeek(weeks);
    if (movedBy) return section(texts.changed_title, ends(account, movedBy, now, then), ...movers(movedBy));
    if (!now || !then) return section(texts.changed_title, make("p", {}, texts.changed_none));
    const parts = week.dimensions.map((name, at) => [name, now.points[at] - then.points[at]]).filter(([, points]) => Math.abs(points) >= 0.5)
      .sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]));
    return section(texts.changed_title, make("p", {}, fill(texts.changed_sum, { change: exact(account.change_1w ?? now.health - then.health) }), now.model !== then.model ? ` ${texts.model_changed}` : ""),
      parts.length ? make("ul", { class: "moves" }, ...parts.map(([name, points]) => make("li", {}, make("b", { class: points < 0 ? "down" : "up" }, exact(points)), ` ${name}`))) : make("p", {}, texts.changed_still));
  };

  const madeUp = (account, weeks) => {
    const now = weeks.at(-1), then = lastWeek(weeks);
    if (!now) return "";
    const rows = [{ name: texts.base, points: now.base, before: then?.base }, ...week.dimensions.map((name, at) => ({ name, points: now.points[at], before: then?.points[at] }))].filter((each) => known(each.points));
    const score = number(Math.round(account.score * 10) / 10);
    const sum = Math.abs(account.score - account.health) < 0.05 ? fill(texts.points_sum, { score }) : fill(texts.points_shown, { score, health: number(account.health) });
    const told = [fill(texts.points_told, { sum }), then && texts.points_before].filter(Boolean).join(" ");
    const calendar = known(account.behaviour) ? make("p", {}, fill(account.behaviour > account.health ? texts.behaviour_told : texts.behaviour_gives, { health: whole(account.behaviour) })) : "";
    return section(texts.points_title, make("p", { class: "hint" }, told), calendar, figure(charts.points(rows), told,
      folded(texts.figures, table([texts.points, texts.now, texts.then], rows.map((each) => [each.name, exact(each.points), known(each.before) ? exact(each.before) : ""])))));
  };

  const overTime = (account, weeks) => {
    const told = fill(texts.health_told, { red: number(week.red), amber: number(week.amber) });
    const heads = [texts.date, texts.columns.health, ...week.dimensions];
    const rows = [...weeks].reverse().map((each) => [day(each.date), number(Math.round(each.health)), ...each.points.map((points) => known(points) ? exact(points) : "")]);
    return section(texts.health_title, make("p", { class: "hint" }, told), figure(charts.health(weeks), told), figure(charts.heat(weeks), texts.heat, make("p", { class: "hint" }, texts.heat), folded(texts.points_week, table(heads, rows))));
  };

  const SURVEYS = { nps: [(score) => number(score), 6, 8], csat: [percent, 0.5, 0.79], ces: [percent, 0.4, 0.7] };
  const answer = ([asked, kind, answered, score, comment]) => {
    const [shown, bad, fair] = SURVEYS[kind] ?? [number, 0, 0];
    const name = kind.toUpperCase();
    if (!known(score)) return { date: asked, kind: "survey", tone: "plain", what: fill(texts.survey_none, { kind: name }) };
    const said = fill(kind === "ces" ? texts.survey_ease : texts.survey_answer, { kind: name, score: shown(score) });
    return { date: answered ?? asked, kind: "survey", tone: score <= bad ? "bad" : score <= fair ? "fair" : "good", what: known(comment) ? `${said}: ${comment}` : said };
  };
  const ticket = ([at, priority, category, solved]) => {
    const what = [priority, category ?? texts.ticket_plain].filter(known).join(" ");
    return { date: at, kind: "ticket", tone: priority === "urgent" ? "bad" : priority === "high" ? "fair" : "plain", what: known(solved) ? fill(texts.ticket_solved, { what, day: day(solved) }) : fill(texts.ticket_open, { what }) };
  };
  const contact = ([at, channel, author]) => ({ date: at, kind: "touch", tone: "plain", what: [channel, author].filter(known).join(", ") || texts.kinds.touch });
  const shownTerm = (what, value) => what === "revenue" ? money(value) : what === "renewal" && /^\d{4}-/.test(value) ? day(value) : typeof value === "number" ? number(value) : value ?? "";
  const term = ([at, what, was, now]) => ({ date: at, kind: "term", tone: typeof was === "number" && typeof now === "number" ? (now < was ? "bad" : "good") : "plain",
    what: fill(texts.terms[what], { was: shownTerm(what, was), now: shownTerm(what, now) }) });

  const legend = () => make("p", { class: "legend" }, ...texts.legend.split("; ").flatMap((text, at) => [make("span", { class: ["red", "amber", "green"][at] }, "▼◆●"[at]), ` ${text}  `]));
  const timeline = (account, story) => {
    const events = [...(story.tickets ?? []).map(ticket), ...(story.surveys ?? []).map(answer), ...(story.touches ?? []).map(contact), ...(story.terms ?? []).map(term)]
      .filter((event) => event.date).map((event) => ({ ...event, lane: texts.lanes[event.kind] })).sort((a, b) => b.date.localeCompare(a.date));
    if (!events.length && !story.use) return section(texts.timeline_title, make("p", {}, texts.timeline_none));
    const use = (story.use ?? []).map(([date, amount]) => ({ date, amount }));
    const marks = [["renewal_date", "renewal_ahead"], ["decide_by", "decide_ahead"]].filter(([name]) => known(account[name]) && daysUntil(account[name]) >= 0 && Date.parse(account[name]) < charts.until(account))
      .map(([name, key]) => ({ date: account[name], name: texts[key] }));
    const end = charts.until(account);
    const rows = events.map((event) => [day(event.date), texts.kinds[event.kind], event.what]);
    const label = fill(texts[`use_${week.useSpan}`], { unit: week.useUnit });
    return section(texts.timeline_title, make("p", { class: "hint" }, texts.timeline_told),
      use.length ? figure(charts.use(use, end), label) : "",
      figure(charts.events(events, end, marks.slice(0, 1)), texts.timeline_told, legend(),
        folded(`${texts.events} (${events.length})`, table([texts.date, texts.kind, texts.what], rows)),
        use.length ? folded(label, table([texts.date, week.useUnit], [...use].reverse().map((each) => [day(each.date), number(each.amount)]))) : ""));
  };

  /* why the chance no longer grows from some day on, where it is shown as the same */
  const level = (account, by) => {
    const last = by.at(-1), told = (days) => percent(account[`churn_${days}d`]);
    const first = by.find((days) => told(days) === told(last));
    if (first === last) return "";
    const term = known(account.renewal_date) && daysUntil(account.renewal_date) >= first && daysUntil(account.renewal_date) < last;
    return make("p", {}, fill(term ? texts.odds_flat_term : texts.odds_flat, { first, last }));
  };

  /* when, not only whether: the chance to have left by some days, as far as the data reach */
  const odds = (account) => {
    const by = [30, 60, 90, 180].filter((days) => known(account[`churn_${days}d`]));
    if (!by.length) return "";
    const figures = make("dl", { class: "figures odds" }, ...by.map((days) => make("div", {}, make("dt", {}, fill(texts.odds_days, { days })), make("dd", {}, percent(account[`churn_${days}d`])))));
    const weeks = known(account.weeks_to_leaving) ? fill(texts.odds_weeks, { weeks: whole(account.weeks_to_leaving) }) : fill(texts.odds_stay, { days: by.at(-1) });
    return section(texts.odds_title, make("p", { class: "hint" }, fill(texts.odds_told, { verb: week.verb })), figures, make("p", {}, weeks), level(account, by));
  };

  /* what ties the account and how it stands, each with its evidence; marked as inferred */
  const loyalty = (story) => {
    const [row] = story.loyalty ?? [];
    if (!row) return "";
    const [type, ties, stage, satisfied, loyal, place] = row;
    const evidence = new Map(story.evidence ?? []);
    const words = texts.loyalty;
    const facts = make("dl", { class: "facts evidence" });
    const fact = (name, value, key) => facts.append(make("dt", {}, name),
      make("dd", {}, make("b", {}, value), evidence.has(key) ? small(sentence(evidence.get(key))) : ""));
    (known(ties) ? ties.split("; ") : [type].filter(known)).forEach((each, at) => fact(words[at ? "also" : "type"], words.types[each] ?? each, each));
    fact(words.stage, known(stage) ? words.stages[stage] : words.unknown, "stage");
    // why it is not known is all there is to say
    if (known(satisfied)) fact(words.satisfied, fill(words.of, { value: whole(satisfied) }), "satisfaction");
    else fact(words.satisfied, sentence(evidence.get("satisfaction") ?? words.unknown));
    if (known(loyal)) fact(words.loyal, fill(words.of, { value: whole(loyal) }), "loyalty");
    const told = known(place) ? fill(words.placed, { place: words.places[place], told: words.places_told[place] }) : words.unplaced;
    return section([words.title, " ", chip(words.inferred)], make("p", { class: "hint" }, words.told), make("div", { class: "halves" }, facts,
      known(loyal) ? figure(charts.loyalty(satisfied, loyal), told, make("p", { class: "hint" }, told)) : ""));
  };

  /* ---- put together ---- */
  const show = async () => {
    const id = address().get("id");
    const account = accounts.find((each) => each.id === id);
    document.title = `${account ? account.name : id ?? ""} · ${week.company}, ${day(week.asOf)}`;
    if (!account) {
      root.replaceChildren(make("h1", {}, id ? fill(most ? texts.no_page : texts.not_found, { id }) : texts.pick), id ? make("p", { class: "lead" }, most) : "");
      return;
    }
    root.replaceChildren(heading(account));
    if (!week.shard) { root.append(todo(account, {})); root.append(odds(account), make("p", { class: "note" }, texts.no_story)); drawAll(); return; }
    await load(`data/accounts-${Math.floor(account.place / week.shard)}.js`);
    const story = window.holdfast.stories[id] ?? {};
    const weeks = (story.health ?? []).map(row);
    root.append(todo(account, story));
    if (weeks.length) root.append(make("div", { class: "halves" }, make("div", {}, moved(account, weeks, story.moved)), make("div", {}, madeUp(account, weeks), odds(account))));
    root.append(loyalty(story), ...(weeks.length ? [overTime(account, weeks)] : []), timeline(account, story));
    drawAll();
  };
  const drawAll = async () => {
    if (pending.length && !window.vegaEmbed) await load("lib/charts.js");
    while (pending.length) await pending.shift()();
    root.dataset.ready = "yes";
  };

  const from = address().get("from");
  document.getElementById("back").href = `lists.html${from ? `#${from}` : ""}`;
  window.addEventListener("hashchange", () => { root.removeAttribute("data-ready"); show(); });
  show();
})();
