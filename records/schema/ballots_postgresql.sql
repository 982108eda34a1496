-- The ballot logs of creditors' meetings in PostgreSQL. Rows are only ever added. A log's size is its last seq and one:
-- whoever adds begins there, so two writers meet at the same key and one of them is refused.
CREATE TABLE IF NOT EXISTS yunting_leaf (
    meeting text COLLATE "C" NOT NULL,
    seq bigint NOT NULL CHECK (seq >= 0),
    body bytea NOT NULL,
    PRIMARY KEY (meeting, seq)
);
-- Which meetings there are, without reading the whole log.
CREATE INDEX IF NOT EXISTS yunting_leaf_first ON yunting_leaf (meeting) WHERE seq = 0;
CREATE TABLE IF NOT EXISTS yunting_head (
    meeting text COLLATE "C" NOT NULL,
    size bigint NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (meeting, size)
);
