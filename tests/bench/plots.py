# SPDX-License-Identifier: Apache-2.0
"""The plots of docs/performance.md."""
import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plot  # noqa: E402

plot.rcParams.update({"svg.hashsalt": "cloexec", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False})


def draw_bars(values, columns, label, path):
    """A group of bars for each of `values`, a bar for each of `columns`."""
    figure, axes = plot.subplots(figsize=(9, 3.6))
    width = 0.8 / len(columns)
    for place, column in enumerate(columns):
        axes.bar([index + place * width for index in range(len(values))], [row[place] for row in values.values()], width, label=column)
    axes.axhline(1, color="#888888", linewidth=0.8)
    axes.set_xticks([index + 0.4 - width / 2 for index in range(len(values))], values, rotation=30, ha="right")
    axes.set_ylabel(label)
    axes.legend(ncol=3, fontsize=7, frameon=False)
    save(figure, path)


def draw_lines(lines, label_x, label_y, path, logarithmic=False):
    figure, axes = plot.subplots(figsize=(6, 3))
    for name, (xs, ys) in lines.items():
        axes.plot(xs, ys, marker="o", markersize=3, label=name)
    if logarithmic:
        axes.set_xscale("log")
    axes.set_ylim(bottom=0)
    axes.set_xlabel(label_x)
    axes.set_ylabel(label_y)
    axes.legend(frameon=False)
    save(figure, path)


def save(figure, path):
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plot.close(figure)
    # matplotlib leaves blanks at the ends of lines.
    path.write_text("".join(f"{line.rstrip()}\n" for line in path.read_text().splitlines()))
