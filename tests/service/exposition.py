"""Prometheus' text form 0.0.4, read strictly: what a scraper would refuse or mix up is an error here."""
import re

from harness import need, same

NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\\\n]|\\\\["\\\\n])*)"'
SAMPLE = re.compile(rf"({NAME})(?:\{{((?:{LABEL},?)*)\}})? (-?[0-9.]+(?:e[+-]?[0-9]+)?|\+Inf|NaN)")


def _histogram(name, samples):
    of = {}
    for (sample, labels), value in samples.items():
        le = dict(labels).get("le")
        rest = tuple(l for l in labels if l[0] != "le")
        of.setdefault(rest, {}).setdefault(sample[len(name):], []).append((le, value))
    for labels, parts in of.items():
        same(set(parts), {"_bucket", "_sum", "_count"}, f"parts of {name}{labels}")
        bounds = [float("inf") if le == "+Inf" else float(le) for le, _ in parts["_bucket"]]
        counts = [value for _, value in parts["_bucket"]]
        need(bounds == sorted(set(bounds)) and bounds[-1] == float("inf"), f"bounds of {name}: {bounds}")
        need(counts == sorted(counts), f"{name}{labels} is not cumulative: {counts}")
        same(counts[-1], parts["_count"][0][1], f"count of {name}{labels}")
        need(parts["_sum"][0][1] >= 0, f"sum of {name}{labels}")


def read(text):
    """{name of family: (type, {(name, labels): value})}"""
    need(text.endswith("\n") and "\r" not in text, "lines end with LF")
    families, current = {}, None
    for line in text[:-1].split("\n"):
        comment = re.fullmatch(rf"# (HELP|TYPE) ({NAME}) (.+)", line)
        if comment and comment[1] == "HELP":
            need(comment[2] not in families, f"{comment[2]} is told of twice")
            current = comment[2]
            families[current] = [None, {}]
        elif comment:
            same(comment[2], current, "TYPE follows its HELP")
            need(comment[3] in ("counter", "gauge", "histogram") and families[current][0] is None, line)
            families[current][0] = comment[3]
        else:
            sample = SAMPLE.fullmatch(line)
            need(sample, f"is no sample: {line!r}")
            labels = tuple(re.findall(LABEL, sample[2] or ""))
            same(len({l[0] for l in labels}), len(labels), f"labels of {line!r}")
            kind, samples = families[current]
            names = [current + s for s in ("_bucket", "_sum", "_count")] if kind == "histogram" else [current]
            need(sample[1] in names, f"{line!r} stands with {current}")
            key = (sample[1], labels)
            need(key not in samples, f"{line!r} is a series twice")
            samples[key] = float(sample[5])
    for name, (kind, samples) in families.items():
        need(kind, f"{name} has no type")
        same(name.endswith("_total"), kind == "counter", f"the name of the {kind} {name}")
        if kind == "histogram":
            _histogram(name, samples)
        if kind == "counter":
            need(all(v >= 0 and v == int(v) for v in samples.values()), f"{name} counts no things")
    return families
