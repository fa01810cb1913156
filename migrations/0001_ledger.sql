-- The ledger as first laid down. Never edited once landed: a change is a new file.
-- An account is its identity: one row for each, kept as a tombstone when it is removed. So "per account" below means
-- "per account identity", and no copy of the identity is needed elsewhere.

-- A credential belongs to one mode. The pair is the target of a foreign key, so the same credential under the other
-- mode cannot be written down.
CREATE TABLE credential_mode (
    digest TEXT PRIMARY KEY,
    test   INTEGER NOT NULL CHECK (test IN (0, 1)),
    UNIQUE (digest, test)
) STRICT, WITHOUT ROWID;

CREATE TABLE account (
    id           INTEGER PRIMARY KEY,
    name         TEXT NOT NULL CHECK (name <> ''),
    platform     TEXT NOT NULL,
    test         INTEGER NOT NULL CHECK (test IN (0, 1)),
    identity     TEXT NOT NULL UNIQUE,
    base_url     TEXT NOT NULL,
    practice     INTEGER NOT NULL CHECK (practice IN (0, 1)),
    secrets      TEXT NOT NULL,
    credential   TEXT NOT NULL,
    settings     TEXT NOT NULL CHECK (json_valid(settings)),
    paused       TEXT,
    confirmed    INTEGER NOT NULL CHECK (confirmed IN (0, 1)),
    server_time  TEXT CHECK (server_time IS NULL OR json_valid(server_time)),
    created_ms   INTEGER NOT NULL,
    removed_ms   INTEGER,
    FOREIGN KEY (credential, test) REFERENCES credential_mode (digest, test)
) STRICT;
CREATE UNIQUE INDEX account_name ON account (name) WHERE removed_ms IS NULL;
CREATE TRIGGER account_identity_fixed BEFORE UPDATE OF identity, platform, test ON account
    WHEN NEW.identity <> OLD.identity OR NEW.platform <> OLD.platform OR NEW.test <> OLD.test
BEGIN SELECT RAISE(ABORT, 'the identity of an account is fixed'); END;
CREATE TRIGGER account_kept BEFORE DELETE ON account
BEGIN SELECT RAISE(ABORT, 'an account stays as a tombstone'); END;

CREATE TABLE orders (
    id          INTEGER PRIMARY KEY,
    account_id  INTEGER NOT NULL REFERENCES account (id),
    order_no    TEXT NOT NULL CHECK (order_no <> ''),
    state       TEXT NOT NULL CHECK (state IN ('draft', 'queued', 'sending', 'in_doubt', 'needs_review', 'dispatched',
                                               'refused', 'cancelled', 'closed')),
    version     INTEGER NOT NULL,
    payload     TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    recipient   TEXT NOT NULL,
    what        TEXT NOT NULL,
    dispatch_id INTEGER,           -- the current dispatch
    generation  INTEGER NOT NULL,  -- the last generation in use or spent under this number
    created_ms  INTEGER NOT NULL,
    changed_ms  INTEGER NOT NULL,
    since_ms    INTEGER NOT NULL,  -- since when it is in this state
    settled_ms  INTEGER,
    deleted_ms  INTEGER
) STRICT;
CREATE UNIQUE INDEX orders_no ON orders (order_no, account_id) WHERE deleted_ms IS NULL;
CREATE INDEX orders_created ON orders (created_ms) WHERE deleted_ms IS NULL;
CREATE INDEX orders_changed ON orders (changed_ms, account_id, state) WHERE deleted_ms IS NULL;
CREATE INDEX orders_state ON orders (state) WHERE deleted_ms IS NULL;
CREATE INDEX orders_of ON orders (account_id) WHERE deleted_ms IS NULL;
CREATE INDEX orders_account ON orders (account_id, state) WHERE deleted_ms IS NULL;
CREATE TRIGGER orders_kept BEFORE DELETE ON orders
BEGIN SELECT RAISE(ABORT, 'an order is marked as deleted, its row stays'); END;

-- The last generation of an order outlives the order: a later one of the same number never mints its reference again.
CREATE TABLE generation_spent (
    account_id      INTEGER NOT NULL REFERENCES account (id),
    order_no        TEXT NOT NULL,
    last_generation INTEGER NOT NULL CHECK (last_generation >= 1),
    PRIMARY KEY (account_id, order_no)
) STRICT, WITHOUT ROWID;

