"""The charts of the pages as Vega-Lite specifications, drawn by the browser.

A chart has one data set, ``rows``, which the page fills for what the reader has chosen. Its rows
carry their labels, worded by the page; colours come from the page by the styles named here, so that
a chart is dark where the page is. Sources of the choices: Vega-Lite's documentation of marks and
of ``config.style``.
"""

from typing import Any

import altair as alt
from altair.utils.schemapi import Undefined, UndefinedType

ROWS = alt.NamedData("rows")
# words the page itself puts on an axis
AXIS_LABEL = "shown(datum.value, unit)"
# the ends of an axis that several charts have
SHARED = alt.Scale(domainMin=alt.ExprRef("low"), domainMax=alt.ExprRef("high"))


def charts() -> dict[str, dict[str, Any]]:
    """Return the specification of each kind of chart, by the kind."""
    return {
        "trend": _trend(),
        "spark": _spark(),
        "bars": _bars(),
        "stack": _stack(),
        "cohorts": _cohorts(),
        "hours": _hours(),
        "intervals": _intervals(),
    }


def _trend() -> dict[str, Any]:
    """Draw ``value`` over ``period``, dashed while not final, beside ``total`` and ``target``.

    The page sets ``low`` and ``high``, the ends of its axis, so that panels can be compared.
    """
    rows = alt.Chart(ROWS).encode(x=_period(), tooltip="tip:N")
    chart = alt.layer(
        rows.mark_line(style="context", clip=True).encode(y=_y("total", SHARED)),
        rows.mark_line(style="target", clip=True).encode(y=_y("target", SHARED)),
        rows.mark_line(style="maturing", clip=True).encode(y=_y("maturing", SHARED)),
        rows.mark_line(style="accent", clip=True).encode(y=_y("value", SHARED)),
        rows.mark_point(style="accent-point", clip=True).encode(y=_y("shown", SHARED)),
        rows.transform_filter("datum.is_chosen")
        .mark_point(style="chosen-point")
        .encode(y=_y("shown", SHARED)),
    )
    return _sized(chart, 120)


def _spark() -> dict[str, Any]:
    """Draw ``value`` over ``period`` as a line without axes, and a point on what is chosen."""
    rows = alt.Chart(ROWS).encode(x=_period().axis(None))
    chart = alt.layer(
        rows.mark_line(style="target").encode(y=_y("target").axis(None)),
        rows.mark_line(style="maturing").encode(y=_y("maturing").axis(None)),
        rows.mark_line(style="accent").encode(y=_y("value").axis(None)),
        rows.transform_filter("datum.is_chosen")
        .mark_point(style="chosen-point")
        .encode(y=_y("shown").axis(None)),
    )
    return _sized(chart.properties(padding=4), 36)


def _bars() -> dict[str, Any]:
    """Draw a bar per ``label``, its words at its end; ``mark`` is a line across it."""
    y = alt.Y("label:N", sort=None).title(None).axis(ticks=False, domain=False)
    rows = alt.Chart(ROWS).encode(y=y, tooltip="tip:N")
    chart = alt.layer(
        rows.mark_bar(style="accent-bar").encode(x=alt.X("value:Q").axis(None)),
        rows.mark_tick(style="mark").encode(x=alt.X("mark:Q").axis(None)),
        rows.mark_text(style="label", align="left", dx=6).encode(
            x=alt.X("end:Q").axis(None), text="text:N"
        ),
    )
    # room for the words of the longest bar
    return _stepped(chart.properties(padding={"right": 64}), 28)


def _stack() -> dict[str, Any]:
    """Draw ``value`` over ``period``, one ``part`` upon another."""
    chart = (
        alt.Chart(ROWS)
        .mark_bar(style="stack")
        .encode(
            x=_period(),
            y=_y("value"),
            color=alt.Color("part:O", sort=None).legend(
                orient="top", title=None, columns=alt.ExprRef("width < 420 ? 3 : 8")
            ),
            order="order:Q",
            tooltip="tip:N",
        )
    )
    return _sized(chart, 260)


