#include "service/state/clock.h"

#include "base/time.h"

static bool forget_instants(struct store *store, const struct master_key *master, int64_t now,
                            struct quoth_error *err)
{
    return instant_keep(store, master, INSTANT_LATEST, now, true, err) &&
           instant_keep(store, master, INSTANT_WITNESSED, now, true, err);
}

/* A store that has seen nothing yet has nothing that could be taken from it. */
bool clock_open(struct clock_guard *c, struct store *store, const struct master_key *master,
                bool forget, int64_t now, int64_t counted, struct quoth_error *err)
{
    int64_t latest, witnessed;
    if ((forget && !forget_instants(store, master, now, err)) ||
        !instant_load(store, master, INSTANT_LATEST, &latest, err) ||
        !instant_load(store, master, INSTANT_WITNESSED, &witnessed, err))
        return false;
    if (witnessed == 0)
        witnessed = latest > 0 ? latest : now;
    atomic_store(&c->latest, now > latest ? now : latest);
    c->witnessed = witnessed;
    c->counted = counted;
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

int64_t clock_latest(const struct clock_guard *c, int64_t now)
{
    const int64_t seen = atomic_load(&c->latest);
    return now > seen ? now : seen;
}

int64_t clock_witnessed(const struct clock_guard *c, int64_t now)
{
    return now < c->witnessed ? now : c->witnessed;
}

void clock_saw(struct clock_guard *c, int64_t now, int64_t counted)
{
    const int64_t furthest = c->witnessed + CLOCK_CATCH_UP * (counted - c->counted);
    c->counted = counted;
    if (now > c->witnessed)
        c->witnessed = now < furthest ? now : furthest;
    atomic_store(&c->latest, clock_latest(c, now)); /* one thread calls this */
}

bool clock_keep(const struct clock_guard *c, struct store *store, const struct master_key *master,
                struct quoth_error *err)
{
    return instant_keep(store, master, INSTANT_LATEST, atomic_load(&c->latest), false, err) &&
           instant_keep(store, master, INSTANT_WITNESSED, c->witnessed, false, err);
}
