"""An invoice as a PDF of US Letter pages: who owes whom, for what, how much and until when."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Mapping, Sequence

from fpdf import FPDF
from fpdf.enums import TableBordersLayout, XPos, YPos
from fpdf.fonts import FontFace

from leora_gql.domains.billing.enums import InvoiceStatus
from leora_gql.domains.billing.service.document import InvoiceDocument

_ENCODING = "windows-1252"
_FONT = "Helvetica"
_MARGIN = 18
_INK, _MUTED, _SHADE = (33, 37, 41), (108, 117, 125), (241, 243, 245)
_WIDTHS = (92, 18, 24, 22, 24)
_LABELS, _AMOUNTS = 40, 30
_ADDRESS = ("line1", "line2")
_LONGEST = 500
_LONGEST_LINE = 90


def printable(text: str) -> str:
    """The text in letters that the document's font has: others without their accents, or as question marks.

    >>> printable("Château Żubrówka 酒")
    'Château Zubrówka ?'
    """
    return "".join(_letter(one) for one in " ".join(text.split()))[:_LONGEST]


def _letter(one: str) -> str:
    if unicodedata.category(one).startswith("C"):
        return "" if unicodedata.category(one) == "Cf" else "?"
    for candidate in (one, unicodedata.normalize("NFKD", one)[:1]):
        try:
            candidate.encode(_ENCODING)
        except UnicodeEncodeError:
            continue
        return candidate
    return "?"


def invoice_pdf(document: InvoiceDocument) -> bytes:
    """The bytes of the PDF. Takes some hundredths of a second of processor time."""
    page = _Page(document)
    page.add_page()
    _heading(page, document)
    _parties(page, document)
    _lines(page, document)
    _totals(page, document)
    return bytes(page.output())


class _Page(FPDF):
    """Pages with the invoice's number and their own below."""

    def __init__(self, document: InvoiceDocument) -> None:
        super().__init__(format="Letter")
        self.core_fonts_encoding = _ENCODING
        self.foot = f"Invoice {printable(document.number)}"
        self.set_title(self.foot)
        self.set_author(printable(document.seller))
        self.set_margin(_MARGIN)
        self.set_auto_page_break(auto=True, margin=_MARGIN + 6)

    def footer(self) -> None:
        """The line at the end of each page."""
        self.set_y(-_MARGIN)
        self.style(8, color=_MUTED)
        self.cell(0, 5, f"{self.foot} · Page {self.page_no()} of {{nb}}", align="C")

    def style(self, size: float, *, bold: bool = False, color: tuple[int, int, int] = _INK) -> None:
        """How what follows is written."""
        self.set_font(_FONT, style="B" if bold else "", size=size)
        self.set_text_color(*color)

    def block(
        self, texts: Sequence[str], *, x: float, y: float, width: float, align: str = "L", height: float = 5
    ) -> float:
        """Lines of text below one another, each broken where it is too wide; gives where they end."""
        self.set_xy(x, y)
        for text in texts:
            self.set_x(x)
            self.multi_cell(
                width, height, _short(printable(text)), align=align, new_x=XPos.LEFT, new_y=YPos.NEXT
            )
        return self.get_y()


def _heading(page: _Page, document: InvoiceDocument) -> None:
    half = page.epw / 2
    top = page.get_y()
    page.style(16, bold=True)
    end = page.block([document.seller], x=page.l_margin, y=top, width=half, height=7)
    page.set_xy(page.l_margin + half, top)
    page.style(20, bold=True, color=_MUTED)
    void = document.status is InvoiceStatus.VOID
    page.cell(half, 8, "VOID INVOICE" if void else "INVOICE", align="R")
    facts = [
        ("Number", document.number),
        ("Issued", _day(document.issued_on)),
        ("Due", _day(document.due_on)),
        ("Order", document.order_number),
        ("Your PO", document.po_number),
        ("Account", document.account_number),
    ]
    y = top + 11
    for label, value in facts:
        if value is None:
            continue
        page.style(9, color=_MUTED)
        page.set_xy(page.l_margin + half, y)
        page.cell(half - 50, 5, label, align="R")
        page.style(9)
        y = page.block([value], x=page.l_margin + page.epw - 48, y=y, width=48, align="R")
    page.set_y(max(end, y) + 6)


def _parties(page: _Page, document: InvoiceDocument) -> None:
    names = [document.customer]
    if document.trade_name and document.trade_name != document.customer:
        names.append(document.trade_name)
    width = page.epw / 2 - 4
    top, ends = page.get_y(), list[float]()
    for index, (title, address) in enumerate(
        (("Bill to", document.billing_address), ("Ship to", document.shipping_address))
    ):
        x = page.l_margin + index * (page.epw / 2 + 4)
        page.style(9, bold=True, color=_MUTED)
        y = page.block([title], x=x, y=top, width=width)
        page.style(10)
        ends.append(page.block([*names, *_address(address)], x=x, y=y, width=width))
    page.set_y(max(ends) + 8)


def _address(address: Mapping[str, str] | None) -> list[str]:
    given = address or {}
    city = ", ".join(filter(None, (given.get("city"), given.get("region"))))
    place = " ".join(filter(None, (city, given.get("postal_code"))))
    return [line for line in (*(given.get(name) for name in _ADDRESS), place, given.get("country")) if line]


def _lines(page: _Page, document: InvoiceDocument) -> None:
    page.style(9)
    page.set_draw_color(*_MUTED)
    with page.table(
        col_widths=_WIDTHS,
        text_align=("LEFT", "RIGHT", "RIGHT", "RIGHT", "RIGHT"),
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        headings_style=FontFace(emphasis="BOLD", color=_INK, fill_color=_SHADE),
        line_height=5,
        padding=(1.5, 1),
        v_align="TOP",
    ) as table:
        table.row(("Description", "Bottles", "Price", "Discount", f"Total {document.currency}"))
        for line in document.lines:
            table.row(
                (
                    printable(line.description),
                    f"{line.quantity:,}",
                    _amount(line.unit_price_cents),
                    _amount(line.discount_amount_cents) if line.discount_amount_cents else "",
                    _amount(line.line_total_cents),
                )
            )
    page.ln(4)


def _totals(page: _Page, document: InvoiceDocument) -> None:
    rows = [
        ("Subtotal", document.subtotal_cents, False),
        ("Discount", -document.discount_amount_cents, False),
        ("Tax", document.tax_amount_cents, False),
        ("Shipping", document.shipping_amount_cents, False),
        ("Total", document.total_cents, True),
        ("Paid", -document.paid_amount_cents, False),
        (f"Balance due {document.currency}", document.balance_due_cents, True),
    ]
    shown = [row for row in rows if row[1] or row[2]]
    if page.will_page_break(6 * len(shown)):
        page.add_page()
    for label, cents, bold in shown:
        page.style(10, bold=bold)
        page.set_x(page.l_margin + page.epw - _LABELS - _AMOUNTS)
        page.cell(_LABELS, 6, label)
        page.cell(_AMOUNTS, 6, _amount(cents), align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _short(text: str) -> str:
    """The text, cut off where it would take the page for itself."""
    return text if len(text) <= _LONGEST_LINE else f"{text[: _LONGEST_LINE - 1]}…"


def _amount(cents: int) -> str:
    """Cents as an amount with separators: `-1,234.50`."""
    whole, rest = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}{whole:,}.{rest:02d}"


def _day(day: dt.date) -> str:
    return f"{day:%B} {day.day}, {day.year}"
