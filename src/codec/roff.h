/* Manual pages (man(7)), written onto a buffer. Texts are escaped: what looks like a request or an
 * escape is printed as it stands. */
#ifndef QUOTH_CODEC_ROFF_H
#define QUOTH_CODEC_ROFF_H

#include "base/bytes.h"

/* "quoth-policy", "1", "what makes a verdict of claims": the head and NAME. */
void roff_begin(struct buffer *to, const char *page, const char *section, const char *what);

void roff_heading(struct buffer *to, const char *text);    /* OPTIONS */
void roff_subheading(struct buffer *to, const char *text); /* quoth policy check */
void roff_paragraph(struct buffer *to, const char *text);

/* A term and what it means: roff_item, then roff_bold and roff_italic for the words of the term,
 * then roff_meaning. A term that is NULL is left out. */
void roff_item(struct buffer *to);
void roff_bold(struct buffer *to, const char *text);
void roff_italic(struct buffer *to, const char *text);
void roff_meaning(struct buffer *to, const char *text); /* may be followed by roff_more */
void roff_more(struct buffer *to, const char *text);

/* Lines as they stand: for usage. */
void roff_lines_begin(struct buffer *to);
void roff_lines_end(struct buffer *to);

#endif
