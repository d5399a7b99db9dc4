/* rota-contend: threads and processes that contend for one calendar.
 *
 *     rota-contend fight    rounds in which all ask for the same at once
 *     rota-contend history  calls of every kind, recorded, and checked to be linearizable
 *     rota-contend check    a history that was written before
 *     rota-contend race     a race on purpose, for ThreadSanitizer to see
 *
 * Ends with 0 where all was as it must be. */
#define _GNU_SOURCE /* getopt_long */

#include "contend/fight.h"
#include "contend/history.h"
#include "contend/seeded.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void usage(FILE *to)
{
    fputs("rota-contend fight|history [option...]\n"
          "rota-contend check FILE\n"
          "rota-contend race counter|connection\n"
          "  --path PATH      the calendar, made anew and then removed (contend.rota)\n"
          "  --processes N    (4)\n"
          "  --threads N      in each (8)\n"
          "  --engines N      in each: so many handles are opened, the others attached (1)\n"
          "  --cache N        bytes of the index in memory, 0: the default (0)\n"
          "  --busy MS        the longest that a call may take (30000)\n"
          "  --rounds N       fight (2000)\n"
          "  --calls N        history (100000)\n"
          "  --cells N        history: sets of resources that are contended (8)\n"
          "  --write FILE     history: written there as text\n"
          "  --blind          the control: look, then take it unasked; must be found out\n"
          "ROTA_SEED repeats what was chosen by chance.\n",
          to);
}

static uint64_t seed(void)
{
    const char *given = getenv("ROTA_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
    printf("ROTA_SEED=%" PRIu64 "\n", seed);
    return seed;
}

static int check_file(const char *path)
{
    int64_t count = 0, steps = 0;
    FILE *in = fopen(path, "r");
    if (!in) {
        perror(path);
        return 2;
    }
    lin_call *calls = lin_read(in, &count);
    fclose(in);
    if (!calls) return 2;
    bool well = lin_check(calls, count, &steps, stderr);
    printf("%s: %" PRId64 " calls, %s\n", path, count, well ? "linearizable" : "NOT LINEARIZABLE");
    free(calls);
    return well ? 0 : 1;
}

static const struct option options[] = { { "path", required_argument, NULL, 'f' },
                                         { "processes", required_argument, NULL, 'p' },
                                         { "threads", required_argument, NULL, 't' },
                                         { "engines", required_argument, NULL, 'e' },
                                         { "cache", required_argument, NULL, 'm' },
                                         { "busy", required_argument, NULL, 'b' },
                                         { "rounds", required_argument, NULL, 'r' },
                                         { "calls", required_argument, NULL, 'n' },
                                         { "cells", required_argument, NULL, 'c' },
                                         { "write", required_argument, NULL, 'w' },
                                         { "blind", no_argument, NULL, 'x' },
                                         { "help", no_argument, NULL, 'h' },
                                         { NULL, 0, NULL, 0 } };

static bool read_option(int option, crew_plan *crew, fight_plan *f, history_plan *h)
{
    long long number = optarg ? strtoll(optarg, NULL, 10) : 0;
    switch (option) {
    case 'f':
        crew->path = optarg;
        return true;
    case 'p':
        crew->processes = (int)number;
        return true;
    case 't':
        crew->threads = (int)number;
        return true;
    case 'e':
        crew->engines = (int)number;
        return true;
    case 'm':
        crew->cache_bytes = number;
        return true;
    case 'b':
        crew->busy_ms = (int32_t)number;
        return true;
    case 'r':
        f->rounds = (int)number;
        return true;
    case 'n':
        h->calls = number;
        return true;
    case 'c':
        h->cells = (int)number;
        return true;
    case 'w':
        h->file = optarg;
        return true;
    case 'x':
        f->blind = h->blind = true;
        return true;
    default:
        return false;
    }
}

static bool makes_sense(const crew_plan *crew, const fight_plan *f, const history_plan *h)
{
    return crew->processes > 0 && crew->threads > 0 && crew->engines > 0 &&
           crew->engines <= crew->threads && crew->processes * crew->threads > 1 &&
           crew->processes * crew->threads <= CREW_MOST && f->rounds > 0 && h->calls > 0 &&
           h->cells > 0 && h->cells <= LIN_CELLS;
}

int main(int argc, char **argv)
{
    crew_plan crew = { .path = "contend.rota",
                       .processes = 4,
                       .threads = 8,
                       .engines = 1,
                       .busy_ms = 30000,
                       .patience = 60 };
    fight_plan f = { .rounds = 2000 };
    history_plan h = { .calls = 100000, .cells = 8 };
    const char *mode = argc > 1 ? argv[1] : "";
    if (argc == 3 && strcmp(mode, "check") == 0) return check_file(argv[2]);
    if (argc == 3 && strcmp(mode, "race") == 0) return seeded_race(argv[2]) ? 0 : 2;

    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (read_option(option, &crew, &f, &h)) continue;
        usage(option == 'h' ? stdout : stderr);
        return option == 'h' ? 0 : 2;
    }
    if (!makes_sense(&crew, &f, &h)) {
        usage(stderr);
        return 2;
    }
    crew.seed = seed();
    f.crew = h.crew = crew;
    bool well;
    if (strcmp(mode, "fight") == 0) {
        well = fight(&f);
    } else if (strcmp(mode, "history") == 0) {
        well = history(&h);
    } else {
        usage(stderr);
        return 2;
    }
    crew_remove(crew.path);
    return well ? 0 : 1;
}