def _cohorts() -> dict[str, Any]:
    """Draw ``value`` over ``days``, a line per ``cohort``, the newest ones strongest."""
    rows = alt.Chart(ROWS).encode(
        x=alt.X("days:Q").axis(values=[0, 30, 60, 90, 180], grid=False).title(None),
        y=_y("value"),
        opacity=alt.Opacity("age:Q").scale(range=[1, 0.25]).legend(None),
        detail="cohort:N",
        tooltip="tip:N",
    )
    chart = alt.layer(
        rows.mark_line(style="accent"),
        rows.mark_point(style="accent-point"),
        rows.transform_filter("datum.is_labelled")
        .mark_text(style="label", align="left", dx=8)
        .encode(text="cohort:N"),
    )
    return _sized(chart.properties(padding={"right": 48}), 260)


def _hours() -> dict[str, Any]:
    """Draw a field per ``hour`` and ``label``, a weekday, darker where ``value`` is larger.

    It is empty where there is none.
    """
    chart = (
        alt.Chart(ROWS)
        .mark_rect(style="field", invalid=None)
        .encode(
            x=alt.X("hour:O").axis(labelAngle=0, ticks=False, domain=False).title(None),
            y=alt.Y("label:N", sort=None).axis(ticks=False, domain=False).title(None),
            color=alt.Color("value:Q").legend(
                labelExpr=AXIS_LABEL, title=None, orient="top", gradientLength=160, tickCount=3
            ),
            tooltip="tip:N",
        )
    )
    return _stepped(chart, 22)


def _intervals() -> dict[str, Any]:
    """Draw a dot per ``label`` at ``value``, on a line from ``low`` to ``high``, words at its end.

    It is quiet where ``is_shown`` is false; ``mark`` is a line across.
    """
    room = alt.ExprRef("width < 420 ? 110 : 300")
    y = alt.Y("label:N", sort=None).title(None).axis(ticks=False, domain=False, labelLimit=room)
    rows = alt.Chart(ROWS).encode(y=y, tooltip="tip:N")
    axis = alt.Axis(labelExpr=AXIS_LABEL, tickCount=5, labelOverlap="greedy", labelSeparation=8)
    x = alt.X("value:Q").axis(axis).scale(zero=False).title(None)
    layers = [rows.mark_tick(style="mark").encode(x=alt.X("mark:Q"))]
    for drawn, style in (("!datum.is_shown", "faint"), ("datum.is_shown", "accent")):
        those = rows.transform_filter(drawn)
        layers += [
            those.mark_rule(style=f"{style}-interval").encode(x=alt.X("low:Q"), x2="high:Q"),
            those.mark_point(style=f"{style}-dot").encode(x=x),
        ]
    words = rows.mark_text(style="label", align="left", dx=8).encode(x="end:Q", text="text:N")
    return _stepped(alt.layer(*layers, words).properties(padding={"right": 72, "bottom": 4}), 28)


def _period() -> alt.X:
    axis = alt.Axis(labelAngle=0, labelOverlap="parity", ticks=False)
    return alt.X("period:O", sort=None).axis(axis).title(None)


def _y(field: str, scale: alt.Scale | UndefinedType = Undefined) -> alt.Y:
    axis = alt.Axis(labelExpr=AXIS_LABEL, tickCount=4)
    return alt.Y(f"{field}:Q").axis(axis).scale(scale).title(None)


def _sized(chart: alt.Chart | alt.LayerChart, height: int) -> dict[str, Any]:
    """Return a chart as wide as its place on the page, and so many pixels high."""
    return _spec(chart.properties(height=height))


def _stepped(chart: alt.Chart | alt.LayerChart, step: int) -> dict[str, Any]:
    """Return a chart as wide as its place, with so many pixels for each ``label`` of its rows."""
    return _spec(chart.properties(usermeta={"step": step}))


def _spec(chart: alt.Chart | alt.LayerChart) -> dict[str, Any]:
    autosize = alt.AutoSizeParams(type="fit-x", contains="padding")
    spec = chart.properties(width="container", autosize=autosize).to_dict()
    # the page has its own
    del spec["config"]
    return spec
