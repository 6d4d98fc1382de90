"""The run as a picture: an SVG written by hand, a group of bars for each operation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from benchmark.operations import TITLES
from benchmark.report import Result
from benchmark.stacks import STACKS

_COLOURS = dict(zip(STACKS, ("#7b1e3a", "#c98a9b", "#4a6b8a", "#b8b2a7"), strict=True))
_WIDTH, _LEFT, _RIGHT = 860, 250, 150
_FONT = 'font-family="sans-serif" font-size="13"'
_BAR, _GAP, _TOP = 16, 16, 64


def plot(results: Sequence[Result], *, title: str) -> str:
    """The rates of one number of connections; within an operation the longest bar is the fastest stack."""
    stacks = [name for name in STACKS if name in results[0].stacks]
    group = _BAR * len(stacks) + _GAP
    height = _TOP + group * len(results) + 8
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" {_FONT}>',
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="12" y="22" font-size="15" font-weight="bold" fill="#222">{escape(title)}</text>',
        *_legend(stacks),
    ]
    for index, result in enumerate(results):
        lines += _group(result, stacks, _TOP + group * index)
    return "\n".join([*lines, "</svg>", ""])


def _legend(stacks: Sequence[str]) -> Iterator[str]:
    for index, name in enumerate(stacks):
        x = 12 + index * 170
        yield f'<rect x="{x}" y="36" width="12" height="12" fill="{_COLOURS[name]}"/>'
        yield f'<text x="{x + 18}" y="47" fill="#222">{escape(STACKS[name].title)}</text>'


def _group(result: Result, stacks: Sequence[str], top: int) -> Iterator[str]:
    fastest = max(result.stacks[name].rate.median for name in stacks)
    middle = top + _BAR * len(stacks) / 2 + 4
    yield f'<text x="12" y="{middle:g}" fill="#222">{escape(TITLES[result.operation])}</text>'
    for index, name in enumerate(stacks):
        rate, y = result.stacks[name].rate.median, top + _BAR * index
        length = max(1.0, (_WIDTH - _LEFT - _RIGHT) * rate / fastest)
        yield f'<rect x="{_LEFT}" y="{y}" width="{length:.1f}" height="{_BAR - 3}" fill="{_COLOURS[name]}"/>'
        yield f'<text x="{_LEFT + length + 6:.1f}" y="{y + 11}" font-size="11" fill="#444">{rate:,.0f}/s</text>'
