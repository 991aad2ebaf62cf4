/* Certificates on a sheet of facts. */
#ifndef QUOTH_CLI_CERT_SHEET_H
#define QUOTH_CLI_CERT_SHEET_H

#include "cli/sheet.h"
#include "crypto/cert.h"

/* Lists the certificates of a PEM text, as far as it can be read; an entry with the member "error"
 * stands for what cannot. */
void sheet_chain(struct sheet *s, const char *name, struct bytes pem);

/* Takes the next certificate off a PEM text. ret_cert views ret_der, which must be empty. */
bool pem_take_cert(struct reader *pem, struct buffer *ret_der, struct cert *ret_cert);

#endif
