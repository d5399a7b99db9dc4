#include "api/result.h"

#include <inttypes.h>

#include "base/cancel.h"
#include "domain/booking.h"

/* --- sized records --- */

uint32_t rota__record_size(const void *record)
{
    uint32_t size; /* every record begins with it */
    memcpy(&size, record, sizeof size);
    return size;
}

int rota__record_in(rota__error *error, const char *what, const void *in, void *own,
                    uint32_t own_size, uint32_t oldest)
{
    if (!in) return rota__error_set(error, ROTA_EINVALID, "%s is NULL", what);
    uint32_t size = rota__record_size(in);
    if (size < oldest)
        return rota__error_set(error, ROTA_EINVALID, "%s has size %" PRIu32 ", less than %" PRIu32,
                               what, size, oldest);
    const unsigned char *bytes = in;
    for (uint32_t i = own_size; i < size; i++)
        if (bytes[i])
            return rota__error_set(error, ROTA_EVERSION,
                                   "%s of %" PRIu32 " bytes sets what this version, with %" PRIu32
                                   ", does not know",
                                   what, size, own_size);
    memset(own, 0, own_size);
    memcpy(own, in, size < own_size ? size : own_size);
    memcpy(own, &own_size, sizeof own_size);
    return ROTA_OK;
}

int rota__record_room(rota__error *error, const char *what, const void *out, uint32_t oldest)
{
    if (!out || rota__record_size(out) >= oldest) return ROTA_OK;
    return rota__error_set(error, ROTA_EINVALID, "%s has size %" PRIu32 ", less than %" PRIu32,
                           what, rota__record_size(out), oldest);
}

void rota__record_out(void *out, const void *own, uint32_t own_size)
{
    uint32_t size = rota__record_size(out), known = size < own_size ? size : own_size;
    unsigned char *bytes = out;
    memcpy(bytes + sizeof size, (const unsigned char *)own + sizeof size, known - sizeof size);
    if (known < size) memset(bytes + known, 0, size - known);
}

/* --- rows --- */

/* It lies in its own arena: most answers are one block. */
rota_result *rota__result_new(const rota__mem *mem)
{
    rota__mem own;
    rota__arena arena;
    rota__mem_init(&own, mem->fn, mem->ctx);
    rota__arena_init(&arena, &own);
    rota_result *result = rota__arena_alloc(&arena, 1, (int64_t)sizeof *result);
    if (!result) return NULL;
    rota__mem_init(&result->mem, mem->fn, mem->ctx);
    result->arena = (rota__arena){ &result->mem, arena.blocks };
    return result;
}

void rota_result_free(rota_result *rows)
{
    if (!rows) return;
    rota__mem own;
    rota__arena arena = { &own, rows->arena.blocks };
    rota__mem_init(&own, rows->mem.fn, rows->mem.ctx);
    int before = rota__cancel_hold();
    for (int64_t i = 0; i < rows->page_count; i++)
        rota__page_drop(rows->pages[i]);
    rota__arena_free(&arena);
    rota__cancel_release(before);
}

int64_t rota_result_count(const rota_result *rows)
{
    return rows ? rows->count : 0;
}

/* They are of its own arena. */
static void take(rota_result *result, int32_t kind, void *rows, int64_t count)
{
    result->rows = rows;
    result->kind = kind;
    result->count = count;
}

static void *rows_of(rota_result *result, int32_t kind, int64_t count, int64_t size)
{
    void *rows = rota__arena_alloc(&result->arena, count, size);
    take(result, kind, rows, rows ? count : 0);
    return rows;
}

