/* Acceptance through rota-jsonl: runs the scripts of tests/jsonl, tests/recur and
 * tests/series, each of which talks to build/examples/rota-jsonl and computes by itself what the
 * answers have to be. What is expected is in the scripts; here is only when they pass. */
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

static int is_instrumented(void)
{
    const char *flags = getenv("ROTA_INSTRUMENT");
    return flags && *flags;
}

/* An instrumented host is several times as slow, and looked at for what it does to memory. */
static const char *or_instrumented(const char *script, const char *instrumented)
{
    return is_instrumented() ? instrumented : script;
}

START_TEST(the_host_keeps_its_contract)
{
    expect("jsonl/contract.py", AGREED);
}
END_TEST

START_TEST(the_host_knows_series)
{
    expect("jsonl/series.py", AGREED);
}
END_TEST

START_TEST(what_never_ends_is_looked_at_for_ever)
{
    expect("jsonl/far.py", AGREED);
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

/* The long forms of the two are `make model`. */
START_TEST(random_operations_agree_with_the_model)
{
    expect(or_instrumented("jsonl/random_model.py --ops 30000", "jsonl/random_model.py --ops 6000"),
           AGREED);
}
END_TEST

START_TEST(two_processes_agree_with_one_model)
{
    expect(or_instrumented("jsonl/two_processes.py --ops 6000",
                           "jsonl/two_processes.py --ops 1500"),
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

START_TEST(random_edits_of_series_agree_with_lists_of_occurrences)
{
    expect(or_instrumented("series/random_edits.py --steps 600",
                           "series/random_edits.py --steps 300"),
           AGREED);
}
END_TEST

static const char *const wrong_edits[] = { "elapsed",        "apart_moves",   "begun_moves",
                                           "own_way",        "skipped_takes", "skipped_hidden",
                                           "mirror_forgets", "mirror_elapsed" };
enum { WRONG_EDITS = sizeof wrong_edits / sizeof wrong_edits[0] };

START_TEST(a_list_of_occurrences_that_is_wrong_on_purpose_is_noticed)
{
    char script[128];
    snprintf(script, sizeof script, "series/random_edits.py --steps 1500 --seed 1 --mutate %s",
             wrong_edits[_i]);
    expect(script, DISAGREED);
}
END_TEST

/* 2500 rounds are a minute. */
START_TEST(random_hours_agree_with_a_painted_window)
{
    expect(or_instrumented("hours/differential.py --rounds 120",
                           "hours/differential.py --rounds 30"),
           AGREED);
}
END_TEST

static const char *const wrong_hours[] = { "elapsed", "leak", "ends", "places" };
enum { WRONG_HOURS = sizeof wrong_hours / sizeof wrong_hours[0] };

START_TEST(a_window_that_is_painted_wrong_on_purpose_is_noticed)
{
    char script[128];
    snprintf(script, sizeof script, "hours/differential.py --rounds 40 --seed 1 --mutate %s",
             wrong_hours[_i]);
    expect(script, DISAGREED);
}
END_TEST

START_TEST(random_histories_of_reminders_agree_with_a_model)
{
    expect(or_instrumented("jsonl/reminders.py --steps 5000", "jsonl/reminders.py --steps 1000"),
           AGREED);
}
END_TEST

static const char *const wrong_reminders[] = { "moved", "early" };
enum { WRONG_REMINDERS = sizeof wrong_reminders / sizeof wrong_reminders[0] };

START_TEST(a_model_of_reminders_that_is_wrong_on_purpose_is_noticed)
{
    char script[128];
    snprintf(script, sizeof script, "jsonl/reminders.py --steps 2000 --seed 1 --mutate %s",
             wrong_reminders[_i]);
    expect(script, DISAGREED);
}
END_TEST

START_TEST(workers_that_are_killed_lose_no_reminder) /* B-09, M-33 */
{
    expect("jsonl/reminder_workers.py --seconds 4", AGREED);
}
END_TEST

static const char *const wrong_judges[] = { "early", "lease", "lost" };
enum { WRONG_JUDGES = sizeof wrong_judges / sizeof wrong_judges[0] };

START_TEST(a_judge_of_workers_that_is_wrong_on_purpose_is_noticed)
{
    char script[128];
    snprintf(script, sizeof script, "jsonl/reminder_workers.py --seconds 2 --mutate %s",
             wrong_judges[_i]);
    expect(script, DISAGREED);
}
END_TEST

START_TEST(a_semester_of_series_is_as_its_weeks_one_by_one)
{
    expect("series/semester.py", AGREED);
}
END_TEST

/* The long form is `make free`. */
START_TEST(what_is_listed_as_free_is_and_nothing_else)
{
    expect(or_instrumented("free/slots.py --states 800", "free/slots.py --states 150"), AGREED);
}
END_TEST

static const char *const wrong_states[] = { "stays", "after", "lapse", "hours", "edges" };
enum { WRONG_STATES = sizeof wrong_states / sizeof wrong_states[0] };

START_TEST(a_brute_force_that_is_wrong_on_purpose_is_noticed)
{
    char script[128];
    snprintf(script, sizeof script, "free/slots.py --states 300 --seed 1 --mutate %s",
             wrong_states[_i]);
    expect(script, DISAGREED);
}
END_TEST

/* The long form is `make free`. */
START_TEST(what_is_placed_and_displaced_is_as_a_plain_list_says)
{
    expect(or_instrumented("place/displace.py --steps 2400", "place/displace.py --steps 480"),
           AGREED);
}
END_TEST

static const char *const wrong_lists[] = { "order", "buffer", "window", "begun" };
enum { WRONG_LISTS = sizeof wrong_lists / sizeof wrong_lists[0] };

START_TEST(a_plain_list_that_is_wrong_on_purpose_is_noticed)
{
    char script[128];
    snprintf(script, sizeof script, "place/displace.py --steps 2400 --seed 2 --mutate %s",
             wrong_lists[_i]);
    expect(script, DISAGREED);
}
END_TEST

START_TEST(an_exam_period_is_placed_without_a_clash)
{
    expect("free/exams.py", AGREED);
}
END_TEST

Suite *jsonl_suite(void)
{
    Suite *suite = suite_create("jsonl");
    TCase *tc = tcase_create("scripts");
    tcase_set_timeout(tc, SECONDS);
    tcase_add_test(tc, the_host_keeps_its_contract);
    tcase_add_test(tc, the_host_knows_series);
    tcase_add_test(tc, what_never_ends_is_looked_at_for_ever);
    tcase_add_test(tc, allens_relations_collide_where_spans_overlap);
    tcase_add_test(tc, nobody_sits_in_two_batches_at_once);
    tcase_add_test(tc, a_week_of_lectures_refuses_exactly_the_double_booked);
    tcase_add_test(tc, random_operations_agree_with_the_model);
    tcase_add_test(tc, two_processes_agree_with_one_model);
    tcase_add_test(tc, random_rules_agree_with_an_oracle);
    tcase_add_test(tc, zones_agree_with_zoneinfo);
    tcase_add_test(tc, random_edits_of_series_agree_with_lists_of_occurrences);
    tcase_add_test(tc, random_hours_agree_with_a_painted_window);
    tcase_add_test(tc, workers_that_are_killed_lose_no_reminder);
    tcase_add_test(tc, a_semester_of_series_is_as_its_weeks_one_by_one);
    tcase_add_test(tc, what_is_listed_as_free_is_and_nothing_else);
    tcase_add_test(tc, an_exam_period_is_placed_without_a_clash);
    tcase_add_test(tc, what_is_placed_and_displaced_is_as_a_plain_list_says);
    tcase_add_test(tc, random_histories_of_reminders_agree_with_a_model);
    suite_add_tcase(suite, tc);

    /* These judge the scripts, for which one host is as good as another. */
    if (is_instrumented()) return suite;
    tc = tcase_create("controls");
    tcase_set_timeout(tc, SECONDS);
    tcase_add_loop_test(tc, a_model_that_is_wrong_on_purpose_is_noticed, 0, WRONG_RULES);
    tcase_add_loop_test(tc, a_list_of_occurrences_that_is_wrong_on_purpose_is_noticed, 0,
                        WRONG_EDITS);
    tcase_add_loop_test(tc, a_window_that_is_painted_wrong_on_purpose_is_noticed, 0, WRONG_HOURS);
    tcase_add_loop_test(tc, a_brute_force_that_is_wrong_on_purpose_is_noticed, 0, WRONG_STATES);
    tcase_add_loop_test(tc, a_plain_list_that_is_wrong_on_purpose_is_noticed, 0, WRONG_LISTS);
    tcase_add_loop_test(tc, a_judge_of_workers_that_is_wrong_on_purpose_is_noticed, 0,
                        WRONG_JUDGES);
    tcase_add_loop_test(tc, a_model_of_reminders_that_is_wrong_on_purpose_is_noticed, 0,
                        WRONG_REMINDERS);
    suite_add_tcase(suite, tc);
    return suite;
}
