/* Bodies and credentials pass through buffers of libevent's, which frees them as they are. */
#ifndef QUOTH_HTTP_MEMORY_H
#define QUOTH_HTTP_MEMORY_H

/* From now on libevent, in the whole process, wipes what it frees. Before its first use: for the
 * program itself, not for a library. */
void http_memory_wiped(void);

#endif
