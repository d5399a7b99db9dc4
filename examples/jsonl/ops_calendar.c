/* What concerns the calendar as a whole: its clock, its feed, what is due, and
 * its counters. */
#include "host.h"

void clock_set(struct request *q)
{
    need(q, "now");
    rota_time now = instant_of(q, "now", 0);

    if (q->status != ROTA_OK) return;
    q->host->stands = true;
    q->host->now = now;
    answer(q, "now", instant_json(now));
}

static json_t *record_json(const char *text)
{
    return text == NULL ? json_null() : json_loads(text, 0, NULL);
}

static json_t *event_json(const rota_event *row)
{
    return json_pack("{s:I, s:o, s:s, s:o, s:s?, s:s?, s:o, s:o}", "seq", (json_int_t)row->seq,
                     "at", instant_json(row->at), "type", row->name, "subject",
                     id_json(&row->subject), "actor", row->actor, "trace", row->trace, "before",
                     record_json(row->before), "after", record_json(row->after));
}

void event_list(struct request *q)
{
    int64_t after = integer_of(q, "after", 0, INT64_MAX, 0);
    int64_t limit = integer_of(q, "limit", 1, INT64_MAX, 0);
    rota_result *rows = NULL;

    if (q->status != ROTA_OK || !library_ok(q, rota_event_list(q->host->r, after, limit, &rows)))
        return;

    json_t *list = json_array();
    for (int64_t i = 0; i < rota_result_count(rows); i++) {
        rota_event row = ROTA_INIT(rota_event);
        if (library_ok(q, rota_event_at(rows, i, &row))) append(q, list, event_json(&row));
    }
    rota_result_free(rows);
    answer(q, "rows", list);
}

/* All that is due, however many steps the library takes for it; a dry run changes
 * nothing, and would count the first step for ever. */
void tick(struct request *q)
{
    rota_call call = call_of(q);
    rota_tick_report sum = ROTA_INIT(rota_tick_report);
    rota_tick_report step = ROTA_INIT(rota_tick_report);

    if (q->status != ROTA_OK) return;
    do {
        if (!library_ok(q, rota_tick(q->host->r, &call, &step))) return;
        sum.expired += step.expired;
        sum.keys += step.keys;
    } while (step.more != 0 && (call.flags & ROTA_CALL_DRY_RUN) == 0);

    answer(q, "expired", json_integer(sum.expired));
    answer(q, "keys", json_integer(sum.keys));
    answer(q, "reminders", json_integer(step.reminders));
}

void stats(struct request *q)
{
    rota_stats now = ROTA_INIT(rota_stats);

    if (!library_ok(q, rota_stats_get(q->host->r, &now))) return;
    answer(q, "resources", json_integer(now.resources));
    answer(q, "bookings", json_integer(now.bookings));
    answer(q, "events", json_integer(now.events));
    answer(q, "commits", json_integer(now.commits));
    answer(q, "conflicts", json_integer(now.conflicts));
    answer(q, "replays", json_integer(now.replays));
    answer(q, "retries", json_integer(now.retries));
    answer(q, "loads", json_integer(now.loads));
    answer(q, "timelines", json_integer(now.timelines));
    answer(q, "memory", json_integer(now.memory));
}
