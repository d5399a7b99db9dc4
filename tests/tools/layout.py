"""Offset and size of every field of every public value and record.

Usage: layout.py program  prints the C program that prints the layout
       layout.py records  prints a C file that starts each record with ROTA_INIT

A field of a type whose size or representation differs between compilers or languages is an
error: no bool, enum, long, size_t, union or bit-field.
"""

import re
import sys

from headers import parse_all

FORBIDDEN = re.compile(r"\b(bool|_Bool|enum|long|short|size_t|time_t|union|unsigned|float)\b|:\s*\d")


def main():
    records = [record for header in parse_all() for record in header.records]
    for record in records:
        if FORBIDDEN.search(record.body):
            sys.exit(f"{record.name}: '{FORBIDDEN.search(record.body).group(0)}' has no fixed layout")
    if sys.argv[1:] == ["records"]:
        print("#include <rota.h>\n\nuint32_t sizes(void);\nuint32_t sizes(void)\n{\n    uint32_t sum = 0;")
        for record in records:
            if record.fields[0] == "size":
                print(f"    {{ {record.name} record = ROTA_INIT({record.name}); sum += record.size; }}")
            else:
                print(f"    sum += (uint32_t)sizeof({record.name});")
        print("    return sum;\n}")
        return
    print("#include <rota.h>\n#include <stddef.h>\n#include <stdio.h>\n\n"
          "#define FIELD(type, name) \\\n"
          '    printf("  %3zu %3zu  %s\\n", offsetof(type, name), sizeof(((type *)0)->name), #name)\n\n'
          "int main(void)\n{")
    for record in records:
        print(f'    printf("{record.name} %zu\\n", sizeof({record.name}));')
        for name in record.fields:
            print(f"    FIELD({record.name}, {name});")
    print("    return 0;\n}")


if __name__ == "__main__":
    main()
