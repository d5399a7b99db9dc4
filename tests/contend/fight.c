#define _POSIX_C_SOURCE 200809L /* barriers */

#include "contend/fight.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- what is fought for --- */

enum {
    ONE,
    TWO,
    FIVE,   /* single resources, of that capacity */
    POOL,   /* where bookings wait that are to be moved */
    COURSE, /* of one unit, for series */
    SET,    /* several resources are wanted at once */
    PERSON = SET + 6,
    GROUP = PERSON + 6, /* each has members in common with the next */
    RESOURCES = GROUP + 6,
    SETS = 6,
    PEOPLE = 6,
    GROUPS = 6,
    MOST_TOLD = 64,
    MOST_CLAIMS = 3,
    WEEKS = 5, /* of a series */
    HOUR = 3600,
    WEEK = 7 * 24 * HOUR,
    MINUTE = 60,
    WINDOW = 4 * HOUR,
    FIRST_WINDOW = 1930464000 /* 2031-03-05T08:00Z */
};

typedef enum kind {
    SLOT_OF_ONE,
    SLOT_OF_TWO,
    SLOT_OF_FIVE,
    UNITS,   /* of 1 to 3 of five */
    SETS_OF, /* of 1 to 3 resources, in any order */
    GROUPS_OF,
    MOVES,    /* each its own booking to the same slot */
    KEYS,     /* the same call by all, and another one with the same key */
    CONFIRMS, /* and cancellations of one hold */
    LAPSED,   /* confirmations of a lapsed hold, and bookings of its time */
    OVERRIDES,
    BATCHES, /* four slots in one call */
    SERIES,  /* weekly, by half of them; by the others a booking in one of the weeks */
    KINDS
} kind;

static const char *const kind_name[KINDS] = { "slot of 1", "slot of 2", "slot of 5", "units",
                                              "sets",      "groups",    "moves",     "keys",
                                              "confirms",  "lapsed",    "overrides", "batches",
                                              "series" };

enum { BATCH = 4 };

/* One other booking, as a member that was refused was told of it. */
typedef struct told {
    rota_id booking;
    int resource, via; /* numbers of resources; via -1: none */
    rota_span when, overlap;
    int64_t asked, left;
    char title[32];
} told;

/* What a member asked for in this round, and the answer. */
typedef struct attempt {
    int32_t answer;
    bool confirms; /* or else cancels; or else books */
    bool replayed, recurs;
    int week;
    rota_id id; /* of the booking that was made or changed; kept by a move that was refused */
    rota_span when;
    int32_t priority, cancelled, status;
    rota_claim claims[MOST_CLAIMS];
    int claim_count;
    int8_t direct[RESOURCES]; /* units claimed */
    int8_t taken[RESOURCES];  /* the same, and what that takes beside it */
    char title[32];
    told told[MOST_TOLD];
    int told_count;
    int32_t answers[BATCH];
    rota_id ids[BATCH];
} attempt;

typedef struct arena {
    const fight_plan *plan;
    rota_id resources[RESOURCES];
    rota_id hold;                   /* CONFIRMS, LAPSED: what is fought about */
    attempt attempts[2][CREW_MOST]; /* while a round is judged, the next one is got ready */
    int64_t worst[KINDS], won[KINDS], refused[KINDS], fought[KINDS];
    int32_t waits[]; /* microseconds: rounds x members */
} arena;

static const int32_t capacity[RESOURCES] = { 1, 2, 5, 100000, 1, 1, 1, 1, 1, 1, 2, 1,
                                             1, 1, 1, 1,      1, 1, 1, 1, 1, 1, 1 };

/* Group i: persons i and i + 1; the last one: the first group, and person 3. */
static const int8_t belongs[GROUPS][2] = { { PERSON + 0, PERSON + 1 }, { PERSON + 1, PERSON + 2 },
                                           { PERSON + 2, PERSON + 3 }, { PERSON + 3, PERSON + 4 },
                                           { PERSON + 4, PERSON + 5 }, { GROUP + 0, PERSON + 3 } };

