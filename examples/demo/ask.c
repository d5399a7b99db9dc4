/* What people ask of a calendar: which rooms are free tomorrow, when all of some are, what
 * is to be told in the next hour, and how one room's week looks. */
#include "demo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MINUTE = 60, HOUR = 3600, PEOPLE = 60, ROWS = 12, ASKED = 100, STEP = 30 * MINUTE };

/* Of the campus, and so of every room on it. Lectures that are there already stay. */
static bool put_hours(rota *r)
{
    const rota_hours_rule rules[] = {
        { .kind = ROTA_HOURS_WEEKLY,
          .days = ROTA_MONDAY | ROTA_TUESDAY | ROTA_WEDNESDAY | ROTA_THURSDAY | ROTA_FRIDAY,
          .start = FIRST_HOUR * HOUR,
          .end = LAST_HOUR * HOUR },
        { .kind = ROTA_HOURS_WEEKLY, .days = ROTA_SATURDAY, .start = 9 * HOUR, .end = 13 * HOUR },
    };
    rota_id campus;

    return well(r, rota_resource_find(r, "campus", &campus), "campus") &&
           well(r, rota_hours_put(r, NULL, &campus, rules, 2, NULL), "hours");
}

/* "10:30" */
static bool print_time(rota *r, const char *before, rota_time t)
{
    char text[32];

    if (!local_clock(r, t, text)) return false;
    printf("%s%s", before, text + strlen("2016-11-07T"));
    return true;
}

/* --- free rooms --- */

/* Starts that follow one another are told as one. */
static bool print_starts(rota *r, const rota_result *rows)
{
    rota_time last = 0;

    for (int64_t i = 0; i < rota_result_count(rows); i++) {
        rota_slot slot = ROTA_INIT(rota_slot), next = ROTA_INIT(rota_slot);
        bool first, more = rota_slot_at(rows, i + 1, &next) == ROTA_OK;
        if (!well(r, rota_slot_at(rows, i, &slot), "slot")) return false;
        first = i == 0 || slot.when.start != last + STEP;
        more = more && next.when.start == slot.when.start + STEP;
        last = slot.when.start;
        if (first && !print_time(r, i == 0 ? "" : ", ", last)) return false;
        if (!first && !more && !print_time(r, " to ", last)) return false;
    }
    return true;
}

static bool print_free_room(rota *r, const struct room *room, rota_span day, bool print,
                            bool *is_free)
{
    const rota_claim claim = { .resource = room->id, .units = 1 };
    rota_free_query query = ROTA_INIT(rota_free_query);
    rota_result *rows = NULL;
    bool good = true;

    query.all = &claim;
    query.all_count = 1;
    query.window = day;
    query.duration = 90 * MINUTE;
    query.step = STEP;
    if (!well(r, rota_free_find(r, &query, &rows), room->first->room)) return false;
    *is_free = rota_result_count(rows) > 0;
    if (*is_free && print) {
        printf("  %-10s %4d  ", room->first->room, room->first->seats);
        good = print_starts(r, rows);
        putchar('\n');
    }
    rota_result_free(rows);
    return good;
}

static bool print_free_rooms(rota *r, const struct timetable *t, int week, int weekday)
{
    int fit = 0, found = 0;
    rota_span day;

    if (!local_instant(r, week, weekday, "00:00", &day.start) ||
        !local_instant(r, week, weekday + 1, "00:00", &day.end))
        return false;
    printf("\nFree tomorrow, %s, for 90 minutes and %d people: room, seats, when to begin\n\n",
           day_name(weekday), PEOPLE);
    for (size_t i = 0; i < t->room_count; i++) {
        bool is_free = false;
        if (t->rooms[i].first->seats < PEOPLE) continue;
        if (!print_free_room(r, &t->rooms[i], day, found < ROWS, &is_free)) return false;
        fit++;
        found += is_free;
    }
    printf(found > ROWS ? "  and %d more; " : "  ", found - ROWS);
    printf("%d of the %d rooms with so many seats\n", found, fit);
    return true;
}

/* --- an hour for all --- */

static int weekday_of(rota *r, int week, rota_time t)
{
    rota_time begins;
    int weekday = 0;

    while (weekday < 6 && local_instant(r, week, weekday + 1, "00:00", &begins) && begins <= t)
        weekday++;
    return weekday;
}

static const char *room_name(const struct timetable *t, rota_id id)
{
    for (size_t i = 0; i < t->room_count; i++)
        if (memcmp(&t->rooms[i].id, &id, sizeof id) == 0) return t->rooms[i].first->room;
    return "a room that is none";
}

static bool print_hours(rota *r, const struct timetable *t, int week, const rota_result *rows)
{
    for (int64_t i = 0; i < rota_result_count(rows); i++) {
        rota_slot slot = ROTA_INIT(rota_slot);
        if (!well(r, rota_slot_at(rows, i, &slot), "slot")) return false;
        printf("  %-10s", day_name(weekday_of(r, week, slot.when.start)));
        if (!print_time(r, " ", slot.when.start) || !print_time(r, "-", slot.when.end))
            return false;
        printf("  in %s\n", room_name(t, slot.resources[slot.resource_count - 1]));
    }
    if (rota_result_count(rows) == 0) puts("  none until Friday");
    return true;
}

