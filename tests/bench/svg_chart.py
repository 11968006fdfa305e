"""Pictures of curves as SVG: panels with axes, points with their spread, the same octets for the same figures."""
import dataclasses
import math
from xml.sax.saxutils import escape

PANEL_WIDTH, PLOT_HEIGHT = 330, 210
LEFT, RIGHT, TOP, BOTTOM = 58, 14, 74, 48
COLOURS = ("#1b5e9b", "#c2570c")
MARKS = ("filled", "hollow")  # and so told apart without colour too
# More than so many times the least, and an axis is logarithmic.
LINEAR_UP_TO = 12


@dataclasses.dataclass(frozen=True)
class Line:
    name: str
    colour: int  # which of COLOURS
    mark: int  # which of MARKS
    points: list  # of (x, least, median, greatest)


@dataclasses.dataclass(frozen=True)
class Panel:
    title: str
    along: str
    lines: list


class Axis:
    """Where a value is, and the values that are named. Linear ones begin at 0."""

    def __init__(self, values, begin, end):
        low, high = min(values), max(values)
        self._begin, self._end = begin, end
        self.logarithmic = low > 0 and high / low > LINEAR_UP_TO
        if self.logarithmic:
            self._low, self._high = math.log10(low) - 0.06, math.log10(high) + 0.06
        else:
            self._low, self._high = min(0.0, low), (high or 1) * 1.05

    def place(self, value):
        part = ((math.log10(value) if self.logarithmic else value) - self._low) / (self._high - self._low)
        return self._begin + part * (self._end - self._begin)

    def ticks(self):
        return self._logarithmic_ticks() if self.logarithmic else self._linear_ticks()

    def _logarithmic_ticks(self):
        decades = range(math.floor(self._low), math.ceil(self._high) + 1)
        for steps in ((1,), (1, 3), (1, 2, 5)):
            ticks = [step * 10.0 ** decade for decade in decades for step in steps
                     if self._low <= math.log10(step * 10.0 ** decade) <= self._high]
            if len(ticks) >= 4:
                break
        return ticks

    def _linear_ticks(self):
        rough = (self._high - self._low) / 5
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough)
        first = math.ceil(self._low / step)
        return [number * step for number in range(first, math.floor(self._high / step) + 1)]


class PointAxis(Axis):
    """Names the points themselves, where they are few."""

    def __init__(self, values, begin, end):
        super().__init__(values, begin, end)
        self._values = sorted(set(values))

    def ticks(self):
        return self._values if len(self._values) <= 9 and self.logarithmic else super().ticks()


def named(value):
    """A number as it stands at an axis; sizes that are powers of two are named as such."""
    if value >= 1024 and value == int(value) and int(value) & (int(value) - 1) == 0:
        return f"{value / 1024:g} Ki" if value < 1024 ** 2 else f"{value / 1024 ** 2:g} Mi"
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"


def text(x, y, content, size=12, anchor="middle", weight="normal"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}">'
            f'{escape(content)}</text>')


def rule(x1, y1, x2, y2, colour, width=1.0):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-width="{width}"/>'


def mark(line, x, y):
    colour = COLOURS[line.colour]
    inside = colour if MARKS[line.mark] == "filled" else "white"
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.4" fill="{inside}" stroke="{colour}" stroke-width="1.5"/>'


def axes(panel, across, up, left):
    bottom, right = TOP + PLOT_HEIGHT, left + PANEL_WIDTH - LEFT - RIGHT
    drawn = [text((left + right) / 2, TOP - 46, panel.title, 13),
             text((left + right) / 2, bottom + 38, panel.along)]
    for value in up.ticks():
        drawn += [rule(left, up.place(value), right, up.place(value), "#e2e2e2"),
                  text(left - 6, up.place(value) + 4, named(value), 11, "end")]
    for value in across.ticks():
        drawn += [rule(across.place(value), bottom, across.place(value), bottom + 4, "#444"),
                  text(across.place(value), bottom + 18, named(value), 11)]
    return [*drawn, rule(left, TOP, left, bottom, "#444"), rule(left, bottom, right, bottom, "#444")]


def curve(line, across, up):
    colour = COLOURS[line.colour]
    way = " ".join(f"{across.place(x):.1f},{up.place(middle):.1f}" for x, _, middle, _ in line.points)
    drawn = [f'<polyline points="{way}" fill="none" stroke="{colour}" stroke-width="1.5"/>']
    for x, least, _, greatest in line.points:
        drawn.append(rule(across.place(x), up.place(least), across.place(x), up.place(greatest), colour, 2.5))
    return drawn + [mark(line, across.place(x), up.place(middle)) for x, _, middle, _ in line.points]


def legend(panel, left):
    """What each line is, where there are several: in two rows at most."""
    drawn = []
    in_row = 2 if len(panel.lines) > 2 else len(panel.lines)
    for number, line in enumerate(panel.lines if len(panel.lines) > 1 else []):
        x = left + 4 + number % in_row * (PANEL_WIDTH - LEFT - RIGHT) / 2
        y = TOP - 27 + number // in_row * 15
        drawn += [mark(line, x, y), text(x + 8, y + 4, line.name, 11, "start")]
    return drawn


def drawn_panel(panel, number):
    left = LEFT + number * PANEL_WIDTH
    right = left + PANEL_WIDTH - LEFT - RIGHT
    points = [point for line in panel.lines for point in line.points]
    across = PointAxis([point[0] for point in points], left, right)
    up = Axis([value for point in points for value in point[1:]], TOP + PLOT_HEIGHT, TOP)
    drawn = axes(panel, across, up, left) + legend(panel, left)
    for line in panel.lines:
        drawn += curve(line, across, up)
    return drawn


def picture(title, panels):
    """The text of an SVG file."""
    width, height = PANEL_WIDTH * len(panels), TOP + PLOT_HEIGHT + BOTTOM
    # A short picture has its title above, not cut off.
    width = max(width, 40 + round(7.6 * len(title)))
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 -26 {width} {height + 26}" width="{width}" '
             f'height="{height + 26}" font-family="DejaVu Sans, Helvetica, Arial, sans-serif" fill="#222">',
             f"<title>{escape(title)}</title>",
             f'<rect x="0" y="-26" width="{width}" height="{height + 26}" fill="white"/>',
             text(12, -4, title, 14, "start", "bold")]
    for number, panel in enumerate(panels):
        parts += drawn_panel(panel, number)
    return "\n".join([*parts, "</svg>"]) + "\n"
