"""Text for people: one line, of a given length, and safe inside Markdown.

Text that came with the request (drug names, problem lists) goes through `plain` for the plain-text fields of a card
and through `markdown` for its detail, so that it can neither format nor link nor carry HTML (CDS Hooks 2.0, "Card
Attributes": `detail` is GitHub Flavored Markdown, and clients differ in what HTML they let pass).
"""

from __future__ import annotations

import re

SUMMARY_LENGTH = 139
"""CDS Hooks 2.0: a summary has fewer than 140 characters."""

# Any of what the expressions below look for; most texts have none of it, and are done with after one look.
_SPECIAL = re.compile(r"[\\`*_\[\]~|<>&@:]|[wW]\.|^[#+\-=\d]")
_INVISIBLE = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")
_FORMATTING = re.compile(r"([\\`*_\[\]~|])")
_ENTITY = re.compile(r"&(?=#|\w+;)")
_AUTOLINK = re.compile(r"(?i)(https?|ftp|mailto|xmpp)(:)|(www)(\.)|(@)")
_LINE_START = re.compile(r"^([#+\-=]|\d+(?=[.)](?:\s|$)))")
_SENTENCE_END = re.compile(r"(?<=\w\w\w)[.!?]\s+(?=[A-Z])")


def one_line(text: str) -> str:
    """The text with every run of white space, control and direction characters made one space."""
    visible = text if text.isprintable() else _INVISIBLE.sub(" ", text)
    return " ".join(visible.split())


def plain(text: str) -> str:
    """Request text for a plain-text field: one line, without the characters that HTML begins and ends with."""
    return one_line(text).replace("<", "‹").replace(">", "›")


def markdown(text: str) -> str:
    """The text as literal text inside Markdown: it shows as it was written and formats nothing."""
    line = one_line(text)
    if not _SPECIAL.search(line):
        return line
    line = _ENTITY.sub("&amp;", line).replace("<", "&lt;").replace(">", "&gt;")
    line = _FORMATTING.sub(r"\\\1", line)
    line = _AUTOLINK.sub(_unlinked, line)
    return _LINE_START.sub(_not_a_list, line)


def _unlinked(match: re.Match[str]) -> str:
    scheme, _, www, _, _ = match.groups()
    if scheme:
        return f"{scheme}\\:"
    return f"{www}\\." if www else "\\@"


def _not_a_list(match: re.Match[str]) -> str:
    marker = match.group(1)
    # A number is escaped at its full stop or bracket, a sign at the sign itself.
    return f"{marker}\\" if marker[0].isdigit() else f"\\{marker}"


def clipped(text: str, room: int) -> str:
    """The text if it has at most `room` characters, else its beginning, cut between words if it can, and `…`."""
    if len(text) <= room:
        return text
    if room <= 1:
        return "…"[:room]
    head = text[: room - 1]
    word_end = head.rfind(" ")
    if word_end >= len(head) // 2:
        head = head[:word_end]
    return head.rstrip(" ,;:-–(") + "…"


def first_sentence(text: str) -> str:
    """The first sentence on one line, without the full stop that ends it."""
    return _SENTENCE_END.split(one_line(text), maxsplit=1)[0].rstrip(". ")


def summary(drug: str, rest: str, join: str = ": ") -> str:
    """One sentence that names the drug, of at most 139 characters; a long drug name gives way to what is said of it.

    With the usual `join`, a drug that is named in what is said is not named twice.
    """
    said = one_line(rest)
    name = plain(drug)
    if not said:
        return clipped(name, SUMMARY_LENGTH)
    if join == ": " and name.lower() in clipped(said, SUMMARY_LENGTH).lower():
        return clipped(said, SUMMARY_LENGTH)
    room = max(SUMMARY_LENGTH // 3, SUMMARY_LENGTH - len(join) - len(said))
    return clipped(f"{clipped(name, room)}{join}{said}", SUMMARY_LENGTH)
