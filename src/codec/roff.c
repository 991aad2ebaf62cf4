#include "codec/roff.h"

/* Hyphens of options are minus signs; a point or an apostrophe at the start of a line would be a
 * request; a backslash an escape. */
static void escape(struct buffer *to, const char *text)
{
    for (const char *c = text; *c; c++) {
        const bool starts_line = to->len == 0 || to->data[to->len - 1] == '\n';
        if (starts_line && (*c == '.' || *c == '\''))
            buffer_text(to, "\\&");
        if (*c == '\\')
            buffer_text(to, "\\e");
        else if (*c == '-')
            buffer_text(to, "\\-");
        else
            buffer_u8(to, (uint8_t)*c);
    }
}

static void line(struct buffer *to, const char *text)
{
    escape(to, text);
    buffer_text(to, "\n");
}

void roff_begin(struct buffer *to, const char *page, const char *section, const char *what)
{
    buffer_text(to, ".TH ");
    for (const char *c = page; *c; c++)
        buffer_u8(to, (uint8_t)(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c));
    buffer_printf(to, " %s \"\" \"Quoth %s\" \"Quoth\"\n.nh\n.SH NAME\n", section, QUOTH_VERSION);
    escape(to, page);
    buffer_text(to, " \\- ");
    line(to, what);
}

void roff_heading(struct buffer *to, const char *text)
{
    buffer_text(to, ".SH ");
    line(to, text);
}

void roff_subheading(struct buffer *to, const char *text)
{
    buffer_text(to, ".SS ");
    line(to, text);
}

void roff_paragraph(struct buffer *to, const char *text)
{
    buffer_text(to, ".PP\n");
    line(to, text);
}

void roff_item(struct buffer *to)
{
    buffer_text(to, ".TP\n");
}

static void in_font(struct buffer *to, char font, const char *text)
{
    buffer_printf(to, "\\f%c", font);
    escape(to, text);
    buffer_text(to, "\\fR");
}

void roff_bold(struct buffer *to, const char *text)
{
    in_font(to, 'B', text);
}

void roff_italic(struct buffer *to, const char *text)
{
    in_font(to, 'I', text);
}

void roff_meaning(struct buffer *to, const char *text)
{
    buffer_text(to, "\n");
    line(to, text);
}

void roff_more(struct buffer *to, const char *text)
{
    line(to, text);
}

void roff_lines_begin(struct buffer *to)
{
    buffer_text(to, ".PP\n.nf\n");
}

void roff_lines_end(struct buffer *to)
{
    buffer_text(to, ".fi\n");
}
