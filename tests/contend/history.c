#define _POSIX_C_SOURCE 200809L /* barriers */

#include "contend/history.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    KNOWN = 48, /* bookings of a cell that anybody may lay hands on */
    EPOCH = 40, /* calls of each member between two jumps of the clock */
    JUMP = 45,  /* seconds */
    SWAPS = 20,
    SLOT = 900,
    DAWN = 1930464000,           /* where the cells' slots begin */
    MORNING = DAWN - 365 * 86400 /* what the clock says at first */
};

/* What the members share beside the crew's. */
typedef struct book {
    const history_plan *plan;
    rota_id resources[LIN_CELLS][LIN_RESOURCES];
    pthread_mutex_t lock; /* of what follows */
    rota_id known[LIN_CELLS][KNOWN];
    int64_t known_count[LIN_CELLS];
    int64_t epochs, each, clock_calls;
    lin_call calls[]; /* `each` of each member, then those of the clock */
} book;

static uint64_t number_of(rota_id id)
{
    uint64_t number = 0;
    for (size_t i = 0; i < sizeof id.b; i++)
        number = number * 1099511628211U + id.b[i];
    return number | 1;
}

static int resource_of(const book *b, int cell, rota_id id)
{
    for (int r = 0; r < LIN_RESOURCES; r++)
        if (memcmp(&b->resources[cell][r], &id, sizeof id) == 0) return r;
    return LIN_RESOURCES;
}

static rota_span span_of(int start, int end)
{
    return (rota_span){ DAWN + (rota_time)start * SLOT, DAWN + (rota_time)end * SLOT };
}

/* -1 for an instant that nobody asked for. */
static int8_t slot_of(rota_time at)
{
    rota_time slot = (at - DAWN) / SLOT;
    return at < DAWN || (at - DAWN) % SLOT || slot > LIN_SLOTS ? -1 : (int8_t)slot;
}

/* --- bookings that anybody may lay hands on --- */

static void remember(crew_member *m, book *b, int cell, rota_id id)
{
    pthread_mutex_lock(&b->lock);
    int64_t *count = &b->known_count[cell];
    int64_t at = *count < KNOWN ? (*count)++ : crew_chance(&m->chance, KNOWN);
    b->known[cell][at] = id;
    pthread_mutex_unlock(&b->lock);
}

static bool recall(crew_member *m, book *b, int cell, rota_id *id)
{
    pthread_mutex_lock(&b->lock);
    int64_t count = b->known_count[cell];
    if (count > 0) *id = b->known[cell][crew_chance(&m->chance, count)];
    pthread_mutex_unlock(&b->lock);
    return count > 0;
}

/* Most that are over go, so that the others are found; some stay, for calls that come late. */
static void forget(crew_member *m, book *b, int cell, rota_id id)
{
    if (crew_chance(&m->chance, 3) == 0) return;
    pthread_mutex_lock(&b->lock);
    int64_t *count = &b->known_count[cell];
    for (int64_t i = 0; i < *count; i++)
        if (number_of(b->known[cell][i]) == number_of(id))
            b->known[cell][i] = b->known[cell][--*count];
    pthread_mutex_unlock(&b->lock);
}

/* --- the calls --- */

static int claims_of(const book *b, int cell, int shape, bool blind, rota_claim *claims)
{
    int count = 0;
    for (int r = 0; r < LIN_RESOURCES; r++)
        if (lin_shape[shape][r] > 0)
            claims[count++] = (rota_claim){ .resource = b->resources[cell][r],
                                            .units = lin_shape[shape][r],
                                            .flags = blind ? ROTA_CLAIM_FREE : 0 };
    return count;
}

static uint64_t conflicts_told(crew_member *m, const book *b, int cell)
{
    rota_result *rows = NULL;
    uint64_t told = 0;
    if (rota_conflict_list(m->r, &rows) != ROTA_OK) crew_fail(m->common, "no list of conflicts");
    for (int64_t i = 0; i < rota_result_count(rows); i++) {
        rota_conflict row = ROTA_INIT(rota_conflict);
        (void)rota_conflict_at(rows, i, &row);
        told += lin_told_conflict(resource_of(b, cell, row.resource), number_of(row.booking));
    }
    rota_result_free(rows);
    return told;
}

