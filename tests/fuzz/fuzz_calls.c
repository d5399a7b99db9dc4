/* Sequences of calls as a host could make them: records of any size with or without
 * an unknown tail, numbers and times at their ends, text that is no text, ids that
 * are none, memory that runs out, a clock that jumps. A few dozen calls on one
 * calendar in memory; the input says which, and what is in them.
 *
 * What must hold: no call fails for a reason that lies in the library; one that
 * fails, and a dry run, leaves the feed as it was; conflicts are told where there
 * are some and nowhere else; at the end the calendar is sound, and all memory is
 * given back. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_CALLS = 48, KNOWN = 24, KEPT = 8, MOST_CLAIMS = 6, MOST_HANDLES = 3, MOST_AT_ONCE = 4 };

typedef struct ids {
    rota_id items[KNOWN];
    int64_t count;
} ids;

typedef struct world {
    fuzz_input in;
    fuzz_host host;
    rota *handles[MOST_HANDLES];
    int64_t handle_count;
    rota *r; /* the one that is called */
    ids resources, bookings;
    rota_result *kept[KEPT]; /* read once more when the handle is gone */
    int64_t kept_count;
    int64_t events;
    bool dry;    /* the call writes nothing, or it would */
    bool reads;  /* the call writes nothing whatever it answers */
    bool silent; /* there was no call */
    bool terse;  /* the call says no more than its status */
    bool partly; /* it may say of conflicts though it was done */
} world;

static bool clock_is_sane(const world *w)
{
    return w->host.now >= ROTA_TIME_MIN && w->host.now <= ROTA_TIME_MAX;
}

/* --- what goes into a call --- */

static void remember(ids *known, rota_id id)
{
    int64_t at = known->count < KNOWN ? known->count++ : id.b[15] % KNOWN;
    known->items[at] = id;
}

static rota_id some_id(world *w, const ids *known)
{
    uint8_t which = fuzz_byte(&w->in);
    rota_id id = { { 0 } };
    if (which == 0xff) return id;
    if (which < 0xf8 && known->count > 0) return known->items[which % known->count];
    const ids *others = known == &w->resources ? &w->bookings : &w->resources;
    if (which % 2 && others->count > 0) return others->items[0];
    memset(&id, which, sizeof id);
    return id;
}

static const rota_id *some_id_of(world *w, const ids *known)
{
    rota_id id = some_id(w, known);
    return id.b[0] == 0xfe ? NULL : fuzz_copy(&id, sizeof id);
}

/* The text of one, or a ref. */
static const char *some_name(world *w, const ids *known)
{
    if (fuzz_byte(&w->in) % 2) return fuzz_text(&w->in);
    char text[37];
    rota_id id = some_id(w, known);
    rota_id_format(&id, text);
    return fuzz_copy(text, sizeof text);
}

/* Mostly one that is: up to four hours long. */
static rota_span some_span(world *w)
{
    rota_span when = { .start = fuzz_time(&w->in, FUZZ_NOW) };
    uint8_t length = fuzz_byte(&w->in);
    bool sane = when.start >= ROTA_TIME_MIN && when.start <= ROTA_TIME_MAX;
    when.end = sane && length < 0xf0 ? when.start + 900 * (1 + length % 16)
                                     : fuzz_time(&w->in, FUZZ_NOW);
    return when;
}

/* Some of these bits; now and then any. */
static uint32_t some_bits(world *w, uint32_t known)
{
    uint64_t bits = fuzz_bytes(&w->in, 2);
    return (uint32_t)(bits == 0xffff ? fuzz_bytes(&w->in, 4) : bits & known);
}

static int32_t some_int(world *w)
{
    return (int32_t)(uint32_t)(uint64_t)fuzz_int(&w->in);
}

static const rota_call *some_call(world *w)
{
    rota_call call = ROTA_INIT(rota_call);
    uint8_t kind = fuzz_byte(&w->in);
    if (kind < 0x60) return NULL;
    call.flags = kind < 0x68 ? some_bits(w, UINT32_MAX) : kind & 2u;
    if (kind % 8 == 1) call.flags |= ROTA_CALL_DRY_RUN;
    if (kind & 0x04) call.actor = fuzz_text(&w->in);
    if (kind & 0x08) call.key = fuzz_text(&w->in);
    if (kind & 0x10) call.role = call.trace = fuzz_text(&w->in);
    if (kind >= 0xe0) call.version = fuzz_int(&w->in);
    rota_call *given = fuzz_record(&w->in, &call, (uint32_t)sizeof call);
    w->dry = given->size >= sizeof call && (given->flags & ROTA_CALL_DRY_RUN);
    return given;
}

static rota_receipt *some_receipt(world *w)
{
    if (fuzz_byte(&w->in) < 0x10) return NULL;
    return fuzz_room(&w->in, (uint32_t)sizeof(rota_receipt));
}

