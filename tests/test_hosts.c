/* rota as its hosts meet it: the header alone, the binary interface, what is installed, the
 * README, the examples. Most of it is scripts of tests/abi and tests/tools; here is what passes
 * for each. A script that ends with 77 lacks a tool, and is skipped with a notice. */
#define _POSIX_C_SOURCE 200809L /* popen */

#include <glob.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"

enum { SKIPPED = 77, SECONDS = 120 };

/* The end of what a command printed, where it says what went wrong. */
static char output[1 << 12];

static void keep(const char *line)
{
    size_t length = strlen(output), more = strlen(line);
    if (length + more >= sizeof output) {
        memmove(output, output + length / 2, length - length / 2 + 1);
        length = strlen(output);
    }
    memcpy(output + length, line, more + 1);
}

static void sh(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void sh(const char *format, ...)
{
    char command[2048], line[1024];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(command, sizeof command - 8, format, args);
    va_end(args);
    ck_assert_int_lt(length, (int)sizeof command - 8);
    strcat(command, " 2>&1");

    output[0] = '\0';
    fflush(NULL);
    FILE *pipe = popen(command, "r");
    ck_assert_msg(pipe != NULL, "%s does not start", command);
    while (fgets(line, sizeof line, pipe))
        keep(line);
    int status = pclose(pipe);
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    if (code == SKIPPED) fprintf(stderr, "hosts: skipped: %s\n%s", command, output);
    ck_assert_msg(code == 0 || code == SKIPPED, "%s\nended with %d:\n%s", command, code, output);
}

static const char *build(void)
{
    const char *given = getenv("ROTA_BUILD");
    return given && *given ? given : "build";
}

static const char *compiler(void)
{
    const char *given = getenv("CC");
    return given && *given ? given : "cc";
}

/* The flags that the library was instrumented with: programs that link it need them. */
static const char *instrument(void)
{
    const char *given = getenv("ROTA_INSTRUMENT");
    return given ? given : "";
}

/* A host that cannot be instrumented, such as Python, cannot load it then. */
static bool plain_library(const char *what)
{
    if (!*instrument()) return true;
    fprintf(stderr, "hosts: skipped in an instrumented build: %s\n", what);
    return false;
}

static const char *work(void)
{
    static char path[256];
    static struct fx f;
    if (!*path) {
        fx_path(&f, "work", path, sizeof path);
        ck_assert_int_eq(mkdir(path, 0777), 0);
    }
    return path;
}

/* Compiles a program of one file against the built library, and leaves it in work(). */
static void compile(const char *source, const char *standard, const char *name)
{
    sh("%s -std=%s -Wall -Wextra -Werror %s -Iinclude %s -o %s/%s -L%s -lrota "
       "-Wl,-rpath,\"$(cd %s && pwd)\"",
       compiler(), standard, instrument(), source, work(), name, build(), build());
}

/* --- abi --- */

START_TEST(the_header_stands_alone_in_c_and_cpp)
{
    if (!plain_library("the header alone")) return; /* nothing of the build is in it */
    sh("sh tests/abi/headers.sh %s", work());
}
END_TEST

START_TEST(the_exported_names_are_the_list)
{
    sh("python3 tests/tools/exports.py %s/librota.so", build());
}
END_TEST

START_TEST(the_layout_is_the_recorded_one)
{
    if (sizeof(void *) != 8) {
        fputs("hosts: skipped: tests/abi/layout.txt is of machines with pointers of 8 bytes\n",
              stderr);
        return;
    }
    sh("python3 tests/tools/layout.py program > %s/layout.c", work());
    sh("%s -std=c11 -Iinclude %s/layout.c -o %s/layout && %s/layout > %s/layout.txt", compiler(),
       work(), work(), work(), work());
    sh("diff -u tests/abi/layout.txt %s/layout.txt", work());
}
END_TEST

START_TEST(a_host_with_the_oldest_records_works)
{
    compile("tests/abi/oldest.c", "c99", "oldest");
    sh("%s/oldest", work());
}
END_TEST

/* --- what is told and what is installed --- */

START_TEST(every_public_function_is_documented)
{
    sh("python3 tests/tools/reference.py --check");
}
END_TEST

START_TEST(a_file_includes_only_its_own_layer_or_a_lower_one)
{
    sh("python3 tests/tools/layers.py");
}
END_TEST

START_TEST(the_program_of_the_readme_compiles_as_printed_and_runs)
{
    char source[512];
    snprintf(source, sizeof source, "%.400s/readme.c", work());
    sh("python3 tests/tools/readme.py > %s", source);
    compile(source, "c99", "readme");
    sh("cd %s && ./readme", work());
}
END_TEST

START_TEST(what_is_installed_can_be_built_against_and_uninstalled)
{
    if (!plain_library("installing")) return;
    sh("sh tests/abi/install.sh %s", work());
}
END_TEST

/* --- examples --- */

static char *example_name(char *path, const char *end)
{
    char *name = strrchr(path, '/') + 1;
    name[strlen(name) - strlen(end)] = '\0';
    return name;
}

START_TEST(every_c_example_ends_well)
{
    glob_t found;
    ck_assert_int_eq(glob("examples/*.c", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++)
        sh("%s/examples/%s", build(), example_name(found.gl_pathv[i], ".c"));
    globfree(&found);
}
END_TEST

START_TEST(every_python_example_ends_well)
{
    glob_t found;
    if (!plain_library("examples in Python")) return;
    ck_assert_int_eq(glob("examples/*.py", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++)
        sh("ROTA_LIBRARY=%s/librota.so python3 %s", build(), found.gl_pathv[i]);
    globfree(&found);
}
END_TEST

/* On the file that it finds by itself, too, where that is there. */
START_TEST(the_demo_answers_right)
{
    static const char given[] = "../shared/data/university-timetable.csv";
    sh("python3 tests/tools/demo.py %s/examples/rota-demo examples/demo/timetable.csv", build());
    sh("%s/examples/rota-demo", build());
    if (access(given, R_OK) == 0)
        sh("python3 tests/tools/demo.py %s/examples/rota-demo %s", build(), given);
}
END_TEST

static void add(Suite *suite, const char *name, const TTest *const *tests, size_t count)
{
    TCase *tc = tcase_create(name);
    tcase_set_timeout(tc, SECONDS);
    for (size_t i = 0; i < count; i++)
        tcase_add_test(tc, tests[i]);
    suite_add_tcase(suite, tc);
}

#define ADD(suite, name, ...)                                       \
    do {                                                            \
        const TTest *const tests_[] = { __VA_ARGS__ };              \
        add(suite, name, tests_, sizeof tests_ / sizeof tests_[0]); \
    } while (0)

Suite *hosts_suite(void)
{
    Suite *suite = suite_create("hosts");
    ADD(suite, "abi", the_header_stands_alone_in_c_and_cpp, the_exported_names_are_the_list,
        the_layout_is_the_recorded_one, a_host_with_the_oldest_records_works);
    ADD(suite, "house", every_public_function_is_documented,
        a_file_includes_only_its_own_layer_or_a_lower_one,
        the_program_of_the_readme_compiles_as_printed_and_runs,
        what_is_installed_can_be_built_against_and_uninstalled);
    ADD(suite, "examples", every_c_example_ends_well, every_python_example_ends_well,
        the_demo_answers_right);
    return suite;
}