CREATE TABLE dispatch (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    order_id        INTEGER NOT NULL REFERENCES orders (id),
    account_id      INTEGER NOT NULL REFERENCES account (id),
    order_no        TEXT NOT NULL,
    generation      INTEGER NOT NULL CHECK (generation >= 1),
    reference       TEXT NOT NULL UNIQUE,
    idempotency_key TEXT,
    fingerprint     TEXT NOT NULL,
    serialised      INTEGER NOT NULL CHECK (serialised IN (0, 1)),
    came_from       TEXT NOT NULL,
    request         TEXT NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('draft', 'queued', 'sending', 'in_doubt', 'needs_review', 'dispatched',
                                                   'refused', 'cancelled', 'closed')),
    version         INTEGER NOT NULL,
    superseded      INTEGER NOT NULL DEFAULT 0 CHECK (superseded IN (0, 1)),  -- a later generation took its place
    progress        TEXT NOT NULL CHECK (json_valid(progress)),
    remote_id       TEXT,
    bound_by        TEXT,
    remote          TEXT CHECK (remote IS NULL OR json_valid(remote)),
    ended           INTEGER NOT NULL DEFAULT 0 CHECK (ended IN (0, 1)),  -- the platform has ended the bound order
    echo            INTEGER NOT NULL DEFAULT 0 CHECK (echo IN (0, 1)),   -- given up while an attempt is unknown
    reserved_ms     INTEGER NOT NULL,
    changed_ms      INTEGER NOT NULL,
    CHECK ((remote_id IS NULL) = (bound_by IS NULL))
) STRICT;
CREATE UNIQUE INDEX dispatch_generation ON dispatch (order_id, generation);
CREATE UNIQUE INDEX dispatch_holds_order ON dispatch (order_id)
    WHERE state IN ('queued', 'sending', 'in_doubt', 'needs_review', 'dispatched', 'closed') AND superseded = 0;
CREATE UNIQUE INDEX dispatch_remote ON dispatch (account_id, remote_id) WHERE remote_id IS NOT NULL;
CREATE UNIQUE INDEX dispatch_holds_fingerprint ON dispatch (account_id, fingerprint)
    WHERE state IN ('sending', 'in_doubt', 'needs_review') AND serialised = 1 AND superseded = 0;
CREATE INDEX dispatch_queued ON dispatch (account_id) WHERE state = 'queued';
CREATE INDEX dispatch_waiting ON dispatch (account_id, fingerprint) WHERE state = 'queued' AND serialised = 1;
CREATE INDEX dispatch_in_flight ON dispatch (state) WHERE state IN ('sending', 'in_doubt', 'needs_review');
CREATE INDEX dispatch_bound ON dispatch (account_id) WHERE state = 'dispatched';
CREATE INDEX dispatch_tracked ON dispatch (account_id) WHERE state = 'dispatched' AND ended = 0;
CREATE INDEX dispatch_cancelling ON dispatch (account_id) WHERE state = 'dispatched' AND progress->>'$.cancel_asked' = 1;
CREATE INDEX dispatch_closed ON dispatch (account_id) WHERE state = 'closed';
CREATE INDEX dispatch_echo ON dispatch (account_id) WHERE echo = 1;
CREATE INDEX dispatch_remote_id ON dispatch (remote_id) WHERE remote_id IS NOT NULL;
CREATE TRIGGER dispatch_frozen BEFORE UPDATE OF id, order_id, account_id, order_no, generation, reference,
    idempotency_key, fingerprint, serialised, came_from, request ON dispatch
BEGIN SELECT RAISE(ABORT, 'what was reserved is never rewritten'); END;

CREATE TRIGGER dispatch_bound_once BEFORE UPDATE OF remote_id ON dispatch
    WHEN OLD.remote_id IS NOT NULL AND NEW.remote_id IS NOT OLD.remote_id
BEGIN SELECT RAISE(ABORT, 'a dispatch is bound once'); END;