static void take_receipt(lin_call *c, const rota_receipt *receipt)
{
    c->booking = number_of(receipt->id);
    c->version = (int32_t)receipt->version;
    c->status = (int8_t)receipt->status;
}

static void create(crew_member *m, book *b, lin_call *c)
{
    rota_claim claims[LIN_RESOURCES];
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    q.when = span_of(c->start, c->end);
    q.claims = claims;
    q.claim_count = claims_of(b, c->cell, c->shape, b->plan->blind, claims);
    q.hold_secs = (int32_t)c->hold;
    c->called = crew_enter(m, "rota_booking_create");
    c->answer = rota_booking_create(m->r, NULL, &q, &receipt);
    c->returned = crew_leave(m);
    if (c->answer != ROTA_OK) return;
    take_receipt(c, &receipt);
    remember(m, b, c->cell, receipt.id);
}

static void move(crew_member *m, book *b, lin_call *c, rota_id id)
{
    rota_claim claims[LIN_RESOURCES];
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    q.set = ROTA_BOOKING_SET_WHEN;
    q.when = span_of(c->start, c->end);
    if (c->shape >= 0) {
        q.set |= ROTA_BOOKING_SET_CLAIMS;
        q.claims = claims;
        q.claim_count = claims_of(b, c->cell, c->shape, b->plan->blind, claims);
    }
    c->called = crew_enter(m, "rota_booking_move");
    c->answer = rota_booking_move(m->r, NULL, &id, &q, &receipt);
    c->returned = crew_leave(m);
    if (c->answer == ROTA_OK) take_receipt(c, &receipt);
}

static void end_or_keep(crew_member *m, book *b, lin_call *c, rota_id id)
{
    bool keeps = c->op == LIN_CONFIRM;
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    c->called = crew_enter(m, keeps ? "rota_booking_confirm" : "rota_booking_cancel");
    c->answer = keeps ? rota_booking_confirm(m->r, NULL, &id, &receipt)
                      : rota_booking_cancel(m->r, NULL, &id, &receipt);
    c->returned = crew_leave(m);
    if (c->answer == ROTA_OK) take_receipt(c, &receipt);
    if (!keeps) forget(m, b, c->cell, id);
}

static void check(crew_member *m, const book *b, lin_call *c)
{
    rota_claim claims[LIN_RESOURCES];
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    q.when = span_of(c->start, c->end);
    q.claims = claims;
    q.claim_count = claims_of(b, c->cell, c->shape, false, claims);
    c->called = crew_enter(m, "rota_booking_check");
    c->answer = rota_booking_check(m->r, &q);
    c->returned = crew_leave(m);
}

static void list(crew_member *m, const book *b, lin_call *c)
{
    rota_booking_query query = ROTA_INIT(rota_booking_query);
    rota_result *rows = NULL;
    query.resource = b->resources[c->cell][c->resource];
    query.when = span_of(0, LIN_SLOTS);
    query.statuses = 1U << ROTA_BOOKING_HELD | 1U << ROTA_BOOKING_CONFIRMED;
    c->called = crew_enter(m, "rota_booking_list");
    c->answer = rota_booking_list(m->r, &query, &rows);
    c->returned = crew_leave(m);
    for (int64_t i = 0; i < rota_result_count(rows); i++) {
        rota_booking row = ROTA_INIT(rota_booking);
        (void)rota_booking_at(rows, i, &row);
        c->told += lin_told_row(number_of(row.id), row.status, (int)row.version,
                                slot_of(row.when.start), slot_of(row.when.end));
    }
    rota_result_free(rows);
}

