"""The reference of every public function, from the headers, as Markdown on standard output.

--check writes nothing, and ends with 1 where a function is not documented as it should be: a
sentence, @since, @return unless it returns nothing or text, and no @param that does not exist.
"""

import re
import sys

from headers import parse_all

TAG = re.compile(r"@(param|return|since)\b")


def sections(comment):
    """The text before the first tag, and [(tag, text)] of the others."""
    parts = TAG.split(comment)
    return parts[0].strip(), list(zip(parts[1::2], (part.strip() for part in parts[2::2])))


def faults(function):
    text, tags = sections(function.comment)
    names = [tag for tag, _ in tags]
    if not text:
        yield "has no comment"
    if names.count("since") != 1 or not re.search(r"@since \d+\.\d+", function.comment):
        yield "does not say @since which version it is there"
    # A count or a text says itself what it is.
    if function.returns == "int" and "return" not in names:
        yield "has no @return"
    if function.returns == "void" and "return" in names:
        yield "returns nothing, but has a @return"
    for tag, said in tags:
        name = said.split(maxsplit=1)[0] if said else ""
        if tag == "param" and name not in function.parameters:
            yield f"has no parameter '{name}'"
        if not said:
            yield f"has an empty @{tag}"


def anchor(name):
    return f"[{name}()](#{name})"


def prose(text, own):
    """Comments refer to functions as rota_x(): make links of them."""
    joined = "\n".join(line.strip() for line in text.splitlines())
    return re.sub(r"\b(rota_\w+)\(\)", lambda m: m.group(0) if m.group(1) == own else anchor(m.group(1)), joined)


def write(headers):
    print("# Reference\n\nEvery public function, as its header documents it. Made by `make docs`.\n")
    for header in headers:
        for function in header.functions:
            print(f"- [{function.name}](#{function.name})")
    for header in headers:
        if not header.functions:
            continue
        print(f"\n## {header.path}\n\n{prose(header.about, None)}")
        for function in header.functions:
            text, tags = sections(function.comment)
            print(f'\n### <a name="{function.name}"></a>{function.name}\n')
            print(f"```c\n{function.signature}\n```\n\n{prose(text, function.name)}")
            for tag, said in tags:
                said = prose(said, function.name)
                if tag == "param":
                    name, _, rest = said.partition(" ")
                    print(f"\n- `{name}`: {' '.join(rest.split())}")
                elif tag == "return":
                    print(f"\nReturns {said}")
                else:
                    print(f"\nSince {said}.")


def main():
    headers = parse_all()
    functions = [function for header in headers for function in header.functions]
    found = [f"{function.name} {fault}" for function in functions for fault in faults(function)]
    if found or not functions:
        sys.exit("\n".join(found) or "no functions")
    if sys.argv[1:] == ["--check"]:
        print(f"{len(functions)} public functions, all documented")
    else:
        write(headers)


if __name__ == "__main__":
    main()
