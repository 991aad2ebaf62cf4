#include "store/schema.h"

#include "base/auto.h"

const char *const schema_steps[] = {
    "CREATE TABLE setting ("
    " name TEXT PRIMARY KEY,"
    " version INTEGER NOT NULL,"
    " value BLOB NOT NULL) WITHOUT ROWID, STRICT;"
    "CREATE TABLE key ("
    " issuer TEXT NOT NULL, purpose TEXT NOT NULL, id TEXT NOT NULL,"
    " version INTEGER NOT NULL,"
    " created INTEGER NOT NULL,"
    " state TEXT NOT NULL,"
    " certificate BLOB NOT NULL,"
    " sealed BLOB NOT NULL,"
    " PRIMARY KEY (issuer, purpose, id)) WITHOUT ROWID, STRICT;"
    "CREATE TABLE collateral_mark ("
    " root BLOB NOT NULL, document TEXT NOT NULL,"
    " evaluation_number INTEGER NOT NULL,"
    " issued INTEGER NOT NULL,"
    " PRIMARY KEY (root, document)) WITHOUT ROWID, STRICT;"
    "CREATE TABLE clock (one INTEGER PRIMARY KEY CHECK (one = 1), time INTEGER NOT NULL) STRICT;",
};

const size_t schema_version = COUNT(schema_steps);
