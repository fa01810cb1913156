-- That two accounts serve different shops is a promise about two identities, not about names: an account added later
-- under a name that is free again has no part in it. A promise is never taken back, and stays with a tombstone.
CREATE TABLE account_distinct (
    account_id INTEGER NOT NULL REFERENCES account (id),
    other_id   INTEGER NOT NULL REFERENCES account (id),
    PRIMARY KEY (account_id, other_id),
    CHECK (account_id <> other_id)
) STRICT, WITHOUT ROWID;

-- Until now the settings held names. Whom a name meant when the promise was made is told by the log: a name belongs to
-- the account that was last added under it before. The promise was made by the first settings entry that has it since
-- the account was last added, or else with the adding itself. A name that nobody had then promises nothing.
WITH added (account_id, name, seq) AS MATERIALIZED (
    SELECT account_id, detail->>'$.account', seq FROM log
    WHERE order_id IS NULL AND kind = 'edited' AND detail->>'$.what' = 'added'
), set_entry (account_id, name, seq) AS MATERIALIZED (
    SELECT l.account_id, j.value, l.seq FROM log l, json_each(l.detail, '$.settings.distinct_from') j
    WHERE l.order_id IS NULL AND l.kind = 'edited' AND l.detail->>'$.what' = 'settings'
), promise (account_id, name, born) AS (
    SELECT a.id, j.value, (SELECT max(d.seq) FROM added d WHERE d.account_id = a.id)
    FROM account a, json_each(a.settings, '$.distinct_from') j
), said (account_id, name, seq) AS (
    SELECT account_id, name,
           coalesce((SELECT min(s.seq) FROM set_entry s
                     WHERE s.account_id = p.account_id AND s.name = p.name AND s.seq > p.born), p.born)
    FROM promise p
)
INSERT OR IGNORE INTO account_distinct (account_id, other_id)
SELECT s.account_id, d.account_id FROM said s JOIN added d ON d.name = s.name AND d.seq =
    (SELECT max(e.seq) FROM added e WHERE e.name = s.name AND e.seq < s.seq)
WHERE d.account_id <> s.account_id;

UPDATE account SET settings = json_remove(settings, '$.distinct_from') WHERE settings->'$.distinct_from' IS NOT NULL;

-- Answers that were given are kept for some days, and then removed in small pieces.
CREATE INDEX inbox_answered ON inbox (put_ms) WHERE answer IS NOT NULL;
CREATE INDEX command_seen_at ON command_seen (at_ms);