CREATE TABLE attempt (
    dispatch_id INTEGER NOT NULL REFERENCES dispatch (id),
    n           INTEGER NOT NULL CHECK (n >= 1),
    armed       TEXT NOT NULL CHECK (json_valid(armed)),
    server_ms   INTEGER,
    credential  TEXT NOT NULL,
    before_set  TEXT CHECK (before_set IS NULL OR json_valid(before_set)),
    outcome     TEXT,
    ended       TEXT CHECK (ended IS NULL OR json_valid(ended)),
    PRIMARY KEY (dispatch_id, n)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER attempt_frozen BEFORE UPDATE OF dispatch_id, n, armed, server_ms, credential, before_set ON attempt
BEGIN SELECT RAISE(ABORT, 'an arming is never rewritten'); END;
CREATE TRIGGER attempt_kept BEFORE DELETE ON attempt
BEGIN SELECT RAISE(ABORT, 'an arming is never deleted'); END;

-- The reconciliation log. `detail` is hashed as it stands here; of `private` only the salted digest is.
CREATE TABLE log (
    seq            INTEGER PRIMARY KEY,
    at_ms          INTEGER NOT NULL,
    account_id     INTEGER,
    order_id       INTEGER,
    order_no       TEXT,
    dispatch_id    INTEGER,
    generation     INTEGER NOT NULL,
    reference      TEXT,
    kind           TEXT NOT NULL,
    state          TEXT,
    detail         TEXT NOT NULL CHECK (json_valid(detail)),
    private        TEXT,
    salt           TEXT,
    private_digest BLOB,
    prev_hash      BLOB NOT NULL CHECK (length(prev_hash) = 32),
    hash           BLOB NOT NULL CHECK (length(hash) = 32),
    CHECK ((private IS NULL) = (salt IS NULL)),
    CHECK (private IS NULL OR private_digest IS NOT NULL)
) STRICT;
CREATE INDEX log_order ON log (order_id) WHERE order_id IS NOT NULL;
CREATE TRIGGER log_append_only_delete BEFORE DELETE ON log
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER log_append_only_update BEFORE UPDATE ON log
    WHEN NOT (NEW.private IS NULL AND NEW.salt IS NULL AND NEW.seq = OLD.seq AND NEW.at_ms = OLD.at_ms
              AND NEW.account_id IS OLD.account_id AND NEW.order_id IS OLD.order_id AND NEW.order_no IS OLD.order_no
              AND NEW.dispatch_id IS OLD.dispatch_id AND NEW.generation = OLD.generation
              AND NEW.reference IS OLD.reference AND NEW.kind = OLD.kind AND NEW.state IS OLD.state
              AND NEW.detail = OLD.detail AND NEW.private_digest IS OLD.private_digest
              AND NEW.prev_hash = OLD.prev_hash AND NEW.hash = OLD.hash)
BEGIN SELECT RAISE(ABORT, 'the log is append-only: only private evidence may be erased'); END;

-- Written in the transaction of the entries, so that a removed last row is seen.
CREATE TABLE log_head (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    seq  INTEGER NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
INSERT INTO log_head (id, seq, hash) VALUES (1, 0, zeroblob(32));
CREATE TRIGGER log_head_kept BEFORE DELETE ON log_head
BEGIN SELECT RAISE(ABORT, 'the log has one head'); END;

-- How many living orders stand where: a count must not read a million rows.
CREATE TABLE tally (
    account_id INTEGER NOT NULL REFERENCES account (id),
    state      TEXT NOT NULL,
    n          INTEGER NOT NULL CHECK (n >= 0),
    PRIMARY KEY (account_id, state)
) STRICT, WITHOUT ROWID;

-- Requests of another process to the one that holds the ledger. Not part of the log's transactions.
CREATE TABLE inbox (
    request_id TEXT PRIMARY KEY,
    body       TEXT NOT NULL,
    put_ms     INTEGER NOT NULL,
    taken      INTEGER NOT NULL DEFAULT 0 CHECK (taken IN (0, 1)),
    answer     TEXT
) STRICT;
CREATE INDEX inbox_pending ON inbox (put_ms) WHERE taken = 0;

-- Commands that were carried out: a repeated id gets the stored answer.
CREATE TABLE command_seen (
    request_id TEXT PRIMARY KEY,
    at_ms      INTEGER NOT NULL,
    answer     TEXT
) STRICT;

-- Finds orders by any three letters of their number or recipient. Holds no text of its own beside the index.
CREATE VIRTUAL TABLE orders_text USING fts5 (order_no, recipient, content = '', contentless_delete = 1,
                                             tokenize = 'trigram');