/* Mostly one unit each of some that there are, each once. */
static const rota_claim *some_claims(world *w, int64_t *count)
{
    uint8_t kind = fuzz_byte(&w->in);
    int64_t first = fuzz_byte(&w->in);
    rota_claim claims[MOST_CLAIMS] = { 0 };
    *count = 1 + kind % MOST_CLAIMS % 3;
    for (int64_t i = 0; i < *count; i++) {
        claims[i].resource = w->resources.items[(first + i) % w->resources.count];
        claims[i].units = 1 + (kind & 0x40 ? (int32_t)i : 0);
        if (kind < 0xa0) continue;
        claims[i].resource = some_id(w, &w->resources);
        claims[i].units = some_int(w);
        claims[i].role = (int32_t)fuzz_pick(&w->in, 4);
        claims[i].flags = some_bits(w, ROTA_CLAIM_FREE);
        claims[i].reserved = fuzz_byte(&w->in) == 0xff;
    }
    const rota_claim *given = fuzz_copy(claims, (size_t)*count * sizeof claims[0]);
    if (kind < 0xfc) return given;
    *count = kind % 2 ? 1 - *count : ROTA_MAX_CLAIMS + *count; /* refused unread */
    return given;
}

static rota_booking_request *some_booking(world *w, bool moves)
{
    rota_booking_request want = ROTA_INIT(rota_booking_request);
    uint8_t kind = fuzz_byte(&w->in);
    want.when = some_span(w);
    want.claims = some_claims(w, &want.claim_count);
    want.set = some_bits(w, 63);
    want.on_conflict = (int32_t)fuzz_pick(&w->in, 4);
    if (kind & 0x01) want.priority = (int32_t)fuzz_int(&w->in);
    if (kind & 0x02) want.title = fuzz_text(&w->in);
    if (kind & 0x04) want.data = fuzz_text(&w->in);
    if (kind & 0x08) want.flags = some_bits(w, ROTA_BOOKING_FUTURE);
    if (kind == 0xff) want.on_conflict = some_int(w);
    bool held = moves ? kind >= 0xf0 : kind & 0x10, named = moves ? kind >= 0xf8 : kind & 0x20;
    if (held) want.hold_secs = 300 * (int32_t)fuzz_pick(&w->in, 16);
    if (held && kind & 0x40) want.hold_secs = some_int(w);
    if (named) want.ref = fuzz_text(&w->in);
    return fuzz_record(&w->in, &want, (uint32_t)sizeof want);
}

static const char *const *some_tags(world *w, int64_t *count)
{
    uint8_t kind = fuzz_byte(&w->in);
    const char *tags[4];
    *count = kind % 5;
    for (int64_t i = 0; i < *count; i++)
        tags[i] = fuzz_text(&w->in);
    const char *const *given = fuzz_copy(tags, (size_t)*count * sizeof tags[0]);
    if (kind >= 0xfc) *count = kind % 2 ? -1 : ROTA_MAX_TAGS + 1;
    return given;
}

static rota_resource_request *some_resource(world *w)
{
    rota_resource_request want = ROTA_INIT(rota_resource_request);
    uint8_t kind = fuzz_byte(&w->in);
    want.set = some_bits(w, 2047);
    want.kind = want.name = "room";
    want.active = 1;
    if (kind & 0x01) want.capacity = some_int(w);
    if (kind & 0x02) want.before = (int32_t)fuzz_pick(&w->in, 4) * 900;
    if (kind & 0x04) want.after = some_int(w);
    if (kind & 0x08 && fuzz_byte(&w->in) % 2) want.parent = some_id(w, &w->resources);
    if (kind & 0x10) want.ref = fuzz_text(&w->in);
    if (kind & 0x20) want.name = fuzz_text(&w->in);
    if (kind & 0x40) want.tags = some_tags(w, &want.tag_count);
    if (kind < 0x80) return fuzz_record(&w->in, &want, (uint32_t)sizeof want);
    want.kind = fuzz_text(&w->in);
    want.zone = fuzz_text(&w->in);
    want.data = fuzz_text(&w->in);
    want.active = some_int(w);
    return fuzz_record(&w->in, &want, (uint32_t)sizeof want);
}

static rota_member_request *some_stay(world *w, uint32_t known)
{
    rota_member_request want = ROTA_INIT(rota_member_request);
    uint8_t kind = fuzz_byte(&w->in);
    rota_span when = some_span(w);
    want.set = kind >= 0xf0 ? some_bits(w, UINT32_MAX) : kind & known;
    want.group = some_id(w, &w->resources);
    want.member = some_id(w, &w->resources);
    if (want.set & ROTA_MEMBER_SET_FROM) want.from = when.start;
    if (want.set & ROTA_MEMBER_SET_UNTIL) want.until = when.end;
    return fuzz_record(&w->in, &want, (uint32_t)sizeof want);
}

/* --- what comes out of one --- */

