"""A curve: how figures of one work move along with one thing, and the file that curves are kept in."""
import dataclasses
import json
import statistics


@dataclasses.dataclass(frozen=True)
class Curve:
    title: str  # says the work
    along: str  # what moves, with its unit
    points: tuple
    figures: dict  # key of what is measured: what it is, with its unit
    # Keys that are drawn together, panel beside panel. What is in none is in the file alone.
    panels: tuple  # without any there is no picture
    # Of a measured(bench), whose `at(point)` gives {key: value}.
    measured: type
    brief: tuple = ()  # the points of a smoke test; the first two when left out
    dovecot: bool = False  # whether the same can be asked of Dovecot


def described(curve):
    """A curve's own part of the file, which is all that drawing needs."""
    return {"title": curve.title, "along": curve.along, "figures": curve.figures,
            "panels": [list(keys) for keys in curve.panels], "series": {}}


def add_round(series, point, found):
    """Into [{"at": point, "rounds": [...]}, ...], which stays in order. No figure is better than its third decimal."""
    found = {key: round(value, 3) for key, value in found.items()}
    for entry in series:
        if entry["at"] == point:
            entry["rounds"].append(found)
            return
    series.append({"at": point, "rounds": [found]})
    series.sort(key=lambda entry: entry["at"])


def spread(entry, key):
    """(least, median, greatest) of a figure at a point."""
    values = [found[key] for found in entry["rounds"]]
    return min(values), statistics.median(values), max(values)


def read(path):
    return json.loads(path.read_text())["curves"] if path.exists() else {}


def write(path, curves):
    path.write_text(json.dumps({"curves": dict(sorted(curves.items()))}, indent=1) + "\n")
