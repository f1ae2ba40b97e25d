// What each kind of figure shows of the release for what the reader has chosen: panels, each with
// a heading, a value, the rows of its chart and the cells of its table; and whether what is shown is
// of the slice that was chosen.
"use strict";

const figures = (() => {
  const { words, say, inUnit, ofMember, shortPeriod, period } = wording;
  const kpis = JSON.parse(document.getElementById("kpis").textContent);
  const currency = warehouse.release.reporting_currency[0];
  const COHORTS = 12;

  // columns to rows
  const rowsOf = (columns) =>
    Object.values(columns)[0]?.map((_, at) =>
      Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, values[at]]))
    ) ?? [];

  const periods = Object.groupBy(rowsOf(warehouse.periods), (one) => one.period_grain);
  const members = Object.groupBy(rowsOf(warehouse.members), (one) => one.dimension);
  // ages and days past due in their order: "<=29", "30-50" and ">180" by the number they tell
  const ordinal = (name) => Number(/\d+/.exec(name)?.[0] ?? Infinity);
  for (const dimension of ["age_band", "ageing_bucket"]) {
    members[dimension]?.sort((a, b) => ordinal(a.member) - ordinal(b.member));
  }
  const allSeries = rowsOf(page.series);
  const keyOf = (kpi, grain, dimension, member, part) => [kpi, grain, dimension, member, part].join("\n");
  const series = new Map(
    allSeries.map((one) => [
      keyOf(one.kpi_id, one.period_grain, one.dimension, one.member, one.part),
      one,
    ])
  );
  const partsOf = new Map();
  for (const one of allSeries) {
    if (!partsOf.has(one.kpi_id)) partsOf.set(one.kpi_id, new Set());
    partsOf.get(one.kpi_id).add(one.part);
  }

  const find = (kpi, grain, dimension = "all", member = "all", part = "all") =>
    series.get(keyOf(kpi, grain, dimension, member, part));
  const shown = (value, kpi, compact = true) => inUnit(value, kpis[kpi].unit, { currency, compact });
  const isFinal = (one, at) => "fF".includes(one?.states[at] ?? "-") && one.values[at] !== null;
  const canSplit = (kpi, dimension) => kpis[kpi].dimensions.includes(dimension);

  // the slice a KPI is shown of: the member chosen, where it can be split so
  function sliceOf(kpi, choice) {
    const isSliced = choice.only && canSplit(kpi, choice.split);
    return isSliced ? [choice.split, choice.only] : ["all", "all"];
  }

  // the period whose figure stands for one: that period, or the newest before it that is final
  function standing(one, at) {
    for (let earlier = at; earlier >= 0; earlier--) if (isFinal(one, earlier)) return earlier;
    return at;
  }

  // which period a figure is of, where it is not the chosen one
  const newestFinal = (choice, at) =>
    at !== choice.at && say(words.newest_mature, { period: period(choice.grain, periods[choice.grain][at].period_start) });

  // by what a figure is split: as chosen where that is possible, else as it comes
  const splitOf = (kpi, choice, dimension) =>
    choice.split && canSplit(kpi, choice.split) ? choice.split : dimension;

  function trend(one, choice, total) {
    const starts = periods[choice.grain].map((other) => other.period_start);
    const first = one?.values.findIndex((value) => value !== null) ?? 0;
    const final = starts.map((_, at) => isFinal(one, at));
    return starts.map((start, at) => {
      const value = one?.values[at] ?? null;
      const isNearFinal = !final[at] || final[at + 1] === false;
      return {
        period: shortPeriod(choice.grain, start),
        value: final[at] ? value : null,
        maturing: isNearFinal ? value : null,
        shown: value,
        total: total?.values[at] ?? null,
        target: one?.targets?.[at] ?? total?.targets?.[at] ?? null,
        is_chosen: at === choice.at && value !== null,
        tip: `${period(choice.grain, start)}: ${value === null ? words.no_value : shown(value, one.kpi_id)}`,
      };
    }).slice(first);
  }

  function panels({ kpis: [kpi], dimension }, choice) {
    const split = splitOf(kpi, choice, dimension);
    const total = find(kpi, choice.grain);
    const at = standing(total, choice.at);
    const chosen = (members[split] ?? []).filter(({ member }) => !choice.only || member === choice.only || split !== choice.split);
    const drawn = chosen
      .map(({ member }) => ({ member, one: find(kpi, choice.grain, split, member) }))
      .filter(({ one }) => one?.values.some((value) => value !== null));
    return {
      isSliced: split === choice.split,
      note: [newestFinal(choice, at), wording.ofDimension(split), `― ${words.total}`, total?.targets && `··· ${words.target}`],
      kind: "trend",
      unit: kpis[kpi].unit,
      panels: drawn.map(({ member, one }) => ({
        heading: ofMember(member),
        value: shown(one.values[at], kpi),
        rows: trend(one, { ...choice, at }, total),
      })),
      header: [words.member, ...periods[choice.grain].map((one) => shortPeriod(choice.grain, one.period_start))],
      cells: drawn.map(({ member, one }) => [ofMember(member), ...one.values.map((value) => shown(value, kpi, false))]),
    };
  }

  function bars({ kpis: [kpi], dimension }, choice) {
    const split = splitOf(kpi, choice, dimension);
    const total = find(kpi, choice.grain);
    const at = standing(total, choice.at);
    const target = total?.targets?.[at] ?? null;
    const mark = target ?? total?.values[at] ?? null;
    const compared = (members[split] ?? [])
      .map(({ member }) => ({ member, one: find(kpi, choice.grain, split, member) }))
      .filter(({ one }) => (one?.values[at] ?? null) !== null)
      .sort((a, b) => b.one.values[at] - a.one.values[at]);
    return {
      isSliced: split === choice.split,
      note: [
        newestFinal(choice, at),
        wording.ofDimension(split),
        mark !== null && `│ ${target === null ? words.total : words.target} ${shown(mark, kpi)}`,
      ],
      kind: "bars",
      unit: kpis[kpi].unit,
      panels: compared.length
        ? [{ rows: compared.map(({ member, one }) => bar(ofMember(member), one.values[at], shown(one.values[at], kpi), mark)) }]
        : [],
      header: [words.member, kpis[kpi].name],
      cells: compared.map(({ member, one }) => [ofMember(member), shown(one.values[at], kpi, false)]),
    };
  }

  const bar = (label, value, text, mark = null) => ({
    label, value, text, mark, end: Math.max(value, mark ?? value), tip: `${label}: ${text}`,
  });

  // Money of each part of a whole, over time: an amount, or the upper side of a ratio. It is split by
  // what it stacks, and by nothing else.
  function stack({ kpis: [kpi], dimension }, choice) {
    const isAmount = kpis[kpi].unit === "money";
    const starts = periods[choice.grain].map((one) => one.period_start);
    const parts = [...(members[dimension] ?? [])]
      .map(({ member }) => ({ member, one: find(kpi, choice.grain, dimension, member) }))
      .filter(({ one }) => one?.numerators.some((value) => value > 0));
    const amount = (one, at) => (isAmount ? one.values[at] : one.numerators[at]) ?? 0;
    const inMoney = (value, compact) => inUnit(value, "money", { currency, compact });
    return {
      isSliced: false,
      note: [wording.ofDimension(dimension)],
      kind: "stack",
      unit: "money",
      panels: parts.length
        ? [{
            rows: starts.flatMap((start, at) =>
              parts.map(({ member, one }, order) => ({
                period: shortPeriod(choice.grain, start),
                part: ofMember(member),
                order,
                value: amount(one, at),
                tip: `${period(choice.grain, start)}, ${ofMember(member)}: ${inMoney(amount(one, at))}`,
              }))
            ),
          }]
        : [],
      header: [wording.ofDimension(dimension), ...starts.map((start) => shortPeriod(choice.grain, start))],
      cells: parts.map(({ member, one }) => [ofMember(member), ...starts.map((_, at) => inMoney(amount(one, at), false))]),
    };
  }

  function mix({ kpis: [kpi] }, choice) {
    const slice = sliceOf(kpi, choice);
    const parts = [...(partsOf.get(kpi) ?? [])]
      .map((part) => [part, find(kpi, choice.grain, ...slice, part)?.values[choice.at] ?? null])
      .filter(([, value]) => value !== null && value !== 0)
      .sort(([, a], [, b]) => b - a);
    return {
      isSliced: slice[0] !== "all",
      note: [],
      kind: "bars",
      unit: kpis[kpi].unit,
      panels: parts.length ? [{ rows: parts.map(([part, value]) => bar(ofMember(part), value, shown(value, kpi))) }] : [],
      header: [kpis[kpi].name, ""],
      cells: parts.map(([part, value]) => [ofMember(part), shown(value, kpi, false)]),
    };
  }

  function cohorts({ kpis: ids }, choice) {
    const horizons = ids.map((kpi) => ({ kpi, days: Number(/(\d+)d$/.exec(kpi)[1]) }));
    const months = periods.month.map((one) => one.period_start);
    const curves = months
      .map((start, at) => ({
        cohort: shortPeriod("month", start),
        points: horizons
          .map(({ kpi, days }) => ({ days, one: find(kpi, "month", ...sliceOf(kpi, choice)) }))
          .filter(({ one }) => isFinal(one, at))
          .map(({ days, one }) => ({ days, value: one.values[at] })),
      }))
      .filter(({ points }) => points.length)
      .slice(-COHORTS)
      .reverse();
    const largest = Math.max(...curves.flatMap(({ points }) => points.map(({ value }) => value)), 0);
    const labelled = [];
    const rows = curves.flatMap(({ cohort, points }, age) => {
      const last = points.at(-1);
      // a label stands where no other one does
      const isLabelled = !labelled.some((other) => other.days === last.days && Math.abs(other.value - last.value) < largest / 14);
      if (isLabelled) labelled.push(last);
      return [{ days: 0, value: 0 }, ...points].map((point) => ({
        ...point, cohort, age,
        is_labelled: point === last && isLabelled,
        tip: `${cohort}, ${say(words.days, { number: point.days })}: ${shown(point.value, ids[0])}`,
      }));
    });
    return {
      isSliced: sliceOf(ids[0], choice)[0] !== "all",
      note: [words.days_since_entry],
      kind: "cohorts",
      unit: kpis[ids[0]].unit,
      panels: rows.length ? [{ rows }] : [],
      header: [words.month, ...horizons.map(({ days }) => say(words.days, { number: days }))],
      cells: curves.map(({ cohort, points }) => [
        cohort,
        ...horizons.map(({ days }) => shown(points.find((point) => point.days === days)?.value, ids[0], false)),
      ]),
    };
  }

  const STEPS = ["attempted", "reached", "promised", "kept"];

  function funnel(_, choice) {
    const channel = choice.split === "channel" && choice.only ? choice.only : "all";
    const counted = rowsOf(page.contact_funnel).find(
      (row) => row.period_grain === choice.grain && row.period_start === choice.start && row.channel === channel
    );
    const count = (value) => wording.number(value);
    const share = (at) =>
      at && counted[STEPS[at - 1]]
        ? inUnit(counted[STEPS[at]] / counted[STEPS[at - 1]], "ratio")
        : "";
    return {
      isSliced: channel !== "all",
      note: [words.funnel_note],
      kind: "bars",
      unit: "count",
      panels: counted
        ? [{ rows: STEPS.map((step, at) => bar(words[step], counted[step], `${count(counted[step])}${at ? ` (${share(at)})` : ""}`)) }]
        : [],
      header: [words.attempted, "", ""],
      cells: counted ? STEPS.map((step, at) => [words[step], count(counted[step]), share(at)]) : [],
    };
  }

  // the day 2024-01-01 was a Monday
  const weekday = (number) => wording.day(Date.UTC(2024, 0, number), { weekday: "short" });

  function hours(_, choice) {
    const counted = rowsOf(page.contact_hours).filter(
      (row) => row.period_grain === choice.grain && row.period_start === choice.start
    );
    const rows = counted.map((row) => ({
      label: weekday(row.iso_weekday),
      hour: row.hour_of_day,
      value: row.reached / row.attempted,
      tip: `${weekday(row.iso_weekday)} ${row.hour_of_day}h: ${inUnit(row.reached / row.attempted, "ratio")} (${say(words.calls, { reached: wording.number(row.reached), attempted: wording.number(row.attempted) })})`,
    }));
    return {
      isSliced: false,
      note: [words.hours_note],
      kind: "hours",
      unit: "ratio",
      panels: rows.length ? [{ rows }] : [],
      header: ["", "", ""],
      cells: rows.map((row) => [row.label, `${row.hour}h`, inUnit(row.value, "ratio")]),
    };
  }

  // the shares are of those whose preference is known
  function preferences({ kpis: [kpi], dimension }, choice) {
    const surveyed = rowsOf(page.benchmarks).filter((row) => row.kpi_id === kpi);
    const channels = [...(partsOf.get(kpi) ?? [])].filter((part) => part !== "unknown");
    const bands = [["all", "all"], ...(members[dimension] ?? []).filter(({ member }) => member !== "unknown").map(({ member }) => [dimension, member])];
    const shares = ([of, member]) => {
      const known = channels.map((part) => [part, find(kpi, choice.grain, of, member, part)?.numerators[choice.at] ?? 0]);
      const all = known.reduce((sum, [, count]) => sum + Number(count), 0);
      return all ? known.filter(([, count]) => count > 0).map(([part, count]) => [part, count / all]).sort(([, a], [, b]) => b - a) : [];
    };
    const found = bands
      .map(([of, member]) => ({
        heading: member === "all" ? words.total : ofMember(member),
        rows: shares([of, member]).map(([part, value]) => {
          const survey = surveyed.find((row) => row.dimension === of && row.member === member && row.part === part);
          return bar(`${ofMember(part)}${survey?.is_first_choice ? " ★" : ""}`, value, inUnit(value, "ratio"), survey?.benchmark ?? null);
        }),
      }))
      .filter(({ rows }) => rows.length);
    return {
      isSliced: false,
      note: [words.preferences_note, surveyed[0] && say(words.survey, { survey: surveyed[0].survey })],
      kind: "bars",
      unit: "ratio",
      panels: found,
      header: ["", "", ""],
      cells: found.flatMap(({ heading, rows }) => rows.map((row) => [heading, row.label, row.text])),
    };
  }

  const kinds = { panels, bars, stack, mix, cohorts, funnel, hours, preferences };
  return { kinds, kpis, periods, members, find, standing, canSplit, sliceOf, trend, shown, currency };
})();