static void read_resource(world *w, fuzz_input *in, const rota_result *rows, int64_t i)
{
    rota_resource *row = fuzz_room(in, (uint32_t)sizeof *row);
    if (rota_resource_at(rows, i, row) != ROTA_OK || row->size < sizeof *row) return;
    fuzz_expect_text(row->name, "a name");
    fuzz_expect_text(row->data, "data");
    for (int64_t k = 0; k < row->tag_count; k++)
        fuzz_expect_text(row->tags[k], "a tag");
    FUZZ_EXPECT(row->kind && row->name && row->zone && row->capacity >= 1 && row->version >= 1,
                "a resource without what each has");
    remember(&w->resources, row->id);
}

static void read_booking(world *w, fuzz_input *in, const rota_result *rows, int64_t i)
{
    rota_booking *row = fuzz_room(in, (uint32_t)sizeof *row);
    if (rota_booking_at(rows, i, row) != ROTA_OK || row->size < sizeof *row) return;
    fuzz_expect_text(row->title, "a title");
    fuzz_expect_text(row->data, "data");
    FUZZ_EXPECT(row->when.start < row->when.end && row->claim_count > 0 && row->version >= 1,
                "a booking without what each has");
    for (int64_t k = 0; k < row->claim_count; k++)
        FUZZ_EXPECT(row->claims[k].units >= 1, "a claim of %d units", (int)row->claims[k].units);
    remember(&w->bookings, row->id);
}

static void read_others(fuzz_input *in, const rota_result *rows, int64_t i)
{
    rota_member *member = fuzz_room(in, (uint32_t)sizeof *member);
    rota_conflict *conflict = fuzz_room(in, (uint32_t)sizeof *conflict);
    rota_event *event = fuzz_room(in, (uint32_t)sizeof *event);
    rota_consumer *consumer = fuzz_room(in, (uint32_t)sizeof *consumer);
    if (rota_consumer_at(rows, i, consumer) == ROTA_OK && consumer->size >= sizeof *consumer)
        FUZZ_EXPECT(consumer->name && consumer->behind >= 0, "a consumer of nothing");
    if (rota_member_at(rows, i, member) == ROTA_OK && member->size >= sizeof *member)
        FUZZ_EXPECT(member->when.start < member->when.end, "an empty stay");
    if (rota_conflict_at(rows, i, conflict) == ROTA_OK && conflict->size >= sizeof *conflict) {
        fuzz_expect_text(conflict->resource_name, "a name");
        fuzz_expect_text(conflict->title, "a title");
        FUZZ_EXPECT(conflict->overlap.start < conflict->overlap.end, "an empty overlap");
    }
    if (rota_event_at(rows, i, event) == ROTA_OK && event->size >= sizeof *event) {
        fuzz_expect_text(event->actor, "an actor");
        fuzz_expect_text(event->before, "an event");
        fuzz_expect_text(event->after, "an event");
        FUZZ_EXPECT(event->seq >= 1 && (event->before || event->after), "an event of nothing");
    }
}

/* Some rows of them, as every kind, and those before the first and behind the last. */
static void read_rows(world *w, const rota_result *rows)
{
    int64_t count = rota_result_count(rows);
    fuzz_input sizes = { .at = w->in.at }; /* mostly ours */
    if (fuzz_byte(&w->in) >= 0xe0) sizes.left = w->in.left < 16 ? w->in.left : 16;
    for (int64_t i = -1; i <= count; i++) {
        if (i > 4 && i < count - 1) continue;
        read_resource(w, &sizes, rows, i);
        read_booking(w, &sizes, rows, i);
        read_others(&sizes, rows, i);
    }
}

static void take_rows(world *w, int rc, rota_result *rows)
{
    static rota_result *const untouched = (rota_result *)1;
    if (rc != ROTA_OK) {
        FUZZ_EXPECT(rows == untouched, "rows beside status %d", rc);
        return;
    }
    read_rows(w, rows);
    if (w->kept_count < KEPT)
        w->kept[w->kept_count++] = rows;
    else
        rota_result_free(rows);
}

static void learn(ids *known, int rc, const rota_receipt *receipt, bool dry)
{
    if (rc == ROTA_OK && receipt && receipt->size >= sizeof *receipt && !dry)
        remember(known, receipt->id);
}

/* --- the calls --- */

static int resource_create(world *w)
{
    const rota_call *call = some_call(w);
    rota_receipt *receipt = some_receipt(w);
    int rc = rota_resource_create(w->r, call, some_resource(w), receipt);
    learn(&w->resources, rc, receipt, w->dry);
    return rc;
}

static int resource_update(world *w)
{
    const rota_call *call = some_call(w);
    rota_receipt *receipt = some_receipt(w);
    const rota_id *id = some_id_of(w, &w->resources);
    return rota_resource_update(w->r, call, id, some_resource(w), receipt);
}

static int resource_remove(world *w)
{
    const rota_call *call = some_call(w);
    rota_receipt *receipt = some_receipt(w);
    return rota_resource_remove(w->r, call, some_id_of(w, &w->resources), receipt);
}

static int member_add(world *w)
{
    const rota_call *call = some_call(w);
    rota_receipt *receipt = some_receipt(w);
    return rota_member_add(w->r, call, some_stay(w, 3), receipt);
}

