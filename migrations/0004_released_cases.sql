-- A case that a person released goes on by itself when quiet is over: whoever waits has to find it without reading all.
CREATE INDEX dispatch_released ON dispatch (account_id)
    WHERE superseded = 0 AND progress->>'$.released' IS NOT NULL AND state IN ('needs_review', 'closed');
