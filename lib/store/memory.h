/* The model: plain arrays and full scans, nothing to go wrong. Tests compare
 * the other stores with it; it is not in the library that is installed. */
#ifndef ROTA__MEMORY_H
#define ROTA__MEMORY_H

#include "store/store.h"

int rota__memory_open(rota__env *env, rota__mem *mem, rota__store **out);

#endif
