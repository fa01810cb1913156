-- A ledger can be older than what was sent from it: restored from a backup, or copied to another machine. What notices
-- that lies outside the file (a witness of the station that last held it); what was noticed stands here.

-- Which ledger this is, and the station that last held it. The id is the same in every copy.
CREATE TABLE ledger_self (
    one       INTEGER PRIMARY KEY CHECK (one = 1),
    ledger_id TEXT NOT NULL CHECK (ledger_id <> ''),
    station   TEXT CHECK (station <> '')
) STRICT;
CREATE TRIGGER ledger_self_fixed BEFORE UPDATE OF ledger_id ON ledger_self WHEN NEW.ledger_id <> OLD.ledger_id
BEGIN SELECT RAISE(ABORT, 'the id of a ledger is fixed'); END;

-- Each time that a witness, or the want of one, told that the ledger does not know all of its own past.
CREATE TABLE past_incident (
    id           INTEGER PRIMARY KEY,
    what         TEXT NOT NULL CHECK (what IN ('rolled_back', 'replaced', 'moved')),
    known_to_ms  INTEGER NOT NULL,  -- time of its last entry: what was sent later, it may not know
    noticed_ms   INTEGER NOT NULL,
    witness_seq  INTEGER,           -- what the witness had seen, so that the same is not told twice
    witness_hash BLOB,
    closed_ms    INTEGER
) STRICT;

-- Accounts at whose platform something may stand that this ledger does not know. While one is shut, nothing is armed
-- for it; after that, each of its orders is looked for before it is armed.
CREATE TABLE account_past (
    account_id  INTEGER PRIMARY KEY REFERENCES account (id),
    what        TEXT NOT NULL CHECK (what IN ('rolled_back', 'replaced', 'moved')),
    known_to_ms INTEGER NOT NULL,
    noticed_ms  INTEGER NOT NULL,
    shut        INTEGER NOT NULL CHECK (shut IN (0, 1))
) STRICT;

-- Orders of such accounts that were looked for, and of which the platform has nothing.
CREATE TABLE order_looked_for (
    order_id INTEGER PRIMARY KEY REFERENCES orders (id),
    at_ms    INTEGER NOT NULL
) STRICT;

-- An account that comes back after its adding was forgotten has a past, too.
CREATE TRIGGER account_past_new AFTER INSERT ON account WHEN EXISTS (SELECT 1 FROM past_incident)
BEGIN
    INSERT INTO account_past (account_id, what, known_to_ms, noticed_ms, shut)
    SELECT NEW.id, what, known_to_ms, noticed_ms, 1 FROM past_incident ORDER BY id DESC LIMIT 1;
END;
