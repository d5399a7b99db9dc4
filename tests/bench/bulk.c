/* Many bookings at once: rota_booking_create_all() in batches of 512, each checked and answered
 * for; what SQLite takes alone for the very rows that rota writes; both beside bare SQLite that
 * checks, and inserts into one table with an index, a savepoint each. On the disk, and in memory to
 * see what the work alone takes. */
#define _GNU_SOURCE

#include "common/calendar.h"
#include "common/plain.h"
#include "common/rows.h"

#include <inttypes.h>
#include <stdlib.h>

enum { BATCH = 512, ROTA = 0, ROWS, SQLITE, CONTENDERS };

typedef struct subjects {
    bench_calendar calendar;
    rota *r;
    rota_id *ids;
    bench_plain plain;
    bench_rows rows;
    bool alone; /* the others need a file */
    int64_t next[CONTENDERS];
} subjects;

typedef struct figures {
    bench_samples rate[CONTENDERS], cpu_us[CONTENDERS];
} figures;

static void book_batches(subjects *s, int who, int64_t batches, figures *out)
{
    bench_booking all[BATCH];
    double wall = bench_wall_ns(), cpu = bench_cpu_ns();
    for (int64_t n = 0; n < batches; n++) {
        for (int i = 0; i < BATCH; i++)
            all[i] = bench_free_span(&s->calendar, s->next[who]++);
        if (who == ROTA)
            bench_rota_book_all(s->r, s->ids, all, BATCH);
        else if (who == ROWS)
            bench_rows_book_all(&s->rows, all, BATCH);
        else
            bench_plain_book_all(&s->plain, all, BATCH);
    }
    wall = bench_wall_ns() - wall;
    cpu = bench_cpu_ns() - cpu;
    if (!out) return;
    bench_add(&out->rate[who], (double)(batches * BATCH) / wall * 1e9);
    bench_add(&out->cpu_us[who], cpu / 1000 / (double)(batches * BATCH));
}

static void report(const subjects *s, figures *f, double goal)
{
    static const char *const who[] = { "rota_booking_create_all", "SQLite, rota's rows",
                                       "SQLite, a savepoint each" };
    for (int i = 0; i < (s->alone ? 1 : CONTENDERS); i++) {
        bool beside = i != SQLITE && !s->alone;
        bench_report((bench_line){
            .measure = "bookings",
            .who = who[i],
            .value = bench_median(&f->rate[i]),
            .unit = "/s",
            .against = beside ? "SQLite" : NULL,
            .ratio = beside ? bench_median(&f->rate[i]) / bench_median(&f->rate[SQLITE]) : 0,
            .at_least = i == ROTA ? goal : 0 });
        bench_report((bench_line){
            .measure = "work a booking",
            .who = who[i],
            .value = bench_median(&f->cpu_us[i]),
            .unit = "us",
            .against = beside ? "SQLite" : NULL,
            .ratio = beside ? bench_median(&f->cpu_us[i]) / bench_median(&f->cpu_us[SQLITE]) : 0 });
    }
    for (int i = 0; i < CONTENDERS; i++) {
        bench_samples_free(&f->rate[i]);
        bench_samples_free(&f->cpu_us[i]);
    }
}

static void rounds_of(subjects *s, double goal)
{
    figures f = { 0 };
    int64_t rounds = bench_pick(2, 5, 9), batches = bench_pick(1, 20, 40);
    for (int64_t round = -1; round < rounds; round++)
        for (int turn = 0; turn < CONTENDERS; turn++) {
            int who = (int)((turn + round + CONTENDERS) % CONTENDERS);
            if (who != ROTA && s->alone) continue;
            /* the first round warms up: what is in memory then, and the log's length */
            book_batches(s, who, batches, round >= 0 ? &f : NULL);
        }
    report(s, &f, goal);
}

static void measure_copy(subjects *s, int where, double goal)
{
    char ours[BENCH_PATH], rows[BENCH_PATH], theirs[BENCH_PATH];
    bench_copy(s->calendar.rota, where, "rota", ours);
    bench_copy(s->calendar.rota, where, "rows", rows);
    bench_copy(s->calendar.plain, where, "plain", theirs);
    s->r = bench_rota_open(ours, 0);
    s->ids = bench_resource_ids(s->r, s->calendar.resources);
    bench_rows_open(&s->rows, rows);
    bench_plain_open(&s->plain, theirs);
    rounds_of(s, goal);
    bench_plain_close(&s->plain);
    bench_rows_close(&s->rows);
    free(s->ids);
    rota_close(s->r);
    bench_remove(ours);
    bench_remove(rows);
    bench_remove(theirs);
}

/* Without a file at all. */
static void measure_bare(subjects *s)
{
    s->alone = true;
    s->r = bench_rota_open(":memory:", 0);
    bench_rota_rooms(s->r, s->calendar.resources);
    s->ids = bench_resource_ids(s->r, s->calendar.resources);
    rounds_of(s, 0);
    free(s->ids);
    rota_close(s->r);
}

int main(int argc, char **argv)
{
    subjects s = { 0 };
    bench_begin("bulk", argc, argv);
    bench_calendar_make(&s.calendar, bench_pick(2000, 100000, 100000), bench_pick(50, 1000, 1000));
    bench_case("onto %s, %d at once, on the disk", bench_calendar_name(&s.calendar), BATCH);
    measure_copy(&s, BENCH_ON_DISK, 75000);
    bench_case("onto %s, %d at once, in %s", bench_calendar_name(&s.calendar), BATCH,
               bench_dir(BENCH_IN_MEMORY));
    measure_copy(&s, BENCH_IN_MEMORY, 0);
    bench_case("onto no bookings, %d at once, in :memory:", BATCH);
    measure_bare(&s);
    bench_calendar_free(&s.calendar);
    bench_end();
    return 0;
}
