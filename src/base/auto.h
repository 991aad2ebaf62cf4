/* Cleanup at the end of a scope: what a function acquires it declares with AUTO, on the line that
 * acquires it; take() hands the result to the caller. */
#ifndef QUOTH_BASE_AUTO_H
#define QUOTH_BASE_AUTO_H

#include <stdlib.h>

/* clang-format off */
#define AUTO(kind) __attribute__((cleanup(kind##_auto)))
#define DEFINE_AUTO(kind, type, release) /* release must accept NULL */                            \
    static inline void kind##_auto(type *p) { release(*p); }
#define DEFINE_AUTO_VALUE(kind, type, clear) /* clear takes a pointer and accepts a zeroed value */ \
    static inline void kind##_auto(type *p) { clear(p); }
#define take(p) __extension__({ __typeof__(p) taken_ = (p); (p) = NULL; taken_; })
#define take_value(v) __extension__({ __typeof__(v) taken_ = (v); (v) = (__typeof__(v)){0}; taken_; })
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
/* clang-format on */

DEFINE_AUTO(text, char *, free)

#endif
