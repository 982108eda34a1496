-- Rows of ballot logs are only ever added: the tables themselves refuse the rest, also to a replication role.
CREATE OR REPLACE FUNCTION yunting_only_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a row of % is never changed or removed', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE OR REPLACE TRIGGER yunting_leaf_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON yunting_leaf
    FOR EACH STATEMENT EXECUTE FUNCTION yunting_only_added();
CREATE OR REPLACE TRIGGER yunting_head_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON yunting_head
    FOR EACH STATEMENT EXECUTE FUNCTION yunting_only_added();
ALTER TABLE yunting_leaf ENABLE ALWAYS TRIGGER yunting_leaf_stays;
ALTER TABLE yunting_head ENABLE ALWAYS TRIGGER yunting_head_stays;
