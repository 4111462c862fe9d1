"""An independent evaluator of questions: pandas over the emitted data, and nothing of the programs that answered.

Reads one JSON object a line: `charts` (each with `kind`, `csv` and `columns`: name and channel) and `questions` (each
with its `template`, what its `slots` hold, and `decimals` for an answer that is a number). Writes one list a line with
the answers that the data give: digits, a name, Yes or No, or names joined by ", "; null for what it has no rule for.

Numbers are fractions, rounded once at the end, half away from zero.
"""

import functools
import io
import json
import math
import sys
from datetime import date
from fractions import Fraction

import pandas as pd

SAMPLES = {"density", "histogram", "histogram_density", "box", "violin", "box_violin"}
CLOUDS = {"scatter", "bubble", "scatter_histogram", "scatter_density", "hex_histogram"}
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def rounded(number, decimals):
    """Digits of a fraction, half away from zero."""
    scaled = math.floor(abs(number) * 10**decimals + Fraction(1, 2))
    sign = "-" if number < 0 and scaled else ""
    digits = str(scaled).rjust(decimals + 1, "0")
    return sign + (digits[:-decimals] + "." + digits[-decimals:] if decimals else digits)


def ordinal(text):
    """A written time as a count of its periods."""
    parts = text.split(" ")
    if len(parts) == 2 and parts[1].startswith("Q"):
        return int(parts[0]) * 4 + int(parts[1][1:])
    if len(parts) == 2:
        return int(parts[1]) * 12 + MONTHS.index(parts[0]) + 1
    if "-" in text[1:]:
        return date(*map(int, text.split("-"))).toordinal()
    return int(text)


