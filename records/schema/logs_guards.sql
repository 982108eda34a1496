-- Logs and their signed heads are only ever added to: the file itself refuses the rest. Files from before get these when they are opened.
-- REPLACE would fire no trigger on removal (SQLite, "recursive_triggers").
CREATE TRIGGER IF NOT EXISTS entry_stays BEFORE UPDATE ON entry
BEGIN SELECT RAISE(ABORT, 'an entry of a log is never changed'); END;

CREATE TRIGGER IF NOT EXISTS entry_is_kept BEFORE DELETE ON entry
BEGIN SELECT RAISE(ABORT, 'an entry of a log is never removed'); END;

CREATE TRIGGER IF NOT EXISTS entry_is_not_replaced BEFORE INSERT ON entry
WHEN EXISTS (SELECT 1 FROM entry WHERE session = NEW.session AND seq = NEW.seq AND body <> NEW.body)
BEGIN SELECT RAISE(ABORT, 'an entry of a log is never replaced'); END;

CREATE TRIGGER IF NOT EXISTS head_stays BEFORE UPDATE ON head
BEGIN SELECT RAISE(ABORT, 'a signed head is never changed'); END;

CREATE TRIGGER IF NOT EXISTS head_is_kept BEFORE DELETE ON head
BEGIN SELECT RAISE(ABORT, 'a signed head is never removed'); END;

CREATE TRIGGER IF NOT EXISTS head_is_not_replaced BEFORE INSERT ON head
WHEN EXISTS (SELECT 1 FROM head WHERE session = NEW.session AND seq = NEW.seq AND utc_ms = NEW.utc_ms AND signature = NEW.signature AND body <> NEW.body)
BEGIN SELECT RAISE(ABORT, 'a signed head is never replaced'); END
