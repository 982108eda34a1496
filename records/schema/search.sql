-- The search index: derived from the logs, made anew whenever it is lost. `heard` holds one character as one word
-- (records/wanted.py); its rowid is the line's place, which orders the newest session first and its lines by time.
CREATE TABLE session (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    indexed_seq INTEGER NOT NULL,
    court TEXT NOT NULL,
    case_no TEXT NOT NULL,
    case_key TEXT NOT NULL,
    hearing_no TEXT NOT NULL,
    title TEXT NOT NULL,
    scheduled_utc_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE line (
    place INTEGER PRIMARY KEY,
    session INTEGER NOT NULL,
    id TEXT NOT NULL,
    track TEXT NOT NULL,
    speaker TEXT NOT NULL,
    from_ms INTEGER NOT NULL,
    to_ms INTEGER NOT NULL,
    text TEXT NOT NULL,
    moments BLOB NOT NULL
) STRICT;

CREATE UNIQUE INDEX line_of_session ON line (session, id);

CREATE VIRTUAL TABLE heard USING fts5(text, speaker, content='', columnsize=0, tokenize='ascii');