int rota__result_resources(rota_result *result, const rota__resource *rows, int64_t count)
{
    rota_resource *out = rows_of(result, ROTA__ROWS_RESOURCE, count, (int64_t)sizeof *out);
    if (!out) return ROTA_ENOMEM;
    for (int64_t i = 0; i < count; i++)
        out[i] = (rota_resource){ .size = (uint32_t)sizeof *out,
                                  .active = rows[i].active,
                                  .id = rows[i].id,
                                  .parent = rows[i].parent_id,
                                  .ref = rows[i].ref,
                                  .kind = rows[i].kind,
                                  .name = rows[i].name,
                                  .zone = rows[i].zone,
                                  .data = rows[i].data,
                                  .tags = rows[i].tag_count ? rows[i].tags : NULL,
                                  .tag_count = rows[i].tag_count,
                                  .version = rows[i].version,
                                  .capacity = rows[i].capacity,
                                  .before = rows[i].before,
                                  .after = rows[i].after };
    return ROTA_OK;
}

int rota__result_members(rota_result *result, const rota__member *rows, int64_t count)
{
    rota_member *out = rows_of(result, ROTA__ROWS_MEMBER, count, (int64_t)sizeof *out);
    if (!out) return ROTA_ENOMEM;
    for (int64_t i = 0; i < count; i++)
        out[i] = (rota_member){ .size = (uint32_t)sizeof *out,
                                .group = rows[i].group_id,
                                .member = rows[i].member_id,
                                .when = rows[i].when };
    return ROTA_OK;
}

static int32_t phase_of(rota_span when, rota_time now)
{
    if (now < when.start) return ROTA_PHASE_UPCOMING;
    return now < when.end ? ROTA_PHASE_ONGOING : ROTA_PHASE_PAST;
}

/* What the clock adds. */
static void show(rota_booking *row, rota_time now)
{
    row->status = rota__booking_seen(row->status, row->hold_expires, now);
    if (!row->phase) row->phase = phase_of(row->when, now); /* of a series it is set */
}

void rota__result_bookings(rota_result *result, rota_booking *rows, int64_t count, rota_time now)
{
    take(result, ROTA__ROWS_BOOKING, rows, count);
    for (int64_t i = 0; i < count; i++)
        show(&rows[i], now);
}

void rota__result_zone_changes(rota_result *result, rota_zone_change *rows, int64_t count)
{
    take(result, ROTA__ROWS_ZONE_CHANGE, rows, count);
}

void rota__result_occurrences(rota_result *result, rota_occurrence *rows, int64_t count)
{
    take(result, ROTA__ROWS_OCCURRENCE, rows, count);
}

void rota__result_hours(rota_result *result, rota_hours_rule *rows, int64_t count)
{
    take(result, ROTA__ROWS_HOURS, rows, count);
}

void rota__result_slots(rota_result *result, rota_slot *rows, int64_t count)
{
    take(result, ROTA__ROWS_SLOT, rows, count);
}

int rota__result_alternatives(rota_result *result, const rota_alternative *rows, int64_t count)
{
    rota_alternative *out = rows_of(result, ROTA__ROWS_ALTERNATIVE, count, (int64_t)sizeof *out);
    if (!out) return ROTA_ENOMEM;
    for (int64_t i = 0; i < count; i++) {
        out[i] = rows[i];
        out[i].resources = rota__arena_copy(&result->arena, rows[i].resources,
                                            rows[i].resource_count *
                                                (int64_t)sizeof *rows[i].resources);
        if (!out[i].resources) return ROTA_ENOMEM;
    }
    return ROTA_OK;
}

int rota__result_displacements(rota_result *result, const rota_displacement *rows, int64_t count)
{
    rota_displacement *out = rows_of(result, ROTA__ROWS_DISPLACEMENT, count, (int64_t)sizeof *out);
    if (!out) return ROTA_ENOMEM;
    if (count > 0) memcpy(out, rows, (size_t)count * sizeof *out);
    return ROTA_OK;
}

void rota__result_spans(rota_result *result, rota_span *rows, int64_t count)
{
    take(result, ROTA__ROWS_SPAN, rows, count);
}

void rota__result_reminders(rota_result *result, rota_reminder *rows, int64_t count)
{
    take(result, ROTA__ROWS_REMINDER, rows, count);
}

