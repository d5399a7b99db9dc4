/** @file rota/result.h
 *  Rows that a read produced. A result owns the text of its rows, belongs to
 *  the caller, and outlives the handle it came from.
 */
#ifndef ROTA_RESULT_H
#define ROTA_RESULT_H

#include <rota/base.h>

/** The number of rows; 0 for NULL.  @since 0.1 */
ROTA_API int64_t rota_result_count(const rota_result *rows);

/** Give a result back, and with it every text read from it. NULL is allowed.
 *  @since 0.1 */
ROTA_API void rota_result_free(rota_result *rows);

#endif
