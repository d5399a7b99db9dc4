#include "contend/lincheck.h"

#include <inttypes.h>
#include <rota.h>
#include <stdlib.h>
#include <string.h>

enum {
    GIVE_UP = 100000000, /* steps in one cell */
    TELL_MOST = 24       /* calls beside the one that cannot be explained */
};

const int lin_capacity[LIN_RESOURCES] = { 1, 2, 5, 1 };

const int8_t lin_shape[LIN_SHAPES][LIN_RESOURCES] = {
    { 1, 0, 0, 0 }, { 0, 1, 0, 0 }, { 0, 2, 0, 0 }, { 0, 0, 1, 0 }, { 0, 0, 3, 0 }, { 1, 1, 0, 0 },
    { 1, 0, 2, 0 }, { 0, 1, 2, 0 }, { 0, 0, 0, 1 }, { 0, 0, 1, 1 }, { 0, 2, 0, 1 }, { 1, 0, 0, 1 },
};

const char *const lin_op_name[LIN_OPS] = { "create", "confirm", "cancel", "move",
                                           "check",  "list",    "get",    "clock" };

/* --- hashes --- */

static uint64_t mix(uint64_t a, uint64_t b)
{
    uint64_t z = a * UINT64_C(0x9e3779b97f4a7c15) + b;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint64_t lin_told_conflict(int resource, uint64_t booking)
{
    return mix(booking, (uint64_t)resource + 1);
}

uint64_t lin_told_claim(int resource, int units)
{
    return mix((uint64_t)resource + 11, (uint64_t)units);
}

uint64_t lin_told_row(uint64_t booking, int status, int version, int start, int end)
{
    return mix(mix(booking, (uint64_t)status * 1000003 + (uint64_t)version),
               (uint64_t)start * 64 + (uint64_t)end);
}

/* --- the model: the bookings of one cell --- */

typedef struct known {
    uint64_t id;
    int64_t expires; /* of a hold */
    int32_t status;  /* 0: not made yet */
    int32_t version; /* not looked at where it is expired: who ends a hold may note it or not */
    int8_t shape, start, end;
} known;

typedef struct change {
    int booking;
    known was;
} change;

typedef struct model {
    known *all; /* by id */
    int count;
    int *live;  /* those that are held or confirmed, in any order */
    int *place; /* in `live`, by booking */
    int live_count;
    int64_t now;
    uint64_t hash;   /* of all that can make a difference to an answer */
    change *changes; /* to be taken back, the last one first */
    int64_t change_count, change_room;
} model;

static bool lives(const known *b)
{
    return b->status == ROTA_BOOKING_HELD || b->status == ROTA_BOOKING_CONFIRMED;
}

static uint64_t hash_of(const known *b)
{
    if (b->status == 0) return 0;
    int version = b->status == ROTA_BOOKING_EXPIRED ? 0 : b->version;
    uint64_t place = (uint64_t)b->shape * 4096 + (uint64_t)b->start * 64 + (uint64_t)b->end;
    return mix(mix(b->id, (uint64_t)b->status * 1000003 + (uint64_t)version),
               mix(place, (uint64_t)b->expires));
}

static void put(model *m, int booking, const known *is)
{
    known *b = &m->all[booking];
    bool was_live = lives(b), is_live = lives(is);
    m->hash ^= hash_of(b) ^ hash_of(is);
    *b = *is;
    if (is_live && !was_live) {
        m->place[booking] = m->live_count;
        m->live[m->live_count++] = booking;
    } else if (was_live && !is_live) {
        int last = m->live[--m->live_count];
        m->live[m->place[booking]] = last;
        m->place[last] = m->place[booking];
    }
}

static void need(const void *memory)
{
    if (memory) return;
    fprintf(stderr, "out of memory\n");
    exit(2);
}

static void become(model *m, int booking, const known *is)
{
    if (m->change_count == m->change_room) {
        m->change_room = m->change_room * 2 + 64;
        m->changes = realloc(m->changes, (size_t)m->change_room * sizeof *m->changes);
        need(m->changes);
    }
    m->changes[m->change_count++] = (change){ booking, m->all[booking] };
    put(m, booking, is);
}

static void take_back(model *m, int64_t until)
{
    while (m->change_count > until) {
        const change *c = &m->changes[--m->change_count];
        put(m, c->booking, &c->was);
    }
}

/* Units that a shape takes: what it claims, and for the group its members; who is reached
 * in two ways is taken once, by the larger. */
static int takes(int shape, int resource)
{
    int units = lin_shape[shape][resource], group = lin_shape[shape][LIN_GROUP];
    return (resource == LIN_A || resource == LIN_B) && group > units ? group : units;
}

static bool is_in(const known *b, int slot)
{
    return b->start <= slot && slot < b->end;
}

/* Is there no room for it in the slot, beside all but `self`? */
static bool is_short(const model *m, int shape, int resource, int slot, int self)
{
    int units = takes(shape, resource);
    if (units == 0) return false;
    for (int i = 0; i < m->live_count; i++) {
        const known *b = &m->all[m->live[i]];
        if (m->live[i] != self && is_in(b, slot)) units += takes(b->shape, resource);
    }
    return units > lin_capacity[resource];
}

/* Does it fit? told: who is in the way where, each once for a resource. */
static bool fits(const model *m, int shape, int start, int end, int self, uint64_t *told)
{
    bool fit = true;
    *told = 0;
    for (int r = 0; r < LIN_RESOURCES; r++) {
        bool in_way[LIN_SLOTS] = { false }, any = false;
        for (int slot = start; slot < end; slot++)
            any |= in_way[slot] = is_short(m, shape, r, slot, self);
        for (int i = 0; i < m->live_count && any; i++) {
            const known *b = &m->all[m->live[i]];
            bool meets = false;
            for (int slot = start; slot < end; slot++)
                meets |= in_way[slot] && is_in(b, slot);
            if (meets && m->live[i] != self && takes(b->shape, r) > 0)
                *told += lin_told_conflict(r, b->id);
        }
        fit &= !any;
    }
    return fit;
}

/* --- what each call answers --- */

static bool refused(const lin_call *c, uint64_t told)
{
    return c->answer == ROTA_ECONFLICT && c->told == told;
}

static bool create(model *m, const lin_call *c, int subject)
{
    uint64_t told;
    if (!fits(m, c->shape, c->start, c->end, -1, &told)) return refused(c, told);
    if (c->answer != ROTA_OK || subject < 0 || m->all[subject].status != 0) return false;
    known is = { .id = c->booking,
                 .expires = c->hold ? m->now + c->hold : 0,
                 .status = c->hold ? ROTA_BOOKING_HELD : ROTA_BOOKING_CONFIRMED,
                 .version = 1,
                 .shape = c->shape,
                 .start = c->start,
                 .end = c->end };
    become(m, subject, &is);
    return c->version == 1 && c->status == is.status;
}

static bool confirm(model *m, const lin_call *c, int subject)
{
    known is = m->all[subject];
    bool lapsed = is.status == ROTA_BOOKING_EXPIRED;
    uint64_t told;
    if (is.status != ROTA_BOOKING_HELD && !lapsed) return c->answer == ROTA_ESTATE;
    if (lapsed && !fits(m, is.shape, is.start, is.end, -1, &told)) return refused(c, told);
    bool next = c->version == is.version + 1 || (lapsed && c->version == is.version + 2);
    is.status = ROTA_BOOKING_CONFIRMED;
    is.expires = 0;
    is.version = c->version;
    become(m, subject, &is);
    return c->answer == ROTA_OK && next && c->status == is.status;
}

static bool cancel(model *m, const lin_call *c, int subject)
{
    known is = m->all[subject];
    if (!lives(&is)) return c->answer == ROTA_ESTATE;
    is.status = ROTA_BOOKING_CANCELLED;
    is.version++;
    become(m, subject, &is);
    return c->answer == ROTA_OK && c->version == is.version && c->status == is.status;
}

static bool move(model *m, const lin_call *c, int subject)
{
    known is = m->all[subject];
    uint64_t told;
    if (!lives(&is)) return c->answer == ROTA_ESTATE;
    if (c->shape >= 0) is.shape = c->shape;
    is.start = c->start;
    is.end = c->end;
    is.version++;
    if (!fits(m, is.shape, is.start, is.end, subject, &told)) return refused(c, told);
    become(m, subject, &is);
    return c->answer == ROTA_OK && c->version == is.version && c->status == is.status;
}

static bool check(const model *m, const lin_call *c)
{
    uint64_t told;
    bool fit = fits(m, c->shape, c->start, c->end, -1, &told);
    return c->answer == (fit ? ROTA_OK : ROTA_ECONFLICT);
}

static bool list(const model *m, const lin_call *c)
{
    uint64_t told = 0;
    bool member = c->resource == LIN_A || c->resource == LIN_B;
    for (int i = 0; i < m->live_count; i++) {
        const known *b = &m->all[m->live[i]];
        if (lin_shape[b->shape][c->resource] > 0 || (member && lin_shape[b->shape][LIN_GROUP] > 0))
            told += lin_told_row(b->id, b->status, b->version, b->start, b->end);
    }
    return c->answer == ROTA_OK && c->told == told;
}

static bool get(const model *m, const lin_call *c, int subject)
{
    const known *b = &m->all[subject];
    uint64_t told = 0;
    for (int r = 0; r < LIN_RESOURCES; r++)
        if (lin_shape[b->shape][r] > 0) told += lin_told_claim(r, lin_shape[b->shape][r]);
    return c->answer == ROTA_OK && c->status == b->status && c->start == b->start &&
           c->end == b->end && c->told == told &&
           (b->status == ROTA_BOOKING_EXPIRED || c->version == b->version);
}

static bool set_clock(model *m, const lin_call *c)
{
    m->now = c->hold;
    for (int i = 0; i < m->live_count;) {
        int booking = m->live[i];
        known is = m->all[booking];
        if (is.status != ROTA_BOOKING_HELD || is.expires > m->now) {
            i++;
            continue;
        }
        is.status = ROTA_BOOKING_EXPIRED;
        become(m, booking, &is); /* and another one takes its place in `live` */
    }
    return true;
}

/* Could the call happen now, with that answer? Then it has. */
static bool happens(model *m, const lin_call *c, int subject)
{
    bool made = subject >= 0 && m->all[subject].status != 0;
    switch ((lin_op)c->op) {
    case LIN_CREATE:
        return create(m, c, subject);
    case LIN_CONFIRM:
        return made && confirm(m, c, subject);
    case LIN_CANCEL:
        return made && cancel(m, c, subject);
    case LIN_MOVE:
        return made && move(m, c, subject);
    case LIN_CHECK:
        return check(m, c);
    case LIN_LIST:
        return list(m, c);
    case LIN_GET:
        return made && get(m, c, subject);
    case LIN_CLOCK:
        return set_clock(m, c);
    case LIN_OPS:
        break;
    }
    return false;
}

/* --- what was tried before: sets of calls that have happened, with the state after --- */

/* By hashes alone. Two that are taken for one can only make a search miss a way, so what is
 * accepted is linearizable in any case. */
typedef struct tried {
    uint64_t *keys;
    size_t room, count;
} tried;

static bool is_new(tried *t, uint64_t key)
{
    if (t->count * 2 >= t->room) {
        tried larger = { .room = t->room ? t->room * 2 : 4096 };
        larger.keys = calloc(larger.room, sizeof *larger.keys);
        need(larger.keys);
        for (size_t i = 0; i < t->room; i++)
            if (t->keys[i]) (void)is_new(&larger, t->keys[i]);
        free(t->keys);
        *t = larger;
    }
    if (key == 0) key = 1;
    size_t at = key & (t->room - 1);
    while (t->keys[at] && t->keys[at] != key)
        at = (at + 1) & (t->room - 1);
    if (t->keys[at]) return false;
    t->keys[at] = key;
    t->count++;
    return true;
}

/* --- the search (Wing and Gong; Lowe): beginnings and ends of calls, in time --- */

typedef struct entry {
    int64_t time;
    int call;                          /* of the cell */
    bool ends;                         /* the call's end, or else its beginning */
    struct entry *before, *next, *end; /* end: of a beginning */
} entry;

typedef struct step {
    entry *begins;
    int64_t changes; /* before it */
    int64_t now;
} step;

typedef struct search {
    const lin_call **calls; /* of this cell, by when they were called */
    int *subjects;
    int count;
    model model;
    entry *entries, head;
    step *steps;
    int depth, deepest, stuck; /* stuck: the call that could not be explained, at the deepest */
    tried tried;
    int64_t tries;
} search;

static int by_time(const void *left, const void *right)
{
    const entry *a = left, *b = right;
    if (a->time != b->time) return a->time < b->time ? -1 : 1;
    if (a->ends != b->ends) return a->ends ? 1 : -1; /* at the same time: at once */
    return (a->call > b->call) - (a->call < b->call);
}

static void unlink_entry(entry *e)
{
    e->before->next = e->next;
    if (e->next) e->next->before = e->before;
}

static void relink_entry(entry *e)
{
    e->before->next = e;
    if (e->next) e->next->before = e;
}

static void link_entries(search *s)
{
    int n = s->count * 2;
    for (int i = 0; i < s->count; i++) {
        s->entries[2 * i] = (entry){ .time = s->calls[i]->called, .call = i };
        s->entries[2 * i + 1] = (entry){ .time = s->calls[i]->returned, .call = i, .ends = true };
    }
    qsort(s->entries, (size_t)n, sizeof *s->entries, by_time);
    entry **ends = calloc((size_t)s->count + 1, sizeof *ends), *before = &s->head;
    need(ends);
    for (int i = 0; i < n; i++) {
        entry *e = &s->entries[i];
        e->before = before;
        before->next = e;
        before = e;
        if (e->ends) ends[e->call] = e;
    }
    for (int i = 0; i < n; i++)
        if (!s->entries[i].ends) s->entries[i].end = ends[s->entries[i].call];
    free(ends);
}

/* The next call that could happen does; false where it cannot, or that was tried before. */
static bool advance(search *s, entry *begins, uint64_t *set)
{
    model *m = &s->model;
    int64_t changes = m->change_count, now = m->now;
    s->tries++;
    uint64_t with = *set ^ mix((uint64_t)begins->call + 1, 77);
    if (happens(m, s->calls[begins->call], s->subjects[begins->call]) &&
        is_new(&s->tried, mix(with, m->hash ^ mix((uint64_t)m->now, 5)))) {
        *set = with;
        s->steps[s->depth++] = (step){ begins, changes, now };
        unlink_entry(begins);
        unlink_entry(begins->end);
        return true;
    }
    take_back(m, changes);
    m->now = now;
    return false;
}

static entry *go_back(search *s, uint64_t *set)
{
    const step *last = &s->steps[--s->depth];
    take_back(&s->model, last->changes);
    s->model.now = last->now;
    *set ^= mix((uint64_t)last->begins->call + 1, 77);
    relink_entry(last->begins->end);
    relink_entry(last->begins);
    return last->begins->next;
}

static bool explain(search *s)
{
    uint64_t set = 0;
    entry *at = s->head.next;
    while (s->head.next) {
        if (!at->ends) {
            at = advance(s, at, &set) ? s->head.next : at->next;
            continue;
        }
        if (s->depth >= s->deepest) {
            s->deepest = s->depth;
            s->stuck = at->call;
        }
        if (s->depth == 0 || s->tries > GIVE_UP) return false;
        at = go_back(s, &set);
    }
    return true;
}

/* --- from a history to its cells --- */

static int by_id(const void *left, const void *right)
{
    const known *a = left, *b = right;
    return (a->id > b->id) - (a->id < b->id);
}

static int find(const model *m, uint64_t id)
{
    known key = { .id = id };
    const known *found = m->count == 0 || id == 0
                             ? NULL
                             : bsearch(&key, m->all, (size_t)m->count, sizeof key, by_id);
    return found ? (int)(found - m->all) : -1;
}

static void prepare(search *s, const lin_call *calls, int64_t count, int cell)
{
    size_t room = (size_t)count + 1;
    s->calls = calloc(room, sizeof *s->calls);
    s->subjects = calloc(room, sizeof *s->subjects);
    s->entries = calloc(room * 2, sizeof *s->entries);
    s->steps = calloc(room, sizeof *s->steps);
    s->model.all = calloc(room, sizeof *s->model.all);
    s->model.live = calloc(room, sizeof *s->model.live);
    s->model.place = calloc(room, sizeof *s->model.place);
    need(s->calls), need(s->subjects), need(s->entries), need(s->steps);
    need(s->model.all), need(s->model.live), need(s->model.place);
    s->stuck = -1;
    for (int64_t i = 0; i < count; i++) {
        if (calls[i].cell != cell) continue;
        s->calls[s->count++] = &calls[i];
        if (calls[i].op == LIN_CREATE && calls[i].answer == ROTA_OK)
            s->model.all[s->model.count++].id = calls[i].booking;
    }
    qsort(s->model.all, (size_t)s->model.count, sizeof *s->model.all, by_id);
    for (int i = 0; i < s->count; i++)
        s->subjects[i] = find(&s->model, s->calls[i]->booking);
    link_entries(s);
}

static void forget(search *s)
{
    free(s->calls);
    free(s->subjects);
    free(s->entries);
    free(s->steps);
    free(s->model.all);
    free(s->model.live);
    free(s->model.place);
    free(s->model.changes);
    free(s->tried.keys);
}

/* What could not be explained, and what was going on at the same time. */
static void say_why(const search *s, int cell, FILE *say)
{
    const lin_call *stuck = s->stuck >= 0 ? s->calls[s->stuck] : NULL;
    fprintf(say, "cell %d: %s after %d of %d calls\n", cell,
            s->tries > GIVE_UP ? "given up" : "NOT LINEARIZABLE", s->deepest, s->count);
    if (!stuck) return;
    fprintf(say, "this answer has no explanation:\n  ");
    lin_write(stuck, 1, say);
    fprintf(say, "calls that were under way at its end, and the last ones before:\n");
    for (int i = 0, said = 0; i < s->count && said < TELL_MOST; i++) {
        const lin_call *c = s->calls[i];
        bool beside = c->called <= stuck->returned && c->returned >= stuck->called;
        bool before = c->returned < stuck->called && c->returned > stuck->called - 20000000;
        if (c == stuck || !(beside || before)) continue;
        fprintf(say, "  ");
        lin_write(c, 1, say);
        said++;
    }
}

static bool check_cell(const lin_call *calls, int64_t count, int cell, int64_t *steps, FILE *say)
{
    search s = { .count = 0 };
    prepare(&s, calls, count, cell);
    bool linearizable = explain(&s);
    if (!linearizable && say) say_why(&s, cell, say);
    if (steps) *steps += s.tries;
    forget(&s);
    return linearizable;
}

bool lin_check(const lin_call *calls, int64_t count, int64_t *steps, FILE *say)
{
    bool linearizable = true;
    if (steps) *steps = 0;
    for (int cell = 0; cell < LIN_CELLS && (linearizable || say); cell++)
        linearizable &= check_cell(calls, count, cell, steps, linearizable ? say : NULL);
    return linearizable;
}

/* --- as text --- */

void lin_write(const lin_call *calls, int64_t count, FILE *out)
{
    for (int64_t i = 0; i < count; i++) {
        const lin_call *c = &calls[i];
        fprintf(out,
                "%s cell %d at %" PRId64 " %" PRId64 " of %016" PRIx64
                " shape %d slots %d %d hold %" PRId64 " resource %d = %s status %d version %d "
                "told %016" PRIx64 "\n",
                lin_op_name[c->op], c->cell, c->called, c->returned, c->booking, c->shape, c->start,
                c->end, c->hold, c->resource, rota_status_name(c->answer), c->status, c->version,
                c->told);
    }
}

static int32_t status_of(const char *name)
{
    for (int32_t status = 0; status >= ROTA_STATUS_LAST; status--)
        if (strcmp(rota_status_name(status), name) == 0) return status;
    return 1;
}

static bool read_call(const char *line, lin_call *c)
{
    char op[16], answer[16];
    int cell, shape, start, end, resource, status, version;
    if (sscanf(line,
               "%15s cell %d at %" SCNd64 " %" SCNd64 " of %" SCNx64
               " shape %d slots %d %d hold %" SCNd64
               " resource %d = %15s status %d version %d told %" SCNx64,
               op, &cell, &c->called, &c->returned, &c->booking, &shape, &start, &end, &c->hold,
               &resource, answer, &status, &version, &c->told) != 14)
        return false;
    c->op = LIN_OPS;
    for (int i = 0; i < LIN_OPS; i++)
        if (strcmp(lin_op_name[i], op) == 0) c->op = (int8_t)i;
    c->cell = (int8_t)cell;
    c->shape = (int8_t)shape;
    c->start = (int8_t)start;
    c->end = (int8_t)end;
    c->resource = (int8_t)resource;
    c->status = (int8_t)status;
    c->version = version;
    c->answer = status_of(answer);
    return c->op < LIN_OPS && c->answer <= 0 && cell >= 0 && cell < LIN_CELLS && shape >= -1 &&
           shape < LIN_SHAPES && start >= 0 && end <= LIN_SLOTS && resource >= 0 &&
           resource < LIN_RESOURCES;
}

lin_call *lin_read(FILE *in, int64_t *count)
{
    char line[512];
    lin_call *calls = NULL;
    int64_t room = 0;
    *count = 0;
    while (fgets(line, sizeof line, in)) {
        if (*count == room) {
            room = room * 2 + 1024;
            calls = realloc(calls, (size_t)room * sizeof *calls);
            need(calls);
        }
        if (!read_call(line, &calls[*count])) {
            fprintf(stderr, "not a call: %s", line);
            free(calls);
            return NULL;
        }
        ++*count;
    }
    return calls;
}
