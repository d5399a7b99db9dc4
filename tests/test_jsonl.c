/* Acceptance through rota-jsonl: runs the scripts of tests/jsonl and tests/recur, each of which
 * talks to build/examples/rota-jsonl and computes by itself what the answers have
 * to be. What is expected is in the scripts; here is only when they pass. */
#define _POSIX_C_SOURCE 200809L

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "tests.h"

enum { AGREED = 0, DISAGREED = 3, SECONDS = 280 };

static int have_python(void)
{
    static int known = -1;
    if (known < 0) {
        known = system("python3 -c '' >/dev/null 2>&1") == 0;
        if (!known) fputs("jsonl: skipped, there is no python3\n", stderr);
    }
    return known;
}

/* The end of what a script printed: where it disagrees it says so last. */
typedef struct output {
    char text[1 << 16];
    size_t length;
} output;

static void keep(output *out, const char *line)
{
    size_t length = strlen(line), half = sizeof out->text / 2;
    if (out->length + length >= sizeof out->text) {
        memmove(out->text, out->text + out->length - half, half);
        out->length = half;
    }
    memcpy(out->text + out->length, line, length + 1);
    out->length += length;
}

/* Its exit code; the last line is shown in any case, all the rest when asked for. */
static int run(const char *script, output *out)
{
    char command[512], line[4096], last[sizeof line] = "";
    snprintf(command, sizeof command, "python3 -B tests/%s 2>&1", script);
    FILE *pipe = popen(command, "r");
    ck_assert_msg(pipe != NULL, "%s does not start", command);
    out->length = 0;
    out->text[0] = '\0';
    while (fgets(line, sizeof line, pipe)) {
        keep(out, line);
        memcpy(last, line, strlen(line) + 1);
    }
    int status = pclose(pipe);
    fprintf(stderr, "%s%s", last, strchr(last, '\n') ? "" : "\n");
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void expect(const char *script, int code)
{
    static output out;
    if (!have_python()) return;
    int ended = run(script, &out);
    if (ended != code) fprintf(stderr, "--- %s\n%s---\n", script, out.text);
    ck_assert_msg(ended == code, "%s ended with %d, not %d", script, ended, code);
}

/* An instrumented host is several times as slow, and looked at for what it does to memory. */
static const char *or_instrumented(const char *script, const char *instrumented)
{
    const char *flags = getenv("ROTA_INSTRUMENT");
    return flags && *flags ? instrumented : script;
}

START_TEST(the_host_keeps_its_contract)
{
    expect("jsonl/contract.py", AGREED);
}
END_TEST

START_TEST(allens_relations_collide_where_spans_overlap)
{
    expect("jsonl/allen.py", AGREED);
}
END_TEST

START_TEST(nobody_sits_in_two_batches_at_once)
{
    expect("jsonl/batch.py", AGREED);
}
END_TEST

START_TEST(a_week_of_lectures_refuses_exactly_the_double_booked)
{
    expect("jsonl/timetable.py", AGREED);
}
END_TEST

START_TEST(a_hundred_thousand_operations_agree_with_the_model)
{
    expect(or_instrumented("jsonl/random_model.py --ops 100000",
                           "jsonl/random_model.py --ops 15000"),
           AGREED);
}
END_TEST

START_TEST(two_processes_agree_with_one_model)
{
    expect(or_instrumented("jsonl/two_processes.py --ops 20000",
                           "jsonl/two_processes.py --ops 4000"),
           AGREED);
}
END_TEST

static const char *const wrong_rules[] = { "closed",    "no_after",       "no_lapse",
                                           "no_groups", "equal_priority", "one_conflict" };
enum { WRONG_RULES = sizeof wrong_rules / sizeof wrong_rules[0] };

START_TEST(a_model_that_is_wrong_on_purpose_is_noticed)
{
    char script[128];
    snprintf(script, sizeof script, "jsonl/random_model.py --ops 5000 --seed 1 --mutate %s",
             wrong_rules[_i]);
    expect(script, DISAGREED);
}
END_TEST

/* The long forms are `make recurrence`. */
START_TEST(random_rules_agree_with_an_oracle)
{
    expect("recur/differential.py --rules 400 --no-dateutil", AGREED);
}
END_TEST

START_TEST(zones_agree_with_zoneinfo)
{
    expect("recur/zones.py --sample", AGREED);
}
END_TEST

Suite *jsonl_suite(void)
{
    Suite *suite = suite_create("jsonl");
    TCase *tc = tcase_create("scripts");
    tcase_set_timeout(tc, SECONDS);
    tcase_add_test(tc, the_host_keeps_its_contract);
    tcase_add_test(tc, allens_relations_collide_where_spans_overlap);
    tcase_add_test(tc, nobody_sits_in_two_batches_at_once);
    tcase_add_test(tc, a_week_of_lectures_refuses_exactly_the_double_booked);
    tcase_add_test(tc, a_hundred_thousand_operations_agree_with_the_model);
    tcase_add_test(tc, two_processes_agree_with_one_model);
    tcase_add_loop_test(tc, a_model_that_is_wrong_on_purpose_is_noticed, 0, WRONG_RULES);
    tcase_add_test(tc, random_rules_agree_with_an_oracle);
    tcase_add_test(tc, zones_agree_with_zoneinfo);
    suite_add_tcase(suite, tc);
    return suite;
}
