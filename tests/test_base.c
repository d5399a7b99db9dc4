/* The base layer: memory, text, messages, ids, dates and zones. What Python's
 * zoneinfo says of the system's zones comes from tests/zones.py; ROTA_ZONES=all
 * compares everything, ROTA_ZONES=<number> another sample than the usual one. */
#define _GNU_SOURCE /* popen */
#include "tests.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/id.h"
#include "base/mem.h"
#include "base/sort.h"
#include "base/str.h"
#include "base/time.h"
#include "base/tz.h"

enum { SEED = 20310310 };

/* --- what the tests stand on --- */

/* An allocator that counts, and fails at the call it is told to. */
typedef struct counter {
    int64_t calls, fail_at; /* from 1; 0: never */
    int64_t bytes;          /* given out now */
} counter;

typedef union counted {
    int64_t size;
    max_align_t align;
} counted;

static void *counting(void *ctx, void *block, int64_t size)
{
    counter *c = ctx;
    counted *old = block ? (counted *)block - 1 : NULL;
    counted *fresh;

    if (size == 0) {
        if (old) c->bytes -= old->size;
        free(old);
        return NULL;
    }
    if (++c->calls == c->fail_at || size > INT64_C(1) << 32) return NULL;
    if (old) c->bytes -= old->size;
    fresh = realloc(old, (size_t)size + sizeof *fresh);
    if (!fresh) return NULL;
    fresh->size = size;
    c->bytes += size;
    return fresh + 1;
}

/* Our own generator: the same numbers wherever the test runs. */
static uint64_t drawn;