static int member_remove(world *w)
{
    const rota_call *call = some_call(w);
    rota_receipt *receipt = some_receipt(w);
    return rota_member_remove(w->r, call, some_stay(w, ROTA_MEMBER_SET_UNTIL), receipt);
}

static int booking_create(world *w)
{
    const rota_call *call = some_call(w);
    rota_receipt *receipt = some_receipt(w);
    int rc = rota_booking_create(w->r, call, some_booking(w, false), receipt);
    learn(&w->bookings, rc, receipt, w->dry);
    return rc;
}

/* One after the other, of one size; whatever that is, the first says it. */
static void *side_by_side(const void *const *records, int64_t count)
{
    uint32_t size = 0;
    if (count > 0) memcpy(&size, records[0], sizeof size);
    size_t room = (size_t)count * size;
    uint8_t *all = fuzz_block(count > 0 && room < sizeof size ? sizeof size : room);
    for (int64_t i = 0; i < count; i++) {
        uint32_t own;
        memcpy(&own, records[i], sizeof own);
        memcpy(all + i * size, records[i], own < size ? own : size);
    }
    if (count > 0) memcpy(all, &size, sizeof size);
    return all;
}

static int booking_create_all(world *w)
{
    const rota_call *call = some_call(w);
    int64_t count = fuzz_pick(&w->in, MOST_AT_ONCE + 1), limit = count;
    const void *requests[MOST_AT_ONCE] = { NULL }, *receipts[MOST_AT_ONCE] = { NULL };
    int32_t *answers = fuzz_block((size_t)count * sizeof *answers);
    rota_receipt plain = ROTA_INIT(rota_receipt);
    for (int64_t i = 0; i < count; i++) {
        requests[i] = some_booking(w, false);
        receipts[i] = fuzz_copy(&plain, sizeof plain);
    }
    uint8_t kind = fuzz_byte(&w->in);
    if (count > 0 && kind >= 0xf8) limit = kind % 2 ? -1 : ROTA_MAX_ROWS + 1; /* refused unread */
    rota_receipt *made = kind % 4 ? side_by_side(receipts, count) : NULL;
    const rota_booking_request *wanted = side_by_side(requests, count);
    int rc = rota_booking_create_all(w->r, call, wanted, limit, answers, made);
    for (int64_t i = 0; i < count && rc == ROTA_OK; i++) {
        FUZZ_EXPECT(answers[i] > ROTA_EBUSY && answers[i] <= ROTA_OK, "answer %d", (int)answers[i]);
        if (made) learn(&w->bookings, answers[i], &made[i], false);
    }
    return rc;
}

/* A check answers what a creation would at this moment. */
static int booking_check(world *w)
{
    rota_booking_request *want = some_booking(w, false);
    rota_booking_request same = ROTA_INIT(rota_booking_request);
    rota_call call = ROTA_INIT(rota_call);
    w->reads = true;
    int rc = rota_booking_check(w->r, want);
    w->terse = want->size != sizeof *want || w->host.refused || !clock_is_sane(w);
    if (w->terse) return rc;
    same.when = want->when;
    same.claims = want->claims;
    same.claim_count = want->claim_count;
    same.flags = want->flags;
    same.on_conflict = ROTA_ON_CONFLICT_REJECT;
    call.flags = ROTA_CALL_DRY_RUN;
    w->host.refuse_in = 0;
    int created = rota_booking_create(w->r, &call, &same, NULL);
    FUZZ_EXPECT(rc == created, "check says %s, create %s", rota_status_name(rc),
                rota_status_name(created));
    return created;
}

static int booking_move(world *w)
{
    const rota_call *call = some_call(w);
    rota_receipt *receipt = some_receipt(w);
    const rota_id *id = some_id_of(w, &w->bookings);
    return rota_booking_move(w->r, call, id, some_booking(w, true), receipt);
}

static int booking_step(world *w)
{
    static int (*const steps[])(rota *, const rota_call *, const rota_id *,
                                rota_receipt *) = { rota_booking_confirm, rota_booking_cancel,
                                                    rota_booking_check_in, rota_booking_complete };
    const rota_call *call = some_call(w);
    rota_receipt *receipt = some_receipt(w);
    int64_t step = fuzz_pick(&w->in, 4);
    return steps[step](w->r, call, some_id_of(w, &w->bookings), receipt);
}

/* --- series --- */

/* Mostly one that is, of days that bookings lie in too, and short: of those without an end
 * each takes as long as a hundred other calls. */