/* All of each group, and any one of the rooms. */
static bool find_common_hours(rota *r, const struct timetable *t, const rota_free_pool *rooms,
                              rota_span window, rota_result **rows)
{
    enum { FIRST_ONES = 5 };
    rota_claim all[GROUPS];
    rota_free_query query = ROTA_INIT(rota_free_query);

    for (int i = 0; i < t->group_count; i++)
        all[i] = (rota_claim){ .resource = t->groups[i].id, .units = t->groups[i].lectures };
    query.all = all;
    query.all_count = t->group_count;
    query.pools = rooms;
    query.pool_count = 1;
    query.window = window;
    query.duration = HOUR;
    query.step = STEP;
    query.limit = FIRST_ONES;
    return well(r, rota_free_find(r, &query, rows), "a common hour");
}

static bool print_common_hours(rota *r, const struct timetable *t, int week, rota_time from)
{
    rota_free_pool rooms = { .count = 1 };
    rota_span window = { .start = from };
    rota_result *rows = NULL;
    rota_id *large = calloc(t->room_count, sizeof *large);

    if (large == NULL) {
        perror("rota-demo");
        return false;
    }
    for (size_t i = 0; i < t->room_count; i++)
        if (t->rooms[i].first->seats >= PEOPLE) large[rooms.id_count++] = t->rooms[i].id;
    rooms.ids = large;
    printf("\nAn hour this week when the students of all of these are free, and a room\n"
           "with %d seats:",
           PEOPLE);
    for (int i = 0; i < t->group_count; i++)
        printf("%s %s", i == 0 ? "" : ",", t->groups[i].course);
    puts("\n");
    /* A pool that names nothing would be any resource at all. */
    bool good = local_instant(r, week, 5, "00:00", &window.end) &&
                (rooms.id_count == 0 || find_common_hours(r, t, &rooms, window, &rows)) &&
                print_hours(r, t, week, rows);
    rota_result_free(rows);
    free(large);
    return good;
}

/* --- reminders --- */

/* A quarter of an hour before each lecture, to those who take it. */
static bool put_reminders(rota *r, const struct timetable *t)
{
    const int64_t before = 15 * MINUTE;

    for (int i = 0; i < t->group_count; i++) {
        rota_reminder_request list = ROTA_INIT(rota_reminder_request);
        list.resource = t->groups[i].id;
        list.offsets = &before;
        list.offset_count = 1;
        if (!well(r, rota_reminder_put(r, NULL, &list, NULL), "reminders")) return false;
    }
    return true;
}

/* The ref of the booking is the lecture's place in the file. */
static bool print_reminder(rota *r, const struct timetable *t, const rota_reminder *row)
{
    rota_booking booking = ROTA_INIT(rota_booking);
    rota_result *rows = NULL;

    if (!well(r, rota_booking_get(r, &row->booking, &rows), "booking")) return false;
    bool good = well(r, rota_booking_at(rows, 0, &booking), "booking") &&
                print_time(r, "  ", row->due);
    if (good) printf("  %s begins", booking.title);
    good = good && print_time(r, " at ", row->start);
    if (good) printf(" in %s\n", t->lectures[strtoul(booking.ref, NULL, 10)].room);
    rota_result_free(rows);
    return good;
}

/* Told and then acknowledged, so that none is given again. */
static bool tell(rota *r, const struct timetable *t)
{
    rota_id done[ASKED];
    rota_reminder_query query = ROTA_INIT(rota_reminder_query);
    rota_result *rows = NULL;
    int64_t acked = 0;

    query.limit = ASKED;
    if (!well(r, rota_reminder_due(r, NULL, &query, &rows), "due")) return false;
    int64_t count = rota_result_count(rows);
    bool good = true;
    for (int64_t i = 0; i < count && good; i++) {
        rota_reminder row = ROTA_INIT(rota_reminder);
        good = well(r, rota_reminder_at(rows, i, &row), "reminder") &&
               (i >= ROWS || print_reminder(r, t, &row));
        done[i] = row.id;
    }
    rota_result_free(rows);
    if (count > ROWS) printf("  and %lld more\n", (long long)(count - ROWS));
    if (count == 0) puts("  none");
    if (!good || !well(r, rota_reminder_ack(r, NULL, done, count, &acked), "done")) return false;
    if (acked != count) fprintf(stderr, "rota-demo: some were acknowledged already\n");
    return acked == count;
}

/* The hour goes by on the demo's clock; a host's worker asks once a minute. */
static bool print_reminders(rota *r, const struct timetable *t, rota_time *now)
{
    printf("\nReminders of the hour from now on, for the same students\n\n");
    if (!put_reminders(r, t)) return false;
    *now += HOUR;
    return tell(r, t);
}

/* --- all of it --- */

static const struct room *first_large(const struct timetable *t)
{
    for (size_t i = 0; i < t->room_count; i++)
        if (t->rooms[i].first->seats >= PEOPLE) return &t->rooms[i];
    return &t->rooms[0];
}

bool ask(rota *r, const struct timetable *t, int week, int weekday, rota_time *now)
{
    if (t->room_count == 0) return true;
    printf("\nIt is %s of week %d", day_name(weekday), week + 1);
    if (!print_time(r, ", ", *now)) return false;
    putchar('\n');
    return put_hours(r) && print_free_rooms(r, t, week, weekday + 1) &&
           print_common_hours(r, t, week, *now) && print_reminders(r, t, now) &&
           chart_week(r, first_large(t), week);
}