static void get(crew_member *m, const book *b, lin_call *c, rota_id id)
{
    rota_booking row = ROTA_INIT(rota_booking);
    rota_result *rows = NULL;
    c->called = crew_enter(m, "rota_booking_get");
    c->answer = rota_booking_get(m->r, &id, &rows);
    c->returned = crew_leave(m);
    if (c->answer != ROTA_OK) return;
    (void)rota_booking_at(rows, 0, &row);
    c->status = (int8_t)row.status;
    c->version = (int32_t)row.version;
    c->start = slot_of(row.when.start);
    c->end = slot_of(row.when.end);
    for (int64_t i = 0; i < row.claim_count; i++)
        c->told += lin_told_claim(resource_of(b, c->cell, row.claims[i].resource),
                                  row.claims[i].units);
    rota_result_free(rows);
}

/* --- what a member does --- */

static int8_t choose_op(crew_member *m)
{
    static const int8_t often[] = { LIN_CREATE, LIN_CREATE, LIN_CREATE, LIN_CREATE,  LIN_CREATE,
                                    LIN_CREATE, LIN_CREATE, LIN_CANCEL, LIN_CANCEL,  LIN_CANCEL,
                                    LIN_MOVE,   LIN_MOVE,   LIN_MOVE,   LIN_CONFIRM, LIN_CONFIRM,
                                    LIN_CHECK,  LIN_CHECK,  LIN_CHECK,  LIN_LIST,    LIN_LIST,
                                    LIN_GET,    LIN_GET };
    return often[crew_chance(&m->chance, sizeof often)];
}

static void choose(crew_member *m, const book *b, lin_call *c)
{
    *c = (lin_call){ .op = choose_op(m) };
    c->cell = (int8_t)crew_chance(&m->chance, b->plan->cells);
    c->shape = (int8_t)crew_chance(&m->chance, LIN_SHAPES);
    c->start = (int8_t)crew_chance(&m->chance, LIN_SLOTS);
    int most = LIN_SLOTS - c->start < 3 ? LIN_SLOTS - c->start : 3;
    c->end = (int8_t)(c->start + 1 + crew_chance(&m->chance, most));
    c->resource = (int8_t)crew_chance(&m->chance, LIN_RESOURCES);
    if (c->op == LIN_CREATE && crew_chance(&m->chance, 3) == 0)
        c->hold = 30 + crew_chance(&m->chance, 100);
    if (c->op == LIN_MOVE && crew_chance(&m->chance, 2) == 0) c->shape = -1;
}

static void do_call(crew_member *m, book *b, lin_call *c)
{
    rota_id id;
    choose(m, b, c);
    bool of_one = c->op == LIN_CONFIRM || c->op == LIN_CANCEL || c->op == LIN_MOVE ||
                  c->op == LIN_GET;
    if (of_one && !recall(m, b, c->cell, &id)) {
        of_one = false;
        c->op = LIN_CHECK;
        if (c->shape < 0) c->shape = 0;
    }
    if (of_one) c->booking = number_of(id);
    switch ((lin_op)c->op) {
    case LIN_CREATE:
        create(m, b, c);
        break;
    case LIN_MOVE:
        move(m, b, c, id);
        break;
    case LIN_CHECK:
        check(m, b, c);
        break;
    case LIN_LIST:
        list(m, b, c);
        break;
    case LIN_GET:
        get(m, b, c, id);
        break;
    default:
        end_or_keep(m, b, c, id);
        break;
    }
    if (c->answer == ROTA_ECONFLICT && c->op != LIN_CHECK) c->told = conflicts_told(m, b, c->cell);
    if (c->answer != ROTA_OK && c->answer != ROTA_ECONFLICT && c->answer != ROTA_ESTATE)
        crew_fail(m->common, "%s: %s: %s after %" PRId64 " ms", lin_op_name[c->op],
                  rota_status_name(c->answer), rota_errmsg(m->r),
                  (c->returned - c->called) / 1000000);
}

/* Nobody is in a call. */
static void jump(crew_member *m, book *b)
{
    int64_t called = crew_now();
    rota_time now = atomic_fetch_add(&m->common->clock, JUMP) + JUMP;
    int64_t members = (int64_t)b->plan->crew.processes * b->plan->crew.threads;
    for (int cell = 0; cell < b->plan->cells; cell++)
        b->calls[members * b->each + b->clock_calls++] = (lin_call){ .op = LIN_CLOCK,
                                                                     .cell = (int8_t)cell,
                                                                     .hold = now,
                                                                     .called = called,
                                                                     .returned = crew_now() };
    atomic_store(&m->common->stop, atomic_load(&m->common->failed));
    atomic_fetch_add(&m->common->progress, 1);
}