static bool same_id(rota_id a, rota_id b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

static bool none_id(rota_id a)
{
    static const rota_id none;
    return same_id(a, none);
}

static bool overlap(rota_span a, rota_span b)
{
    return a.start < b.end && b.start < a.end;
}

static rota_time window_of(int round)
{
    return FIRST_WINDOW + (rota_time)round * WINDOW;
}

static kind kind_of(int round)
{
    return (kind)(round % KINDS);
}

static int members_of(const arena *a)
{
    return a->plan->crew.processes * a->plan->crew.threads;
}

/* --- asking --- */

static void take(attempt *at, int resource, int8_t units)
{
    if (units > at->taken[resource]) at->taken[resource] = units;
    if (resource < GROUP) return;
    take(at, belongs[resource - GROUP][0], units);
    take(at, belongs[resource - GROUP][1], units);
}

static void claim(const arena *a, attempt *at, int resource, int8_t units)
{
    if (at->direct[resource]) return;
    at->claims[at->claim_count++] = (rota_claim){
        .resource = a->resources[resource],
        .units = units,
        .flags = a->plan->blind ? ROTA_CLAIM_FREE : 0 /* of which no gate takes notice */
    };
    at->direct[resource] = units;
    take(at, resource, units);
}

static void choose_claims(crew_member *m, const arena *a, kind k, attempt *at)
{
    int count = 1 + (int)crew_chance(&m->chance, MOST_CLAIMS);
    switch (k) {
    case SLOT_OF_TWO:
        claim(a, at, TWO, 1);
        break;
    case SLOT_OF_FIVE:
        claim(a, at, FIVE, 1);
        break;
    case UNITS:
        claim(a, at, FIVE, (int8_t)count);
        break;
    case SETS_OF:
        for (int i = 0; i < count; i++)
            claim(a, at, SET + (int)crew_chance(&m->chance, SETS), 1);
        break;
    case GROUPS_OF:
        for (int i = 0; i < (count + 1) / 2; i++)
            claim(a, at, PERSON + (int)crew_chance(&m->chance, PEOPLE + GROUPS), 1);
        break;
    case SERIES:
        claim(a, at, COURSE, 1);
        break;
    default:
        claim(a, at, ONE, 1);
        break;
    }
}

/* All of a round have half an hour in common, so that of one resource no two can be had. */
static void choose_when(crew_member *m, kind k, int round, attempt *at)
{
    rota_time jitter = crew_chance(&m->chance, 31) * MINUTE;
    if (k == KEYS || k == BATCHES) jitter = 0; /* the same request; slots that do not meet */
    at->when.start = window_of(round) + jitter;
    at->when.end = at->when.start + HOUR;
}

static int number_of(const arena *a, rota_id id)
{
    for (int i = 0; i < RESOURCES; i++)
        if (same_id(a->resources[i], id)) return i;
    return -1;
}

/* What a refusal tells; all of it is copied, to be judged once everybody has his answer. */
static void listen(crew_member *m, const arena *a, attempt *at)
{
    rota_result *rows = NULL;
    char sentence[600];
    (void)snprintf(sentence, sizeof sentence, "%s", rota_errmsg(m->r));
    if (rota_conflict_list(m->r, &rows) != ROTA_OK || rota_result_count(rows) > MOST_TOLD) {
        crew_fail(m->common, "%" PRId64 " conflicts are told", rota_result_count(rows));
        rota_result_free(rows);
        return;
    }
    at->told_count = (int)rota_result_count(rows);
    for (int i = 0; i < at->told_count; i++) {
        rota_conflict row = ROTA_INIT(rota_conflict);
        told *to = &at->told[i];
        (void)rota_conflict_at(rows, i, &row);
        *to = (told){ .booking = row.booking,
                      .resource = number_of(a, row.resource),
                      .via = none_id(row.via) ? -1 : number_of(a, row.via),
                      .when = row.when,
                      .overlap = row.overlap,
                      .asked = row.units_asked,
                      .left = row.units_left };
        (void)snprintf(to->title, sizeof to->title, "%s", row.title ? row.title : "");
    }
    rota_result_free(rows);
    if (at->told_count > 0 && !strstr(sentence, at->told[0].title))
        crew_fail(m->common, "the message is \"%s\", of another call: the first conflict is %s",
                  sentence, at->told[0].title);
}

static rota_booking_request request_of(const attempt *at)
{
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    q.when = at->when;
    q.claims = at->claims;
    q.claim_count = at->claim_count;
    q.title = at->title;
    return q;
}

static void take_receipt(attempt *at, const rota_receipt *receipt)
{
    at->id = receipt->id;
    at->replayed = (receipt->flags & ROTA_RECEIPT_REPLAYED) != 0;
    at->cancelled = receipt->cancelled;
    at->status = receipt->status;
}

static void judge_receipt(crew_member *m, const attempt *at, const rota_receipt *receipt)
{
    if (receipt->when.start != at->when.start || receipt->when.end != at->when.end)
        crew_fail(m->common, "%s: the receipt is of another time", at->title);
}

static void book(crew_member *m, attempt *at, const rota_call *call, int32_t priority)
{
    rota_booking_request q = request_of(at);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    q.priority = at->priority = priority;
    q.on_conflict = priority ? ROTA_ON_CONFLICT_OVERRIDE : ROTA_ON_CONFLICT_REJECT;
    at->answer = rota_booking_create(m->r, call, &q, &receipt);
    if (at->answer != ROTA_OK) return;
    take_receipt(at, &receipt);
    judge_receipt(m, at, &receipt);
}

static void book_weekly(crew_member *m, attempt *at)
{
    char start[ROTA_TIME_TEXT], rule[40];
    rota_recurrence weekly = ROTA_INIT(rota_recurrence);
    rota_booking_request q = request_of(at);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    (void)rota_time_format(at->when.start, start);
    (void)snprintf(rule, sizeof rule, "FREQ=WEEKLY;COUNT=%d", (int)WEEKS);
    weekly.start = start;
    weekly.zone = "UTC";
    weekly.rule = rule;
    weekly.length = at->when.end - at->when.start;
    q.when = (rota_span){ 0, 0 };
    q.recurrence = &weekly;
    at->answer = rota_booking_create(m->r, NULL, &q, &receipt);
    if (at->answer != ROTA_OK) return;
    take_receipt(at, &receipt);
    judge_receipt(m, at, &receipt);
}

/* The control: what a host does that looks first and books then, behind the gate's back. */
static void book_blindly(crew_member *m, attempt *at)
{
    rota_booking_request q = request_of(at);
    at->answer = rota_booking_check(m->r, &q);
    if (at->answer == ROTA_OK) book(m, at, NULL, 0);
}

/* Even members and odd ones ask for something else with one key: whoever is first says
 * what the key stands for. */
static void book_with_key(crew_member *m, int round, attempt *at)
{
    char key[32];
    rota_call call = ROTA_INIT(rota_call);
    (void)snprintf(key, sizeof key, "round %d", round);
    (void)snprintf(at->title, sizeof at->title, "key %d of %d", m->index % 2, round);
    call.key = key;
    book(m, at, &call, 0);
}

static void confirm_or_cancel(crew_member *m, attempt *at, rota_id id)
{
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    at->answer = at->confirms ? rota_booking_confirm(m->r, NULL, &id, &receipt)
                              : rota_booking_cancel(m->r, NULL, &id, &receipt);
    if (at->answer == ROTA_OK) take_receipt(at, &receipt);
}

/* A refused move loses nothing. */
static void check_where_it_was(crew_member *m, const attempt *at, rota_span before)
{
    rota_result *rows = NULL;
    rota_booking b = ROTA_INIT(rota_booking);
    if (rota_booking_get(m->r, &at->id, &rows) != ROTA_OK ||
        rota_booking_at(rows, 0, &b) != ROTA_OK || b.when.start != before.start ||
        b.when.end != before.end || b.status != ROTA_BOOKING_CONFIRMED)
        crew_fail(m->common, "%s: a move that was refused left it elsewhere", at->title);
    rota_result_free(rows);
}

static void move_own(crew_member *m, attempt *at)
{
    rota_booking_request q = request_of(at);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    q.title = NULL;
    q.set = ROTA_BOOKING_SET_WHEN | ROTA_BOOKING_SET_CLAIMS;
    at->answer = rota_booking_move(m->r, NULL, &at->id, &q, &receipt);
    if (at->answer != ROTA_OK) return;
    take_receipt(at, &receipt);
    judge_receipt(m, at, &receipt);
}

/* Four slots, each member beginning with another one. */
static void book_batch(crew_member *m, attempt *at)
{
    rota_booking_request q[BATCH];
    rota_receipt receipts[BATCH];
    int32_t answers[BATCH] = { 0 };
    for (int i = 0; i < BATCH; i++) {
        int slot = (m->index + i) % BATCH;
        q[i] = request_of(at);
        q[i].when.start += slot * HOUR;
        q[i].when.end += slot * HOUR;
        receipts[i] = (rota_receipt)ROTA_INIT(rota_receipt);
    }
    at->answer = rota_booking_create_all(m->r, NULL, q, BATCH, answers, receipts);
    for (int i = 0; i < BATCH; i++) {
        int slot = (m->index + i) % BATCH;
        at->answers[slot] = answers[i];
        if (answers[i] == ROTA_OK) at->ids[slot] = receipts[i].id;
    }
}

/* --- one member's part of a round --- */

/* The booking that a member moves about. */
typedef struct mover {
    rota_id id;
    rota_span when;
} mover;

static void need_mover(crew_member *m, const arena *a, mover *own)
{
    rota_claim c = { .resource = a->resources[POOL], .units = 1 };
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    char title[32];
    if (!none_id(own->id)) return;
    (void)snprintf(title, sizeof title, "mover %d", m->index);
    q.when.start = FIRST_WINDOW - 2 * HOUR;
    q.when.end = FIRST_WINDOW - HOUR;
    q.claims = &c;
    q.claim_count = 1;
    q.title = title;
    if (rota_booking_create(m->r, NULL, &q, &receipt) != ROTA_OK)
        crew_fail(m->common, "a booking to move: %s", rota_errmsg(m->r));
    own->id = receipt.id;
    own->when = q.when;
}

static void hold_of(int round, rota_span *when, char *title, size_t size)
{
    *when = (rota_span){ window_of(round), window_of(round) + HOUR };
    (void)snprintf(title, size, "hold of round %d", round);
}

/* What it needs before all begin at once. */
static void get_ready(crew_member *m, const arena *a, int round, attempt *at, mover *own)
{
    kind k = kind_of(round);
    memset(at, 0, sizeof *at);
    (void)snprintf(at->title, sizeof at->title, "round %d, member %d", round, m->index);
    choose_when(m, k, round, at);
    choose_claims(m, a, k, at);
    if (k == CONFIRMS) at->confirms = m->index % 3 != 0;
    if (k == LAPSED) at->confirms = m->index % 2 != 0;
    at->recurs = k == SERIES && m->index % 2 == 0;
    at->week = k == SERIES && !at->recurs ? m->index / 2 % WEEKS : 0;
    at->when.start += (rota_time)at->week * WEEK;
    at->when.end += (rota_time)at->week * WEEK;
    if (at->confirms) hold_of(round, &at->when, at->title, sizeof at->title);
    if (k == MOVES) {
        need_mover(m, a, own);
        at->id = own->id;
        (void)snprintf(at->title, sizeof at->title, "mover %d", m->index);
    }
    if (crew_chance(&m->chance, 64) == 0) crew_attach_again(m);
}

static void ask(crew_member *m, const arena *a, int round, attempt *at)
{
    switch (kind_of(round)) {
    case MOVES:
        move_own(m, at);
        break;
    case KEYS:
        book_with_key(m, round, at);
        break;
    case CONFIRMS:
        confirm_or_cancel(m, at, a->hold);
        break;
    case LAPSED:
        if (at->confirms)
            confirm_or_cancel(m, at, a->hold);
        else
            book(m, at, NULL, 0);
        break;
    case OVERRIDES: /* another priority each, and in each round */
        book(m, at, NULL, 1 + (m->index + round) % members_of(a));
        break;
    case BATCHES:
        book_batch(m, at);
        break;
    case SERIES:
        if (at->recurs)
            book_weekly(m, at);
        else
            book(m, at, NULL, 0);
        break;
    default:
        if (a->plan->blind)
            book_blindly(m, at);
        else
            book(m, at, NULL, 0);
        break;
    }
}

static void after_asking(crew_member *m, const arena *a, int round, attempt *at, mover *own)
{
    kind k = kind_of(round);
    if (at->answer == ROTA_ECONFLICT && k != BATCHES) listen(m, a, at);
    if (at->answer <= ROTA_EBUSY)
        crew_fail(m->common, "%s, %s: %s: %s", kind_name[k], at->title,
                  rota_status_name(at->answer), rota_errmsg(m->r));
    if (k != MOVES) return;
    if (at->answer == ROTA_OK)
        own->when = at->when;
    else
        check_where_it_was(m, at, own->when);
}

/* --- judging a round, when everybody has his answer --- */

typedef struct judge {
    crew_member *m;
    arena *a;
    const attempt *attempts;
    int round, count;
} judge;

#define JUDGE(j, condition, ...)                               \
    do {                                                       \
        if (!(condition)) blame((j), #condition, __VA_ARGS__); \
    } while (0)

static void blame(const judge *j, const char *condition, const char *who, int32_t answer)
{
    crew_fail(j->m->common, "round %d, %s: %s: %s was answered %s", j->round,
              kind_name[kind_of(j->round)], condition, who, rota_status_name(answer));
}

static int count_answers(const judge *j, int32_t answer)
{
    int count = 0;
    for (int i = 0; i < j->count; i++)
        count += j->attempts[i].answer == answer;
    return count;
}

/* Who was told that this booking is his? */
static const attempt *owner_of(const judge *j, rota_id id)
{
    for (int i = 0; i < j->count; i++)
        if (j->attempts[i].answer == ROTA_OK && same_id(j->attempts[i].id, id))
            return &j->attempts[i];
    return NULL;
}

/* Units of a resource that all who have it take together. */
static int taken(const judge *j, int resource)
{
    int units = 0;
    for (int i = 0; i < j->count; i++)
        if (j->attempts[i].answer == ROTA_OK) units += j->attempts[i].taken[resource];
    return units;
}

static void judge_told_row(const judge *j, const attempt *at, const told *row)
{
    const attempt *owner = owner_of(j, row->booking);
    JUDGE(j, owner && "a booking is told that was acknowledged to nobody", at->title, at->answer);
    JUDGE(j, row->resource >= 0 && at->taken[row->resource] > 0, at->title, at->answer);
    if (!owner || row->resource < 0) return;
    JUDGE(j, owner->taken[row->resource] > 0, at->title, at->answer);
    JUDGE(j, row->via < 0 ? owner->direct[row->resource] : owner->direct[row->via], at->title,
          at->answer);
    JUDGE(j, row->when.start == owner->when.start && row->when.end == owner->when.end, at->title,
          at->answer);
    JUDGE(j, overlap(row->when, at->when), at->title, at->answer);
    JUDGE(j, overlap(row->overlap, at->when) && overlap(row->overlap, row->when), at->title,
          at->answer);
    JUDGE(j, row->asked == at->taken[row->resource] && row->left < row->asked, at->title,
          at->answer);
    JUDGE(j, strcmp(row->title, owner->title) == 0, at->title, at->answer);
}

/* Is there no room for him on the resource, beside those of whom he was told? */
static void judge_told(const judge *j, const attempt *at)
{
    int units[RESOURCES] = { 0 };
    JUDGE(j, at->told_count > 0, at->title, at->answer);
    for (int i = 0; i < at->told_count; i++) {
        const told *row = &at->told[i];
        const attempt *owner = owner_of(j, row->booking);
        judge_told_row(j, at, row);
        for (int k = 0; k < i; k++)
            JUDGE(j,
                  !same_id(at->told[k].booking, row->booking) ||
                      at->told[k].resource != row->resource,
                  at->title, at->answer);
        if (owner && row->resource >= 0) units[row->resource] += owner->taken[row->resource];
    }
    for (int r = 0; r < RESOURCES; r++)
        JUDGE(j, units[r] == 0 || units[r] + at->taken[r] > capacity[r], at->title, at->answer);
}

/* Nothing was given back in the round, so what has no room at its end had none before. */
static bool has_room(const judge *j, const attempt *at)
{
    for (int r = 0; r < RESOURCES; r++)
        if (at->taken[r] > 0 && taken(j, r) + at->taken[r] > capacity[r]) return false;
    return true;
}

/* The calendar itself holds what was acknowledged, and nothing else. */
static void judge_listed(const judge *j, int resource, uint32_t statuses, int expected)
{
    rota_booking_query query = ROTA_INIT(rota_booking_query);
    rota_result *rows = NULL;
    query.resource = j->a->resources[resource];
    query.when = (rota_span){ window_of(j->round), window_of(j->round + 1) };
    query.statuses = statuses;
    int rc = rota_booking_list(j->m->r, &query, &rows);
    int64_t count = rota_result_count(rows);
    if (rc != ROTA_OK || count != expected)
        crew_fail(j->m->common,
                  "round %d, %s: %" PRId64 " bookings of resource %d are listed, %d were "
                  "acknowledged (%s)",
                  j->round, kind_name[kind_of(j->round)], count, resource, expected,
                  rota_status_name(rc));
    for (int64_t i = 0; i < count; i++) {
        rota_booking b = ROTA_INIT(rota_booking);
        (void)rota_booking_at(rows, i, &b);
        const attempt *owner = owner_of(j, b.id);
        if (kind_of(j->round) == BATCHES) continue;
        JUDGE(j, owner && "listed, and acknowledged to nobody", b.title, ROTA_OK);
        if (owner)
            JUDGE(j, owner->when.start == b.when.start && owner->when.end == b.when.end, b.title,
                  ROTA_OK);
    }
    rota_result_free(rows);
}

/* Would it fit once more? So says another handle too, of another process as a rule. */
static void judge_checks(const judge *j)
{
    for (int i = 0, asked = 0; i < j->count && asked < 4; i++) {
        const attempt *at = &j->attempts[(i + j->round) % j->count];
        rota_booking_request q = request_of(at);
        if (at->claim_count == 0) continue;
        asked++;
        int rc = rota_booking_check(j->m->r, &q);
        JUDGE(j, rc == (has_room(j, at) ? ROTA_OK : ROTA_ECONFLICT) && "a check by somebody else",
              at->title, rc);
    }
}

/* Bookings, or moves, of which some fit together. */
static void judge_shares(const judge *j)
{
    for (int i = 0; i < j->count; i++) {
        const attempt *at = &j->attempts[i];
        JUDGE(j, at->answer == ROTA_OK || at->answer == ROTA_ECONFLICT, at->title, at->answer);
        if (at->answer != ROTA_ECONFLICT) continue;
        JUDGE(j, !has_room(j, at) && "refused, and there was room", at->title, at->answer);
        judge_told(j, at);
    }
    for (int r = 0; r < RESOURCES; r++) {
        int units = taken(j, r), bookings = 0;
        bool wanted = false;
        if (units > capacity[r])
            crew_fail(j->m->common,
                      "round %d, %s: a double booking: %d units of resource %d, of %d", j->round,
                      kind_name[kind_of(j->round)], units, r, capacity[r]);
        for (int i = 0; i < j->count; i++) {
            bookings += j->attempts[i].answer == ROTA_OK && j->attempts[i].taken[r] > 0;
            wanted |= j->attempts[i].taken[r] > 0;
        }
        if (wanted) judge_listed(j, r, 0, bookings);
    }
    judge_checks(j);
}

/* One booking for all who asked for the same; the others are told that the key is another's. */
static void judge_keys(const judge *j)
{
    const attempt *first = NULL;
    int parity = -1;
    for (int i = 0; i < j->count; i++) {
        const attempt *at = &j->attempts[i];
        JUDGE(j, at->answer == ROTA_OK || at->answer == ROTA_EKEY, at->title, at->answer);
        if (at->answer != ROTA_OK || at->replayed) continue;
        JUDGE(j, !first && "the key was used twice", at->title, at->answer);
        first = at;
        parity = i % 2;
    }
    JUDGE(j, first && "all answers are repetitions of none", "the key", ROTA_OK);
    for (int i = 0; i < j->count && first; i++) {
        const attempt *at = &j->attempts[i];
        JUDGE(j, (at->answer == ROTA_OK) == (i % 2 == parity), at->title, at->answer);
        JUDGE(j, at->answer != ROTA_OK || same_id(at->id, first->id), at->title, at->answer);
    }
    judge_listed(j, ONE, 0, 1);
}

/* One cancellation; before it one confirmation or none. */
static void judge_confirms(const judge *j)
{
    int confirmed = 0, cancelled = 0;
    rota_result *rows = NULL;
    rota_booking b = ROTA_INIT(rota_booking);
    for (int i = 0; i < j->count; i++) {
        const attempt *at = &j->attempts[i];
        JUDGE(j, at->answer == ROTA_OK || at->answer == ROTA_ESTATE, at->title, at->answer);
        if (at->answer == ROTA_OK) *(at->confirms ? &confirmed : &cancelled) += 1;
    }
    JUDGE(j, cancelled == 1, "a cancellation", ROTA_OK);
    JUDGE(j, confirmed <= 1, "a confirmation", ROTA_OK);
    if (rota_booking_get(j->m->r, &j->a->hold, &rows) != ROTA_OK ||
        rota_booking_at(rows, 0, &b) != ROTA_OK || b.status != ROTA_BOOKING_CANCELLED ||
        b.version != 1 + cancelled + confirmed)
        crew_fail(j->m->common, "round %d: a hold confirmed %d times is %d in version %" PRId64,
                  j->round, confirmed, b.status, b.version);
    rota_result_free(rows);
    judge_listed(j, ONE, 0, 0);
}

/* Its time is had by one booking or by the hold itself. */
static void judge_lapsed(const judge *j)
{
    const attempt *winner = NULL;
    for (int i = 0; i < j->count; i++) {
        const attempt *at = &j->attempts[i];
        if (at->answer != ROTA_OK) continue;
        JUDGE(j, !winner && "a lapsed hold's time is had twice", at->title, at->answer);
        winner = at;
    }
    JUDGE(j, winner && "a lapsed hold's time is had by nobody", "it", ROTA_OK);
    for (int i = 0; i < j->count && winner; i++) {
        const attempt *at = &j->attempts[i];
        if (at == winner) continue;
        bool over = at->confirms && winner->confirms;
        JUDGE(j, at->answer == (over ? ROTA_ESTATE : ROTA_ECONFLICT), at->title, at->answer);
        if (!over) judge_told(j, at);
    }
    judge_listed(j, ONE, 1U << ROTA_BOOKING_CONFIRMED, 1);
}

/* The highest has it in the end; whoever had it before gave way to a higher one. */
static void judge_overrides(const judge *j)
{
    int won = 0, gave_way = 0;
    for (int i = 0; i < j->count; i++) {
        const attempt *at = &j->attempts[i];
        JUDGE(j, at->answer == ROTA_OK || at->answer == ROTA_ECONFLICT, at->title, at->answer);
        JUDGE(j, at->answer == ROTA_OK || at->priority < j->count, at->title, at->answer);
        won += at->answer == ROTA_OK;
        gave_way += at->cancelled;
        if (at->answer != ROTA_ECONFLICT) continue;
        judge_told(j, at);
        const attempt *owner = at->told_count ? owner_of(j, at->told[0].booking) : NULL;
        JUDGE(j, owner && owner->priority > at->priority, at->title, at->answer);
    }
    JUDGE(j, gave_way == won - 1, "overriding", ROTA_OK);
    judge_listed(j, ONE, 0, 1);
    judge_listed(j, ONE, 1U << ROTA_BOOKING_CANCELLED, won - 1);
}

static void judge_batches(const judge *j)
{
    for (int slot = 0; slot < BATCH; slot++) {
        int won = 0;
        for (int i = 0; i < j->count; i++) {
            int32_t answer = j->attempts[i].answers[slot];
            JUDGE(j, answer == ROTA_OK || answer == ROTA_ECONFLICT, j->attempts[i].title, answer);
            won += answer == ROTA_OK;
        }
        JUDGE(j, won == 1 && "a slot of a batch is had by one", "it", ROTA_OK);
    }
    for (int i = 0; i < j->count; i++)
        JUDGE(j, j->attempts[i].answer == ROTA_OK, j->attempts[i].title, j->attempts[i].answer);
    judge_listed(j, ONE, 0, BATCH);
}

/* A week is had by the series that has them all, or by one booking. */
static void judge_week(const judge *j, int week, const attempt *series)
{
    const attempt *winner = series;
    rota_claim c = { .resource = j->a->resources[COURSE], .units = 1 };
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    bool wanted = series != NULL;
    for (int i = 0; i < j->count; i++) {
        const attempt *at = &j->attempts[i];
        if (at->recurs || at->week != week) continue;
        wanted = true;
        if (at->answer != ROTA_OK) continue;
        JUDGE(j, !winner && "a double booking of a week", at->title, at->answer);
        winner = at;
    }
    JUDGE(j, !wanted || winner, "a week that is had by nobody", ROTA_OK);
    q.claims = &c;
    q.claim_count = 1;
    q.when.start = window_of(j->round) + (rota_time)week * WEEK + HOUR / 2;
    q.when.end = q.when.start + HOUR / 2; /* which all have in common */
    int rc = rota_booking_check(j->m->r, &q);
    JUDGE(j, rc == (winner ? ROTA_ECONFLICT : ROTA_OK) && "a check by somebody else", "a week", rc);
    if (week == 0) judge_listed(j, COURSE, 0, winner != NULL);
}

static void judge_series(const judge *j)
{
    const attempt *series = NULL;
    for (int i = 0; i < j->count; i++) {
        const attempt *at = &j->attempts[i];
        JUDGE(j, at->answer == ROTA_OK || at->answer == ROTA_ECONFLICT, at->title, at->answer);
        JUDGE(j, at->answer == ROTA_OK || at->told_count > 0, at->title, at->answer);
        for (int k = 0; k < at->told_count; k++)
            JUDGE(j, owner_of(j, at->told[k].booking) && "a conflict with nobody", at->title,
                  at->answer);
        if (!at->recurs || at->answer != ROTA_OK) continue;
        JUDGE(j, !series && "a double booking by series", at->title, at->answer);
        series = at;
    }
    for (int week = 0; week < WEEKS; week++)
        judge_week(j, week, series);
}

static void keep_count(const judge *j)
{
    arena *a = j->a;
    kind k = kind_of(j->round);
    a->fought[k]++;
    int won = k == BATCHES ? BATCH : count_answers(j, ROTA_OK);
    a->won[k] += won;
    a->refused[k] += (k == BATCHES ? BATCH * j->count : j->count) - won;
    for (int i = 0; i < j->count; i++) {
        int64_t wait = a->waits[(int64_t)j->round * j->count + i];
        if (wait > a->worst[k]) a->worst[k] = wait;
    }
}

static void judge_round(crew_member *m, arena *a, int round)
{
    judge j = { m, a, a->attempts[round % 2], round, members_of(a) };
    switch (kind_of(round)) {
    case KEYS:
        judge_keys(&j);
        break;
    case CONFIRMS:
        judge_confirms(&j);
        break;
    case LAPSED:
        judge_lapsed(&j);
        break;
    case OVERRIDES:
        judge_overrides(&j);
        break;
    case BATCHES:
        judge_batches(&j);
        break;
    case SERIES:
        judge_series(&j);
        break;
    default:
        judge_shares(&j);
        break;
    }
    keep_count(&j);
}

/* What all of the next round need: the hold that they fight about. */
static void set_up(crew_member *m, arena *a, int round)
{
    kind k = kind_of(round);
    rota_claim c = { .resource = a->resources[ONE], .units = 1 };
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    if (round == a->plan->rounds || (k != CONFIRMS && k != LAPSED)) return;
    char title[32];
    hold_of(round, &q.when, title, sizeof title);
    q.title = title;
    q.claims = &c;
    q.claim_count = 1;
    q.hold_secs = HOUR;
    if (rota_booking_create(m->r, NULL, &q, &receipt) != ROTA_OK)
        crew_fail(m->common, "a hold to fight about: %s", rota_errmsg(m->r));
    a->hold = receipt.id;
    if (k == LAPSED) atomic_fetch_add(&m->common->clock, HOUR);
}

static void fight_on(crew_member *m)
{
    arena *a = m->shared;
    mover own = { { { 0 } }, { 0, 0 } };
    for (int round = 0; round < a->plan->rounds; round++) {
        attempt *at = &a->attempts[round % 2][m->index];
        get_ready(m, a, round, at, &own);
        crew_meet(m);
        if (atomic_load(&m->common->stop)) return;

        int64_t called = crew_enter(m, kind_name[kind_of(round)]);
        ask(m, a, round, at);
        int64_t wait = (crew_leave(m) - called) / 1000;
        a->waits[(int64_t)round * members_of(a) + m->index] = (int32_t)wait;
        after_asking(m, a, round, at, &own);

        if (!crew_meet(m)) continue;
        judge_round(m, a, round);
        set_up(m, a, round + 1);
        atomic_store(&m->common->stop, atomic_load(&m->common->failed));
        atomic_fetch_add(&m->common->progress, 1);
    }
}

/* --- before and after --- */

static void create_resources(rota *r, crew_common *common, arena *a)
{
    for (int i = 0; i < RESOURCES; i++) {
        rota_resource_request q = ROTA_INIT(rota_resource_request);
        rota_receipt receipt = ROTA_INIT(rota_receipt);
        char name[32];
        (void)snprintf(name, sizeof name, "resource %d", i);
        q.kind = i >= GROUP ? "group" : "room";
        q.name = name;
        q.capacity = capacity[i];
        if (rota_resource_create(r, NULL, &q, &receipt) != ROTA_OK)
            crew_fail(common, "%s: %s", name, rota_errmsg(r));
        a->resources[i] = receipt.id;
    }
    for (int i = 0; i < GROUPS * 2; i++) {
        rota_member_request q = ROTA_INIT(rota_member_request);
        q.set = ROTA_MEMBER_SET_FROM;
        q.from = ROTA_TIME_MIN;
        q.group = a->resources[GROUP + i / 2];
        q.member = a->resources[belongs[i / 2][i % 2]];
        if (rota_member_add(r, NULL, &q, NULL) != ROTA_OK)
            crew_fail(common, "a member of group %d: %s", i / 2, rota_errmsg(r));
    }
}

static int by_size(const void *left, const void *right)
{
    const int32_t *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

static void print(const fight_plan *plan, arena *a, int64_t took)
{
    int64_t calls = (int64_t)plan->rounds * members_of(a), worst = 0;
    for (int k = 0; k < KINDS; k++) {
        printf("  %-10s %5" PRId64 " rounds, %6" PRId64 " won, %7" PRId64
               " refused, longest wait %7.1f ms\n",
               kind_name[k], a->fought[k], a->won[k], a->refused[k], (double)a->worst[k] / 1e3);
        if (a->worst[k] > worst) worst = a->worst[k];
    }
    qsort(a->waits, (size_t)calls, sizeof *a->waits, by_size);
    printf("fight: %d processes x %d threads on %d engines each: %d rounds, %" PRId64
           " calls in %.1f s; waits: p50 %.2f ms, p99 %.1f ms, longest %.1f ms; no EBUSY\n",
           plan->crew.processes, plan->crew.threads, plan->crew.engines, plan->rounds, calls,
           (double)took / 1e9, (double)a->waits[calls / 2] / 1e3,
           (double)a->waits[calls * 99 / 100] / 1e3, (double)worst / 1e3);
}

/* Opened anew, by who has seen nothing of it. */
static bool check_calendar(const fight_plan *plan, crew_common *common)
{
    rota *r = NULL;
    int rc = crew_open(&plan->crew, common, &r);
    if (rc == ROTA_OK) rc = rota_check(r, ROTA_TIME_MIN);
    if (rc != ROTA_OK) fprintf(stderr, "the calendar afterwards: %s\n", rota_errmsg(r));
    rota_close(r);
    return rc == ROTA_OK;
}

bool fight(const fight_plan *plan)
{
    int64_t calls = (int64_t)plan->rounds * plan->crew.processes * plan->crew.threads;
    size_t size = sizeof(arena) + (size_t)calls * sizeof(int32_t);
    crew_common *common = crew_share(sizeof *common);
    arena *a = crew_share(size);
    rota *r = NULL;
    int64_t began = crew_now();
    bool well = false;

    a->plan = plan;
    atomic_store(&common->clock, FIRST_WINDOW - 365 * 24 * HOUR);
    crew_remove(plan->crew.path);
    if (crew_open(&plan->crew, common, &r) == ROTA_OK)
        create_resources(r, common, a);
    else
        crew_fail(common, "%s", rota_errmsg(r));
    rota_close(r);

    if (!atomic_load(&common->failed))
        well = crew_run(&plan->crew, common, a, fight_on);
    else
        fprintf(stderr, "%s\n", common->failure);
    if (well) well = check_calendar(plan, common);
    if (well && !plan->quiet) print(plan, a, crew_now() - began);
    crew_forget(a, size);
    crew_forget(common, sizeof *common);
    return well;
}
