"""Who includes whom, and what the objects reach for.

Usage: layers.py [DIRECTORY OF THE OBJECTS]

A file includes its own layer or a lower one, files include each other in no circle, base names
are unique, SQLite is known to lib/store/sqlite* alone, libical to none, examples know rota.h only. An object
calls nothing that ends the process, prints, starts a thread, handles signals, changes what
belongs to the whole process or asks for the time behind the clock's back, and keeps no data
that can change, but for what has to be known of a process that forks.
"""

import pathlib
import re
import subprocess
import sys

LAYERS = ["base", "index", "store", "domain", "api"]
# Entry points beside the handle's clock, and the wait for a lock, which no caller can see.
TIME_FILES = {"lib/api/handle.o", "lib/base/clock.o"}
KEEPS_DATA = {"lib/base/forks.o"}
TIME = {"time", "gettimeofday", "clock", "clock_gettime", "timespec_get"}
FORBIDDEN = set("""
    exit _exit _Exit quick_exit abort atexit raise kill
    printf vprintf puts putchar fprintf vfprintf fputs fputc putc fwrite perror stdout stderr
    setlocale uselocale newlocale tzset localtime localtime_r mktime strftime setenv putenv unsetenv
    signal sigaction sigprocmask pthread_sigmask setitimer alarm
    pthread_create thrd_create fork vfork execve system popen
    rand srand random srandom longjmp siglongjmp strtok asctime ctime
    sqlite3_config sqlite3_enable_shared_cache sqlite3_auto_extension sqlite3_vfs_register
    sqlite3_shutdown sqlite3_soft_heap_limit64 sqlite3_hard_heap_limit64
    """.split())
WRITABLE = re.compile(r"^(\.data|\.bss|\.tdata|\.tbss|\*COM\*)(?!\.rel\.ro)")

findings = []


def find(text):
    findings.append(text)


def includes(path):
    return re.findall(r'^\s*#\s*include\s+([<"][^>"]+)[>"]', path.read_text(), re.M)


def knows_sqlite(path):
    return path.parts[:2] == ("lib", "store") and path.name.startswith("sqlite")


def node_of(name):
    """A .c and its .h are one node; so is a header that shares its inside with a second .c."""
    return re.sub(r"(_private)?(\.h)?$", "", name)


def check_includes(paths):
    """Layers; returns what each node includes."""
    graph = {}
    for path in paths:
        layer = path.parts[1]
        if layer not in LAYERS:
            find(f"{path}: there is no layer {layer}")
            continue
        node = node_of(f"{layer}/{path.stem}")
        graph.setdefault(node, set())
        for included in includes(path):
            name = included[1:]
            if name == "sqlite3.h" and not knows_sqlite(path):
                find(f"{path} includes sqlite3.h, which is for lib/store/sqlite*")
            if name.startswith("libical/"):
                find(f"{path} includes {name}, which is for tests/test_ical.c")
            if included[0] == "<":
                continue
            lower = name.split("/")[0]
            if lower not in LAYERS or not (pathlib.Path("lib") / name).exists():
                find(f'{path} includes "{name}", which is no file of a layer')
            elif LAYERS.index(lower) > LAYERS.index(layer):
                find(f"{path} includes {name}, which is above it")
            elif node_of(name) != node:
                graph[node].add(node_of(name))
    return graph


def check_circles(graph):
    done, under_way = set(), []

    def visit(node):
        if node in done:
            return
        if node in under_way:
            find("a circle of includes: " + " -> ".join(under_way[under_way.index(node):] + [node]))
            return
        under_way.append(node)
        for below in sorted(graph.get(node, ())):
            visit(below)
        under_way.pop()
        done.add(node)

    for node in sorted(graph):
        visit(node)


def check_names(paths):
    seen = {}
    for path in paths:
        other = seen.setdefault(path.name, path)
        if other != path:
            find(f"{path} has the base name of {other}")


def check_examples():
    for path in sorted(pathlib.Path("examples").glob("**/*.[ch]")):
        for included in includes(path):
            beside = (path.parent / included[1:]).exists()
            if included[0] == '"' and not beside or included[1:].startswith("rota/"):
                find(f"{path} includes {included[1:]}, a host includes rota.h")


def symbols(path):
    """[(name, class, section)] of an object."""
    listing = subprocess.run(["nm", "-f", "sysv", path], capture_output=True, text=True, check=True)
    for line in listing.stdout.splitlines():
        columns = [column.strip() for column in line.split("|")]
        if len(columns) == 7:
            yield columns[0], columns[2], columns[6]


def plain(name):
    """Without the version, and without what _FORTIFY_SOURCE makes of it."""
    name = name.split("@")[0]
    fortified = re.fullmatch(r"__(\w+)_chk", name)
    return fortified.group(1) if fortified else name


def check_objects(directory):
    objects = sorted((directory / "lib").glob("*/*.o"))
    if not objects:
        find(f"no objects in {directory}/lib")
    for path in objects:
        own = str(path.relative_to(directory))
        for symbol, kind, section in symbols(path):
            name = plain(symbol)
            if kind == "U" and (name in FORBIDDEN or name in TIME and own not in TIME_FILES):
                find(f"{own} uses {name}")
            if kind == "U" and name.startswith("sqlite3_") and not knows_sqlite(pathlib.Path(own)):
                find(f"{own} uses {name}, which is for lib/store/sqlite*")
            if WRITABLE.match(section) and own not in KEEPS_DATA:
                find(f"{own} has changeable data: {name} in {section}")
    return len(objects)


def main():
    paths = sorted(pathlib.Path("lib").glob("*/*.[ch]"))
    graph = check_includes(paths)
    check_circles(graph)
    check_names(paths)
    check_examples()
    objects = check_objects(pathlib.Path(sys.argv[1])) if len(sys.argv) > 1 else 0
    if findings or not paths:
        sys.exit("\n".join(findings) or "no files")
    print(f"layers: {len(paths)} files and {objects} objects are in order")


if __name__ == "__main__":
    main()
