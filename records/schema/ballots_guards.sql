-- Ballot logs and their signed heads are only ever added to: the file itself refuses the rest. Files from before get these when they are opened.
-- REPLACE would fire no trigger on removal (SQLite, "recursive_triggers"): a look at each insertion costs 1.9 us a leaf.
CREATE TRIGGER IF NOT EXISTS leaf_stays BEFORE UPDATE ON leaf
BEGIN SELECT RAISE(ABORT, 'a leaf of a ballot log is never changed'); END;

CREATE TRIGGER IF NOT EXISTS leaf_is_kept BEFORE DELETE ON leaf
BEGIN SELECT RAISE(ABORT, 'a leaf of a ballot log is never removed'); END;

CREATE TRIGGER IF NOT EXISTS leaf_is_not_replaced BEFORE INSERT ON leaf
WHEN EXISTS (SELECT 1 FROM leaf WHERE meeting = NEW.meeting AND seq = NEW.seq AND body <> NEW.body)
BEGIN SELECT RAISE(ABORT, 'a leaf of a ballot log is never replaced'); END;

CREATE TRIGGER IF NOT EXISTS head_stays BEFORE UPDATE ON head
BEGIN SELECT RAISE(ABORT, 'a signed head is never changed'); END;

CREATE TRIGGER IF NOT EXISTS head_is_kept BEFORE DELETE ON head
BEGIN SELECT RAISE(ABORT, 'a signed head is never removed'); END;

CREATE TRIGGER IF NOT EXISTS head_is_not_replaced BEFORE INSERT ON head
WHEN EXISTS (SELECT 1 FROM head WHERE meeting = NEW.meeting AND size = NEW.size AND body <> NEW.body)
BEGIN SELECT RAISE(ABORT, 'a signed head is never replaced'); END
