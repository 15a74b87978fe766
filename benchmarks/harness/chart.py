"""The chart: for each workload, each peer's time as a multiple of this project's, on a logarithmic scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final
from xml.sax.saxutils import escape

from harness.figures import Figures
from harness.peers import CONTROL, OURS, PeerProgram
from harness.workloads import Workload

_LEFT: Final = 320
_WIDTH: Final = 560
_RIGHT: Final = 30
_TOP: Final = 66
_ROW: Final = 30
_LEGEND_ROW: Final = 22
_LEAST: Final = 0.25
_MOST: Final = 32.0
_TICKS: Final = (0.25, 0.5, 1, 2, 4, 8, 16, 32)
_COLOURS: Final = (
    "#888888",
    "#1f77b4",
    "#2ca02c",
    "#98df8a",
    "#d62728",
    "#9467bd",
    "#ff7f0e",
    "#8c564b",
    "#e377c2",
    "#17becf",
    "#bcbd22",
    "#393b79",
    "#637939",
)
_LEGEND_COLUMNS: Final = 3


def chart(figures: Figures, peers: Sequence[PeerProgram], workloads: Sequence[Workload]) -> str:
    """The chart as SVG."""
    others = [peer for peer in peers if peer.name not in {OURS, CONTROL}]
    colours = {peer.name: _COLOURS[index % len(_COLOURS)] for index, peer in enumerate(others)}
    bottom = _TOP + _ROW * len(workloads)
    height = bottom + 50 + _LEGEND_ROW * math.ceil((len(others) + 1) / _LEGEND_COLUMNS)
    width = _LEFT + _WIDTH + _RIGHT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        _text(16, 26, "Time of each library as a multiple of this project's", size=16),
        _text(16, 46, "right of the line: slower than this project; logarithmic scale", colour="#666666"),
        *_grid(bottom),
    ]
    for index, workload in enumerate(workloads):
        y = _TOP + _ROW * index + _ROW / 2
        parts.append(_text(_LEFT - 14, y + 4, workload.title, anchor="end"))
        parts += [
            _dot(_x(_multiple(figures, peer.name, workload)), y, colours[peer.name], peer.title)
            for peer in others
            if figures.has(peer.name, workload.name) and figures.has(OURS, workload.name)
        ]
    parts += _legend(others, colours, bottom + 46)
    return "\n".join([*parts, "</svg>", ""])


def _multiple(figures: Figures, peer: str, workload: Workload) -> float:
    if workload.is_throughput:
        return figures.throughput_ratio(OURS, peer, workload.name)
    return 1 / figures.time_ratio(OURS, peer, workload.name)


def _x(multiple: float) -> float:
    place = math.log(min(max(multiple, _LEAST), _MOST) / _LEAST) / math.log(_MOST / _LEAST)
    return _LEFT + _WIDTH * place


def _grid(bottom: float) -> list[str]:
    parts = []
    for tick in _TICKS:
        x, colour = _x(tick), "#333333" if tick == 1 else "#dddddd"
        parts.append(f'<line x1="{x:.1f}" y1="{_TOP}" x2="{x:.1f}" y2="{bottom}" stroke="{colour}"/>')
        parts.append(_text(x, bottom + 18, f"{tick:g}\N{MULTIPLICATION SIGN}", anchor="middle", colour="#666666"))
    return parts


def _legend(peers: Sequence[PeerProgram], colours: dict[str, str], top: float) -> list[str]:
    column_width = (_LEFT + _WIDTH) / _LEGEND_COLUMNS
    parts = []
    for index, peer in enumerate(peers):
        x = 24 + column_width * (index % _LEGEND_COLUMNS)
        y = top + _LEGEND_ROW * (index // _LEGEND_COLUMNS)
        parts += [_dot(x, y, colours[peer.name], peer.title), _text(x + 12, y + 4, peer.title)]
    return parts


def _dot(x: float, y: float, colour: str, title: str) -> str:
    shape = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5.5" fill="{colour}" fill-opacity="0.85">'
    return f"{shape}<title>{escape(title)}</title></circle>"


def _text(x: float, y: float, text: str, *, anchor: str = "start", colour: str = "#222222", size: int = 13) -> str:
    shape = f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}" font-size="{size}">'
    return f"{shape}{escape(text)}</text>"