static const rota_recurrence *some_recurrence(world *w)
{
    static const char *const rules[] = {
        "FREQ=DAILY;COUNT=9",
        "FREQ=WEEKLY;BYDAY=MO,TH;COUNT=5",
        "FREQ=DAILY;COUNT=3",
        "FREQ=HOURLY;INTERVAL=5;COUNT=30",
        "FREQ=DAILY;UNTIL=20310320",
        "FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=3",
        "FREQ=YEARLY;UNTIL=20500101",
        "FREQ=DAILY;INTERVAL=2;COUNT=6",
        "FREQ=WEEKLY;COUNT=2",
        "FREQ=HOURLY;COUNT=12",
        "FREQ=YEARLY",
        "FREQ=MONTHLY;INTERVAL=6",
    };
    static const char *const zones[] = { "UTC", "Europe/Berlin", "America/New_York", "Nowhere" };
    rota_recurrence what = ROTA_INIT(rota_recurrence);
    uint8_t kind = fuzz_byte(&w->in);
    char start[32] = "";
    const char *date;
    if (rota_time_format(FUZZ_NOW + 900 * fuzz_pick(&w->in, 256), start) != ROTA_OK) start[0] = 0;
    if (kind & 0x08) start[kind & 0x10 ? 10 : 19] = 0; /* a date, or a wall clock */
    what.start = fuzz_copy(start, sizeof start);
    what.zone = zones[kind % 4 == 3 && kind < 0xf0 ? 0 : kind % 4];
    what.rule = kind < 0xe0 ? rules[fuzz_pick(&w->in, 12)] : fuzz_text(&w->in);
    what.length = kind & 0x20 ? 1 + fuzz_pick(&w->in, 3) : 900 * (1 + fuzz_pick(&w->in, 8));
    if (kind & 0x40) {
        date = fuzz_text(&w->in);
        what.rdates = what.exdates = fuzz_copy(&date, sizeof date);
        what.rdate_count = kind & 1;
        what.exdate_count = kind & 1 ? 0 : 1;
    }
    if (kind >= 0xfc) what.length = fuzz_int(&w->in);
    return fuzz_record(&w->in, &what, (uint32_t)sizeof what);
}

static int series_create(world *w)
{
    const rota_call *call = some_call(w);
    rota_receipt *receipt = some_receipt(w);
    rota_booking_request want = ROTA_INIT(rota_booking_request);
    uint8_t kind = fuzz_byte(&w->in);
    want.claims = some_claims(w, &want.claim_count);
    want.recurrence = some_recurrence(w);
    if (kind & 1) want.flags = ROTA_BOOKING_PARTIAL;
    if (kind >= 0xe0) want.hold_secs = 600;
    if (kind >= 0xf8) want.when = some_span(w);
    w->partly = want.flags & ROTA_BOOKING_PARTIAL;
    int rc = rota_booking_create(w->r, call, fuzz_record(&w->in, &want, (uint32_t)sizeof want),
                                 receipt);
    learn(&w->bookings, rc, receipt, w->dry);
    return rc;
}

/* An occurrence of the booking, or nearly one, and how much of it is meant. */
static const rota_call *some_part(world *w, const rota_id *id)
{
    rota_call call = ROTA_INIT(rota_call);
    rota_booking_query query = ROTA_INIT(rota_booking_query);
    rota_result *rows = NULL;
    uint8_t kind = fuzz_byte(&w->in);
    call.scope = kind % 4;
    call.occurrence = fuzz_time(&w->in, FUZZ_NOW);
    if (kind & 0x10) call.flags = ROTA_CALL_OVERRIDE;
    query.when = (rota_span){ FUZZ_NOW - 86400, FUZZ_NOW + 20 * 86400 };
    query.limit = 40;
    if (kind < 0xf0 && rota_booking_list(w->r, &query, &rows) == ROTA_OK)
        for (int64_t i = fuzz_pick(&w->in, 40); i < rota_result_count(rows); i++) {
            rota_booking row = ROTA_INIT(rota_booking);
            if (rota_booking_at(rows, i, &row) != ROTA_OK || !id ||
                memcmp(&row.id, id, sizeof *id) != 0)
                continue;
            call.occurrence = row.occurrence;
            break;
        }
    rota_result_free(rows);
    if (call.scope == ROTA_SCOPE_NONE && kind < 0xf8) call.occurrence = 0;
    return fuzz_record(&w->in, &call, (uint32_t)sizeof call);
}

static int part_move(world *w)
{
    const rota_id *id = some_id_of(w, &w->bookings);
    const rota_call *call = some_part(w, id);
    return rota_booking_move(w->r, call, id, some_booking(w, true), some_receipt(w));
}

static int part_step(world *w)
{
    static int (*const steps[])(rota *, const rota_call *, const rota_id *,
                                rota_receipt *) = { rota_booking_confirm,  rota_booking_cancel,
                                                    rota_booking_check_in, rota_booking_complete,
                                                    rota_booking_restore,  rota_booking_cancel };
    const rota_id *id = some_id_of(w, &w->bookings);
    const rota_call *call = some_part(w, id);
    return steps[fuzz_pick(&w->in, 6)](w->r, call, id, some_receipt(w));
}

static int part_get(world *w)
{
    rota_result *rows = (rota_result *)1;
    const rota_id *id = some_id_of(w, &w->bookings);
    const rota_call *part = some_part(w, id);
    w->reads = true;
    rota_time at = part->size == sizeof *part ? part->occurrence : 0;
    int rc = rota_occurrence_get(w->r, id, at, &rows);
    take_rows(w, rc, rows);
    return rc;
}

