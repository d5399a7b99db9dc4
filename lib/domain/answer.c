#include "domain/answer.h"

#include "base/str.h"
#include "base/words.h"
#include "domain/request.h"

enum { ANSWER_ONCE = 1, ANSWER_SERIES = 2, ANSWER_FORBIDDEN = 3, ANSWER_MOVED = 4, ANSWER_ID = 16 };

static void put_int(rota__str *out, int64_t value)
{
    uint8_t bytes[8];
    (void)rota__little_put_64(bytes, (uint64_t)value);
    rota__str_bytes(out, bytes, (int64_t)sizeof bytes);
}

static void put_id(rota__str *out, const rota_id *id)
{
    rota__str_bytes(out, id->b, ANSWER_ID);
}

static void put_text(rota__str *out, const char *text)
{
    int64_t length = text ? (int64_t)strlen(text) : -1;
    put_int(out, length);
    if (text) rota__str_bytes(out, text, length);
}

/* What is left to be read; nothing, once something was not there. */
typedef struct bytes {
    const uint8_t *at;
    int64_t left;
    bool cut;
} bytes;

static const uint8_t *take(bytes *in, int64_t size)
{
    static const uint8_t nothing[ANSWER_ID];
    if (in->cut || size < 0 || size > in->left) {
        in->cut = true;
        return nothing;
    }
    const uint8_t *at = in->at;
    in->at += size;
    in->left -= size;
    return at;
}

static int64_t get_int(bytes *in)
{
    return (int64_t)rota__little_64(take(in, 8));
}

static rota_id get_id(bytes *in)
{
    rota_id id;
    memcpy(id.b, take(in, ANSWER_ID), ANSWER_ID);
    return id;
}

static const char *get_text(rota__context *cx, bytes *in)
{
    int64_t length = get_int(in);
    if (length < 0) return NULL;
    const uint8_t *at = take(in, length);
    return in->cut ? NULL : rota__arena_text(cx->report, (const char *)at, length);
}

static void put_conflict(rota__str *out, const rota_conflict *row)
{
    put_id(out, &row->resource);
    put_id(out, &row->booking);
    put_id(out, &row->via);
    const int64_t numbers[] = { row->when.start,  row->when.end,   row->overlap.start,
                                row->overlap.end, row->units_left, row->units_asked,
                                row->version,     row->status,     row->priority,
                                row->recurs,      row->occurrence, row->asked_recurs,
                                row->asked };
    for (int64_t i = 0; i < ROTA__LENGTH(numbers); i++)
        put_int(out, numbers[i]);
    put_text(out, row->title);
    put_text(out, row->ref);
    put_text(out, row->resource_name);
    put_text(out, row->resource_ref);
}

static int get_conflict(rota__context *cx, bytes *in, rota__conflicts *list)
{
    rota_conflict row = { .size = (uint32_t)sizeof row };
    row.resource = get_id(in);
    row.booking = get_id(in);
    row.via = get_id(in);
    row.when.start = get_int(in);
    row.when.end = get_int(in);
    row.overlap.start = get_int(in);
    row.overlap.end = get_int(in);
    row.units_left = get_int(in);
    row.units_asked = (int32_t)get_int(in);
    row.version = get_int(in);
    row.status = (int32_t)get_int(in);
    row.priority = (int32_t)get_int(in);
    row.recurs = (int32_t)get_int(in);
    row.occurrence = get_int(in);
    row.asked_recurs = (int32_t)get_int(in);
    row.asked = get_int(in);
    row.title = get_text(cx, in);
    row.ref = get_text(cx, in);
    row.resource_name = get_text(cx, in);
    row.resource_ref = get_text(cx, in);
    if (!in->cut && !row.resource_name) in->cut = true;
    if (in->cut) return ROTA_OK;
    rota_conflict *kept = ROTA__PUSH(cx->report, list);
    if (!kept) return rota__context_nomem(cx);
    *kept = row;
    return ROTA_OK;
}

