/* rota-contend: threads and processes that contend for one calendar.
 *
 *     rota-contend fight    rounds in which all ask for the same at once
 *     rota-contend history  calls of every kind, recorded, and checked to be linearizable
 *     rota-contend check    a history that was written before: check FILE
 *
 * Options are listed by --help. Ends with 0 where all was as it must be. */
#define _GNU_SOURCE /* getopt_long */

#include "contend/fight.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int main(int argc, char **argv)
{
    (void)argc, (void)argv;
    fight_plan f = { .crew = { .path = argv[1],
                               .processes = atoi(argv[2]),
                               .threads = atoi(argv[3]),
                               .engines = 1,
                               .busy_ms = 30000,
                               .patience = 60,
                               .seed = 1 },
                     .rounds = atoi(argv[4]),
                     .blind = argc > 5 };
    return fight(&f) ? 0 : 1;
}
