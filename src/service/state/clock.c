#include "service/state/clock.h"

#include "base/time.h"

bool clock_open(struct clock_guard *c, struct store *store, const struct master_key *master,
                bool forget, int64_t now, struct quoth_error *err)
{
    int64_t latest = now;
    if (!(forget ? instant_keep(store, master, now, true, err)
                 : instant_load(store, master, &latest, err)))
        return false;
    atomic_store(&c->latest, now > latest ? now : latest);
    return true;
}

bool clock_check(const struct clock_guard *c, int64_t now, int64_t newest, struct quoth_error *err)
{
    const int64_t seen = atomic_load(&c->latest);
    const int64_t latest = seen > newest ? seen : newest;
    char found[TIME_TEXT_SIZE], expected[TIME_TEXT_SIZE];
    return now >= latest - CLOCK_SLACK ||
           quoth_mismatch(err, QUOTH_CLOCK_BEHIND, "clock", QUOTH_NO_OFFSET,
                          time_format(now, found), time_format(latest, expected));
}

void clock_saw(struct clock_guard *c, int64_t now)
{
    if (now > atomic_load(&c->latest)) /* one thread calls this */
        atomic_store(&c->latest, now);
}

bool clock_keep(const struct clock_guard *c, struct store *store, const struct master_key *master,
                struct quoth_error *err)
{
    return instant_keep(store, master, atomic_load(&c->latest), false, err);
}