static void put_violation(rota__str *out, const rota_violation *row)
{
    put_id(out, &row->resource);
    const int64_t numbers[] = { row->asked_recurs, row->limit,    row->actual,
                                row->when.start,   row->when.end, row->asked };
    for (int64_t i = 0; i < ROTA__LENGTH(numbers); i++)
        put_int(out, numbers[i]);
    put_text(out, row->rule);
    put_text(out, row->message);
    put_text(out, row->resource_name);
    put_text(out, row->resource_ref);
}

static int get_violation(rota__context *cx, bytes *in, rota__violations *list)
{
    rota_violation row = { .size = (uint32_t)sizeof row };
    row.resource = get_id(in);
    row.asked_recurs = (int32_t)get_int(in);
    row.limit = get_int(in);
    row.actual = get_int(in);
    row.when.start = get_int(in);
    row.when.end = get_int(in);
    row.asked = get_int(in);
    row.rule = get_text(cx, in);
    row.message = get_text(cx, in);
    row.resource_name = get_text(cx, in);
    row.resource_ref = get_text(cx, in);
    if (!in->cut && (!row.rule || !row.message)) in->cut = true;
    if (in->cut) return ROTA_OK;
    rota_violation *kept = ROTA__PUSH(cx->report, list);
    if (!kept) return rota__context_nomem(cx);
    *kept = row;
    return ROTA_OK;
}

static void put_moved(rota__str *out, const rota_displacement *row)
{
    put_id(out, &row->booking);
    put_int(out, row->from.start);
    put_int(out, row->from.end);
    put_int(out, row->to.start);
    put_int(out, row->to.end);
    put_int(out, row->version);
    put_int(out, row->recurs);
    put_int(out, row->occurrence);
}

static int get_moved(rota__context *cx, bytes *in, rota__answer *answer)
{
    rota_displacement row = { .size = (uint32_t)sizeof row };
    row.booking = get_id(in);
    row.from.start = get_int(in);
    row.from.end = get_int(in);
    row.to.start = get_int(in);
    row.to.end = get_int(in);
    row.version = get_int(in);
    row.recurs = get_int(in) ? ROTA_RECURS_OCCURRENCE : ROTA_RECURS_NOT;
    row.occurrence = get_int(in);
    if (in->cut) return ROTA_OK;
    rota_displacement *kept = ROTA__PUSH(cx->report, &answer->moved);
    if (!kept) return rota__context_nomem(cx);
    *kept = row;
    return ROTA_OK;
}

static void put_receipt(rota__str *out, const rota_receipt *receipt, int64_t cancelled)
{
    put_id(out, &receipt->id);
    put_int(out, receipt->version);
    put_int(out, receipt->when.start);
    put_int(out, receipt->when.end);
    put_int(out, receipt->hold_expires);
    put_int(out, receipt->status);
    put_int(out, cancelled);
}

