-- The command that asked for a dispatch, where one did. A command that is carried out anew, because whoever carried it
-- out was killed before its answer was on disk, leaves alone what it has dispatched already.
ALTER TABLE dispatch ADD COLUMN command TEXT CHECK (command <> '');
CREATE TRIGGER dispatch_asked_for BEFORE UPDATE OF command ON dispatch
BEGIN SELECT RAISE(ABORT, 'what was reserved is never rewritten'); END;