static int tick(world *w)
{
    const rota_call *call = some_call(w);
    rota_tick_report *report = fuzz_room(&w->in, (uint32_t)sizeof *report);
    return rota_tick(w->r, call, fuzz_byte(&w->in) % 8 ? report : NULL);
}

static int find(world *w)
{
    rota_id id;
    uint8_t which = fuzz_byte(&w->in);
    w->reads = true;
    if (which % 2) return rota_booking_find(w->r, some_name(w, &w->bookings), &id);
    return which < 128 ? rota_resource_find(w->r, some_name(w, &w->resources), &id)
                       : rota_resource_find_removed(w->r, some_name(w, &w->resources), &id);
}

static int get(world *w)
{
    rota_result *rows = (rota_result *)1;
    bool booking = fuzz_byte(&w->in) % 2;
    w->reads = true;
    int rc = booking ? rota_booking_get(w->r, some_id_of(w, &w->bookings), &rows)
                     : rota_resource_get(w->r, some_id_of(w, &w->resources), &rows);
    take_rows(w, rc, rows);
    return rc;
}

static int resource_list(world *w)
{
    rota_result *rows = (rota_result *)1;
    rota_resource_query query = ROTA_INIT(rota_resource_query);
    uint8_t kind = fuzz_byte(&w->in);
    w->reads = true;
    if (kind & 1) query.kind = fuzz_text(&w->in);
    if (kind & 2) query.tag = fuzz_text(&w->in);
    if (kind & 4) query.parent = some_id(w, &w->resources);
    if (kind & 8) query.after = some_id(w, &w->resources);
    if (kind & 16) query.limit = fuzz_int(&w->in);
    const void *given = kind >= 0xf0 ? NULL : fuzz_record(&w->in, &query, (uint32_t)sizeof query);
    int rc = rota_resource_list(w->r, given, &rows);
    take_rows(w, rc, rows);
    return rc;
}

static int booking_list(world *w)
{
    rota_result *rows = (rota_result *)1;
    rota_booking_query query = ROTA_INIT(rota_booking_query);
    uint8_t kind = fuzz_byte(&w->in);
    w->reads = true;
    query.when = (rota_span){ FUZZ_NOW - 40 * 86400, FUZZ_NOW + 40 * 86400 };
    if (kind >= 0xfc) query.when = (rota_span){ ROTA_TIME_MIN, ROTA_TIME_MAX };
    if (kind & 1) query.when = some_span(w);
    if (kind & 2) query.statuses = some_bits(w, 0x7e);
    if (kind & 4) query.resource = some_id(w, &w->resources);
    if (kind & 8) query.after = some_id(w, &w->bookings);
    if (kind & 16) query.limit = fuzz_int(&w->in);
    if (kind & 32) query.after_when = some_span(w);
    int rc = rota_booking_list(w->r, fuzz_record(&w->in, &query, (uint32_t)sizeof query), &rows);
    take_rows(w, rc, rows);
    return rc;
}

static int member_list(world *w)
{
    rota_result *rows = (rota_result *)1;
    rota_member_query query = ROTA_INIT(rota_member_query);
    w->reads = true;
    query.group = some_id(w, &w->resources);
    query.member = some_id(w, &w->resources);
    int rc = rota_member_list(w->r, fuzz_record(&w->in, &query, (uint32_t)sizeof query), &rows);
    take_rows(w, rc, rows);
    return rc;
}

static int event_list(world *w)
{
    rota_result *rows = (rota_result *)1;
    int64_t after = fuzz_int(&w->in);
    w->reads = true;
    int rc = rota_event_list(w->r, after, fuzz_int(&w->in), &rows);
    take_rows(w, rc, rows);
    return rc;
}

static const char *some_consumer(world *w)
{
    uint8_t kind = fuzz_byte(&w->in);
    return kind < 0xc0 ? (kind % 2 ? "a" : "b") : fuzz_text(&w->in);
}

static int consumer_write(world *w)
{
    const rota_call *call = some_call(w);
    const char *name = some_consumer(w);
    switch (fuzz_pick(&w->in, 4)) {
    case 0:
        return rota_consumer_remove(w->r, call, name);
    case 1:
        return rota_consumer_ack(w->r, call, name, fuzz_int(&w->in));
    default:
        return rota_consumer_create(w->r, call, name, fuzz_int(&w->in));
    }
}

static int consumer_read(world *w)
{
    rota_result *rows = (rota_result *)1;
    w->reads = true;
    bool list = fuzz_byte(&w->in) % 2;
    const char *name = some_consumer(w);
    int rc = list ? rota_consumer_list(w->r, &rows)
                  : rota_consumer_read(w->r, name, fuzz_int(&w->in), &rows);
    take_rows(w, rc, rows);
    return rc;
}

static int metrics(world *w)
{
    const char *text = NULL;
    w->reads = true;
    if (fuzz_byte(&w->in) % 2)
        return rota_metrics_get(w->r, fuzz_room(&w->in, (uint32_t)sizeof(rota_metrics)));
    int rc = rota_metrics_text(w->r, &text);
    if (rc == ROTA_OK) fuzz_expect_text(text, "metrics");
    return rc;
}

