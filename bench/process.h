/* What the kernel says of a process. pid 0 is the caller. */
#ifndef QUOTH_BENCH_PROCESS_H
#define QUOTH_BENCH_PROCESS_H

#include <stddef.h>

double process_cpu_us(int pid);    /* user and system time of all its threads */
size_t process_rss(int pid);       /* resident memory, in bytes */
size_t process_max_files(int pid); /* descriptors that it may have */

#endif
