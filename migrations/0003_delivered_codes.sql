-- Codes that a platform delivered are money. They stand here sealed; the keys are where the account keeps its secrets.

-- The keys by their names: which account each belongs to, and where it is kept.
CREATE TABLE codes_key (
    id         TEXT PRIMARY KEY CHECK (id <> ''),
    account_id INTEGER NOT NULL REFERENCES account (id),
    kept       TEXT NOT NULL,  -- `keystore` or a file's path, as an account's secrets are
    made_ms    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX codes_key_of ON codes_key (account_id);

-- The codes of one item of a dispatch's platform order.
CREATE TABLE delivered_codes (
    dispatch_id INTEGER NOT NULL REFERENCES dispatch (id),
    item        INTEGER NOT NULL CHECK (item >= 0),
    count       INTEGER NOT NULL CHECK (count >= 1),
    key_id      TEXT NOT NULL REFERENCES codes_key (id),
    nonce       BLOB NOT NULL CHECK (length(nonce) = 24),
    ciphertext  BLOB NOT NULL CHECK (length(ciphertext) > 16),
    stored_ms   INTEGER NOT NULL,
    PRIMARY KEY (dispatch_id, item)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER delivered_codes_kept BEFORE DELETE ON delivered_codes
BEGIN SELECT RAISE(ABORT, 'delivered codes are never deleted'); END;

-- Codes of this dispatch are at the platform and not here yet: they could not be sealed, or were not shown.
ALTER TABLE dispatch ADD COLUMN codes_due INTEGER NOT NULL DEFAULT 0 CHECK (codes_due IN (0, 1));
CREATE INDEX dispatch_codes_due ON dispatch (account_id) WHERE codes_due = 1;

-- What was completed until now was read without its codes; they are still at the platform.
UPDATE dispatch SET codes_due = 1 WHERE state = 'dispatched' AND remote->>'$.succeeded' = 1
    AND account_id IN (SELECT id FROM account WHERE platform = 'foxreload');
