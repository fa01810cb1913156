//! What is in hand: the reads by which the driver takes up work, and by which a waiting face knows when to stop.

use super::LedgerReader;
use super::error::{Doing, Result};
use crate::api::Standing;
use crate::domain::{AccountId, DispatchId};

impl LedgerReader {
    /// Everything of an account that is under way or may have to be: sending, in doubt, in review, a cancel that has
    /// not ended, a closed case that was released, and generations given up while an attempt is unknown. Queued ones are
    /// read by [`Self::queued`].
    pub async fn in_hand(&self, account: AccountId) -> Result<Vec<DispatchId>> {
        let ids = sqlx::query_scalar!(
            r#"SELECT id AS "id!" FROM dispatch WHERE account_id = $1 AND superseded = 0
                AND state IN ('sending', 'in_doubt', 'needs_review')
             UNION SELECT id FROM dispatch WHERE account_id = $1 AND state = 'dispatched'
                AND progress->>'$.cancel_asked' = 1
             UNION SELECT id FROM dispatch WHERE account_id = $1 AND echo = 1
             UNION SELECT id FROM dispatch WHERE account_id = $1 AND superseded = 0
                AND state IN ('needs_review', 'closed') AND progress->>'$.released' IS NOT NULL
             ORDER BY 1"#,
            account.0
        )
        .fetch_all(&self.reading)
        .await
        .doing("reading work in hand")?;
        Ok(ids.into_iter().map(DispatchId).collect())
    }

    /// How much is open; a cancel that has not ended is open, too, and so is a case that a person has released. What is
    /// queued behind a look-alike that waits for a person waits for a person, as that one does.
    pub async fn standing(&self) -> Result<Standing> {
        let row = sqlx::query!(
            r#"SELECT
                (SELECT coalesce(sum(n), 0) FROM tally WHERE state IN ('queued', 'sending', 'in_doubt'))
                    + (SELECT count(*) FROM dispatch WHERE state = 'dispatched' AND progress->>'$.cancel_asked' = 1)
                    + (SELECT count(*) FROM dispatch WHERE state IN ('needs_review', 'closed') AND superseded = 0
                        AND progress->>'$.released' IS NOT NULL) AS "open!: i64",
                (SELECT coalesce(sum(n), 0) FROM tally WHERE state = 'needs_review')
                    - (SELECT count(*) FROM dispatch WHERE state IN ('needs_review', 'closed') AND superseded = 0
                        AND progress->>'$.released' IS NOT NULL AND state = 'needs_review') AS "needs_review!: u32",
                (SELECT count(*) FROM dispatch q WHERE q.state = 'queued' AND q.serialised = 1 AND EXISTS (
                    SELECT 1 FROM dispatch h WHERE h.account_id = q.account_id AND h.fingerprint = q.fingerprint
                    AND h.state IN ('sending', 'in_doubt', 'needs_review') AND h.state = 'needs_review'
                    AND h.serialised = 1 AND h.superseded = 0 AND h.progress->>'$.released' IS NULL)) AS "waiting!: u32""#,
        )
        .fetch_one(&self.reading)
        .await
        .doing("counting open work")?;
        Ok(Standing {
            open: (row.open - i64::from(row.waiting)).max(0) as u32,
            waiting_for_person: row.waiting,
            needs_review: row.needs_review,
        })
    }
}
