"""The page for converters that know no style sheets: pictures as PNG, and nothing that only a browser understands."""

from __future__ import annotations

import base64
import html
import re

from foedus.report.drawing.style import plain_style

_STYLE = re.compile(r"<style>.*?</style>", re.DOTALL)
_SVG = re.compile(r"<svg\b.*?</svg>", re.DOTALL)
_LABEL = re.compile(r'aria-label="([^"]*)"')
_LEFT_OUT = (
    re.compile(r"<nav\b.*?</nav>", re.DOTALL),
    re.compile(r'<a class="skip".*?</a>', re.DOTALL),
    re.compile(r'<span class="(?:gauge|share-bar)".*?</i></span>', re.DOTALL),
    re.compile(r'<span class="share" [^>]*></span>'),
    re.compile(r"</?(?:section|header|main|details|figure|small)\b[^>]*>"),
)
_INTO = (
    (re.compile(r"<summary>(.*?)</summary>", re.DOTALL), r"<p><strong>\1</strong></p>"),
    (re.compile(r"<figcaption>(.*?)</figcaption>", re.DOTALL), r"<p><em>\1</em></p>"),
    (re.compile(r"<br>"), "; "),
    (re.compile(r'<a href="#[^"]*">(.*?)</a>', re.DOTALL), r"\1"),  # places in a page that the file no longer has
)
SCALE = 2.0  # pixels of a picture for each of the page


def plain_page(page: str) -> str:
    """The page with its pictures drawn and its style taken off."""
    head, body = page.split("<body>", 1)
    body = _SVG.sub(lambda m: _picture(m[0]), body)
    for pattern in _LEFT_OUT:
        body = pattern.sub("", body)
    for pattern, instead in _INTO:
        body = pattern.sub(instead, body)
    title = re.search(r"<title>.*?</title>", head, re.DOTALL)
    assert title
    return f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">{title[0]}</head><body>{body}'


def _picture(svg: str) -> str:
    """An SVG as a PNG in the page, with its words."""
    import vl_convert

    label = _LABEL.search(svg)
    words = label[1] if label else ""
    plain = _STYLE.sub(f"<style>{plain_style()}</style>", svg)
    width = _width(plain)
    png = vl_convert.svg_to_png(plain, scale=SCALE)
    data = base64.b64encode(png).decode("ascii")
    return f'<img src="data:image/png;base64,{data}" alt="{html.escape(html.unescape(words))}" width="{width:.0f}">'


def _width(svg: str) -> float:
    box = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    return min(float(box[1]), 640.0) if box else 400.0