static void keep_calling(crew_member *m)
{
    book *b = m->shared;
    lin_call *mine = &b->calls[m->index * b->each];
    for (int64_t epoch = 0; epoch < b->epochs; epoch++) {
        for (int i = 0; i < EPOCH; i++)
            do_call(m, b, mine++);
        if (crew_chance(&m->chance, 8) == 0) crew_attach_again(m);
        if (crew_meet(m)) jump(m, b);
        crew_meet(m);
        if (atomic_load(&m->common->stop)) return;
    }
}

/* --- before and after --- */

static bool create_cell(rota *r, book *b, int cell)
{
    static const char *const names[] = { "A", "B", "C", "group" };
    int rc = ROTA_OK;
    for (int i = 0; i < LIN_RESOURCES && rc == ROTA_OK; i++) {
        rota_resource_request q = ROTA_INIT(rota_resource_request);
        rota_receipt receipt = ROTA_INIT(rota_receipt);
        q.kind = "resource";
        q.name = names[i];
        q.capacity = lin_capacity[i];
        rc = rota_resource_create(r, NULL, &q, &receipt);
        b->resources[cell][i] = receipt.id;
    }
    for (int i = LIN_A; i <= LIN_B && rc == ROTA_OK; i++) {
        rota_member_request q = ROTA_INIT(rota_member_request);
        q.set = ROTA_MEMBER_SET_FROM;
        q.from = ROTA_TIME_MIN;
        q.group = b->resources[cell][LIN_GROUP];
        q.member = b->resources[cell][i];
        rc = rota_member_add(r, NULL, &q, NULL);
    }
    return rc == ROTA_OK;
}

static bool create_cells(const history_plan *plan, crew_common *common, book *b)
{
    rota *r = NULL;
    crew_remove(plan->crew.path);
    bool well = crew_open(&plan->crew, common, &r) == ROTA_OK;
    for (int cell = 0; cell < plan->cells && well; cell++)
        well = create_cell(r, b, cell);
    if (!well) fprintf(stderr, "the cells: %s\n", rota_errmsg(r));
    rota_close(r);
    return well;
}

