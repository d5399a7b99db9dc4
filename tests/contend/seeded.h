/* Races on purpose: what ThreadSanitizer must see, or its silence means nothing. */
#ifndef SEEDED_H
#define SEEDED_H

#include <stdbool.h>

/* "counter": in this program. "connection": inside SQLite, which is seen only where it was
 * instrumented. True where it came to its end unseen. */
bool seeded_race(const char *where);

#endif
