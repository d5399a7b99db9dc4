"""Prints the first whole C program of README.md, as it stands there."""

import pathlib
import re
import sys

blocks = re.findall(r"^```c\n(.*?)^```$", pathlib.Path("README.md").read_text(), re.S | re.M)
programs = [block for block in blocks if re.search(r"\bmain\s*\(", block)]
if not programs:
    sys.exit("README.md has no C program")
sys.stdout.write(programs[0])