static int stats(world *w)
{
    rota_stats *room = fuzz_room(&w->in, (uint32_t)sizeof *room);
    w->reads = true;
    return rota_stats_get(w->r, room);
}

static int time_parse(world *w)
{
    const char *text = fuzz_text(&w->in);
    rota_time out;
    w->reads = true;
    return rota_time_parse(w->r, text, fuzz_text(&w->in), &out);
}

static int check(world *w)
{
    w->reads = true;
    return rota_check(w->r, w->host.latest);
}

static int attach(world *w)
{
    rota *more = NULL;
    w->reads = true;
    w->silent = w->handle_count == MOST_HANDLES;
    if (w->silent) return ROTA_OK;
    int rc = rota_attach(w->r, &more);
    if (rc == ROTA_OK)
        w->handles[w->handle_count++] = more;
    else
        rota_close(more);
    return rc;
}

/* Any but the last one. */
static int close_one(world *w)
{
    int64_t which = fuzz_pick(&w->in, w->handle_count);
    w->reads = w->silent = true;
    if (w->handle_count == 1) return ROTA_OK;
    rota_close(w->handles[which]);
    w->handles[which] = w->handles[--w->handle_count];
    w->r = w->handles[0];
    return ROTA_OK;
}

/* No calls of the library, but what lies between them. */
static int move_clock(world *w)
{
    w->reads = w->silent = true;
    w->host.now = fuzz_time(&w->in, w->host.now);
    return ROTA_OK;
}

static int lack_memory(world *w)
{
    w->reads = true;
    w->host.refuse_in = 1 + fuzz_byte(&w->in);
    return ROTA_OK;
}

struct call {
    const char *name;
    int (*run)(world *w);
};

static const struct call calls[] = {
    { "resource_create", resource_create },
    { "resource_update", resource_update },
    { "resource_remove", resource_remove },
    { "member_add", member_add },
    { "member_remove", member_remove },
    { "booking_create", booking_create },
    { "booking_move", booking_move },
    { "booking_step", booking_step },
    { "booking_create_all", booking_create_all },
    { "booking_check", booking_check },
    { "consumer_write", consumer_write },
    { "consumer_read", consumer_read },
    { "metrics", metrics },
    { "attach", attach },
    { "close", close_one },
    { "tick", tick },
    { "find", find },
    { "get", get },
    { "resource_list", resource_list },
    { "booking_list", booking_list },
    { "member_list", member_list },
    { "event_list", event_list },
    { "stats_get", stats },
    { "time_parse", time_parse },
    { "check", check },
    { "clock", move_clock },
    { "memory", lack_memory },
};

static const struct call series_calls[] = {
    { "series_create", series_create },
    { "part_move", part_move },
    { "part_step", part_step },
    { "part_get", part_get },
};

enum {
    CALLS = (int)(sizeof calls / sizeof calls[0]),
    SERIES_CALLS = (int)(sizeof series_calls / sizeof series_calls[0])
};

/* One in six is on series; what the others' bytes mean is as it was before there were any. */
static const struct call *some_call_of_all(world *w)
{
    uint8_t which = fuzz_byte(&w->in);
    return which < 8 * CALLS ? &calls[which % CALLS] : &series_calls[which % SERIES_CALLS];
}

/* --- what must hold --- */

static int64_t count_events(world *w)
{
    rota_stats now = ROTA_INIT(rota_stats);
    int rc = rota_stats_get(w->r, &now);
    FUZZ_EXPECT(rc == ROTA_OK, "stats: %s: %s", rota_status_name(rc), rota_errmsg(w->r));
    return now.events;
}

/* Asked for before anything else is: the next call forgets them. */
static void judge_report(world *w, int rc, const char *name)
{
    rota_result *conflicts = NULL, *cancelled = NULL;
    FUZZ_EXPECT(rota_conflict_list(w->r, &conflicts) == ROTA_OK, "conflicts: %s",
                rota_errmsg(w->r));
    FUZZ_EXPECT(rota_cancelled_list(w->r, &cancelled) == ROTA_OK, "cancelled: %s",
                rota_errmsg(w->r));
    bool any = rota_result_count(conflicts) > 0;
    FUZZ_EXPECT(any == (rc == ROTA_ECONFLICT && !w->terse) || (w->partly && rc == ROTA_OK),
                "%s: %s with %lld conflicts", name, rota_status_name(rc),
                (long long)rota_result_count(conflicts));
    FUZZ_EXPECT(rc == ROTA_OK || rota_result_count(cancelled) == 0, "%s: refused, but cancelled",
                name);
    read_rows(w, conflicts);
    read_rows(w, cancelled);
    rota_result_free(conflicts);
    rota_result_free(cancelled);
}

