// What each kind of figure shows of the release for what the reader has chosen: panels, each with
// a heading, a value, the rows of its chart and the cells of its table; and whether what is shown is
// of the slice that was chosen.
"use strict";

const figures = (() => {
  const { words, say, inUnit, ofMember, shortPeriod, period } = wording;
  const kpis = JSON.parse(document.getElementById("kpis").textContent);
  const currency = warehouse.release.reporting_currency[0];
  const smallSample = warehouse.release.small_sample[0];
  const COHORTS = 12;

  // columns to rows
  const rowsOf = (columns) =>
    Object.values(columns)[0]?.map((_, at) =>
      Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, values[at]]))
    ) ?? [];

  function groups(rows, name) {
    const found = {};
    for (const row of rows) (found[row[name]] ??= []).push(row);
    return found;
  }

  const periods = groups(rowsOf(warehouse.periods), "period_grain");
  const members = groups(rowsOf(warehouse.members), "dimension");
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
  // a letter for each period: see kpi_series.sql
  const stateOf = (one, at) => one?.states[at] ?? "-";
  const isFinal = (one, at) => "fF".includes(stateOf(one, at)) && one.values[at] !== null;
  const isMaturing = (one, at) => "mM".includes(stateOf(one, at));
  const isRunning = (one, at) => "rR".includes(stateOf(one, at));
  const isSmall = (one, at) => "FRM".includes(stateOf(one, at));
  const canSplit = (kpi, dimension) => kpis[kpi].dimensions.includes(dimension);

  // the slice a KPI is shown of: the member chosen, where it can be split so
  function sliceOf(kpi, choice) {
    const isSliced = choice.only && canSplit(kpi, choice.split);
    return isSliced ? [choice.split, choice.only] : ["all", "all"];
  }

  // the period whose figure stands for one: that period, or before what is not final yet the last
  // one that is
  function standing(one, at) {
    let earlier = at;
    while (isMaturing(one, earlier)) earlier--;
    return isFinal(one, earlier) ? earlier : at;
  }

  // which period a figure is of where it is not the chosen one, and that it may change
  const standingNotes = (one, choice, at) => [
    at !== choice.at && say(words.newest_mature, { period: period(choice.grain, periods[choice.grain][at].period_start) }),
    isMaturing(one, at) && words.maturing,
    isRunning(one, at) && words.running,
  ];

  // a value of a slice, marked where it rests on few
  const marked = (one, at, compact = true) =>
    shown(one.values[at], one.kpi_id, compact) + (isSmall(one, at) && one.values[at] !== null ? " °" : "");
  const anySmall = (ones, at) => ones.some(({ one }) => isSmall(one, at)) && words.small_sample_mark;

  // what a KPI says of each member of a dimension, where it says anything
  const slicesOf = (kpi, choice, dimension) =>
    (members[dimension] ?? [])
      .map(({ member }) => ({ member, one: find(kpi, choice.grain, dimension, member) }))
      .filter(({ one }) => one);

  // how many members of a dimension are left out
  function leftOut(dimension) {
    const all = members[dimension]?.[0].member_count ?? 0;
    const count = members[dimension]?.length ?? 0;
    return all > count && say(words.more_members, { shown: count, all });
  }

  // by what a figure is split: as chosen where that is possible, else as it comes
  const splitOf = (kpi, choice, dimension) =>
    choice.split && canSplit(kpi, choice.split) ? choice.split : dimension;

  const firstOf = (one) => one?.values.findIndex((value) => value !== null) ?? -1;

  function trend(one, choice, total, first) {
    const starts = periods[choice.grain].map((other) => other.period_start);
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
    }).slice(Math.max(first, 0));
  }

  function panels({ kpis: [kpi], dimension }, choice) {
    const split = splitOf(kpi, choice, dimension);
    const total = find(kpi, choice.grain);
    const at = standing(total, choice.at);
    const only = split === choice.split && choice.only;
    const drawn = slicesOf(kpi, choice, split).filter(
      ({ member, one }) => (!only || member === only) && firstOf(one) >= 0
    );
    const first = Math.min(...drawn.map(({ one }) => firstOf(one)));
    // one axis for all, and not that of what nobody named
    const named = drawn.filter(({ member }) => member !== "unknown");
    const seen = (named.length ? named : drawn).flatMap(({ one }) => [...one.values, ...(one.targets ?? total?.targets ?? [])]);
    const ends = { low: Math.min(0, ...seen), high: Math.max(0, ...seen) };
    return {
      isSliced: split === choice.split,
      note: [
        ...standingNotes(total, choice, at),
        wording.ofDimension(split),
        leftOut(split),
        `― ${words.total}`,
        (total?.targets || drawn.some(({ one }) => one.targets)) && `··· ${words.target}`,
        anySmall(drawn, at),
      ],
      kind: "trend",
      signals: { unit: kpis[kpi].unit, ...ends },
      panels: drawn.map(({ member, one }) => ({
        heading: ofMember(member),
        value: marked(one, at),
        rows: trend(one, { ...choice, at }, total, first),
      })),
      header: [words.member, ...periods[choice.grain].map((one) => shortPeriod(choice.grain, one.period_start))],
      cells: drawn.map(({ member, one }) => [ofMember(member), ...one.values.map((_, of) => marked(one, of, false))]),
    };
  }

  // A panel for each of the figures a KPI gives of one slice; its table has those of all slices.
  function parts({ kpis: [kpi], dimension }, choice) {
    const names = [...(partsOf.get(kpi) ?? [])];
    const drawn = names.map((part) => ({ part, one: find(kpi, choice.grain, "all", "all", part) })).filter(({ one }) => firstOf(one) >= 0);
    const at = drawn.length ? Math.min(...drawn.map(({ one }) => standing(one, choice.at))) : choice.at;
    const slices = [["all", "all"], ...(members[dimension] ?? []).map(({ member }) => [dimension, member])];
    const value = (slice, part) => find(kpi, choice.grain, ...slice, part)?.values[at] ?? null;
    return {
      isSliced: false,
      note: standingNotes(drawn[0]?.one, choice, at),
      kind: "trend",
      signals: { unit: kpis[kpi].unit, low: 0, high: 1 },
      panels: drawn.map(({ part, one }) => ({
        heading: wording.ofCode(part),
        value: shown(one.values[at], kpi),
        rows: trend(one, { ...choice, at }, null, firstOf(one)),
      })),
      header: [wording.ofDimension(dimension), ...names.map(wording.ofCode)],
      cells: drawn.length
        ? slices.map(([of, member]) => [member === "all" ? words.total : ofMember(member), ...names.map((part) => shown(value([of, member], part), kpi, false))])
        : [],
    };
  }

  function bars({ kpis: [kpi], dimension }, choice) {
    const split = splitOf(kpi, choice, dimension);
    const total = find(kpi, choice.grain);
    const at = standing(total, choice.at);
    const target = total?.targets?.[at] ?? null;
    const mark = target ?? total?.values[at] ?? null;
    const compared = slicesOf(kpi, choice, split)
      .filter(({ one }) => stateOf(one, at) !== "-")
      .sort((a, b) => (b.one.values[at] ?? -Infinity) - (a.one.values[at] ?? -Infinity));
    return {
      isSliced: split === choice.split,
      note: [
        ...standingNotes(total, choice, at),
        wording.ofDimension(split),
        leftOut(split),
        anySmall(compared, at),
        mark !== null && `│ ${target === null ? words.total : words.target} ${shown(mark, kpi)}`,
      ],
      kind: "bars",
      signals: { unit: kpis[kpi].unit },
      panels: compared.length
        ? [{ rows: compared.map(({ member, one }) => bar(ofMember(member), one.values[at], marked(one, at), one.targets?.[at] ?? mark)) }]
        : [],
      header: [words.member, kpis[kpi].name],
      cells: compared.map(({ member, one }) => [ofMember(member), marked(one, at, false)]),
    };
  }

  const bar = (label, value, text, mark = null) => ({
    label, value, text, mark, end: Math.max(value, mark ?? value, 0), tip: `${label}: ${text}`,
  });

  // Money of each part of a whole, over time: an amount, or the upper side of a ratio. It is split by
  // what it stacks, and by nothing else.
  function stack({ kpis: [kpi], dimension }, choice) {
    const isAmount = kpis[kpi].unit === "money";
    const starts = periods[choice.grain].map((one) => one.period_start);
    const parts = slicesOf(kpi, choice, dimension).filter(({ one }) =>
      one.numerators.some((value) => value > 0)
    );
    const amount = (one, at) => (isAmount ? one.values[at] : one.numerators[at]) ?? 0;
    const inMoney = (value, compact) => inUnit(value, "money", { currency, compact });
    return {
      isSliced: false,
      note: [
        !periods[choice.grain].at(-1).is_complete && say(words.so_far, { period: shortPeriod(choice.grain, starts.at(-1)) }),
        wording.ofDimension(dimension),
        leftOut(dimension),
      ],
      kind: "stack",
      signals: { unit: "money" },
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
      signals: { unit: kpis[kpi].unit },
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
        tip: `${cohort}, ${inUnit(point.days, "days")}: ${shown(point.value, ids[0])}`,
      }));
    });
    return {
      isSliced: sliceOf(ids[0], choice)[0] !== "all",
      note: [words.days_since_entry],
      kind: "cohorts",
      signals: { unit: kpis[ids[0]].unit },
      panels: rows.length ? [{ rows }] : [],
      header: [words.month, ...horizons.map(({ days }) => inUnit(days, "days"))],
      cells: curves.map(({ cohort, points }) => [
        cohort,
        ...horizons.map(({ days }) => shown(points.find((point) => point.days === days)?.value, ids[0], false)),
      ]),
    };
  }

  const STEPS = ["attempted", "reached", "promised", "due", "kept"];

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
      signals: { unit: "count" },
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
      value: row.attempted < smallSample ? null : row.reached / row.attempted,
      tip: `${weekday(row.iso_weekday)} ${row.hour_of_day}h: ${inUnit(row.reached / row.attempted, "ratio")} (${say(words.calls, { reached: wording.number(row.reached), attempted: wording.number(row.attempted) })})`,
    }));
    return {
      isSliced: false,
      note: [say(words.hours_note, { calls: smallSample })],
      kind: "hours",
      signals: { unit: "ratio" },
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
      signals: { unit: "ratio" },
      panels: found,
      header: ["", "", ""],
      cells: found.flatMap(({ heading, rows }) => rows.map((row) => [heading, row.label, row.text])),
    };
  }

  const kinds = { panels, parts, bars, stack, mix, cohorts, funnel, hours, preferences };
  return {
    kinds, kpis, periods, members, currency, rowsOf, groups, bar,
    find, standing, isFinal, isMaturing, isRunning, isSmall, canSplit, sliceOf, firstOf, trend, shown,
  };
})();
