// Draws rows as a chart of a kind that charts.py specifies, in the colours of the page.
"use strict";

const drawing = (() => {
  const views = new Map();
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const currency = warehouse.release.reporting_currency[0];
  // what the labels of axes call
  const expressionFunctions = { shown: (value, unit) => wording.inUnit(value, unit, { currency, fewest: 0 }) };

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

  const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  function between(one, other, share) {
    const from = channels(one);
    const mixed = channels(other).map((to, at) => Math.round(from[at] + (to - from[at]) * share));
    return `rgb(${mixed.join(",")})`;
  }
  // so many steps from a pale colour to a strong one
  const ramp = (count) =>
    Array.from({ length: count }, (_, at) =>
      between(colour("pale"), colour("strong"), count === 1 ? 1 : at / (count - 1))
    );

  function config(steps) {
    const [ink, muted, line, card, accent, faint] =
      ["ink", "muted", "line", "card", "accent", "faint"].map(colour);
    const axis = { aria: false, labelColor: muted, gridColor: line, domainColor: line, labelFontSize: 12, labelPadding: 6 };
    return {
      // what a chart says is told by its place on the page
      aria: false,
      mark: { aria: false },
      background: null,
      font: getComputedStyle(document.body).fontFamily,
      view: { stroke: null },
      axis,
      axisY: { domain: false, ticks: false },
      axisX: { grid: false },
      legend: { aria: false, labelColor: ink, labelFontSize: 12, symbolType: "square", columnPadding: 14 },
      // a field without a value is empty
      scale: { invalid: { color: { value: card } } },
      range: { ordinal: ramp(steps), heatmap: ramp(5), ramp: ramp(5) },
      style: {
        accent: { color: accent, strokeWidth: 2.25, strokeJoin: "round" },
        maturing: { color: accent, strokeWidth: 1.75, strokeDash: [3, 3] },
        context: { color: faint, strokeWidth: 1.5 },
        target: { color: ink, strokeWidth: 1, strokeDash: [1, 3] },
        "accent-point": { color: accent, filled: true, size: 14, opacity: 1 },
        "chosen-point": { color: accent, filled: true, size: 60, opacity: 1 },
        "accent-dot": { color: accent, filled: true, size: 70, opacity: 1 },
        "accent-interval": { color: accent, strokeWidth: 2 },
        "faint-dot": { color: muted, filled: true, size: 50, opacity: 1 },
        "faint-interval": { color: muted, strokeWidth: 1.25 },
        "accent-bar": { color: accent, height: { band: 0.6 }, cornerRadiusEnd: 2 },
        mark: { color: ink, thickness: 2, opacity: 1 },
        label: { color: ink, fontSize: 12, baseline: "middle" },
        stack: { stroke: card, strokeWidth: 1 },
        field: { stroke: card, strokeWidth: 2 },
      },
    };
  }

  const count = (rows, name) => new Set(rows.map((row) => row[name])).size;

  // Draws rows in an element, anew where the chart there is of another kind or has other colours.
  // Signals are what a chart is told besides: the unit, and the ends of its axis.
  async function draw(element, kind, rows, signals) {
    const chart = warehouse.charts[kind];
    const steps = count(rows, "part");
    const height = chart.height ?? chart.usermeta.step * count(rows, "label");
    const key = [kind, steps, height, dark.matches].join();
    const drawn = views.get(element);
    if (drawn?.key === key) {
      for (const [name, value] of Object.entries(signals)) drawn.view.signal(name, value);
      await drawn.view.data("rows", rows).resize().runAsync();
      return;
    }
    drawn?.view.finalize();
    const spec = {
      ...chart,
      height,
      params: Object.entries(signals).map(([name, value]) => ({ name, value })),
      datasets: { rows },
      config: config(steps),
    };
    const { view } = await vegaEmbed(element, spec, {
      actions: false,
      renderer: "svg",
      expressionFunctions,
      // that a line has no points yet is no fault
      logLevel: 1,
    });
    views.set(element, { key, view });
  }

  function forget(element) {
    for (const [place, { view }] of views) {
      if (element.contains(place)) {
        view.finalize();
        views.delete(place);
      }
    }
  }

  const onNewColours = (then) => dark.addEventListener("change", then);

  return { draw, forget, onNewColours };
})();
