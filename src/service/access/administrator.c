#include "service/access/administrator.h"

#include <stdio.h>

const struct role_row role_rows[ROLE_COUNT] = {
    {"reader",      ROLE_READER,      ROLE_READER                   },
    {"contributor", ROLE_CONTRIBUTOR, ROLE_READER | ROLE_CONTRIBUTOR},
    {"officer",     ROLE_OFFICER,     ROLE_OFFICER                  },
    {"policy",      ROLE_POLICY,      ROLE_POLICY                   },
    {"user",        ROLE_USER,        ROLE_USER                     },
    {"auditor",     ROLE_AUDITOR,     ROLE_AUDITOR                  },
};

static unsigned role_read(struct bytes name)
{
    for (size_t i = 0; i < ROLE_COUNT; i++)
        if (bytes_equal(name, bytes_of_text(role_rows[i].name)))
            return role_rows[i].has;
    return 0;
}

unsigned roles_read(struct bytes names)
{
    unsigned roles = 0;
    for (;;) {
        size_t len = 0;
        while (len < names.len && names.data[len] != '+')
            len++;
        const unsigned one = role_read(bytes_slice(names, 0, len));
        if (one == 0)
            return 0;
        roles |= one;
        if (len == names.len)
            return roles;
        names = bytes_slice(names, len + 1, names.len);
    }
}

char *roles_write(unsigned roles, char text[ROLES_TEXT_SIZE])
{
    size_t used = 0;
    for (size_t i = 0; i < ROLE_COUNT; i++)
        if (roles & role_rows[i].role)
            used += (size_t)snprintf(text + used, ROLES_TEXT_SIZE - used, "%s%s", used ? ", " : "",
                                     role_rows[i].name);
    if (used == 0)
        snprintf(text, ROLES_TEXT_SIZE, "none");
    return text;
}
