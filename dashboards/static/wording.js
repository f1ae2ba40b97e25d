// Numbers, days and words as the reader's language writes them.
"use strict";

const wording = (() => {
  const { words, dimensions, members, codes, columns } = JSON.parse(document.getElementById("wording").textContent);
  const locale = { en: "en-GB", pt: "pt-BR", es: "es-ES" }[document.documentElement.lang];
  const LARGE = 10000;
  const COMPACT = { notation: "compact", maximumSignificantDigits: 3 };

  const formats = new Map();
  function format(kind, options) {
    const key = kind.name + JSON.stringify(options);
    if (!formats.has(key)) formats.set(key, new kind(locale, options));
    return formats.get(key);
  }

  const number = (value, options = {}) =>
    format(Intl.NumberFormat, { useGrouping: "always", ...options }).format(value);
  const day = (value, options) =>
    format(Intl.DateTimeFormat, { timeZone: "UTC", ...options }).format(new Date(value));

  // "Target {target}" with what goes between the braces
  const say = (text, values) => text.replace(/{(\w+)}/g, (_, name) => values[name]);

  const ofDimension = (name) => dimensions[name] ?? name;
  const ofMember = (name) => members[name] ?? name.replace("<=", "≤ ").replace(/^>/, "> ");

  // of arms, verdicts and the like; what a company names itself stays as it is
  const ofCode = (name) => codes[name] ?? ofMember(name);
  const ofColumn = (name) => columns[name];

  function money(value, currency, compact, fewest) {
    const large = compact && Math.abs(value) >= LARGE;
    const digits = large ? COMPACT : { minimumFractionDigits: fewest ?? 2, maximumFractionDigits: 2 };
    return number(value, { style: "currency", currency, currencyDisplay: "narrowSymbol", ...digits });
  }

  // A number of a KPI in its unit; a compact one has no more digits than can be read at a glance,
  // and no fewer decimals than are asked for.
  function inUnit(value, unit, { currency, compact = true, fewest } = {}) {
    if (value === null || value === undefined) return "–";
    if (unit === "ratio") {
      const digits = Math.abs(value) < 0.01 ? 2 : 1;
      return number(value, { style: "percent", minimumFractionDigits: fewest ?? 1, maximumFractionDigits: digits });
    }
    // of two shares, in points; a probability
    if (unit === "difference") {
      const size = number(value * 100, { minimumFractionDigits: fewest ?? 1, maximumFractionDigits: 1, signDisplay: "exceptZero" });
      return `${size} ${words.percentage_points}`;
    }
    if (unit === "p") return value < 0.001 ? `< ${number(0.001)}` : number(value, { maximumFractionDigits: 3 });
    if (unit === "money") return money(value, currency, compact, fewest);
    const large = compact && Math.abs(value) >= LARGE;
    const inDays = unit === "days" && { style: "unit", unit: "day", unitDisplay: "long" };
    return number(value, { ...(large ? COMPACT : { maximumFractionDigits: 1 }), ...inDays });
  }

  // how far a value moved: points of a ratio, else the difference in its unit
  function difference(value, unit, options) {
    const size = Math.abs(value);
    if (unit !== "ratio") return inUnit(size, unit, options);
    const digits = size < 0.001 ? 2 : 1;
    return `${number(size * 100, { minimumFractionDigits: 1, maximumFractionDigits: digits })} ${words.percentage_points}`;
  }

  function period(grain, start) {
    const year = start.slice(0, 4);
    if (grain === "year") return year;
    if (grain === "month") return day(start, { month: "long", year: "numeric" });
    if (grain === "week") {
      return say(words.week_of, { day: day(start, { day: "numeric", month: "short", year: "numeric" }) });
    }
    return say(words.quarter_of, { number: Math.ceil(Number(start.slice(5, 7)) / 3), year });
  }

  function shortPeriod(grain, start) {
    if (grain === "month") return `${day(start, { month: "short" }).replace(".", "")} ${start.slice(2, 4)}`;
    if (grain === "week") return day(start, { day: "numeric", month: "short" });
    return period(grain, start);
  }

  for (const element of document.querySelectorAll("time[datetime]")) {
    const { dateTime } = element;
    const isInstant = dateTime.includes("T");
    element.textContent = element.dataset.grain
      ? period(element.dataset.grain, dateTime)
      : day(dateTime, { dateStyle: "medium", ...(isInstant && { timeStyle: "short", timeZone: undefined }) });
  }
  for (const element of document.querySelectorAll("data[value]")) {
    element.textContent = inUnit(Number(element.value), element.dataset.unit, {
      currency: document.body.dataset.currency,
      compact: false,
    });
  }

  return { words, number, day, say, ofDimension, ofMember, ofCode, ofColumn, inUnit, difference, period, shortPeriod };
})();
