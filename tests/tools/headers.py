"""Reads the public headers: which functions there are, which records, what is said of them.

Knows just the C that they are written in. Whether something is missing is for the scripts to say.
"""

import pathlib
import re
from dataclasses import dataclass, field

INCLUDE = pathlib.Path("include")


@dataclass
class Function:
    name: str
    signature: str
    returns: str
    parameters: list
    comment: str  # "" where there is none


@dataclass
class Record:
    name: str
    fields: list  # names, in order
    body: str


@dataclass
class Header:
    path: str
    about: str
    functions: list = field(default_factory=list)
    records: list = field(default_factory=list)


def spoken(comment):
    """The text of a comment without its stars."""
    lines = re.sub(r"^/\*+<?|\*/$", "", comment.strip()).splitlines()
    return "\n".join(re.sub(r"^\s*\* ?", "", line).rstrip() for line in lines).strip()


def without_comments(text):
    return re.sub(r"/\*.*?\*/", " ", text, flags=re.S)


def field_name(declaration):
    """The name that one declarator declares."""
    pointer = re.search(r"\(\s*\*\s*(\w+)\s*\)", declaration)
    return pointer.group(1) if pointer else re.search(r"(\w+)\s*(\[[^]]*\])?\s*$", declaration).group(1)


def parameter_names(text):
    text = " ".join(text.split())
    return [] if text == "void" else [field_name(part) for part in text.split(",")]


def parse(path):
    text = path.read_text()
    about = re.match(r"/\*\* @file \S+\n(.*?)\*/", text, re.S)
    header = Header(str(path.relative_to(INCLUDE)), spoken("/**" + about.group(1) + "*/") if about else "")
    declared = r"(?P<doc>/\*\*(?:(?!\*/).)*\*/\s*)?^ROTA_API\s+(?P<returns>[\w\s]+?[\s*]+)(?P<name>\w+)\s*\((?P<parameters>[^;]*)\);"
    for match in re.finditer(declared, text, re.S | re.M):
        header.functions.append(Function(
            match["name"], " ".join(match.group(0)[len(match["doc"] or ""):].split())[len("ROTA_API "):],
            " ".join(match["returns"].split()), parameter_names(match["parameters"]),
            spoken(match["doc"] or "")))
    for match in re.finditer(r"typedef struct (\w+) \{(.*?)^\} \1;", text, re.S | re.M):
        body = without_comments(match.group(2))
        fields = []
        for declaration in body.split(";"):
            if not declaration.strip():
                continue
            first, *more = re.split(r",(?![^(]*\))", declaration)
            fields += [field_name(part) for part in [first, *more]]
        header.records.append(Record(match.group(1), fields, body))
    return header


def parse_all():
    """rota.h first, then the headers it includes, in its order."""
    top = INCLUDE / "rota.h"
    paths = [top] + [INCLUDE / name for name in re.findall(r"#include <(rota/\w+\.h)>", top.read_text())]
    left_out = {str(path) for path in (INCLUDE / "rota").glob("*.h")} - {str(path) for path in paths}
    if left_out:
        raise SystemExit(f"rota.h does not include {', '.join(sorted(left_out))}")
    return [parse(path) for path in paths]