void rota__result_list(rota_result *result, rota__listing *list, rota_time now)
{
    result->pages = list->pages.items;
    result->page_count = list->pages.count;
    if (result->page_count == 0) {
        rota__result_bookings(result, list->records, list->record_count, now);
        return;
    }
    take(result, ROTA__ROWS_BOOKING, NULL, list->refs.count);
    result->refs = list->refs.items;
    result->now = now;
}

/* False: no memory. */
static bool keep_texts(rota_result *result, const char **const *texts, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        const char *text = *texts[i];
        *texts[i] = rota__arena_text(&result->arena, text, -1);
        if (text && !*texts[i]) return false;
    }
    return true;
}

int rota__result_conflicts(rota_result *result, const rota_conflict *rows, int64_t count)
{
    rota_conflict *out = rows_of(result, ROTA__ROWS_CONFLICT, count, (int64_t)sizeof *out);
    if (!out) return ROTA_ENOMEM;
    for (int64_t i = 0; i < count; i++) {
        const char **texts[] = { &out[i].title, &out[i].ref, &out[i].resource_name,
                                 &out[i].resource_ref };
        out[i] = rows[i];
        if (!keep_texts(result, texts, ROTA__LENGTH(texts))) return ROTA_ENOMEM;
    }
    return ROTA_OK;
}

int rota__result_violations(rota_result *result, const rota_violation *rows, int64_t count)
{
    rota_violation *out = rows_of(result, ROTA__ROWS_VIOLATION, count, (int64_t)sizeof *out);
    if (!out) return ROTA_ENOMEM;
    for (int64_t i = 0; i < count; i++) {
        const char **texts[] = { &out[i].rule, &out[i].message, &out[i].resource_name,
                                 &out[i].resource_ref };
        out[i] = rows[i];
        if (!keep_texts(result, texts, ROTA__LENGTH(texts))) return ROTA_ENOMEM;
    }
    return ROTA_OK;
}

int rota__result_events(rota_result *result, const rota__event *rows, int64_t count)
{
    rota_event *out = rows_of(result, ROTA__ROWS_EVENT, count, (int64_t)sizeof *out);
    if (!out) return ROTA_ENOMEM;
    for (int64_t i = 0; i < count; i++)
        out[i] = (rota_event){ .size = (uint32_t)sizeof *out,
                               .type = rows[i].type,
                               .seq = rows[i].seq,
                               .at = rows[i].at,
                               .subject = rows[i].subject,
                               .name = rota_event_name(rows[i].type),
                               .actor = rows[i].actor,
                               .role = rows[i].role,
                               .trace = rows[i].trace,
                               .before = rows[i].before,
                               .after = rows[i].after };
    return ROTA_OK;
}

int rota__result_consumers(rota_result *result, const rota__consumer *rows, int64_t count,
                           int64_t last)
{
    rota_consumer *out = rows_of(result, ROTA__ROWS_CONSUMER, count, (int64_t)sizeof *out);
    if (!out) return ROTA_ENOMEM;
    for (int64_t i = 0; i < count; i++)
        out[i] = (rota_consumer){ .size = (uint32_t)sizeof *out,
                                  .name = rows[i].name,
                                  .position = rows[i].position,
                                  .behind = last - rows[i].position,
                                  .created_at = rows[i].created_at,
                                  .changed_at = rows[i].changed_at };
    return ROTA_OK;
}

/* --- reading a row: no handle, so no message --- */

static int row_at(const rota_result *result, int32_t kind, int64_t i, int64_t size, void *out,
                  uint32_t oldest)
{
    if (!result || !out || result->kind != kind || i < 0 || i >= result->count ||
        rota__record_size(out) < oldest)
        return ROTA_EINVALID;
    rota__record_out(out,
                     result->refs ? (const void *)result->refs[i]
                                  : (const unsigned char *)result->rows + i * size,
                     (uint32_t)size);
    return ROTA_OK;
}

int rota_resource_at(const rota_result *rows, int64_t i, rota_resource *out)
{
    return row_at(rows, ROTA__ROWS_RESOURCE, i, (int64_t)sizeof *out, out,
                  ROTA__OLDEST(rota_resource, reserved));
}

