"""The names that the shared library exports, those of lib/exports.list, and the functions of the
public headers are the same. Argument: the library."""

import pathlib
import subprocess
import sys

from headers import parse_all

listed = pathlib.Path("lib/exports.list").read_text().split()
declared = {function.name for header in parse_all() for function in header.functions}
symbols = subprocess.run(["nm", "-D", "--defined-only", sys.argv[1]],
                         capture_output=True, text=True, check=True).stdout
exported = {line.split()[-1].split("@")[0] for line in symbols.splitlines()}

found = [f"{name} is listed and not exported" for name in set(listed) - exported]
found += [f"{name} is exported and not listed" for name in exported - set(listed)]
found += [f"{name} is declared and not listed" for name in declared - set(listed)]
found += [f"{name} is listed and not declared" for name in set(listed) - declared]
if listed != sorted(set(listed)):
    found.append("lib/exports.list is not sorted, or repeats itself")
if found or not listed:
    sys.exit("\n".join(sorted(found)) or "no names")
print(f"exports: {len(listed)} names")