static void share_lock(pthread_mutex_t *lock)
{
    pthread_mutexattr_t kind;
    pthread_mutexattr_init(&kind);
    pthread_mutexattr_setpshared(&kind, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(lock, &kind);
    pthread_mutexattr_destroy(&kind);
}

/* For each cell the first call says what the clock says. */
static lin_call *copy_calls(const history_plan *plan, const book *b, int64_t members,
                            int64_t *count)
{
    int64_t recorded = members * b->each + b->clock_calls;
    lin_call *calls = calloc((size_t)(recorded + plan->cells), sizeof *calls);
    if (!calls) return NULL;
    for (int cell = 0; cell < plan->cells; cell++)
        calls[cell] = (lin_call){ .op = LIN_CLOCK, .cell = (int8_t)cell, .hold = MORNING };
    memcpy(calls + plan->cells, b->calls, (size_t)recorded * sizeof *calls);
    *count = recorded + plan->cells;
    return calls;
}

lin_call *history_record(const history_plan *plan, int64_t *count)
{
    int64_t members = (int64_t)plan->crew.processes * plan->crew.threads;
    int64_t epochs = (plan->calls + members * EPOCH - 1) / (members * EPOCH);
    int64_t room = members * epochs * EPOCH + epochs * plan->cells;
    size_t size = sizeof(book) + (size_t)room * sizeof(lin_call);
    crew_common *common = crew_share(sizeof *common);
    book *b = crew_share(size);
    lin_call *calls = NULL;

    b->plan = plan;
    b->epochs = epochs;
    b->each = epochs * EPOCH;
    share_lock(&b->lock);
    atomic_store(&common->clock, MORNING);
    if (create_cells(plan, common, b) && crew_run(&plan->crew, common, b, keep_calling))
        calls = copy_calls(plan, b, members, count);
    crew_forget(b, size);
    crew_forget(common, sizeof *common);
    return calls;
}

/* --- the control: answers swapped --- */

static bool may_swap(const lin_call *made, const lin_call *not_made)
{
    return made->op == LIN_CREATE && not_made->op == LIN_CREATE && made->answer == ROTA_OK &&
           not_made->answer == ROTA_ECONFLICT && made->cell == not_made->cell &&
           (made->returned < not_made->called || not_made->returned < made->called);
}

bool history_swap(lin_call *calls, int64_t count, uint64_t *chance)
{
    for (int64_t tries = 0; tries < 100 * count; tries++) {
        lin_call *a = &calls[crew_chance(chance, count)], *b = &calls[crew_chance(chance, count)];
        if (!may_swap(a, b)) continue;
        lin_call was = *a;
        a->answer = b->answer, a->booking = b->booking, a->told = b->told;
        a->version = b->version, a->status = b->status;
        b->answer = was.answer, b->booking = was.booking, b->told = was.told;
        b->version = was.version, b->status = was.status;
        return true;
    }
    return false;
}

static int refused_swaps(const history_plan *plan, const lin_call *calls, int64_t count)
{
    uint64_t chance = plan->crew.seed;
    int refused = 0;
    lin_call *copy = calloc((size_t)count, sizeof *copy);
    for (int i = 0; i < SWAPS && copy; i++) {
        memcpy(copy, calls, (size_t)count * sizeof *copy);
        if (history_swap(copy, count, &chance) && !lin_check(copy, count, NULL, NULL)) refused++;
    }
    free(copy);
    return refused;
}

static void write_file(const char *path, const lin_call *calls, int64_t count)
{
    FILE *out = fopen(path, "w");
    if (!out) {
        perror(path);
        return;
    }
    lin_write(calls, count, out);
    if (fclose(out) == 0) printf("the history is in %s\n", path);
}

static void print(const history_plan *plan, const lin_call *calls, int64_t count, int64_t took)
{
    int64_t by_op[LIN_OPS] = { 0 }, ok[LIN_OPS] = { 0 }, worst = 0;
    for (int64_t i = 0; i < count; i++) {
        int64_t wait = calls[i].returned - calls[i].called;
        by_op[calls[i].op]++;
        ok[calls[i].op] += calls[i].answer == ROTA_OK;
        if (calls[i].op != LIN_CLOCK && wait > worst) worst = wait;
    }
    for (int op = 0; op < LIN_OPS; op++)
        printf("  %-8s %7" PRId64 " calls, %7" PRId64 " of them OK\n", lin_op_name[op], by_op[op],
               ok[op]);
    printf("history: %d processes x %d threads on %d engines each, %d cells: %" PRId64
           " calls in %.1f s, longest wait %.1f ms\n",
           plan->crew.processes, plan->crew.threads, plan->crew.engines, plan->cells,
           count - by_op[LIN_CLOCK], (double)took / 1e9, (double)worst / 1e6);
}

bool history(const history_plan *plan)
{
    int64_t count = 0, steps = 0, began = crew_now();
    lin_call *calls = history_record(plan, &count);
    if (!calls) return false;
    if (!plan->quiet) print(plan, calls, count, crew_now() - began);
    began = crew_now();
    bool well = lin_check(calls, count, &steps, plan->quiet ? NULL : stderr);
    double took = (double)(crew_now() - began) / 1e9;
    int refused = well ? refused_swaps(plan, calls, count) : 0;
    if (!plan->quiet)
        printf("history: %s, in %.1f s and %" PRId64 " steps; with two answers swapped it is "
               "refused %d times of %d\n",
               well ? "linearizable" : "NOT LINEARIZABLE", took, steps, refused, SWAPS);
    char beside[4200];
    (void)snprintf(beside, sizeof beside, "%s.history", plan->crew.path);
    if (plan->file || (!well && !plan->quiet))
        write_file(plan->file ? plan->file : beside, calls, count);
    free(calls);
    return well && refused == SWAPS;
}