int rota__answer_write(rota__context *cx, const rota__answer *answer, rota__key *key)
{
    const rota_receipt *receipt = &answer->receipt;
    bool series = receipt->recurs != ROTA_RECURS_NOT;
    const bool skipped = series && receipt->skipped > 0;
    int64_t conflicts = skipped ? answer->conflicts.count : 0;
    int64_t violations = skipped ? answer->violations.count : 0;
    const int64_t moved = answer->moved.count;
    const char layout = moved > 0        ? ANSWER_MOVED
                        : violations > 0 ? ANSWER_FORBIDDEN
                        : series         ? ANSWER_SERIES
                                         : ANSWER_ONCE;
    rota__str out;
    rota__str_init(&out, cx->env.arena);
    rota__str_bytes(&out, &layout, 1);
    put_receipt(&out, receipt, answer->cancelled.count);
    if (layout != ANSWER_ONCE) {
        put_int(&out, receipt->recurs);
        put_int(&out, receipt->skipped);
        put_int(&out, receipt->occurrence);
        put_int(&out, receipt->count);
        put_int(&out, receipt->checked_until);
        put_int(&out, conflicts);
    }
    if (layout >= ANSWER_FORBIDDEN) put_int(&out, violations);
    if (layout == ANSWER_MOVED) put_int(&out, moved);
    for (int64_t i = 0; i < answer->cancelled.count; i++)
        put_id(&out, &answer->cancelled.items[i].id);
    for (int64_t i = 0; i < conflicts; i++)
        put_conflict(&out, &answer->conflicts.items[i]);
    for (int64_t i = 0; i < violations; i++)
        put_violation(&out, &answer->violations.items[i]);
    for (int64_t i = 0; i < moved; i++)
        put_moved(&out, &answer->moved.items[i]);
    key->answer_size = out.length;
    key->answer = rota__str_done(&out);
    return key->answer ? ROTA_OK : rota__context_nomem(cx);
}

static int damaged(rota__context *cx, const rota__key *key)
{
    return rota__error_set(cx->env.error, ROTA_ECORRUPT,
                           "the answer kept for key \"%.*s\" is damaged",
                           ROTA__SHOW_NAME(key->key));
}

static void get_receipt(bytes *in, rota_receipt *receipt, int64_t *cancelled)
{
    receipt->id = get_id(in);
    receipt->version = get_int(in);
    receipt->when.start = get_int(in);
    receipt->when.end = get_int(in);
    receipt->hold_expires = get_int(in);
    receipt->status = (int32_t)get_int(in);
    *cancelled = get_int(in);
}

int rota__answer_read(rota__context *cx, const rota__key *key, rota__answer *answer)
{
    bytes in = { .at = key->answer, .left = key->answer_size };
    rota_receipt *receipt = &answer->receipt;
    int64_t cancelled, conflicts = 0, violations = 0, moved = 0;
    int rc = ROTA_OK;
    const uint8_t layout = *take(&in, 1);
    get_receipt(&in, receipt, &cancelled);
    if (layout < ANSWER_ONCE || layout > ANSWER_MOVED) return damaged(cx, key);
    if (layout != ANSWER_ONCE) {
        receipt->recurs = (int32_t)get_int(&in);
        receipt->skipped = (int32_t)get_int(&in);
        receipt->occurrence = get_int(&in);
        receipt->count = get_int(&in);
        receipt->checked_until = get_int(&in);
        conflicts = get_int(&in);
    }
    if (layout >= ANSWER_FORBIDDEN) violations = get_int(&in);
    if (layout == ANSWER_MOVED) moved = get_int(&in);
    answer->cancelled.count = answer->conflicts.count = 0;
    answer->violations.count = answer->moved.count = 0;
    for (int64_t i = 0; i < cancelled && !in.cut; i++) {
        rota__cancelled *row = ROTA__PUSH(cx->report, &answer->cancelled);
        if (!row) return rota__context_nomem(cx);
        *row = (rota__cancelled){ .id = get_id(&in) };
    }
    for (int64_t i = 0; i < conflicts && !in.cut && rc == ROTA_OK; i++)
        rc = get_conflict(cx, &in, &answer->conflicts);
    for (int64_t i = 0; i < violations && !in.cut && rc == ROTA_OK; i++)
        rc = get_violation(cx, &in, &answer->violations);
    for (int64_t i = 0; i < moved && !in.cut && rc == ROTA_OK; i++)
        rc = get_moved(cx, &in, answer);
    if (rc != ROTA_OK) return rc;
    if (in.cut || in.left > 0 || cancelled < 0 || conflicts < 0 || violations < 0 || moved < 0)
        return damaged(cx, key);
    receipt->flags |= ROTA_RECEIPT_REPLAYED;
    rota__meter_add(&cx->meter->replays, 1);
    return ROTA_OK;
}