int rota_member_at(const rota_result *rows, int64_t i, rota_member *out)
{
    return row_at(rows, ROTA__ROWS_MEMBER, i, (int64_t)sizeof *out, out,
                  ROTA__OLDEST(rota_member, when));
}

int rota_booking_at(const rota_result *rows, int64_t i, rota_booking *out)
{
    int rc = row_at(rows, ROTA__ROWS_BOOKING, i, (int64_t)sizeof *out, out,
                    ROTA__OLDEST(rota_booking, phase));
    if (rc == ROTA_OK && rows->refs) show(out, rows->now);
    return rc;
}

int rota_conflict_at(const rota_result *rows, int64_t i, rota_conflict *out)
{
    return row_at(rows, ROTA__ROWS_CONFLICT, i, (int64_t)sizeof *out, out,
                  ROTA__OLDEST(rota_conflict, priority));
}

int rota_violation_at(const rota_result *rows, int64_t i, rota_violation *out)
{
    return row_at(rows, ROTA__ROWS_VIOLATION, i, (int64_t)sizeof *out, out,
                  ROTA__OLDEST(rota_violation, asked));
}

int rota_event_at(const rota_result *rows, int64_t i, rota_event *out)
{
    return row_at(rows, ROTA__ROWS_EVENT, i, (int64_t)sizeof *out, out,
                  ROTA__OLDEST(rota_event, after));
}

int rota_consumer_at(const rota_result *rows, int64_t i, rota_consumer *out)
{
    return row_at(rows, ROTA__ROWS_CONSUMER, i, (int64_t)sizeof *out, out,
                  ROTA__OLDEST(rota_consumer, changed_at));
}

int rota_occurrence_at(const rota_result *rows, int64_t i, rota_occurrence *out)
{
    return row_at(rows, ROTA__ROWS_OCCURRENCE, i, (int64_t)sizeof *out, out,
                  ROTA__OLDEST(rota_occurrence, local));
}

int rota_zone_change_at(const rota_result *rows, int64_t i, rota_zone_change *out)
{
    return row_at(rows, ROTA__ROWS_ZONE_CHANGE, i, (int64_t)sizeof *out, out,
                  ROTA__OLDEST(rota_zone_change, other_when));
}

/* Plain values: as long as they are known to be. */
static int value_at(const rota_result *result, int32_t kind, int64_t i, int64_t size, void *out)
{
    if (!result || !out || result->kind != kind || i < 0 || i >= result->count)
        return ROTA_EINVALID;
    memcpy(out, (const unsigned char *)result->rows + i * size, (size_t)size);
    return ROTA_OK;
}

int rota_hours_at(const rota_result *rows, int64_t i, rota_hours_rule *out)
{
    return value_at(rows, ROTA__ROWS_HOURS, i, (int64_t)sizeof *out, out);
}

int rota_span_at(const rota_result *rows, int64_t i, rota_span *out)
{
    return value_at(rows, ROTA__ROWS_SPAN, i, (int64_t)sizeof *out, out);
}

int rota_slot_at(const rota_result *rows, int64_t i, rota_slot *out)
{
    return row_at(rows, ROTA__ROWS_SLOT, i, (int64_t)sizeof *out, out,
                  ROTA__OLDEST(rota_slot, resource_count));
}

int rota_alternative_at(const rota_result *rows, int64_t i, rota_alternative *out)
{
    return row_at(rows, ROTA__ROWS_ALTERNATIVE, i, (int64_t)sizeof *out, out,
                  ROTA__OLDEST(rota_alternative, resource_count));
}

int rota_reminder_at(const rota_result *rows, int64_t i, rota_reminder *out)
{
    return row_at(rows, ROTA__ROWS_REMINDER, i, (int64_t)sizeof *out, out,
                  ROTA__OLDEST(rota_reminder, until));
}

int rota_displacement_at(const rota_result *rows, int64_t i, rota_displacement *out)
{
    return row_at(rows, ROTA__ROWS_DISPLACEMENT, i, (int64_t)sizeof *out, out,
                  ROTA__OLDEST(rota_displacement, occurrence));
}