def frame(chart):
    """A chart's data as a table of fractions: rows by name, one column for each series."""
    raw = pd.read_csv(io.StringIO(chart["csv"]), dtype=str, keep_default_na=False, skip_blank_lines=False)
    raw.columns = [c["name"] for c in chart["columns"]]
    by = {}
    for column in chart["columns"]:
        by.setdefault(column["channel"], []).append(column["name"])
    kind = chart["kind"]
    numbers = lambda names: raw[names].map(lambda t: Fraction(t) if t else None)
    if kind in SAMPLES:
        middle = {}
        for name in by["y"]:
            values = sorted(Fraction(t) for t in raw[name] if t)
            middle[name] = (values[(len(values) - 1) // 2] + values[len(values) // 2]) / 2
        return pd.DataFrame({"Median": middle}, dtype=object)
    if kind in CLOUDS:
        return numbers([by["x"][0], by["y"][0]])
    if kind == "gantt":
        start, end = raw[by["start"][0]].map(ordinal), raw[by["end"][0]].map(ordinal)
        data = pd.DataFrame({"start": start, "end": end, "duration": end - start}).map(Fraction)
        return data.set_index(raw[by["x"][0]])
    if kind in ("sankey", "node"):
        return numbers(by["value"]).set_index(raw[by["source"][0]] + " to " + raw[by["target"][0]])
    names = by.get("y", []) + by.get("y2", []) if kind == "bar_line" else by.get("y", [])
    if kind.startswith("candlestick"):
        names = [by[c][0] for c in ("open", "high", "low", "close")]
    if not names:
        names = by["value"]
    data = numbers(names).set_index(raw[by["x"][0]])
    if kind in ("treemap", "sunburst"):
        data = data[~data.index.isin(set(raw[by["parent"][0]]) - {""})]
    return data[data.index != ""]


def top(series):
    return series[series == series.max()].index[0]


def low(series):
    return series[series == series.min()].index[0]


def mean(series):
    return series.sum() / len(series)


def median(series):
    values = sorted(series)
    return (values[(len(values) - 1) // 2] + values[len(values) // 2]) / 2


def spread(series):
    return series.max() - series.min()


def down(series):
    return series.sort_values(ascending=False)


def up(series):
    return series.sort_values()


def step(series):
    return pd.Series([b - a for a, b in zip(series, series[1:])], index=series.index[1:], dtype=object)


def trend(series):
    values, span = list(series), spread(series)
    net = values[-1] - values[0]
    rise = max(max(values[i:]) - v for i, v in enumerate(values))
    fall = max(v - min(values[i:]) for i, v in enumerate(values))
    if net > 0 and 10 * net >= 6 * span and 10 * fall <= 3 * span:
        return "increasing"
    if net < 0 and -10 * net >= 6 * span and 10 * rise <= 3 * span:
        return "decreasing"
    return "fluctuating"


def relation(a, b):
    r = a.astype(float).corr(b.astype(float))
    return "positive" if r > 0.75 else "negative" if r < -0.75 else "none"


def join(names):
    return ", ".join(names)


class Q:
    """What a question is about: the data of its chart, and what its slots hold."""

    def __init__(self, charts, frames, slots):
        self.slots, self.charts = slots, charts
        c = int(slots.get("c", 0))
        self.chart, self.data = charts[c], frames(c)
        self.other = frames(int(slots["d"])) if "d" in slots else None

    def __getattr__(self, name):
        return self.slots[name]

    @property
    def s(self):
        return self.data[self.slots["series"]]

    @property
    def s2(self):
        return self.data[self.slots["series2"]]

    @property
    def o(self):
        return self.other[self.slots["other_series"]]

    @property
    def at(self):
        return self.data.loc[self.slots["row"]]

    @property
    def a(self):
        return self.s[self.slots["row"]]

    @property
    def b(self):
        return self.s[self.slots["row2"]]

    @property
    def later(self):
        return self.s[self.slots["later"]]

    @property
    def window(self):
        return self.s.loc[self.slots["row"] : self.slots["later"]]

    @property
    def x(self):
        return self.a

    @property
    def y(self):
        return self.s2[self.slots["row"]]

    @property
    def limit(self):
        return Fraction(self.slots["threshold"])


ANSWERS = {
    "retrieval.cell": lambda q: q.a,
    "retrieval.highest": lambda q: q.s.max(),
    "retrieval.lowest": lambda q: q.s.min(),
    "retrieval.last": lambda q: q.s.iloc[-1],
    "retrieval.first": lambda q: q.s.iloc[0],
    "retrieval.inverse": lambda q: q.s[q.s == Fraction(q.level)].index[0],
    "retrieval.group": lambda q: q.a,
    "retrieval.duration": lambda q: q.data["duration"][q.row],
    "comparison.rows": lambda q: q.row if q.a > q.b else q.row2,
    "comparison.rows_lower": lambda q: q.row if q.a < q.b else q.row2,
    "comparison.is_greater": lambda q: q.a > q.b,
    "comparison.series": lambda q: q.x > q.y,
    "comparison.highest_row": lambda q: top(q.s),
    "comparison.lowest_row": lambda q: low(q.s),
    "comparison.highest_series": lambda q: top(q.at),
    "comparison.lowest_series": lambda q: low(q.at),
    "comparison.peaks": lambda q: top(q.data.max()),
    "comparison.earliest": lambda q: low(q.data["start"]),
    "comparison.latest": lambda q: top(q.data["end"]),
    "comparison.longest": lambda q: top(q.data["duration"]),
    "range.series": lambda q: spread(q.s),
    "range.row": lambda q: spread(q.at),
    "range.window": lambda q: spread(q.window),
    "range.totals": lambda q: spread(q.data.sum(axis=1)),
    "range.widest_series": lambda q: top(q.data.apply(spread)),
    "range.widest_row": lambda q: top(q.data.apply(spread, axis=1)),
    "average.series": lambda q: mean(q.s),
    "average.row": lambda q: mean(q.at),
    "average.window": lambda q: mean(q.window),
    "average.two_rows": lambda q: (q.a + q.b) / 2,
    "average.highest_series": lambda q: top(q.data.apply(mean)),
    "average.median": lambda q: median(q.s),
    "sorting.nth_highest": lambda q: down(q.s).index[int(q.n) - 1],
    "sorting.nth_lowest": lambda q: up(q.s).index[int(q.n) - 1],
    "sorting.nth_value": lambda q: down(q.s).iloc[int(q.n) - 1],
    "sorting.list_down": lambda q: join(down(q.s).index),
    "sorting.series_list": lambda q: join(up(q.at).index),
    "sorting.rank": lambda q: Fraction(list(down(q.s).index).index(q.row) + 1),
    "sorting.top_three": lambda q: join(down(q.s).index[:3]),
    "arithmetic.sum_rows": lambda q: q.a + q.b,
    "arithmetic.difference_rows": lambda q: abs(q.a - q.b),
    "arithmetic.difference_series": lambda q: abs(q.x - q.y),
    "arithmetic.change": lambda q: q.later - q.a,
    "arithmetic.ratio_rows": lambda q: q.a / q.b,
    "arithmetic.ratio_series": lambda q: q.x / q.y,
    "arithmetic.total_series": lambda q: q.s.sum(),
    "arithmetic.total_row": lambda q: q.at.sum(),
    "arithmetic.percent_change": lambda q: 100 * (q.later - q.a) / q.a,
    "arithmetic.share": lambda q: 100 * q.a / q.s.sum(),
    "arithmetic.two_shares": lambda q: 100 * (q.a + q.b) / q.s.sum(),
    "multi.count_above": lambda q: Fraction(int((q.s > q.limit).sum())),
    "multi.count_above_mean": lambda q: Fraction(int((q.s > mean(q.s)).sum())),
    "multi.largest_rise": lambda q: top(step(q.s)),
    "multi.largest_fall": lambda q: low(step(q.s)),
    "multi.count_rises": lambda q: Fraction(int((step(q.s) > 0).sum())),
    "multi.widest_gap": lambda q: top((q.s - q.s2).abs()),
    "multi.count_ahead": lambda q: Fraction(int((q.s > q.s2).sum())),
    "multi.other_at_peak": lambda q: q.s2[top(q.s)],
    "multi.top_two_sum": lambda q: down(q.s).iloc[:2].sum(),
    "multi.mean_without_peak": lambda q: mean(q.s.drop(top(q.s))),
    "multi.peak_to_low_ratio": lambda q: q.s.max() / q.s.min(),
    "multi.mean_difference": lambda q: abs(mean(q.s) - mean(q.s2)),
    "multi.highest_total": lambda q: top(q.data.sum(axis=1)),
    "multi.share_of_total": lambda q: 100 * q.a / q.at.sum(),
    "multi.days_up": lambda q: Fraction(int((q.data.iloc[:, 3] > q.data.iloc[:, 0]).sum())),
    "trend.series": lambda q: trend(q.s),
    "trend.window": lambda q: trend(q.window),
    "trend.relation": lambda q: relation(q.s, q.s2),
    "cross.same_point": lambda q: abs(q.a - q.o[q.other_row]),
    "cross.higher_peak": lambda q: q.s.max() > q.o.max(),
    "cross.other_at_peak": lambda q: q.o[top(q.s)],
    "cross.same_leader": lambda q: top(q.s) == top(q.o),
    "claim.rows": lambda q: q.a > q.b,
    "claim.peak": lambda q: top(q.s) == q.row_peak,
    "claim.threshold": lambda q: bool((q.s > q.limit).all()),
    "claim.ahead": lambda q: bool((q.s > q.s2).all()),
    "number.charts": lambda q: Fraction(len(q.charts)),
    "number.rows": lambda q: Fraction(len(q.data)),
    "number.series": lambda q: Fraction(sum(c["channel"] in ("y", "y2") for c in q.chart["columns"])),
    "number.legend": lambda q: Fraction(sum(c["channel"] in ("y", "y2") for c in q.chart["columns"])),
    "number.kinds": lambda q: Fraction(len({c["kind"] for c in q.charts})),
    "text.rows": lambda q: join(q.data.index),
    "text.first_row": lambda q: q.data.index[0],
    "text.last_row": lambda q: q.data.index[-1],
    "table.highest": lambda q: top(q.s),
    "table.lowest": lambda q: low(q.s),
    "table.sum": lambda q: q.s.sum(),
    "table.mean": lambda q: mean(q.s),
    "table.range": lambda q: spread(q.s),
    "table.difference": lambda q: abs(q.a - q.b),
    "table.order": lambda q: join(down(q.s).index),
    "table.count_above": lambda q: Fraction(int((q.s > q.limit).sum())),
    "table.compare": lambda q: q.row if q.a > q.b else q.row2,
    "table.rows": lambda q: Fraction(len(q.data)),
}


def answer(charts, frames, question):
    rule = ANSWERS.get(question["template"])
    if rule is None:
        return None
    try:
        found = rule(Q(charts, frames, question["slots"]))
    except Exception as error:  # the test shows it beside the question
        return f"{type(error).__name__}: {error}"
    if isinstance(found, Fraction):
        return rounded(found, question["decimals"])
    if isinstance(found, str):
        return found
    return "Yes" if found else "No"


def main():
    for line in sys.stdin:
        line = json.loads(line)
        charts = line["charts"]
        frames = functools.cache(lambda c: frame(charts[c]))
        print(json.dumps([answer(charts, frames, q) for q in line["questions"]]))


if __name__ == "__main__":
    main()