static uint64_t draw(void)
{
    uint64_t z = (drawn += 0x9e3779b97f4a7c15u);

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static int64_t draw_between(int64_t low, int64_t high)
{
    return low + (int64_t)(draw() % (uint64_t)(high - low + 1));
}

static void seed(const char *what)
{
    drawn = SEED;
    printf("%s: seed %d\n", what, SEED);
}

static rota_time instant(const char *text)
{
    int64_t value = 0;

    ck_assert_msg(rota__time_read(text, &value) != 0, "%s", text);
    return value;
}

/* --- memory --- */

START_TEST(what_is_held_is_what_the_host_gave)
{
    counter c = { 0 };
    rota__mem mem;
    void *blocks[50] = { 0 };

    seed("memory");
    rota__mem_init(&mem, counting, &c);
    for (int i = 0; i < 5000; ++i) {
        void **block = &blocks[draw() % 50];
        int64_t size = draw_between(0, 300);

        if (draw() % 3 == 0) {
            rota__mem_free(&mem, *block);
            *block = NULL;
        } else {
            *block = rota__mem_realloc(&mem, *block, size, 3);
            ck_assert_ptr_nonnull(*block);
            memset(*block, 0xa5, (size_t)size * 3);
        }
        ck_assert_int_eq(mem.held, c.bytes);
    }
    for (int i = 0; i < 50; ++i)
        rota__mem_free(&mem, blocks[i]);
    ck_assert_int_eq(mem.held, 0);
    ck_assert_int_eq(c.bytes, 0);
}
END_TEST

START_TEST(sizes_that_do_not_fit_are_refused_before_the_host_is_asked)
{
    static const int64_t sizes[][2] = {
        { INT64_MAX, 1 },
        { 1, INT64_MAX },
        { INT64_MAX, INT64_MAX },
        { -1, 1 },
        { 1, -1 },
        { -1, -1 },
        { INT64_MIN, 1 },
        { INT64_C(1) << 32, INT64_C(1) << 32 },
        { (INT64_C(1) << 62) + 1, 1 },
        { INT64_C(1) << 61, 4 },
        { 3, INT64_C(1) << 62 },
    };
    counter c = { 0 };
    rota__mem mem;
    rota__arena arena;

    rota__mem_init(&mem, counting, &c);
    rota__arena_init(&arena, &mem);
    ck_assert_ptr_null(rota__mem_alloc(&mem, sizes[_i][0], sizes[_i][1]));
    ck_assert_ptr_null(rota__arena_alloc(&arena, sizes[_i][0], sizes[_i][1]));
    ck_assert_int_eq(c.calls, 0);
    ck_assert_int_eq(mem.held, 0);
}
END_TEST

START_TEST(a_block_of_nothing_is_a_block_and_a_failed_realloc_keeps_the_old_one)
{
    counter c = { 0 };
    rota__mem mem;
    char *text;

    rota__mem_init(&mem, counting, &c);
    text = rota__mem_alloc(&mem, 0, 8);
    ck_assert_ptr_nonnull(text);
    text = rota__mem_realloc(&mem, text, 1, 4);
    ck_assert_ptr_nonnull(text);
    memcpy(text, "abc", 4);
    c.fail_at = c.calls + 1;
    ck_assert_ptr_null(rota__mem_realloc(&mem, text, 1000, 1));
    ck_assert_str_eq(text, "abc");
    ck_assert_int_eq(mem.held, c.bytes);
    rota__mem_free(&mem, text);
    rota__mem_free(&mem, NULL);
    ck_assert_int_eq(mem.held, 0);
}
END_TEST

START_TEST(the_c_library_serves_where_the_host_brings_no_memory)
{
    rota__mem mem;
    int64_t *block;

    rota__mem_init(&mem, NULL, NULL);
    block = rota__mem_alloc(&mem, 100, (int64_t)sizeof *block);
    ck_assert_ptr_nonnull(block);
    for (int i = 0; i < 100; ++i)
        block[i] = i;
    block = rota__mem_realloc(&mem, block, 1000, (int64_t)sizeof *block);
    ck_assert_ptr_nonnull(block);
    for (int i = 0; i < 100; ++i)
        ck_assert_int_eq(block[i], i);
    rota__mem_free(&mem, block);
    ck_assert_int_eq(mem.held, 0);
}
END_TEST

/* Loops of millions ask these, and assert once: an assertion of Check is slow. */
static bool is_all(const unsigned char *bytes, int64_t size, int value)
{
    while (size-- > 0)
        if (bytes[size] != value) return false;
    return true;
}

START_TEST(pieces_of_an_arena_are_zero_aligned_and_apart)
{
    enum { PIECES = 400 };
    rota__mem mem;
    rota__arena arena;
    unsigned char *pieces[PIECES];
    int64_t sizes[PIECES];

    seed("arena");
    rota__mem_init(&mem, NULL, NULL);
    rota__arena_init(&arena, &mem);
    ck_assert_int_eq(mem.held, 0);
    for (int round = 0; round < 5; ++round) {
        for (int i = 0; i < PIECES; ++i) {
            sizes[i] = i % 50 == 49 ? draw_between(0, 100000) : draw_between(0, 200);
            pieces[i] = rota__arena_alloc(&arena, sizes[i], 1);
            ck_assert_ptr_nonnull(pieces[i]);
            ck_assert_uint_eq((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
            ck_assert(is_all(pieces[i], sizes[i], 0));
            memset(pieces[i], i % 255 + 1, (size_t)sizes[i]);
        }
        for (int i = 0; i < PIECES; ++i)
            ck_assert(is_all(pieces[i], sizes[i], i % 255 + 1));
        rota__arena_reset(&arena);
    }
    rota__arena_free(&arena);
    ck_assert_int_eq(mem.held, 0);
}
END_TEST

START_TEST(a_reset_arena_keeps_its_largest_block_for_the_next_call)
{
    counter c = { 0 };
    rota__mem mem;
    rota__arena arena;
    int64_t calls;

    rota__mem_init(&mem, counting, &c);
    rota__arena_init(&arena, &mem);
    ck_assert_ptr_nonnull(rota__arena_alloc(&arena, 10, 1));
    ck_assert_ptr_nonnull(rota__arena_alloc(&arena, 300000, 1));
    for (int i = 0; i < 1000; ++i)
        ck_assert_ptr_nonnull(rota__arena_alloc(&arena, 10, 1));
    rota__arena_reset(&arena);
    ck_assert_int_ge(mem.held, 300000);
    ck_assert_int_lt(mem.held, 1100000);
    calls = c.calls;
    ck_assert_ptr_nonnull(rota__arena_alloc(&arena, 300000, 1));
    ck_assert_int_eq(c.calls, calls);
    rota__arena_free(&arena);
    rota__arena_free(&arena);
    ck_assert_int_eq(mem.held, 0);
}
END_TEST

START_TEST(a_copy_in_an_arena_is_a_copy)
{
    rota__mem mem;
    rota__arena arena;
    char text[] = "Raum \xc3\xa4";
    char *whole, *part;

    rota__mem_init(&mem, NULL, NULL);
    rota__arena_init(&arena, &mem);
    whole = rota__arena_text(&arena, text, -1);
    part = rota__arena_text(&arena, text, 4);
    ck_assert_ptr_null(rota__arena_text(&arena, NULL, -1));
    ck_assert_ptr_nonnull(rota__arena_copy(&arena, NULL, 0));
    ck_assert_ptr_null(rota__arena_copy(&arena, text, -1));
    ck_assert_ptr_null(rota__arena_text(&arena, text, INT64_MAX));
    memset(text, 'x', sizeof text - 1);
    ck_assert_str_eq(whole, "Raum \xc3\xa4");
    ck_assert_str_eq(part, "Raum");
    rota__arena_free(&arena);
}
END_TEST

START_TEST(a_grown_piece_keeps_its_bytes_and_gets_zeros_behind_them)
{
    rota__mem mem;
    rota__arena arena;
    unsigned char *piece = NULL;
    int64_t size = 0;

    seed("grow");
    rota__mem_init(&mem, NULL, NULL);
    rota__arena_init(&arena, &mem);
    for (int i = 0; i < 200; ++i) {
        int64_t larger = size + draw_between(0, 500);

        /* Something dirty behind it, or nothing: both ways to grow. */
        if (draw() % 2) {
            unsigned char *other = rota__arena_alloc(&arena, 100, 1);

            ck_assert_ptr_nonnull(other);
            memset(other, 0xff, 100);
        }
        piece = rota__arena_grow(&arena, piece, size, larger);
        ck_assert_ptr_nonnull(piece);
        ck_assert(is_all(piece, size, 7));
        ck_assert(is_all(piece + size, larger - size, 0));
        memset(piece, 7, (size_t)larger);
        size = larger;
    }
    ck_assert_ptr_null(rota__arena_grow(&arena, piece, size, INT64_MAX));
    rota__arena_free(&arena);
    ck_assert_int_eq(mem.held, 0);
}
END_TEST

typedef struct numbers {
    int64_t *items;
    int64_t count, room;
} numbers;

START_TEST(a_pushed_array_keeps_every_item_and_a_new_one_is_zero)
{
    rota__mem mem;
    rota__arena arena;
    numbers a = { 0 }, b = { 0 };

    rota__mem_init(&mem, NULL, NULL);
    rota__arena_init(&arena, &mem);
    for (int64_t i = 0; i < 10000; ++i) {
        int64_t *last = ROTA__PUSH(&arena, &a);

        ck_assert_ptr_nonnull(last);
        ck_assert_int_eq(*last, 0);
        *last = i;
        if (i % 3 == 0) {
            last = ROTA__PUSH(&arena, &b);
            ck_assert_ptr_nonnull(last);
            *last = -i;
        }
    }
    ck_assert_int_eq(a.count, 10000);
    ck_assert_int_eq(b.count, 3334);
    for (int64_t i = 0; i < a.count; ++i)
        ck_assert_int_eq(a.items[i], i);
    for (int64_t i = 0; i < b.count; ++i)
        ck_assert_int_eq(b.items[i], -3 * i);
    b.count = 5; /* an item that is used again is zero again */
    ck_assert_int_eq(*ROTA__PUSH(&arena, &b), 0);
    rota__arena_free(&arena);
    ck_assert_int_eq(mem.held, 0);
}
END_TEST

/* One writer that uses everything that allocates; false where it ran out. */
static bool write_much(rota__arena *arena)
{
    numbers list = { 0 };
    rota__str str;
    const char *text;

    rota__str_init(&str, arena);
    for (int i = 0; i < 300; ++i) {
        int64_t *last = ROTA__PUSH(arena, &list);

        if (!last) return false;
        *last = i;
        rota__str_addf(&str, "%d,", i);
        rota__str_json(&str, "a\"b\n");
        rota__str_add(&str, ";");
    }
    text = rota__str_done(&str);
    if (!text) return false;
    ck_assert_int_eq(list.items[299], 299);
    ck_assert_int_eq((int64_t)strlen(text), str.length);
    ck_assert_int_eq(str.length, 10 + 90 * 2 + 200 * 3 + 300 * 10);
    ck_assert_str_eq(text + str.length - 13, "299,\"a\\\"b\\n\";");
    return rota__arena_text(arena, text, -1) && rota__arena_copy(arena, text, str.length);
}

START_TEST(text_and_arenas_survive_a_failure_at_every_allocation)
{
    int64_t at = 0;
    bool done = false;

    while (!done) {
        counter c = { .fail_at = ++at };
        rota__mem mem;
        rota__arena arena;

        rota__mem_init(&mem, counting, &c);
        rota__arena_init(&arena, &mem);
        done = write_much(&arena);
        ck_assert(done == (c.calls < at));
        ck_assert_int_eq(mem.held, c.bytes);
        rota__arena_reset(&arena); /* usable again after the failure */
        c.fail_at = 0;
        ck_assert(write_much(&arena));
        rota__arena_free(&arena);
        ck_assert_int_eq(mem.held, 0);
        ck_assert_int_eq(c.bytes, 0);
    }
    ck_assert_int_gt(at, 4);
}
END_TEST

/* --- text --- */

static const struct {
    const char *text;
    int64_t length;
} utf8_texts[] = {
    { "", 0 },
    { "a", 1 },
    { "\x7f", 1 },
    { "\xc2\x80", 2 },
    { "\xdf\xbf", 2 },
    { "\xe0\xa0\x80", 3 },
    { "\xe1\x80\x80", 3 },
    { "\xec\xbf\xbf", 3 },
    { "\xed\x9f\xbf", 3 },
    { "\xee\x80\x80", 3 },
    { "\xef\xbf\xbf", 3 },
    { "\xf0\x90\x80\x80", 4 },
    { "\xf1\x80\x80\x80", 4 },
    { "\xf3\xbf\xbf\xbf", 4 },
    { "\xf4\x8f\xbf\xbf", 4 },
    { "a\xc3\xa4\xe2\x82\xac\xf0\x9f\x93\x85z", 11 },
    /* continuation without a start */
    { "\x80", -1 },
    { "\xbf", -1 },
    { "a\x80", -1 },
    { "\xc3\xa4\xa4", -1 },
    /* overlong */
    { "\xc0\x80", -1 },
    { "\xc0\xaf", -1 },
    { "\xc1\xbf", -1 },
    { "\xe0\x80\x80", -1 },
    { "\xe0\x80\xaf", -1 },
    { "\xe0\x9f\xbf", -1 },
    { "\xf0\x80\x80\x80", -1 },
    { "\xf0\x8f\xbf\xbf", -1 },
    /* surrogates */
    { "\xed\xa0\x80", -1 },
    { "\xed\xaf\xbf", -1 },
    { "\xed\xb0\x80", -1 },
    { "\xed\xbf\xbf", -1 },
    { "\xed\xa0\xbd\xed\xb3\x85", -1 },
    /* beyond U+10FFFF */
    { "\xf4\x90\x80\x80", -1 },
    { "\xf5\x80\x80\x80", -1 },
    { "\xf8\x88\x80\x80\x80", -1 },
    { "\xfc\x84\x80\x80\x80\x80", -1 },
    { "\xfe", -1 },
    { "\xff", -1 },
    /* truncated, at the end and by another character */
    { "\xc3", -1 },
    { "\xe2", -1 },
    { "\xe2\x82", -1 },
    { "\xf0", -1 },
    { "\xf0\x9f", -1 },
    { "\xf0\x9f\x93", -1 },
    { "\xc3"
      "a",
      -1 },
    { "\xe2\x82"
      "a",
      -1 },
    { "\xf0\x9f\x93"
      "a",
      -1 },
    { "\xe2\xc3\xa4", -1 },
    { "\xf0\x9f\xc3\xa4", -1 },
};

START_TEST(utf8_is_told_from_other_bytes)
{
    /* A copy of its own size, so that reading past the NUL is seen. */
    size_t size = strlen(utf8_texts[_i].text) + 1;
    char *copy = malloc(size);

    ck_assert_ptr_nonnull(copy);
    memcpy(copy, utf8_texts[_i].text, size);
    ck_assert_int_eq(rota__str_utf8(copy), utf8_texts[_i].length);
    free(copy);
}
END_TEST

START_TEST(every_code_point_is_valid_once_and_surrogates_never)
{
    for (uint32_t c = 1; c < 0x120000; ++c) {
        char b[5] = { 0 };
        bool valid = c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
        int64_t length = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

        if (length == 1) {
            b[0] = (char)c;
        } else {
            static const unsigned char starts[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

            b[0] = (char)(starts[length] | c >> (6 * (length - 1)));
            for (int64_t i = 1; i < length; ++i)
                b[i] = (char)(0x80 | (c >> (6 * (length - 1 - i)) & 0x3f));
        }
        if (rota__str_utf8(b) != (valid ? length : -1) || rota__str_next(b) != (valid ? length : 0))
            ck_abort_msg("U+%04X", c);
    }
}
END_TEST

START_TEST(text_is_cut_between_characters)
{
    static const int64_t cuts[] = { 0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11, 11 };
    const char *text = "a\xc3\xa4\xe2\x82\xac\xf0\x9f\x93\x85z";

    for (int64_t room = 0; room < ROTA__LENGTH(cuts); ++room)
        ck_assert_int_eq(rota__str_cut(text, room), cuts[room]);
}
END_TEST

static const struct {
    const char *text, *json;
} json_texts[] = {
    { NULL, "null" },
    { "", "\"\"" },
    { "abc", "\"abc\"" },
    { "a\"b", "\"a\\\"b\"" },
    { "\\", "\"\\\\\"" },
    { "\"\"", "\"\\\"\\\"\"" },
    { "/", "\"/\"" },
    { "\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\"" },
    { "\x01\x1f", "\"\\u0001\\u001f\"" },
    { "\x7f", "\"\x7f\"" },
    { "\x0b"
      "x\x1b",
      "\"\\u000bx\\u001b\"" },
    { "\xc3\xa4\xe2\x82\xac\xf0\x9f\x93\x85", "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x93\x85\"" },
    { "a\xff"
      "b",
      "\"a\xef\xbf\xbd"
      "b\"" },
    { "\xe2\x82", "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
    { "\xc3\"", "\"\xef\xbf\xbd\\\"\"" },
};

START_TEST(json_strings_are_escaped)
{
    rota__mem mem;
    rota__arena arena;
    rota__str str;

    rota__mem_init(&mem, NULL, NULL);
    rota__arena_init(&arena, &mem);
    rota__str_init(&str, &arena);
    rota__str_json(&str, json_texts[_i].text);
    ck_assert_str_eq(rota__str_done(&str), json_texts[_i].json);
    rota__arena_free(&arena);
}
END_TEST

START_TEST(text_that_nothing_was_added_to_is_empty)
{
    rota__mem mem;
    rota__arena arena;
    rota__str str;

    rota__mem_init(&mem, NULL, NULL);
    rota__arena_init(&arena, &mem);
    rota__str_init(&str, &arena);
    ck_assert_str_eq(rota__str_done(&str), "");
    rota__str_addf(&str, "%s", "");
    rota__str_add(&str, "");
    ck_assert_str_eq(rota__str_done(&str), "");
    ck_assert_int_eq(str.length, 0);
    rota__arena_free(&arena);
}
END_TEST

/* --- messages and statuses --- */

START_TEST(a_message_is_one_line)
{
    rota__error e = { 0 };

    ck_assert_int_eq(rota__error_set(&e, ROTA_EINVALID, "no \"%s\" in %d", "a\nb\tc\x7f", 7),
                     ROTA_EINVALID);
    ck_assert_int_eq(e.code, ROTA_EINVALID);
    ck_assert_str_eq(e.message, "no \"a b c \" in 7");
    rota__error_set(&e, ROTA_EIO, "<%s>", "\xc2\x85|\xe2\x80\xa8|\xe2\x80\xa9|\xc3\xa4\xc2\xa0");
    ck_assert_str_eq(e.message, "< | | |\xc3\xa4\xc2\xa0>");
    rota__error_set(&e, ROTA_EIO, "<%s>", "a\xff\xc0\x80z\xe2\x82");
    ck_assert_str_eq(e.message, "<az>");
}
END_TEST

START_TEST(a_message_may_quote_the_one_before)
{
    rota__error e = { 0 };

    rota__error_set(&e, ROTA_EIO, "disk full");
    rota__error_set(&e, ROTA_ECORRUPT, "%s: %s", "calendar.db", e.message);
    ck_assert_str_eq(e.message, "calendar.db: disk full");
}
END_TEST

START_TEST(a_long_message_is_cut_at_a_character)
{
    char text[3001];
    rota__error e = { 0 };

    for (int shift = 0; shift < 3; ++shift) {
        memset(text, 'x', (size_t)shift);
        for (int i = 0; i < 900; ++i)
            memcpy(text + shift + i * 3, "\xe2\x82\xac", 3);
        text[shift + 2700] = '\0';
        rota__error_set(&e, ROTA_EIO, "%s", text);
        ck_assert_int_gt((int64_t)strlen(e.message), 500);
        ck_assert_int_eq(rota__str_utf8(e.message), (int64_t)strlen(e.message));
        ck_assert_int_eq(strncmp(e.message, text, strlen(e.message)), 0);
    }
}
END_TEST

START_TEST(every_status_has_a_name_and_a_sentence)
{
#define IS_NAMED(name, code, text)                   \
    ck_assert_int_eq(ROTA_##name, (code));           \
    ck_assert_str_eq(rota_status_name(code), #name); \
    ck_assert_str_eq(rota_status_text(code), (text));
    rota__error e = { 0 };

    ROTA_STATUS_MAP(IS_NAMED)
#undef IS_NAMED
    ck_assert_str_eq(rota_status_name(1), "EUNKNOWN");
    ck_assert_str_eq(rota_status_name(INT_MIN), "EUNKNOWN");
    ck_assert_str_ne(rota_status_text(ROTA_STATUS_LAST - 1), "");
    ck_assert_str_eq(rota_version(), ROTA_VERSION);
    ck_assert_int_eq(rota__error_plain(&e, ROTA_ENOMEM), ROTA_ENOMEM);
    ck_assert_int_eq(e.code, ROTA_ENOMEM);
    ck_assert_str_eq(e.message, "out of memory");
}
END_TEST

/* --- ids --- */

START_TEST(an_id_is_read_back_from_its_text_in_either_case)
{
    const char *text = "018f3a5c-7b2d-7e01-9abc-def012345678";
    char upper[37], out[37];
    rota_id id, other;

    ck_assert_int_eq(rota_id_parse(text, &id), ROTA_OK);
    ck_assert_uint_eq(id.b[0], 0x01);
    ck_assert_uint_eq(id.b[6], 0x7e);
    ck_assert_uint_eq(id.b[15], 0x78);
    rota_id_format(&id, out);
    ck_assert_str_eq(out, text);
    for (int i = 0; i < 37; ++i)
        upper[i] = (char)(text[i] >= 'a' && text[i] <= 'f' ? text[i] - 'a' + 'A' : text[i]);
    ck_assert_int_eq(rota_id_parse(upper, &other), ROTA_OK);
    ck_assert_int_eq(rota__id_compare(&id, &other), 0);
    ck_assert(!rota__id_is_none(&id));
    ck_assert_int_eq(rota_id_parse("00000000-0000-0000-0000-000000000000", &id), ROTA_OK);
    ck_assert(rota__id_is_none(&id));
}
END_TEST

static const char *const no_ids[] = {
    NULL,
    "",
    "018f3a5c",
    "018f3a5c-7b2d-7e01-9abc-def01234567",
    "018f3a5c-7b2d-7e01-9abc-def0123456789",
    "018f3a5c-7b2d-7e01-9abc-def012345678 ",
    " 18f3a5c-7b2d-7e01-9abc-def012345678",
    "018f3a5c7b2d7e019abcdef012345678",
    "018f3a5c-7b2d-7e01-9abc-def01234567g",
    "018f3a5c-7b2d-7e01-9abc_def012345678",
    "{18f3a5c-7b2d-7e01-9abc-def01234567}",
    "018f3a5-c7b2d-7e01-9abc-def012345678",
    "018f3a5c-7b2d-7e01-9abc-def0-2345678",
    "018f3a5c-7b2d-7e01-9abc-def0123456\xc3\xa4",
};

START_TEST(what_is_no_uuid_is_refused_and_touches_nothing)
{
    rota_id id, before;

    memset(&id, 0x5a, sizeof id);
    before = id;
    ck_assert_int_eq(rota_id_parse(no_ids[_i], &id), ROTA_EINVALID);
    ck_assert_int_eq(rota__id_compare(&id, &before), 0);
}
END_TEST

static int constant_random(void *ctx, void *bytes, int64_t count)
{
    memset(bytes, *(const int *)ctx, (size_t)count);
    return 0;
}

static int drawn_random(void *ctx, void *bytes, int64_t count)
{
    unsigned char *to = bytes;

    (void)ctx;
    while (count-- > 0)
        *to++ = (unsigned char)draw();
    return 0;
}

static int no_random(void *ctx, void *bytes, int64_t count)
{
    (void)ctx;
    (void)bytes;
    (void)count;
    return -1;
}

static int64_t milliseconds(const rota_id *id)
{
    int64_t value = 0;

    for (int i = 0; i < 6; ++i)
        value = value << 8 | id->b[i];
    return value;
}

static bool is_version_7(const rota_id *id)
{
    return id->b[6] >> 4 == 7 && id->b[8] >> 6 == 2;
}

START_TEST(a_later_id_sorts_behind_an_earlier_one_whatever_the_clock_and_chance_do)
{
    static int bytes[] = { 0x00, 0xff, 0x55 };
    rota__id_source sources[] = {
        { .random = drawn_random },
        { .random = constant_random, .ctx = &bytes[0] },
        { .random = constant_random, .ctx = &bytes[1] },
        { .random = constant_random, .ctx = &bytes[2] },
        { .random = NULL },
    };
    rota__id_source *source = &sources[_i];
    rota__id_last shared;
    rota_time now = 1900000000;
    rota_id last = { { 0 } }, id;

    seed("ids");
    ck_assert(rota__id_last_init(&shared));
    source->last = &shared;
    for (int i = 0; i < 20000; ++i) {
        if (draw() % 5 == 0) now += draw_between(-3, 4);
        if (rota__id_next(source, now, &id) != ROTA_OK || rota__id_compare(&id, &last) <= 0 ||
            !is_version_7(&id))
            ck_abort_msg("id %d", i);
        last = id;
    }
    rota__id_last_free(&shared);
}
END_TEST

START_TEST(ids_of_all_sources_that_share_the_last_one_are_one_sequence)
{
    enum { SOURCES = 3 };
    static int high = 0xff;
    rota__id_last shared;
    rota__id_source sources[SOURCES] = {
        { .random = constant_random, .ctx = &high, .last = &shared },
        { .random = drawn_random, .last = &shared },
        { .last = &shared },
    };
    rota_id last = { { 0 } }, id;

    seed("ids that are shared");
    ck_assert(rota__id_last_init(&shared));
    for (int i = 0; i < 20000; ++i) {
        ck_assert_int_eq(rota__id_next(&sources[draw() % SOURCES], 1900000000, &id), ROTA_OK);
        ck_assert_int_gt(rota__id_compare(&id, &last), 0);
        last = id;
    }
    rota__id_last_free(&shared);
}
END_TEST

START_TEST(an_id_begins_with_its_time)
{
    static const rota_time times[][2] = {
        { 0, 0 },
        { 1, 1000 },
        { 1900000000, 1900000000000 },
        { -5, 0 },
        { ROTA_TIME_MIN, 0 },
        { INT64_MIN, 0 },
        { ROTA_TIME_MAX, ROTA_TIME_MAX * 1000 },
        { INT64_MAX, ROTA_TIME_MAX * 1000 },
    };
    rota__id_last last;
    rota__id_source source = { .random = drawn_random, .last = &last };
    rota_id id;

    ck_assert(rota__id_last_init(&last));
    ck_assert_int_eq(rota__id_next(&source, times[_i][0], &id), ROTA_OK);
    ck_assert_int_eq(milliseconds(&id), times[_i][1]);
    ck_assert(is_version_7(&id));
    rota__id_last_free(&last);
}
END_TEST

START_TEST(without_randomness_there_is_no_id)
{
    rota__id_last last;
    rota__id_source source = { .random = no_random, .last = &last };
    rota_id id = { { 9 } };

    ck_assert(rota__id_last_init(&last));
    ck_assert_int_eq(rota__id_next(&source, 5, &id), ROTA_EIO);
    ck_assert_uint_eq(id.b[0], 9);
    ck_assert(rota__id_is_none(&last.id));
    rota__id_last_free(&last);
}
END_TEST

START_TEST(full_random_bits_carry_into_the_time)
{
    static int byte = 0xff;
    rota__id_last last;
    rota__id_source source = { .random = constant_random, .ctx = &byte, .last = &last };
    rota_id id;

    ck_assert(rota__id_last_init(&last));
    ck_assert_int_eq(rota__id_next(&source, 7, &id), ROTA_OK);
    ck_assert_int_eq(milliseconds(&id), 7000);
    ck_assert_int_eq(rota__id_next(&source, 7, &id), ROTA_OK);
    ck_assert_int_eq(milliseconds(&id), 7001);
    ck_assert(is_version_7(&id));
    rota__id_last_free(&last);
}
END_TEST

START_TEST(a_hash_is_siphash_with_the_published_vectors)
{
    /* SipHash-2-4 of 00, 01 .. count-1 with the key 00 .. 0f, as bytes in order. */
    static const struct {
        int64_t count;
        uint8_t hash[8];
    } vectors[] = {
        { 0, { 0x31, 0x0e, 0x0e, 0xdd, 0x47, 0xdb, 0x6f, 0x72 } },
        { 1, { 0xfd, 0x67, 0xdc, 0x93, 0xc5, 0x39, 0xf8, 0x74 } },
        { 2, { 0x5a, 0x4f, 0xa9, 0xd9, 0x09, 0x80, 0x6c, 0x0d } },
        { 3, { 0x2d, 0x7e, 0xfb, 0xd7, 0x96, 0x66, 0x67, 0x85 } },
        { 4, { 0xb7, 0x87, 0x71, 0x27, 0xe0, 0x94, 0x27, 0xcf } },
        { 5, { 0x8d, 0xa6, 0x99, 0xcd, 0x64, 0x55, 0x76, 0x18 } },
        { 6, { 0xce, 0xe3, 0xfe, 0x58, 0x6e, 0x46, 0xc9, 0xcb } },
        { 7, { 0x37, 0xd1, 0x01, 0x8b, 0xf5, 0x00, 0x02, 0xab } },
        { 8, { 0x62, 0x24, 0x93, 0x9a, 0x79, 0xf5, 0xf5, 0x93 } },
        { 9, { 0xb0, 0xe4, 0xa9, 0x0b, 0xdf, 0x82, 0x00, 0x9e } },
        { 15, { 0xe5, 0x45, 0xbe, 0x49, 0x61, 0xca, 0x29, 0xa1 } },
        { 16, { 0xdb, 0x9b, 0xc2, 0x57, 0x7f, 0xcc, 0x2a, 0x3f } },
        { 17, { 0x94, 0x47, 0xbe, 0x2c, 0xf5, 0xe9, 0x9a, 0x69 } },
        { 31, { 0x42, 0xc3, 0x41, 0xd8, 0xfa, 0x92, 0xd8, 0x32 } },
        { 63, { 0x72, 0x45, 0x06, 0xeb, 0x4c, 0x32, 0x8a, 0x95 } },
    };
    uint8_t bytes[64];

    for (int i = 0; i < 64; ++i)
        bytes[i] = (uint8_t)i;
    for (int64_t i = 0; i < ROTA__LENGTH(vectors); ++i) {
        uint64_t hash = rota__id_hash(bytes, vectors[i].count);

        for (int at = 0; at < 8; ++at)
            ck_assert_uint_eq((uint8_t)(hash >> (8 * at)), vectors[i].hash[at]);
    }
}
END_TEST

/* Ids of reminders are kept by those who were given them. */
START_TEST(an_id_is_derived_of_a_time_and_the_hashes_of_the_words_with_0_and_with_1_behind_them)
{
    static const rota_time times[] = { ROTA_TIME_MIN, -1, 0, 1, 1930464000, ROTA_TIME_MAX };
    uint8_t bytes[8 * 8 + 1];

    for (int64_t words = 0; words < 8; ++words) {
        const int64_t count = 8 * words;
        rota_time time = times[words % ROTA__LENGTH(times)];
        uint64_t ms = time > 0 ? (uint64_t)time * 1000 : 0;
        for (int64_t i = 0; i < count; ++i)
            bytes[i] = (uint8_t)(7 * i + count);
        rota_id id = rota__id_derive(time, bytes, words), lowest = rota__id_lowest(time);
        for (int i = 0; i < 6; ++i)
            ck_assert_uint_eq(id.b[i], (uint8_t)(ms >> (40 - 8 * i)));
        for (int i = 6; i < 16; ++i) {
            bytes[count] = i < 14 ? 0 : 1;
            uint8_t part = (uint8_t)(rota__id_hash(bytes, count + 1) >> (8 * ((i - 6) % 8)));
            if (i == 6) part = (uint8_t)(0x70 | (part & 0x0f));
            if (i == 8) part = (uint8_t)(0x80 | (part & 0x3f));
            ck_assert_uint_eq(id.b[i], part);
        }
        ck_assert_mem_eq(lowest.b, id.b, 6);
        ck_assert_int_lt(rota__id_compare(&lowest, &id), 0);
    }
}
END_TEST

/* --- sorting --- */

static int64_t compared;

static int by_number(const void *left, const void *right)
{
    const int64_t *a = left, *b = right;
    compared++;
    return (*a > *b) - (*a < *b);
}

START_TEST(what_is_in_order_is_compared_once_and_all_else_is_sorted)
{
    int64_t ordered[] = { 1, 2, 2, 3, 9 };
    enum { MANY = 5 };
    rota__sort(NULL, 0, sizeof(int64_t), by_number);
    rota__sort(ordered, 1, sizeof *ordered, by_number);
    ck_assert_int_eq(compared, 0);
    rota__sort(ordered, MANY, sizeof *ordered, by_number);
    ck_assert_int_eq(compared, MANY - 1);

    /* All that five numbers from 0 to 3 can be. */
    for (int code = 0; code < 5 * 5 * 5 * 5 * 5; ++code) {
        int64_t items[MANY], sum = 0;
        for (int i = 0, left = code; i < MANY; ++i, left /= 5)
            sum += 1 << 4 * (items[i] = left % 5 == 4 ? 0 : left % 5);
        rota__sort(items, MANY, sizeof *items, by_number);
        for (int i = 0; i < MANY; ++i) {
            sum -= 1 << 4 * items[i];
            ck_assert(i == 0 || items[i - 1] <= items[i]);
        }
        ck_assert_int_eq(sum, 0);
    }
}
END_TEST

/* --- dates --- */

START_TEST(every_day_of_ten_thousand_years_is_one_after_the_day_before)
{
    static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    int64_t days = ROTA_TIME_MIN / 86400 - 366; /* year 0 is a leap year */

    for (int32_t year = 0; year <= 10000; ++year) {
        bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

        for (int32_t month = 1; month <= 12; ++month) {
            for (int32_t day = 1; day <= lengths[month - 1] + (leap && month == 2); ++day) {
                rota__civil civil;
                bool same;

                same = rota__time_days(year, month, day) == days;
                rota__time_to_civil(days * 86400 + 86399, &civil);
                same = same && civil.year == year && civil.month == month && civil.day == day &&
                       civil.hour == 23 && civil.minute == 59 && civil.second == 59 &&
                       rota__time_from_civil(&civil) == days * 86400 + 86399;
                if (!same) ck_abort_msg("%d-%d-%d", year, month, day);
                ++days;
            }
        }
    }
    ck_assert_int_eq(rota__time_days(1970, 1, 1), 0);
    ck_assert_int_eq(rota__time_days(9999, 12, 31) * 86400 + 86399, ROTA_TIME_MAX);
}
END_TEST

static const struct {
    const char *text;
    int kind;
    int64_t value;
} times[] = {
    { "1970-01-01T00:00:00Z", 1, 0 },
    { "1970-01-01T00:00Z", 1, 0 },
    { "1970-01-01t00:00:00z", 1, 0 },
    { "1970-01-01T00:00:00", 2, 0 },
    { "1970-01-01T00:00", 2, 0 },
    { "1970-01-01T00:00:00-00:00", 1, 0 },
    { "1970-01-01T00:00:01+00:00", 1, 1 },
    { "1970-01-01T05:30+05:30", 1, 0 },
    { "1969-12-31T16:00:00-08:00", 1, 0 },
    { "1969-12-31T23:59:59Z", 1, -1 },
    { "2025-02-14T10:00:00+05:30", 1, 1739507400 },
    { "2025-02-14T04:30:00Z", 1, 1739507400 },
    { "2025-02-14T04:30:00", 2, 1739507400 },
    { "2024-02-29T00:00:00Z", 1, 1709164800 },
    { "2000-02-29T00:00:00Z", 1, 951782400 },
    { "0001-01-01T00:00:00Z", 1, ROTA_TIME_MIN },
    { "9999-12-31T23:59:59Z", 1, ROTA_TIME_MAX },
    { "0001-01-01T00:00:00+23:59", 1, ROTA_TIME_MIN - 86340 },
    { "9999-12-31T23:59:59-23:59", 1, ROTA_TIME_MAX + 86340 },
    { "2038-01-19T03:14:08Z", 1, INT64_C(2147483648) },
    { "2025-02-14T04:30:00.000Z", 1, 1739507400 },
    { "2025-02-14T10:00:00.0+05:30", 1, 1739507400 },
    { "2025-02-14T04:30:00.000000000000000000000", 2, 1739507400 },
    { "2025-02-14T10:00:00.5Z", ROTA__TIME_FINER, 0 },
    { "2025-02-14T10:00:00.000001+05:30", ROTA__TIME_FINER, 0 },
    { "2025-02-14T10:00:00.100", ROTA__TIME_FINER, 0 },
    /* none of these */
    { NULL, 0, 0 },
    { "", 0, 0 },
    { "now", 0, 0 },
    { "2025", 0, 0 },
    { "2025-02-14", 0, 0 },
    { "2025-02-14T", 0, 0 },
    { "2025-02-14T10", 0, 0 },
    { "2025-02-14T10:", 0, 0 },
    { "2025-02-14T10:0", 0, 0 },
    { "2025-02-14T10:00:", 0, 0 },
    { "2025-02-14T10:00:0Z", 0, 0 },
    { "2025-02-14T10Z", 0, 0 },
    { "2025-02-14 10:00:00Z", 0, 0 },
    { "2025-02-14T10:00:00.Z", 0, 0 },
    { "2025-02-14T10:00:00.", 0, 0 },
    { "2025-02-14T10:00:00.0.0Z", 0, 0 },
    { "2025-02-14T10:00.0Z", 0, 0 },
    { "2025-02-14T10:00:00,0Z", 0, 0 },
    { "2025-02-14T10:00:00,5Z", 0, 0 },
    { "2025-02-14T10:00:61.5Z", 0, 0 },
    { "2025-02-14T10:00:00.5Zz", 0, 0 },
    { "2025-02-14T10:00:00.0z0", 0, 0 },
    { "2016-12-31T23:59:60Z", 0, 0 },
    { "2025-02-14T24:00:00Z", 0, 0 },
    { "2025-02-14T10:60:00Z", 0, 0 },
    { "2025-02-29T10:00:00Z", 0, 0 },
    { "1900-02-29T10:00:00Z", 0, 0 },
    { "2025-02-30T10:00:00Z", 0, 0 },
    { "2025-04-31T10:00:00Z", 0, 0 },
    { "2025-13-01T10:00:00Z", 0, 0 },
    { "2025-00-01T10:00:00Z", 0, 0 },
    { "2025-01-00T10:00:00Z", 0, 0 },
    { "2025-01-32T10:00:00Z", 0, 0 },
    { "0000-01-01T00:00:00Z", 0, 0 },
    { "-001-01-01T00:00:00Z", 0, 0 },
    { "10000-01-01T00:00:00Z", 0, 0 },
    { "+2025-01-01T00:00:00Z", 0, 0 },
    { "2025-2-14T10:00:00Z", 0, 0 },
    { "25-02-14T10:00:00Z", 0, 0 },
    { "20250214T100000Z", 0, 0 },
    { "2025-02-14T10:00:00+0530", 0, 0 },
    { "2025-02-14T10:00:00+05", 0, 0 },
    { "2025-02-14T10:00:00+5:30", 0, 0 },
    { "2025-02-14T10:00:00+24:00", 0, 0 },
    { "2025-02-14T10:00:00+05:60", 0, 0 },
    { "2025-02-14T10:00:00+05:30:00", 0, 0 },
    { "2025-02-14T10:00:00ZZ", 0, 0 },
    { "2025-02-14T10:00:00Z ", 0, 0 },
    { " 2025-02-14T10:00:00Z", 0, 0 },
    { "2025-02-14T10:00:00 Z", 0, 0 },
    { "2025-02-14T10:00:00+", 0, 0 },
    { "2025-02-14T10:00:00[Europe/Berlin]", 0, 0 },
    { "2025-02-14T1\xd9\xa0:00:00Z", 0, 0 },
    { "2025/02/14T10:00:00Z", 0, 0 },
    { "2025-02-14T10.00.00Z", 0, 0 },
    { "2025-02-14T-1:00:00Z", 0, 0 },
    { "2025-02-14T+1:00:00Z", 0, 0 },
    { "2025-W07-5T10:00:00Z", 0, 0 },
    { "2025-045T10:00:00Z", 0, 0 },
};

START_TEST(rfc_3339_is_read_and_nothing_else)
{
    int64_t value = 0;
    char *copy = NULL;

    if (times[_i].text) { /* of its own size, so that reading past the NUL is seen */
        copy = malloc(strlen(times[_i].text) + 1);
        ck_assert_ptr_nonnull(copy);
        memcpy(copy, times[_i].text, strlen(times[_i].text) + 1);
    }
    ck_assert_msg(rota__time_read(copy, &value) == times[_i].kind, "%s", copy ? copy : "NULL");
    if (times[_i].kind > 0) ck_assert_int_eq(value, times[_i].value);
    free(copy);
}
END_TEST

START_TEST(what_is_written_is_read_back)
{
    seed("time");
    for (int i = 0; i < 200000; ++i) {
        rota_time t = draw_between(ROTA_TIME_MIN, ROTA_TIME_MAX), back = 0;
        char text[ROTA_TIME_TEXT];

        if (i == 0) t = ROTA_TIME_MIN;
        if (i == 1) t = ROTA_TIME_MAX;
        if (rota_time_format(t, text) != ROTA_OK || strlen(text) != ROTA_TIME_TEXT - 1 ||
            rota__time_read(text, &back) != ROTA__TIME_INSTANT || back != t)
            ck_abort_msg("%" PRId64 " is %s is %" PRId64, t, text, back);
    }
}
END_TEST

START_TEST(an_instant_is_written_in_utc_and_one_out_of_range_as_nothing)
{
    char text[ROTA_TIME_TEXT];

    ck_assert_int_eq(rota_time_format(1739507400, text), ROTA_OK);
    ck_assert_str_eq(text, "2025-02-14T04:30:00Z");
    ck_assert_int_eq(rota_time_format(ROTA_TIME_MIN, text), ROTA_OK);
    ck_assert_str_eq(text, "0001-01-01T00:00:00Z");
    ck_assert_int_eq(rota_time_format(ROTA_TIME_MAX + 1, text), ROTA_EINVALID);
    ck_assert_str_eq(text, "");
    ck_assert_int_eq(rota_time_format(INT64_MIN, text), ROTA_EINVALID);
    ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(spans_that_touch_do_not_overlap)
{
    rota_span a = { 10, 20 }, touching = { 20, 30 }, within = { 12, 15 }, across = { 19, 21 };

    ck_assert(!rota__time_overlap(a, touching) && !rota__time_overlap(touching, a));
    ck_assert(rota__time_overlap(a, within) && rota__time_overlap(within, a));
    ck_assert(rota__time_overlap(a, across) && rota__time_overlap(across, touching));
    ck_assert_int_eq(rota__time_common(a, across).start, 19);
    ck_assert_int_eq(rota__time_common(a, across).end, 20);
    ck_assert_int_ge(rota__time_common(a, touching).start, rota__time_common(a, touching).end);
}
END_TEST

/* --- zones made here --- */

typedef struct made {
    int64_t at;
    int32_t offset;
} made;

typedef struct file {
    uint8_t bytes[8192];
    int64_t size;
} file;

static void put(file *f, int count, int64_t value)
{
    ck_assert_int_le(f->size + count, (int64_t)sizeof f->bytes);
    for (int i = count - 1; i >= 0; --i)
        f->bytes[f->size++] = (uint8_t)((uint64_t)value >> (8 * i));
}

static void put_header(file *f, int version, int64_t times_, int64_t types)
{
    put(f, 4, 0x545a6966);
    put(f, 1, version);
    for (int i = 0; i < 15; ++i)
        put(f, 1, 0);
    put(f, 4, 0);
    put(f, 4, 0);
    put(f, 4, 0);
    put(f, 4, times_);
    put(f, 4, types);
    put(f, 4, 4);
}

/* Each change has a type of its own, behind that of the time before them. */
static void put_block(file *f, int width, int32_t first, const made *changes, int count)
{
    for (int i = 0; i < count; ++i)
        put(f, width, changes[i].at);
    for (int i = 0; i < count; ++i)
        put(f, 1, i + 1);
    for (int i = -1; i < count; ++i) {
        put(f, 4, i < 0 ? first : changes[i].offset);
        put(f, 2, 0);
    }
    put(f, 4, 0x41424300);
}

/* footer NULL: a file of version 1. */
static void make(file *f, int32_t first, const made *changes, int count, const char *footer)
{
    f->size = 0;
    if (footer) { /* the block that readers of version 1 see */
        put_header(f, '2', 0, 1);
        put_block(f, 4, 0, NULL, 0);
    }
    put_header(f, footer ? '2' : 0, count, count + 1);
    put_block(f, footer ? 8 : 4, first, changes, count);
    if (!footer) return;
    put(f, 1, '\n');
    for (; *footer; ++footer)
        put(f, 1, *footer);
    put(f, 1, '\n');
}

/* From a copy of its own size, so that reading past its end is seen. */
static int read_made(rota__mem *mem, const uint8_t *bytes, int64_t size, rota__tz **out)
{
    uint8_t *copy = malloc(size ? (size_t)size : 1);
    int rc;

    ck_assert_ptr_nonnull(copy);
    memcpy(copy, bytes, (size_t)size);
    rc = rota__tz_read(mem, copy, size, out);
    free(copy);
    return rc;
}

static rota__tz *zone_of(rota__mem *mem, int32_t first, const made *changes, int count,
                         const char *footer)
{
    file f;
    rota__tz *zone = NULL;

    make(&f, first, changes, count, footer);
    ck_assert_msg(read_made(mem, f.bytes, f.size, &zone) == ROTA_OK, "%s", footer);
    return zone;
}

static const struct {
    const char *footer, *at;
    int32_t offset;
} footers[] = {
    { "CET-1CEST,M3.5.0,M10.5.0/3", "2100-03-28T00:59:59Z", 3600 },
    { "CET-1CEST,M3.5.0,M10.5.0/3", "2100-03-28T01:00:00Z", 7200 },
    { "CET-1CEST,M3.5.0,M10.5.0/3", "2100-10-31T00:59:59Z", 7200 },
    { "CET-1CEST,M3.5.0,M10.5.0/3", "2100-10-31T01:00:00Z", 3600 },
    { "CET-1CEST,M3.5.0,M10.5.0/3", "9999-07-01T00:00:00Z", 7200 },
    { "<+03>-3", "2100-01-01T00:00:00Z", 10800 },
    { "<-03>3", "2100-01-01T00:00:00Z", -10800 },
    { "<+0530>-5:30", "2100-01-01T00:00:00Z", 19800 },
    { "ABC-0:0:7", "2100-01-01T00:00:00Z", 7 },
    { "XYZ24:59:59", "2100-01-01T00:00:00Z", -89999 },
    { "NST3:30NDT,M3.2.0,M11.1.0", "2100-07-01T00:00:00Z", -9000 },
    { "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2100-01-01T00:00:00Z", 39600 },
    { "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2100-07-01T00:00:00Z", 37800 },
    /* summer time below standard time */
    { "IST-1GMT0,M10.5.0,M3.5.0/1", "2100-01-01T00:00:00Z", 0 },
    { "IST-1GMT0,M10.5.0,M3.5.0/1", "2100-07-01T00:00:00Z", 3600 },
    { "IST-1GMT0,M10.5.0,M3.5.0/1", "2100-03-28T00:59:59Z", 0 },
    { "IST-1GMT0,M10.5.0,M3.5.0/1", "2100-03-28T01:00:00Z", 3600 },
    /* clocks before 0 and beyond 24 h: Nuuk, Gaza's Saturday after a Thursday */
    { "<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2100-03-28T00:59:59Z", -7200 },
    { "<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2100-03-28T01:00:00Z", -3600 },
    { "EET-2EEST,M3.4.4/50,M10.4.4/50", "2100-03-26T23:59:59Z", 7200 },
    { "EET-2EEST,M3.4.4/50,M10.4.4/50", "2100-03-27T00:00:00Z", 10800 },
    { "AAA0BBB,J365/167,J1/-167", "2101-01-06T22:59:59Z", 0 },
    { "AAA0BBB,J365/167,J1/-167", "2101-01-06T23:00:00Z", 3600 },
    { "AAA0BBB,0/0,J100/0", "2100-01-01T00:00:00Z", 3600 },
    /* all year is summer time */
    { "EST5EDT,0/0,J365/25", "2100-01-01T04:59:59Z", -14400 },
    { "EST5EDT,0/0,J365/25", "2100-07-01T00:00:00Z", -14400 },
    { "XXX3EDT4,0/0,J365/23", "2100-12-31T23:59:59Z", -14400 },
    { "XXX3EDT4,0/0,J365/23", "2101-01-01T03:00:00Z", -14400 },
    /* J60 is March 1 always, 59 is Feb 29 in a leap year */
    { "AAA0BBB,J60/0,J61/0", "2104-02-29T12:00:00Z", 0 },
    { "AAA0BBB,J60/0,J61/0", "2104-03-01T12:00:00Z", 3600 },
    { "AAA0BBB,J60/0,J61/0", "2103-03-01T12:00:00Z", 3600 },
    { "AAA0BBB,J59/0,J60/0", "2104-02-28T12:00:00Z", 3600 },
    { "AAA0BBB,59/0,60/0", "2104-02-29T12:00:00Z", 3600 },
    { "AAA0BBB,59/0,60/0", "2103-03-01T12:00:00Z", 3600 },
    { "AAA0BBB,59/0,60/0", "2104-03-01T12:00:00Z", 0 },
    /* the fourth and the fifth Sunday of a month with four */
    { "AAA0BBB,M2.4.0/0,M3.1.0/0", "2103-02-25T12:00:00Z", 3600 },
    { "AAA0BBB,M2.5.0/0,M3.1.0/0", "2103-02-25T12:00:00Z", 3600 },
    { "AAA0BBB,M2.5.0/0,M3.1.0/0", "2103-02-24T12:00:00Z", 0 },
};

START_TEST(a_footer_rules_the_years_behind_the_table)
{
    static const made change = { 1000, 900 };
    rota__mem mem;
    rota__tz *zone;
    rota_time at = instant(footers[_i].at);
    int kind = 0;

    rota__mem_init(&mem, NULL, NULL);
    zone = zone_of(&mem, 1800, &change, 1, footers[_i].footer);
    ck_assert_int_eq(rota__tz_offset(zone, at), footers[_i].offset);
    ck_assert_int_eq(rota__tz_offset(zone, 999), 1800);
    ck_assert_int_eq(rota__tz_offset(zone, ROTA_TIME_MIN), 1800);
    if (rota__tz_instant(zone, at + footers[_i].offset, &kind) != at)
        ck_assert_int_eq(kind, ROTA__TZ_FOLD);
    rota__mem_free(&mem, zone);
    ck_assert_int_eq(mem.held, 0);
}
END_TEST

/* The calendar repeats after 400 years, and the clocks by a rule with it: what is worked out
 * beforehand is what is worked out when it is asked for. */
START_TEST(a_footer_rules_all_years_alike)
{
    static const made change = { 1000, 900 };
    const int64_t later = INT64_C(146097) * 86400;
    rota__mem mem;
    rota__mem_init(&mem, NULL, NULL);
    rota__tz *zone = zone_of(&mem, 1800, &change, 1, footers[_i].footer);
    for (rota_time at = 400 * INT64_C(86400); at < 300 * INT64_C(31556952);
         at += 86400 * 5 + 3601) {
        rota_span first, second;
        int32_t offset = rota__tz_stretch(zone, at, &first);
        ck_assert_int_eq(rota__tz_stretch(zone, at + later, &second), offset);
        if (first.start > change.at) {
            ck_assert_int_eq(second.start, first.start + later);
            ck_assert_int_eq(second.end, first.end + later);
        }
    }
    rota__mem_free(&mem, zone);
}
END_TEST

static const char *const no_footers[] = {
    "C-1",
    "CE-1",
    "CET",
    "CET-",
    "CET-25",
    "CET-1:60",
    "CET-1:00:60",
    "<+03-3",
    "<+0>-3",
    "<>-3",
    "<+03>",
    "CET-1CEST",
    "CET-1CEST,",
    "CET-1CEST,M3.5.0",
    "CET-1CEST,M3.5.0,",
    "CET-1CEST,M0.5.0,M10.5.0",
    "CET-1CEST,M13.5.0,M10.5.0",
    "CET-1CEST,M3.0.0,M10.5.0",
    "CET-1CEST,M3.6.0,M10.5.0",
    "CET-1CEST,M3.5.7,M10.5.0",
    "CET-1CEST,M3.5,M10.5.0",
    "CET-1CEST,J0,J10",
    "CET-1CEST,J366,J10",
    "CET-1CEST,366,10",
    "CET-1CEST,M3.5.0/168,M10.5.0",
    "CET-1CEST,M3.5.0/,M10.5.0",
    "CET-1CEST,M3.5.0,M10.5.0/3x",
    "CET-1CEST,M3.5.0,M10.5.0 ",
    "CET-1CEST-30,M3.5.0,M10.5.0",
    "CET-99999999999",
    ":Europe/Berlin",
    "CET-1CEST,Mx.5.0,J1",
    "CET-1CE,M3.5.0,M10.5.0",
    "CET--1",
};

START_TEST(a_footer_that_is_no_rule_makes_the_file_no_zone)
{
    rota__mem mem;
    rota__tz *zone = NULL;
    file f;

    rota__mem_init(&mem, NULL, NULL);
    make(&f, 0, NULL, 0, no_footers[_i]);
    ck_assert_msg(read_made(&mem, f.bytes, f.size, &zone) == ROTA_EINVALID, "%s", no_footers[_i]);
    ck_assert_ptr_null(zone);
    ck_assert_int_eq(mem.held, 0);
}
END_TEST

START_TEST(without_a_footer_the_last_change_stands)
{
    static const made changes[] = { { 1000, 3600 }, { 2000, 7200 } };
    static const char *const texts[] = { NULL, "" };
    rota__mem mem;
    rota__tz *zone;

    rota__mem_init(&mem, NULL, NULL);
    zone = zone_of(&mem, -60, changes, 2, texts[_i]);
    ck_assert_int_eq(rota__tz_offset(zone, ROTA_TIME_MIN), -60);
    ck_assert_int_eq(rota__tz_offset(zone, 999), -60);
    ck_assert_int_eq(rota__tz_offset(zone, 1000), 3600);
    ck_assert_int_eq(rota__tz_offset(zone, 1999), 3600);
    ck_assert_int_eq(rota__tz_offset(zone, 2000), 7200);
    ck_assert_int_eq(rota__tz_offset(zone, ROTA_TIME_MAX), 7200);
    ck_assert_int_eq(rota__tz_instant(zone, ROTA_TIME_MAX, NULL), ROTA_TIME_MAX - 7200);
    rota__mem_free(&mem, zone);
}
END_TEST

/* Every reading and every instant of some days, one by one, in units. */
enum { UNIT = 900, UNITS = 800 };

static void ck_as_one_by_one(const rota__tz *zone, const made *changes, int count, int32_t first,
                             int64_t from)
{
    static int32_t offsets[UNITS];
    int change = -1;

    for (int64_t i = 0; i < UNITS; ++i) {
        int64_t at = from + i * UNIT;

        while (change + 1 < count && changes[change + 1].at <= at)
            ++change;
        offsets[i] = change < 0 ? first : changes[change].offset;
        if (rota__tz_offset(zone, at) != offsets[i]) ck_abort_msg("offset at %" PRId64, at);
    }
    for (int64_t reading = from + 110 * UNIT; reading < from + (UNITS - 110) * UNIT;
         reading += UNIT) {
        int64_t found = -1;
        int shown = 0, kind = 0;

        for (int64_t i = 0; i < UNITS; ++i)
            if (from + i * UNIT + offsets[i] == reading && shown++ == 0) found = i;
        for (int64_t i = 1; i < UNITS && shown == 0 && found < 0; ++i)
            if (from + i * UNIT + offsets[i - 1] <= reading &&
                reading < from + i * UNIT + offsets[i])
                found = i - 1;
        if (found < 0 || rota__tz_instant(zone, reading, &kind) != reading - offsets[found] ||
            kind != (shown == 0   ? ROTA__TZ_GAP
                     : shown == 1 ? ROTA__TZ_UNIQUE
                                  : ROTA__TZ_FOLD))
            ck_abort_msg("reading %" PRId64 ", kind %d", reading, kind);
    }
}

START_TEST(changes_close_together_are_as_counted_one_by_one)
{
    rota__mem mem;

    seed("changes");
    rota__mem_init(&mem, NULL, NULL);
    for (int round = 0; round < 60; ++round) {
        made changes[12];
        int count = (int)draw_between(0, 12);
        int32_t first = (int32_t)(draw_between(-104, 104) * UNIT);
        int64_t from = 1900000000 / UNIT * UNIT, at = from + 100 * UNIT;
        int64_t span = round % 2 ? 8 : 104; /* small steps too: real ones are */
        rota__tz *zone;

        for (int i = 0; i < count; ++i) {
            at += draw_between(1, 90) * UNIT;
            changes[i].at = at;
            changes[i].offset = (int32_t)(draw_between(-span, span) * UNIT);
        }
        zone = zone_of(&mem, first, changes, count, "");
        ck_as_one_by_one(zone, changes, count, first, from);
        rota__mem_free(&mem, zone);
    }
    ck_assert_int_eq(mem.held, 0);
}
END_TEST

/* What the clock shows behind a gap helps only where that is one of few places in a week,
 * and the next change is not in the same night. */
START_TEST(gaps_of_too_many_kinds_are_not_told_apart)
{
    static const struct {
        const char *footer;
        int count;
        int32_t forward; /* the first */
    } cases[] = {
        { "CET-1CEST,M3.5.0,M10.5.0/3", 1, 6 * 86400 + 3 * 3600 },
        { "IST-1GMT0,M10.5.0,M3.5.0/1", 1, 6 * 86400 + 2 * 3600 },
        { "EET-2EEST,M3.4.4/50,M10.4.4/50", 1, 5 * 86400 + 3 * 3600 },
        { "AAA0AAB,M3.1.1/-1,M10.1.1", 1, 0 },
        { "AAA0AAA0,M3.5.0,M10.5.0", 0, 0 },
        { "AAA0AAB,J60,J300", -1, 0 },
        { "AAA0AAB,M3.5.0,300", -1, 0 },
        { "AAA0AAB,M3.1.0,M3.2.0", -1, 0 },
        { "AAA0AAB,M3.1.0,M4.1.0", -1, 0 },
        { "AAA0AAB,M12.1.0,M1.1.0", -1, 0 },
    };
    rota__mem mem;
    rota__tz_outlook ahead;
    made changes[20] = { 0 };
    rota__tz *zone;

    rota__mem_init(&mem, NULL, NULL);
    for (int64_t i = 0; i < ROTA__LENGTH(cases); ++i) {
        zone = zone_of(&mem, 0, changes, 0, cases[i].footer);
        rota__tz_ahead(zone, 1900000000, &ahead);
        ck_assert_msg(ahead.forward_count == cases[i].count, "%s: %d", cases[i].footer,
                      ahead.forward_count);
        if (ahead.forward_count > 0) ck_assert_int_eq(ahead.forwards[0], cases[i].forward);
        rota__mem_free(&mem, zone);
    }
    for (int i = 0; i < 20; ++i)
        changes[i] = (made){ 1900000000 + i * (10 * 86400 + 1800), i % 2 ? 0 : 3600 };
    for (int count = 0; count <= 20; ++count) {
        zone = zone_of(&mem, 0, changes, count, "");
        rota__tz_ahead(zone, 0, &ahead);
        ck_assert_int_eq(ahead.forward_count, count > 16 ? -1 : (count + 1) / 2);
        ck_assert_int_eq(ahead.most, count ? 3600 : 0);
        if (count > 0) ck_assert_int_eq(ahead.settled, changes[count - 1].at);
        rota__mem_free(&mem, zone);
    }
    changes[1].at = changes[0].at + 3 * 86400 - 1;
    zone = zone_of(&mem, 0, changes, 2, "");
    rota__tz_ahead(zone, changes[0].at - 1, &ahead);
    ck_assert_int_eq(ahead.forward_count, -1);
    rota__tz_ahead(zone, changes[0].at, &ahead);
    ck_assert_int_eq(ahead.forward_count, 0);
    rota__mem_free(&mem, zone);
    ck_assert_int_eq(mem.held, 0);
}
END_TEST

/* Whatever it is, it may be asked anything. */
static void ask_all(const rota__tz *zone)
{
    static const int64_t at[] = {
        ROTA_TIME_MIN - 90000, ROTA_TIME_MIN,        -2000000000, 0, 1900000000, 4102444800,
        ROTA_TIME_MAX,         ROTA_TIME_MAX + 90000
    };

    for (int64_t i = 0; i < ROTA__LENGTH(at); ++i) {
        int kind = 0;
        int64_t offset = rota__tz_offset(zone, at[i]);
        int64_t moved = rota__tz_instant(zone, at[i], &kind) - at[i];

        if (offset < -93600 || offset > 93600 || moved < -93600 || moved > 93600 ||
            kind < ROTA__TZ_UNIQUE || kind > ROTA__TZ_FOLD)
            ck_abort_msg("offset %" PRId64 ", moved %" PRId64 ", kind %d", offset, moved, kind);
    }
}

static void make_typical(file *f)
{
    static const made changes[] = { { -1000000000, 3600 }, { 0, 7200 }, { 1000000, 3600 } };

    make(f, 3208, changes, 3, "CET-1CEST,M3.5.0,M10.5.0/3");
}

START_TEST(a_file_that_ends_early_is_no_zone)
{
    rota__mem mem;
    file f;

    rota__mem_init(&mem, NULL, NULL);
    make_typical(&f);
    for (int64_t size = 0; size <= f.size; ++size) {
        rota__tz *zone = NULL;
        int rc = read_made(&mem, f.bytes, size, &zone);

        ck_assert_int_eq(rc, size < f.size ? ROTA_EINVALID : ROTA_OK);
        rota__mem_free(&mem, zone);
        ck_assert_int_eq(mem.held, 0);
    }
}
END_TEST

START_TEST(a_damaged_file_harms_nothing)
{
    rota__mem mem;
    file good, bad;
    int accepted = 0;

    seed("damage");
    rota__mem_init(&mem, NULL, NULL);
    make_typical(&good);
    for (int i = 0; i < 100000; ++i) {
        rota__tz *zone = NULL;
        int rc;

        bad = good;
        for (int64_t n = draw_between(1, 4); n > 0; --n) {
            static const uint8_t values[] = { 0x00, 0x01, 0x7f, 0x80, 0xff, '\n', ',', '9' };
            uint64_t value = draw();

            bad.bytes[draw_between(0, bad.size - 1)] = value & 256 ? (uint8_t)value
                                                                   : values[value % 8];
        }
        if (draw() % 4 == 0) bad.size = draw_between(0, bad.size);
        rc = read_made(&mem, bad.bytes, bad.size, &zone);
        if (rc != ROTA_OK && rc != ROTA_EINVALID) ck_abort_msg("status %d", rc);
        if (rc == ROTA_OK) {
            ++accepted;
            ask_all(zone);
        }
        rota__mem_free(&mem, zone);
    }
    ck_assert_int_eq(mem.held, 0);
    ck_assert_int_gt(accepted, 1000);
}
END_TEST

/* Where the parts of the second header of make_typical() stand. */
static int64_t second(int64_t part)
{
    return 44 + 6 + 4 + part;
}

START_TEST(a_file_with_impossible_content_is_no_zone)
{
    static const struct {
        int64_t at; /* in the second header and its block */
        int width;
        int64_t value;
    } cases[] = {
        { 0, 4, 0x545a6967 },                 /* no TZif */
        { 4, 1, '1' },                        /* no such version */
        { 20, 4, 2 },                         /* UT indicators for some types only */
        { 24, 4, 0xffffffff },                /* more indicators than bytes */
        { 28, 4, 1 },                         /* a leap second that is not there */
        { 32, 4, 0xffffffff },                /* more changes than bytes */
        { 36, 4, 0 },                         /* no type */
        { 36, 4, 257 },                       /* more types than can be named */
        { 40, 4, 0 },                         /* no abbreviation */
        { 40, 4, 0xffffffff },  { 44, 8, 1 }, /* changes not ascending */
        { 52, 8, 1000000 },                   /* two at the same time */
        { 68, 1, 4 },                         /* a change to no type */
        { 71, 4, -2147483648 },               /* an offset of 68 years */
        { 71, 4, 93601 },       { 77, 4, -93601 },
    };
    rota__mem mem;
    rota__tz *zone = NULL;
    file f;
    int64_t whole;

    rota__mem_init(&mem, NULL, NULL);
    for (int64_t i = 0; i < ROTA__LENGTH(cases); ++i) {
        make_typical(&f);
        whole = f.size;
        f.size = second(cases[i].at);
        put(&f, cases[i].width, cases[i].value);
        ck_assert_msg(read_made(&mem, f.bytes, whole, &zone) == ROTA_EINVALID, "case %" PRId64, i);
        ck_assert_int_eq(mem.held, 0);
    }
}
END_TEST

START_TEST(a_file_that_counts_leap_seconds_is_no_zone)
{
    rota__mem mem;
    rota__tz *zone = NULL;
    file f = { .size = 0 };

    rota__mem_init(&mem, NULL, NULL);
    put_header(&f, 0, 0, 1);
    f.bytes[31] = 1;
    put_block(&f, 4, 0, NULL, 0);
    put(&f, 4, 78796800);
    put(&f, 4, 1);
    ck_assert_int_eq(read_made(&mem, f.bytes, f.size, &zone), ROTA_EINVALID);
    f.bytes[31] = 0;
    ck_assert_int_eq(read_made(&mem, f.bytes, f.size - 8, &zone), ROTA_OK);
    rota__mem_free(&mem, zone);
}
END_TEST

/* --- the system's zones --- */

typedef struct zones {
    rota__mem mem;
    counter counter;
    rota__tz_cache cache;
    rota__error error;
} zones;

static void zones_open(zones *z)
{
    memset(z, 0, sizeof *z);
    rota__mem_init(&z->mem, counting, &z->counter);
    rota__tz_init(&z->cache, &z->mem);
}

static void zones_close(zones *z)
{
    rota__tz_free(&z->cache);
    ck_assert_int_eq(z->mem.held, 0);
}

/* NULL, with a notice, where this system has no such file. */
static const rota__tz *zone_or_notice(zones *z, const char *name)
{
    const rota__tz *zone = NULL;

    if (rota__tz_get(&z->cache, name, &z->error, &zone) == ROTA_OK) return zone;
    printf("skipped: %s\n", z->error.message);
    return NULL;
}

static const struct {
    const char *zone, *local, *instant;
    int kind;
} readings[] = {
    { "Europe/Berlin", "2025-03-30T01:59:59", "2025-03-30T00:59:59Z", 1 },
    { "Europe/Berlin", "2025-03-30T02:00:00", "2025-03-30T01:00:00Z", 2 },
    { "Europe/Berlin", "2025-03-30T02:30:00", "2025-03-30T01:30:00Z", 2 },
    { "Europe/Berlin", "2025-03-30T03:00:00", "2025-03-30T01:00:00Z", 1 },
    { "Europe/Berlin", "2025-10-26T01:59:59", "2025-10-25T23:59:59Z", 1 },
    { "Europe/Berlin", "2025-10-26T02:00:00", "2025-10-26T00:00:00Z", 3 },
    { "Europe/Berlin", "2025-10-26T02:59:59", "2025-10-26T00:59:59Z", 3 },
    { "Europe/Berlin", "2025-10-26T03:00:00", "2025-10-26T02:00:00Z", 1 },
    { "Europe/Berlin", "2400-07-01T12:00:00", "2400-07-01T10:00:00Z", 1 },
    { "America/New_York", "2031-03-09T02:30:00", "2031-03-09T07:30:00Z", 2 },
    { "America/New_York", "2031-11-02T01:30:00", "2031-11-02T05:30:00Z", 3 },
    { "Europe/Dublin", "2031-10-26T01:30:00", "2031-10-26T00:30:00Z", 3 },
    { "Europe/Dublin", "2031-03-30T01:30:00", "2031-03-30T01:30:00Z", 2 },
    { "Australia/Lord_Howe", "2031-10-05T02:15:00", "2031-10-04T15:45:00Z", 2 },
    { "Australia/Lord_Howe", "2031-04-06T01:45:00", "2031-04-05T14:45:00Z", 3 },
    { "Pacific/Apia", "2011-12-30T12:00:00", "2011-12-30T22:00:00Z", 2 },
    { "Pacific/Kwajalein", "1969-09-30T23:30:00", "1969-09-30T12:30:00Z", 3 },
    { "Antarctica/Troll", "2031-03-30T01:30:00", "2031-03-30T01:30:00Z", 2 },
    { "Asia/Kolkata", "2025-02-14T10:00:00", "2025-02-14T04:30:00Z", 1 },
    { "Asia/Kathmandu", "2025-02-14T10:00:00", "2025-02-14T04:15:00Z", 1 },
    { "America/St_Johns", "2055-07-01T12:00:00", "2055-07-01T14:30:00Z", 1 },
    { "UTC", "2025-02-14T10:00:00", "2025-02-14T10:00:00Z", 1 },
    { "Etc/GMT+12", "2025-02-14T10:00:00", "2025-02-14T22:00:00Z", 1 },
};

START_TEST(a_reading_in_a_gap_goes_by_the_offset_before_and_in_a_fold_is_the_first)
{
    zones z;
    const rota__tz *zone;
    int kind = 0;
    char got[ROTA_TIME_TEXT];

    zones_open(&z);
    zone = zone_or_notice(&z, readings[_i].zone);
    if (zone) {
        ck_assert_int_eq(rota_time_format(rota__tz_instant(zone, instant(readings[_i].local),
                                                           &kind),
                                          got),
                         ROTA_OK);
        ck_assert_str_eq(got, readings[_i].instant);
        ck_assert_int_eq(kind, readings[_i].kind);
    }
    zones_close(&z);
}
END_TEST

START_TEST(utc_needs_no_file_and_a_zone_is_read_once)
{
    zones z;
    const rota__tz *first = NULL, *again = NULL;
    int64_t calls;

    zones_open(&z);
    ck_assert_int_eq(rota__tz_get(&z.cache, "UTC", &z.error, &first), ROTA_OK);
    ck_assert_int_eq(z.counter.calls, 1);
    ck_assert_int_eq(rota__tz_offset(first, ROTA_TIME_MIN), 0);
    ck_assert_int_eq(rota__tz_offset(first, ROTA_TIME_MAX), 0);
    ck_assert_int_eq(rota__tz_instant(first, ROTA_TIME_MAX, NULL), ROTA_TIME_MAX);
    ck_assert_int_eq(rota__tz_instant(first, ROTA_TIME_MIN, NULL), ROTA_TIME_MIN);
    first = zone_or_notice(&z, "Europe/Berlin");
    if (first) {
        calls = z.counter.calls;
        ck_assert_int_eq(rota__tz_get(&z.cache, "Europe/Berlin", &z.error, &again), ROTA_OK);
        ck_assert_ptr_eq(first, again);
        ck_assert_int_eq(z.counter.calls, calls);
    }
    zones_close(&z);
}
END_TEST

static const char *const no_zones[] = {
    "",
    "/",
    ".",
    "..",
    "../zoneinfo/UTC",
    "Europe/../UTC",
    "/usr/share/zoneinfo/UTC",
    "Europe//Berlin",
    "Europe/Berlin/",
    "/Europe/Berlin",
    "./UTC",
    "Europe/./Berlin",
    "Europe",
    "Europe/Atlantis",
    "Europe/Berlin/x",
    "zone.tab",
    "tzdata.zi",
    "leapseconds",
    "right/UTC",
    "right/Europe/Berlin",
    "Europe Berlin",
    " UTC",
    "UTC ",
    "UTC\n",
    "UTC0",
    "CET-1CEST",
    "<+03>-3",
    ":UTC",
    "+01:00",
    "Europe\\Berlin",
    "Europe/Berl\xc3\xadn",
    "~",
    "$HOME",
    "\xff\xfe",
};

START_TEST(a_name_that_is_no_zone_is_refused_and_never_taken_for_utc)
{
    zones z;
    const rota__tz *zone = NULL;

    zones_open(&z);
    ck_assert_int_eq(rota__tz_get(&z.cache, no_zones[_i], &z.error, &zone), ROTA_EINVALID);
    ck_assert_ptr_null(zone);
    ck_assert_int_eq(z.error.code, ROTA_EINVALID);
    ck_assert_ptr_nonnull(strstr(z.error.message, "no time zone"));
    ck_assert_int_eq(z.mem.held, 0);
    zones_close(&z);
}
END_TEST

START_TEST(a_name_too_long_is_refused)
{
    static const size_t lengths[] = { 255, 256, 1000, 70000 };
    char *name = malloc(70001);
    zones z;
    const rota__tz *zone = NULL;

    ck_assert_ptr_nonnull(name);
    zones_open(&z);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; ++i) {
        memset(name, 'a', lengths[i]);
        name[lengths[i]] = '\0';
        ck_assert_int_eq(rota__tz_get(&z.cache, name, &z.error, &zone), ROTA_EINVALID);
    }
    zones_close(&z);
    free(name);
}
END_TEST

START_TEST(zones_survive_a_failure_at_every_allocation)
{
    static const char *const names[] = { "UTC", "Europe/Berlin", "America/St_Johns" };
    int64_t at = 0;
    bool done = false;

    while (!done) {
        zones z;
        int64_t i;

        zones_open(&z);
        z.counter.fail_at = ++at;
        done = true;
        for (i = 0; i < ROTA__LENGTH(names); ++i) {
            const rota__tz *zone = NULL;
            int rc = rota__tz_get(&z.cache, names[i], &z.error, &zone);

            if (rc == ROTA_ENOMEM) {
                ck_assert_int_eq(z.counter.calls, at);
                ck_assert_ptr_null(zone);
                ck_assert_str_eq(z.error.message, "out of memory");
                rc = rota__tz_get(&z.cache, names[i], &z.error, &zone);
                done = false;
            }
            if (rc == ROTA_EINVALID && i > 0) continue; /* no zone files here */
            ck_assert_int_eq(rc, ROTA_OK);
            ask_all(zone);
        }
        zones_close(&z);
    }
    ck_assert_int_gt(at, 1);
}
END_TEST

/* One line of what Python says. */
static void ck_line(const rota__tz *zone, const char *name, const char *line)
{
    int64_t a, b;
    int kind, found = 0;

    if (sscanf(line, "i %" SCNd64 " %" SCNd64, &a, &b) == 2) {
        int32_t got = rota__tz_offset(zone, a);

        if (got != b) ck_abort_msg("%s: %s, not %d", name, line, got);
    } else if (sscanf(line, "l %" SCNd64 " %" SCNd64 " %d", &a, &b, &kind) == 3) {
        rota_time got = rota__tz_instant(zone, a, &found);

        if (got != b || found != kind)
            ck_abort_msg("%s: %s, not %" PRId64 " %d", name, line, got, found);
    } else {
        ck_abort_msg("%s: a line that says nothing: %s", name, line);
    }
}

START_TEST(every_zone_is_as_python_reads_it)
{
    const char *which = getenv("ROTA_ZONES");
    char command[64], line[400], name[300] = "";
    int64_t lines = 0, announced = -1, named = 0;
    const rota__tz *zone = NULL;
    zones z;
    FILE *python;

    if (!which || !*which) which = "1";
    ck_assert_msg(strlen(which) <= 9 &&
                      (strcmp(which, "all") == 0 || strspn(which, "0123456789") == strlen(which)),
                  "ROTA_ZONES is \"all\" or a number");
    snprintf(command, sizeof command, "python3 tests/zones.py %s", which);
    printf("zones: %s\n", command);
    fflush(stdout);
    zones_open(&z);
    if (system("python3 -c 'import zoneinfo' 2>/dev/null") != 0) {
        printf("skipped: no python3 with zoneinfo to compare with\n");
        return;
    }
    python = popen(command, "r");
    ck_assert_ptr_nonnull(python);
    while (fgets(line, sizeof line, python)) {
        line[strcspn(line, "\n")] = '\0';
        if (sscanf(line, "end %" SCNd64, &announced) == 1) break;
        ++lines;
        if (sscanf(line, "zone %299s", name) == 1) {
            ck_assert_msg(rota__tz_get(&z.cache, name, &z.error, &zone) == ROTA_OK, "%s",
                          z.error.message);
            ++named;
            continue;
        }
        if (!zone) ck_abort_msg("no zone before: %s", line);
        ck_line(zone, name, line);
    }
    ck_assert_int_eq(pclose(python), 0);
    ck_assert_int_eq(lines, announced);
    ck_assert_int_gt(named, 0);
    printf("zones: %" PRId64 " zones, %" PRId64 " lines agree\n", named, lines);
    zones_close(&z);
}
END_TEST

/* --- the suite --- */

static void add_memory(Suite *suite)
{
    TCase *tc = tcase_create("memory");

    tcase_add_test(tc, what_is_held_is_what_the_host_gave);
    tcase_add_loop_test(tc, sizes_that_do_not_fit_are_refused_before_the_host_is_asked, 0, 11);
    tcase_add_test(tc, a_block_of_nothing_is_a_block_and_a_failed_realloc_keeps_the_old_one);
    tcase_add_test(tc, the_c_library_serves_where_the_host_brings_no_memory);
    tcase_add_test(tc, pieces_of_an_arena_are_zero_aligned_and_apart);
    tcase_add_test(tc, a_reset_arena_keeps_its_largest_block_for_the_next_call);
    tcase_add_test(tc, a_copy_in_an_arena_is_a_copy);
    tcase_add_test(tc, a_grown_piece_keeps_its_bytes_and_gets_zeros_behind_them);
    tcase_add_test(tc, a_pushed_array_keeps_every_item_and_a_new_one_is_zero);
    tcase_add_test(tc, text_and_arenas_survive_a_failure_at_every_allocation);
    suite_add_tcase(suite, tc);
}

static void add_text(Suite *suite)
{
    TCase *tc = tcase_create("text");

    tcase_set_timeout(tc, 30);
    tcase_add_loop_test(tc, utf8_is_told_from_other_bytes, 0, (int)ROTA__LENGTH(utf8_texts));
    tcase_add_test(tc, every_code_point_is_valid_once_and_surrogates_never);
    tcase_add_test(tc, text_is_cut_between_characters);
    tcase_add_loop_test(tc, json_strings_are_escaped, 0, (int)ROTA__LENGTH(json_texts));
    tcase_add_test(tc, text_that_nothing_was_added_to_is_empty);
    tcase_add_test(tc, a_message_is_one_line);
    tcase_add_test(tc, a_message_may_quote_the_one_before);
    tcase_add_test(tc, a_long_message_is_cut_at_a_character);
    tcase_add_test(tc, every_status_has_a_name_and_a_sentence);
    suite_add_tcase(suite, tc);
}

static void add_ids(Suite *suite)
{
    TCase *tc = tcase_create("ids");

    tcase_add_test(tc, an_id_is_read_back_from_its_text_in_either_case);
    tcase_add_loop_test(tc, what_is_no_uuid_is_refused_and_touches_nothing, 0,
                        (int)ROTA__LENGTH(no_ids));
    tcase_add_test(tc, ids_of_all_sources_that_share_the_last_one_are_one_sequence);
    tcase_add_loop_test(tc, a_later_id_sorts_behind_an_earlier_one_whatever_the_clock_and_chance_do,
                        0, 5);
    tcase_add_loop_test(tc, an_id_begins_with_its_time, 0, 8);
    tcase_add_test(tc, without_randomness_there_is_no_id);
    tcase_add_test(tc, full_random_bits_carry_into_the_time);
    tcase_add_test(tc, a_hash_is_siphash_with_the_published_vectors);
    tcase_add_test(
        tc, an_id_is_derived_of_a_time_and_the_hashes_of_the_words_with_0_and_with_1_behind_them);
    tcase_add_test(tc, what_is_in_order_is_compared_once_and_all_else_is_sorted);
    suite_add_tcase(suite, tc);
}

static void add_time(Suite *suite)
{
    TCase *tc = tcase_create("time");

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, every_day_of_ten_thousand_years_is_one_after_the_day_before);
    tcase_add_loop_test(tc, rfc_3339_is_read_and_nothing_else, 0, (int)ROTA__LENGTH(times));
    tcase_add_test(tc, what_is_written_is_read_back);
    tcase_add_test(tc, an_instant_is_written_in_utc_and_one_out_of_range_as_nothing);
    tcase_add_test(tc, spans_that_touch_do_not_overlap);
    suite_add_tcase(suite, tc);
}

static void add_zones(Suite *suite)
{
    TCase *tc = tcase_create("zones");

    tcase_set_timeout(tc, 900);
    tcase_add_loop_test(tc, a_footer_rules_the_years_behind_the_table, 0,
                        (int)ROTA__LENGTH(footers));
    tcase_add_loop_test(tc, a_footer_rules_all_years_alike, 0, (int)ROTA__LENGTH(footers));
    tcase_add_loop_test(tc, a_footer_that_is_no_rule_makes_the_file_no_zone, 0,
                        (int)ROTA__LENGTH(no_footers));
    tcase_add_loop_test(tc, without_a_footer_the_last_change_stands, 0, 2);
    tcase_add_test(tc, changes_close_together_are_as_counted_one_by_one);
    tcase_add_test(tc, gaps_of_too_many_kinds_are_not_told_apart);
    tcase_add_test(tc, a_file_that_ends_early_is_no_zone);
    tcase_add_test(tc, a_damaged_file_harms_nothing);
    tcase_add_test(tc, a_file_with_impossible_content_is_no_zone);
    tcase_add_test(tc, a_file_that_counts_leap_seconds_is_no_zone);
    tcase_add_loop_test(tc, a_reading_in_a_gap_goes_by_the_offset_before_and_in_a_fold_is_the_first,
                        0, (int)ROTA__LENGTH(readings));
    tcase_add_test(tc, utc_needs_no_file_and_a_zone_is_read_once);
    tcase_add_loop_test(tc, a_name_that_is_no_zone_is_refused_and_never_taken_for_utc, 0,
                        (int)ROTA__LENGTH(no_zones));
    tcase_add_test(tc, a_name_too_long_is_refused);
    tcase_add_test(tc, zones_survive_a_failure_at_every_allocation);
    tcase_add_test(tc, every_zone_is_as_python_reads_it);
    suite_add_tcase(suite, tc);
}

Suite *base_suite(void)
{
    Suite *suite = suite_create("base");

    add_memory(suite);
    add_text(suite);
    add_ids(suite);
    add_time(suite);
    add_zones(suite);
    return suite;
}
