// What figures show of the rows of a query of their own: a table, and with it a chart where that
// says more. What a column is in is declared; see `written`.
"use strict";

const tables = (() => {
  const { words, say, inUnit, ofMember, ofCode, ofColumn, period, shortPeriod } = wording;
  const { rowsOf, groups, bar, currency, periods } = figures;
  const declared = JSON.parse(document.getElementById("figures").textContent);
  const language = document.documentElement.lang;
  const PERIODS = 12;
  // what a column of such a unit looks like; of another, it holds numbers
  const CLASSES = { words: "words", rule: "words", saying: "words", text: "text", code: "text", member: "text", dimension: "text", treatment: "text", period: "text" };
  // verdicts that say something was shown
  const SHOWN = ["shown", "best", "worse"];

  const amount = (value, unit) => inUnit(value, unit, { currency, compact: false });
  const inOwn = (value, unit) => (value !== null && written[unit] ? written[unit](value) : amount(value, unit));
  // the unit is said once
  const between = (low, high) => (low === "–" ? low : say(words.from_to, { low: low.replace(/[^\d]+$/, ""), high }));
  const range = ({ low, high }, unit) => between(amount(low, unit), amount(high, unit));
  const channelFirst = (name) => name.split(": ").map(ofMember).join(": ");

  // how a cell says what it holds; what is not here is a unit of `inUnit`
  const written = {
    text: (value) => value,
    words: (_, row, name) => row[`${name}_${language}`],
    code: ofCode,
    saying: ofCode,
    // a rule of the seed in its own words, another by a word of ours
    rule: (value, row) => row[`description_${language}`] ?? ofCode(value),
    member: ofMember,
    dimension: (value) => (value === "all" ? ofMember(value) : wording.ofDimension(value)),
    treatment: channelFirst,
    period: (value, row) => shortPeriod(row.period_grain, value),
    month: (value) => shortPeriod("month", value),
    day: (value) => wording.day(value, { dateStyle: "medium" }),
    hour: (value) => `${value}h`,
    change: (value) => wording.number(value, { style: "percent", maximumFractionDigits: 1, signDisplay: "exceptZero" }),
    // of any model, a probability or points
    score: (value) => wording.number(value, { maximumSignificantDigits: 3 }),
    more: (value) => wording.number(value, { maximumFractionDigits: 2, signDisplay: "exceptZero" }),
    // each row in its own unit
    own: (value, row) => inOwn(value, row.unit),
    own_interval: (_, { low, high, unit }) => between(inOwn(low, unit), inOwn(high, unit)),
    ratio_interval: (_, row) => range(row, "ratio"),
    difference_interval: (_, row) => range(row, "difference"),
  };

  const mark = (row) => `${row.is_recommended ? " ★" : ""}${row.is_small_sample ? " °" : ""}${row.is_mature === false ? " …" : ""}`;

  function cell(row, name, unit) {
    const value = row[name];
    if (value === null) return "–";
    return written[unit] ? written[unit](value, row, name) : amount(value, unit);
  }

  // The rows of what was chosen: of its slice, where they have slices, else of all together; and of
  // its period, or of the newest one before it that is final, unless they are drawn over time.
  function chosen({ query, kpis, label }, choice) {
    const all = rowsOf(page[query]).filter((row) => row.kpi_id === undefined || kpis.includes(row.kpi_id));
    const hasSlices = all[0]?.dimension !== undefined;
    const ofSlice = all.filter((row) => row.dimension === choice.split && row.member === choice.only);
    const isSliced = hasSlices && ofSlice.length > 0;
    let rows = isSliced ? ofSlice : all.filter((row) => !hasSlices || row.dimension === "all");
    if (all[0]?.period_start === undefined) return { rows, isSliced, isOfPeriod: false, note: [] };
    rows = rows.filter((row) => row.period_grain === choice.grain && row.period_start <= choice.start);
    if (label.includes("period_start")) {
      const starts = periods[choice.grain].map((one) => one.period_start).filter((start) => start <= choice.start).slice(-PERIODS);
      return { rows: rows.filter((row) => starts.includes(row.period_start)), isSliced, isOfPeriod: true, note: [] };
    }
    const final = rows.filter((row) => row.is_mature).map((row) => row.period_start);
    const newest = final.sort().at(-1) ?? choice.start;
    return {
      rows: rows.filter((row) => row.period_start === newest),
      isSliced,
      isOfPeriod: true,
      note: [newest !== choice.start && say(words.newest_mature, { period: period(choice.grain, newest) })],
    };
  }

  const windowOf = (row) =>
    say(words.from_to, { low: written.day(row.window_start_date), high: written.day(row.window_end_date) });

  // what all figures of rows have: the table
  function table(figure, choice) {
    const { rows, note, ...of } = chosen(figure, choice);
    const { columns } = figure;
    const ofMarks = columns.some(([name]) => name === "value") ? "value" : columns[0][0];
    return {
      ...of,
      rows,
      note: [
        ...note,
        rows[0]?.window_start_date && windowOf(rows[0]),
        rows.some((row) => row.is_small_sample) && words.small_sample_mark,
        rows.some((row) => row.is_mature === false) && `… ${words.maturing}`,
      ],
      panels: [],
      header: columns.map(([name]) => ofColumn(name)),
      cells: rows.map((row) => columns.map(([name, unit]) => cell(row, name, unit) + (name === ofMarks ? mark(row) : ""))),
      classes: columns.map(([, unit], at) => CLASSES[unit] ?? (at ? "number" : "")),
    };
  }

  const unitOf = (columns, name) => columns.find(([other]) => other === name)[1];
  const labelOf = (row, { columns, label }) => label.map((name) => cell(row, name, unitOf(columns, name))).join(" · ");

  // a panel for all rows, or for each value of a column
  function panelsOf(rows, panel, drawn) {
    if (!panel) return rows.length ? [{ rows: rows.map(drawn) }] : [];
    return Object.entries(groups(rows, panel)).map(([name, own]) => ({ heading: ofCode(name), rows: own.map(drawn) }));
  }

  // by its verdict; without one, where the interval does not reach zero
  const isShown = (row) =>
    row.verdict === undefined ? !row.is_small_sample && (row.low > 0 || row.high < 0) : SHOWN.includes(row.verdict);

  // A share or a difference of shares, with the interval it lies in.
  function intervals(figure, choice) {
    const { rows, ...result } = table(figure, choice);
    const unit = unitOf(figure.columns, "value");
    const drawn = (row) => ({
      label: labelOf(row, figure),
      value: row.value,
      low: row.low ?? row.value,
      high: row.high ?? row.value,
      end: row.high ?? row.value,
      mark: unit === "difference" ? 0 : null,
      is_shown: row.is_mature !== false && isShown(row),
      text: inUnit(row.value, unit) + mark(row),
      tip: `${labelOf(row, figure)}: ${inUnit(row.value, unit)} (${range(row, unit)})`,
    });
    const told = rows.filter((row) => row.value !== null);
    const judged = told.filter((row) => row.verdict !== "too_few");
    return {
      ...result,
      note: [...result.note, judged.length < told.length && words.few_in_table],
      kind: "intervals",
      signals: { unit },
      panels: panelsOf(judged, figure.panel, drawn),
    };
  }

  // How many there are of each.
  function tally(figure, choice) {
    const { rows, ...result } = table(figure, choice);
    const unit = unitOf(figure.columns, "value");
    const drawn = (row) => bar(labelOf(row, figure), row.value, inUnit(row.value, unit, { currency }));
    return { ...result, kind: "bars", signals: { unit }, panels: panelsOf(rows, figure.panel, drawn) };
  }

  return { declared, kinds: { table, intervals, tally } };
})();