static void judge(world *w, int rc, const char *name)
{
    bool refused = w->host.refused;
    w->host.refused = false;
    w->host.refuse_in = 0;
    if (!w->silent) fuzz_expect_answer(w->r, rc, name);
    FUZZ_EXPECT(rc > ROTA_EBUSY || (rc == ROTA_ENOMEM && refused), "%s: %s: %s", name,
                rota_status_name(rc), rota_errmsg(w->r));
    bool sane = clock_is_sane(w);
    if (!sane) w->host.now = FUZZ_NOW; /* no call works without one */
    if (sane && !w->silent) judge_report(w, rc, name);
#ifdef ROTA_FUZZ_CONTROL
    /* A move that is refused loses the booking. */
    if (rc == ROTA_ECONFLICT && strcmp(name, "booking_move") == 0)
        (void)rota_booking_cancel(w->r, NULL, &w->bookings.items[0], NULL);
#endif
    w->r = w->handles[0]; /* every handle sees what any of them has done */
    int64_t events = count_events(w);
    FUZZ_EXPECT(events >= w->events, "%s: the feed shrank", name);
    FUZZ_EXPECT(events == w->events || (rc == ROTA_OK && !w->dry && !w->reads),
                "%s: %s, and the feed has grown by %lld", name, rota_status_name(rc),
                (long long)(events - w->events));
    w->events = events;
}

static void run_calls(world *w)
{
    for (int i = 0; i < MOST_CALLS && w->in.left > 0; i++) {
        const struct call *call = some_call_of_all(w);
        w->dry = w->reads = w->silent = w->terse = w->partly = false;
        if (w->handle_count > 1) w->r = w->handles[fuzz_pick(&w->in, w->handle_count)];
        int rc = call->run(w);
        if (call->run != lack_memory) judge(w, rc, call->name);
        fuzz_release();
    }
}

/* --- an input --- */

static int32_t ask(void *ctx, const rota_conflict *conflict)
{
    world *w = ctx;
    FUZZ_EXPECT(rota_tick(w->r, NULL, NULL) == ROTA_ESTATE, "a hook could use its own handle");
    return conflict->priority % 2 ? ROTA_ASK_KEEP : (int32_t)fuzz_pick(&w->in, 3);
}

/* So that there is something to meet: a room, a group with a member, a pool, and
 * a booking of each. */
static void furnish(world *w)
{
    static const int32_t capacities[] = { 1, 1, 1, 3 };
    for (int i = 0; i < 4; i++) {
        rota_resource_request want = ROTA_INIT(rota_resource_request);
        rota_receipt receipt = ROTA_INIT(rota_receipt);
        want.kind = want.name = "room";
        want.capacity = capacities[i];
        FUZZ_EXPECT(rota_resource_create(w->r, NULL, &want, &receipt) == ROTA_OK, "furnish");
        remember(&w->resources, receipt.id);
    }
    rota_member_request joins = ROTA_INIT(rota_member_request);
    joins.group = w->resources.items[1];
    joins.member = w->resources.items[2];
    FUZZ_EXPECT(rota_member_add(w->r, NULL, &joins, NULL) == ROTA_OK, "furnish");
    for (int i = 0; i < 4; i++) {
        rota_claim claim = { .resource = w->resources.items[i], .units = 1 };
        rota_booking_request want = ROTA_INIT(rota_booking_request);
        rota_receipt receipt = ROTA_INIT(rota_receipt);
        want.claims = &claim;
        want.claim_count = 1;
        want.when = (rota_span){ FUZZ_NOW + 3600 * i, FUZZ_NOW + 3600 * (i + 1) };
        FUZZ_EXPECT(rota_booking_create(w->r, NULL, &want, &receipt) == ROTA_OK, "furnish");
        remember(&w->bookings, receipt.id);
    }
    w->events = count_events(w);
}

static void end(world *w)
{
    w->host.refuse_in = 0;
    int rc = rota_check(w->r, w->host.latest);
    FUZZ_EXPECT(rc == ROTA_OK, "check: %s: %s", rota_status_name(rc), rota_errmsg(w->r));
    while (w->handle_count > 0)
        rota_close(w->handles[--w->handle_count]);
    for (int64_t i = 0; i < w->kept_count; i++) {
        read_rows(w, w->kept[i]);
        rota_result_free(w->kept[i]);
    }
    fuzz_release();
    FUZZ_EXPECT(w->host.blocks == 0, "%lld blocks were not given back", (long long)w->host.blocks);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rota_config config;
    world w = { .in = { .at = data, .left = size } };
    fuzz_configure(&w.host, &config);
    config.ask = ask;
    config.ask_ctx = &w;
    config.on_conflict = (int32_t)fuzz_pick(&w.in, 4);
    config.cache_bytes = fuzz_pick(&w.in, 3) - 1; /* no bound, the default, next to nothing */
    FUZZ_EXPECT(rota_open(":memory:", &config, &w.r) == ROTA_OK, "open: %s", rota_errmsg(w.r));
    w.handles[w.handle_count++] = w.r;
    furnish(&w);
    run_calls(&w);
    end(&w);
    return 0;
}
