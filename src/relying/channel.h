/* What both ends of a bound channel must compute alike (<quoth/channel.h>). */
#ifndef QUOTH_RELYING_CHANNEL_H
#define QUOTH_RELYING_CHANNEL_H

#include <quoth/relying.h>

#include "token/held.h"

#define CHANNEL_ROUTE "/channel" /* of the server; its query is the client's nonce */
#define CHANNEL_LABEL "EXPORTER-quoth-channel-1"
/* The server's challenge to the client costs no round trip: it is exported, too, and thus as fresh
 * as the connection, to whose keys both ends contribute. */
#define CHANNEL_CLIENT_NONCE_LABEL "EXPORTER-quoth-channel-1 client nonce"

/* Verifies a token and that its held data is exactly that of this channel. */
bool channel_judge(struct quoth_relying *r, const char *token, size_t len, int64_t now,
                   const struct held_channel *channel, struct quoth_verified *ret_verified,
                   struct quoth_error *err);

#endif
