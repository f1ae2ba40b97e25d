// The page: what the reader chose, the tiles and the figures that show it.
"use strict";

(() => {
  const { words, say, period, difference, ofDimension, ofMember, inUnit } = wording;
  const { kpis, periods, members, currency, find, standing, isFinal, isMaturing, isRunning, isSmall } = figures;
  const { canSplit, sliceOf, firstOf, trend, shown } = figures;
  const kinds = { ...figures.kinds, ...tables.kinds };
  const form = document.querySelector(".choosers");
  const GRAINS = ["week", "month", "quarter", "year"];

  // the newest period that is over, else the newest
  function newest(grain) {
    const whole = periods[grain].filter((one) => one.is_complete);
    return (whole.at(-1) ?? periods[grain].at(-1)).period_start;
  }

  // The choice is in the page's address, so that it can be kept, sent on and printed.
  function read() {
    const asked = new URLSearchParams(location.hash.slice(1));
    const oneOf = (name, allowed, other) => (allowed.includes(asked.get(name)) ? asked.get(name) : other);
    const grains = GRAINS.filter((one) => periods[one]);
    const grain = oneOf("grain", grains, grains.includes("month") ? "month" : grains[0]);
    const starts = periods[grain].map((one) => one.period_start);
    const start = oneOf("period", starts, newest(grain));
    const split = oneOf("split", splits(), "");
    const only = oneOf("only", (members[split] ?? []).map((one) => one.member), "");
    return { grain, start, at: starts.indexOf(start), split, only };
  }

  const splits = () => warehouse.splits.filter((one) => members[one] && Object.keys(kpis).some((kpi) => canSplit(kpi, one)));

  function write({ grain, start, split, only }) {
    const chosen = new URLSearchParams({ grain, period: start, ...(split && { split }), ...(only && { only }) });
    history.replaceState(null, "", `#${chosen}`);
    for (const link of document.querySelectorAll("a[data-keep]")) link.hash = chosen;
  }

  function offer(name, options, chosen) {
    const select = form.elements[name];
    select.replaceChildren(...options.map(([value, text]) => new Option(text, value, false, value === chosen)));
    select.disabled = options.length < 2;
  }

  function choosers(choice) {
    const ofSplit = members[choice.split] ?? [];
    const named = ({ period_start: start, is_complete }) =>
      is_complete ? period(choice.grain, start) : say(words.so_far, { period: period(choice.grain, start) });
    offer("grain", GRAINS.filter((one) => periods[one]).map((one) => [one, words[one]]), choice.grain);
    offer("period", periods[choice.grain].map((one) => [one.period_start, named(one)]).reverse(), choice.start);
    offer("split", [["", words.everything], ...splits().map((one) => [one, ofDimension(one)])], choice.split);
    offer("only", [["", words.all_members], ...ofSplit.map(({ member }) => [member, ofMember(member)])], choice.only);
    const all = ofSplit[0]?.member_count ?? 0;
    form.querySelector(".more").textContent = all > ofSplit.length ? say(words.more_members, { shown: ofSplit.length, all }) : "";
  }

  function changeOf(one, at, kpi) {
    const change = one.changes[at];
    if (change === null) return words.not_compared;
    // what rounding leaves of nothing
    if (Math.abs(change) < 1e-6) return words.no_change;
    // a score has no share of itself
    const relative = kpi.unit === "points" ? null : one.relative_changes[at];
    const size = difference(change, kpi.unit, { currency });
    const share = relative === null ? "" : ` (${wording.number(relative, { style: "percent", maximumFractionDigits: 1, signDisplay: "exceptZero" })})`;
    const isUp = change > 0;
    const judged = kpi.direction === "context" ? "" : `, ${isUp === (kpi.direction === "up") ? words.better : words.worse}`;
    return `${isUp ? "▲" : "▼"} ${size}${share}${judged}`;
  }

  function targetOf(one, at, id) {
    const target = one.targets?.[at] ?? null;
    if (target === null) return "";
    const { direction } = kpis[id];
    const isMet = direction === "down" ? one.values[at] <= target : one.values[at] >= target;
    const judged = direction === "context" || !isFinal(one, at) ? "" : ` · ${isMet ? words.met : words.missed}`;
    return say(words.target_is, { target: shown(target, id) }) + judged;
  }

  function sidesOf(one, at, kpi) {
    const [numerator, denominator] = [one.numerators, one.denominators].map((amounts, side) =>
      inUnit(Number(amounts[at]), kpi.are_sides_money[side] ? "money" : "count", { currency, compact: false })
    );
    return say(words.sides, { numerator, denominator });
  }

  function tile(element, choice) {
    const id = element.dataset.kpi;
    const put = (name, text) => { element.querySelector(`.${name}`).textContent = text; };
    const [dimension, member] = sliceOf(id, choice);
    const one = find(id, choice.grain, dimension, member);
    const at = standing(one, choice.at);
    const value = one?.values[at] ?? null;
    const starts = periods[choice.grain];
    element.classList.toggle("empty", value === null);
    const data = Object.assign(document.createElement("data"), { value, textContent: shown(value, id) });
    element.querySelector(".value").replaceChildren(value === null ? words.no_value : data);
    put("change", value === null ? "" : changeOf(one, at, kpis[id]));
    put("target", value === null ? "" : targetOf(one, at, id));
    put("note", [
      value !== null && at !== choice.at && say(words.newest_mature, { period: period(choice.grain, starts[at].period_start) }),
      value !== null && isMaturing(one, at) && words.maturing,
      value !== null && isRunning(one, at) && words.running,
      value !== null && isSmall(one, at) && words.small_sample,
      choice.only && dimension === "all" && say(words.not_split, { dimension: ofDimension(choice.split) }),
      one?.blocked?.[at] && say(words.withheld, { reason: one.blocked[at] }),
      value === null && kpis[id].waits_for && say(words.waits_for, { exports: kpis[id].waits_for }),
      value === null && kpis[id].unavailable,
    ].filter(Boolean).join(" · "));
    put("sides", value === null || !kpis[id].is_quotient ? "" : sidesOf(one, at, kpis[id]));
    const rows = trend(one, { ...choice, at }, null, firstOf(one));
    return drawing.draw(element.querySelector(".spark"), "spark", rows, { unit: kpis[id].unit });
  }

  // Numbers, which all are but the first where nothing else is said, stand to the right.
  function tableOf(header, cells, classes = []) {
    const table = document.createElement("table");
    const row = (parent, contents, isHead) => {
      const line = parent.insertRow();
      contents.forEach((text, at) => {
        const cell = document.createElement(isHead || at === 0 ? "th" : "td");
        if (cell.tagName === "TH") cell.scope = isHead ? "col" : "row";
        cell.className = classes[at] ?? (at ? "number" : "");
        cell.textContent = text;
        line.append(cell);
      });
    };
    if (header.some(Boolean)) row(table.createTHead(), header, true);
    const body = table.createTBody();
    for (const contents of cells) row(body, contents, false);
    return table;
  }

  // what the figure's KPIs wait for, else that the choice has nothing
  const whyEmpty = ({ kpis: ids }) =>
    ids.map((id) => kpis[id])
      .map((kpi) => (kpi.waits_for ? say(words.waits_for, { exports: kpi.waits_for }) : kpi.unavailable))
      .find(Boolean) ?? words.no_rows;

  function figure(element, choice) {
    const { kind, dimension } = element.dataset;
    const declared = { kpis: element.dataset.kpis.split(" ").filter(Boolean), dimension, ...tables.declared[element.dataset.figure] };
    const title = element.querySelector("h2").textContent;
    const result = kinds[kind](declared, choice);
    const place = element.querySelector(".drawing");
    element.querySelector(".caption").textContent = [
      declared.note,
      kind !== "cohorts" && result.isOfPeriod !== false && period(choice.grain, choice.start),
      choice.only && !result.isSliced && say(words.not_split, { dimension: ofDimension(choice.split) }),
      ...result.note,
    ].filter(Boolean).join(" · ");
    const isEmpty = !(result.panels.length || (kind === "table" && result.cells.length));
    element.querySelector(".table .scroll").replaceChildren(
      isEmpty && !place ? whyEmpty(declared) : tableOf(result.header, result.cells, result.classes)
    );
    if (!place) return [];
    if (place.childElementCount !== result.panels.length || !result.panels.length) {
      drawing.forget(place);
      place.replaceChildren(...result.panels.map(panelPlace));
      // else its table tells
      if (isEmpty) place.textContent = result.cells.length ? "" : whyEmpty(declared);
    }
    place.classList.toggle("many", result.panels.length > 1);
    return result.panels.map((panel, at) => {
      const own = place.children[at];
      own.querySelector(".panel-head").hidden = !panel.heading;
      own.querySelector("h3").textContent = panel.heading ?? "";
      own.querySelector(".panel-value").textContent = panel.value ?? "";
      const chart = own.querySelector(".chart");
      chart.setAttribute("aria-label", [title, panel.heading, panel.value].filter(Boolean).join(", "));
      return drawing.draw(chart, result.kind, panel.rows, result.signals);
    });
  }

  function panelPlace() {
    const place = document.createElement("div");
    place.className = "panel";
    place.innerHTML = '<div class="panel-head"><h3></h3><p class="panel-value"></p></div><div class="chart" role="img"></div>';
    return place;
  }

  async function show() {
    const choice = read();
    document.body.dataset.ready = "false";
    write(choice);
    choosers(choice);
    await Promise.all([
      ...[...document.querySelectorAll(".tile")].map((element) => tile(element, choice)),
      ...[...document.querySelectorAll(".figure")].flatMap((element) => figure(element, choice)),
    ]);
    document.body.dataset.ready = "true";
  }

  if (!Object.keys(periods).length) {
    form.replaceChildren(words.no_figures);
    document.body.dataset.ready = "true";
    return;
  }
  form.addEventListener("change", (event) => {
    const choice = { ...read(), [event.target.name === "period" ? "start" : event.target.name]: event.target.value };
    if (event.target.name === "grain") choice.start = newest(choice.grain);
    if (event.target.name === "split") choice.only = "";
    write(choice);
    show();
  });
  window.addEventListener("hashchange", show);
  drawing.onNewColours(show);
  show();
})();
