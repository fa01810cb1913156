//! What a day came to: outcomes by the hour, and how long certainty took.
//!
//! Not here: what the days before came to; a face asks for one stretch of time, and the log has the rest.

use super::LedgerReader;
use super::error::{Doing, Result};
use super::rows::state;
use super::tx::list;
use crate::api::views::{CertaintyView, DayView, HourView};
use crate::domain::State;

/// The steps by which the time to certainty is told, in milliseconds.
const WITHIN_MS: [i64; 6] = [1_000, 5_000, 30_000, 120_000, 600_000, 3_600_000];

impl LedgerReader {
    /// What was settled at this wall time or later, in milliseconds since the epoch.
    pub async fn day(&self, since_ms: i64) -> Result<DayView> {
        let hours = self.settled_by_hour(since_ms).await?;
        Ok(DayView { hours, certainty: self.certainty(since_ms).await? })
    }

    async fn settled_by_hour(&self, since_ms: i64) -> Result<Vec<HourView>> {
        // What was settled since was changed since, and an index has that.
        let rows = sqlx::query!(
            r#"SELECT (settled_ms - $1) / 3600000 AS "hour!: u32", state AS "state!", count(*) AS "n!: u32"
               FROM orders WHERE deleted_ms IS NULL AND changed_ms >= $1 AND settled_ms >= $1
               GROUP BY 1, 2 ORDER BY 1"#,
            since_ms
        )
        .fetch_all(&self.reading)
        .await
        .doing("counting what a day came to")?;
        let mut hours: Vec<HourView> = Vec::new();
        for row in rows {
            if hours.last().is_none_or(|last| last.hour != row.hour) {
                hours.push(HourView { hour: row.hour, ..HourView::default() });
            }
            let Some(hour) = hours.last_mut() else { continue };
            match state(&row.state)? {
                State::Dispatched => hour.dispatched += row.n,
                State::Refused => hour.refused += row.n,
                State::Cancelled | State::Closed => hour.ended += row.n,
                State::Draft | State::Queued | State::Sending | State::InDoubt | State::NeedsReview => {}
            }
        }
        Ok(hours)
    }

    async fn certainty(&self, since_ms: i64) -> Result<Vec<CertaintyView>> {
        let rows = sqlx::query!(
            r#"SELECT (SELECT count(*) FROM json_each($2) j WHERE o.settled_ms - d.reserved_ms > j.value) AS "step!: u32",
                      count(*) AS "n!: u32"
               FROM orders o JOIN dispatch d ON d.id = o.dispatch_id
               WHERE o.deleted_ms IS NULL AND o.changed_ms >= $1 AND o.settled_ms >= $1
                 AND o.state IN ('dispatched', 'refused')
               GROUP BY 1"#,
            since_ms,
            list(&WITHIN_MS)?
        )
        .fetch_all(&self.reading)
        .await
        .doing("counting how long certainty took")?;
        let steps = WITHIN_MS.into_iter().map(Some).chain([None]).enumerate();
        let orders = |step: usize| rows.iter().find(|row| row.step as usize == step).map_or(0, |row| row.n);
        Ok(steps.map(|(step, within_ms)| CertaintyView { within_ms, orders: orders(step) }).collect())
    }
}
