"use strict";
/* What the scripts of all pages share: the week, its accounts, and how figures and elements are made. */
window.app = (() => {
  const week = window.holdfast.week;
  const texts = week.texts;
  const fill = (text, values = {}) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const known = (value) => value !== null && value !== undefined && value !== "";

  /* accounts come as rows of values; a missing value is left out */
  const accounts = () => {
    const { columns, rows } = window.holdfast.accounts;
    return rows.map((row, place) => {
      const account = { place, why: [], tags: [] };
      columns.forEach((name, at) => { if (known(row[at])) account[name] = row[at]; });
      return account;
    });
  };

  /* of a very large book not every customer has a page: then what is shown, else nothing */
  const most = (accounts) => {
    const shown = accounts.filter((account) => account.gone !== 1).length;
    return shown < week.customers ? fill(texts.most, { shown: whole.format(shown), all: whole.format(week.customers) }) : "";
  };

  const whole = new Intl.NumberFormat(week.locale, { maximumFractionDigits: 0 });
  const number = new Intl.NumberFormat(week.locale, { maximumFractionDigits: 2 });
  const days = new Intl.DateTimeFormat(week.locale, { dateStyle: "medium", timeZone: "UTC" });
  const amounts = (() => {
    try {
      return new Intl.NumberFormat(week.locale, { style: "currency", currency: week.currency, currencyDisplay: "narrowSymbol", maximumFractionDigits: 0 });
    } catch { return whole; }
  })();
  const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
  /* English as the workbook writes it, other languages as they do */
  const day = (iso) => {
    const [y, m, d] = iso.split("-").map(Number);
    return week.locale.startsWith("en") ? `${d} ${MONTHS[m - 1]} ${y}` : days.format(new Date(`${iso}T00:00:00Z`));
  };
  const daysUntil = (iso) => Math.round((Date.parse(iso) - Date.parse(week.asOf)) / 864e5);
  /* a half goes to the even figure, as in the workbook */
  const round = (points) => { const n = Math.round(points); return n - points === 0.5 && n % 2 ? n - 1 : n; };
  const signed = (points) => { const n = round(points); return n > 0 ? `+${whole.format(n)}` : n < 0 ? `−${whole.format(-n)}` : "0"; };
  const exact = (points) => `${points < 0 ? "−" : "+"}${Math.abs(points).toLocaleString(week.locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 })}`;
  const percent = (share) => share > 0 && share < 0.0005 ? `< ${percent(0.001)}` : `${(100 * share).toLocaleString(week.locale, { maximumFractionDigits: share > 0 && share < 0.0095 ? 1 : 0 })}\u00a0%`;
  const figures = { day, daysUntil, signed, exact, percent, number: (n) => number.format(n), whole: (n) => whole.format(n), money: (n) => amounts.format(n) };

  const make = (tag, attributes = {}, ...inside) => {
    const element = document.createElement(tag);
    Object.entries(attributes).forEach(([name, value]) => { if (value !== false) element.setAttribute(name, value === true ? "" : value); });
    element.append(...inside.filter((part) => part !== null && part !== undefined));
    return element;
  };
  const small = (text, kind) => make("small", kind ? { class: kind } : {}, text);
  const sentence = (text) => (text.charAt(0).toUpperCase() + text.slice(1)).replaceAll(" %", "\u00a0%");
  const badge = (account) => make("span", { class: `health ${account.band}` }, make("b", {}, whole.format(account.health)), ` ${texts.bands[account.band]}`);
  const tagged = (tag) => week.tags[tag] ?? tag;
  const chip = (text, kind = "chip") => make("span", { class: kind }, text);

  /* the last day to give notice: far, near or gone by */
  const decision = (iso) => {
    const left = daysUntil(iso);
    const told = left < 0 ? fill(texts.passed, { day: day(iso) }) : left < 2 ? fill(left ? texts.decide_tomorrow : texts.decide_today, { day: day(iso) })
      : left <= 14 ? fill(texts.decide_in, { day: day(iso), days: left }) : fill(texts.decide, { day: day(iso) });
    return small(told, left < 0 ? "passed" : left <= 14 ? "near" : "");
  };

  /* the address keeps what a reader has chosen, so that it can be bookmarked and sent to a colleague */
  const address = () => new URLSearchParams(location.hash.slice(1));
  const load = (source) => new Promise((resolve, reject) => {
    const script = make("script", { src: source });
    script.addEventListener("load", resolve);
    script.addEventListener("error", () => reject(new Error(source)));
    document.head.append(script);
  });

  return { week, texts, fill, fold, known, accounts, most, make, small, sentence, badge, chip, tagged, decision, address, load, ...figures };
})();
