//! What must not be found in a ledger's rows, each as a query for it.
//!
//! What it takes more than a query to see, the log's chain and its fold, is in `verify`.

use crate::domain::Invariant::{self, CancelCounts, CancelStops, One, Ours, ProofCounts, Told, TrueEnd};

/// Each finds rows that must not be, as one column of text that names the place.
pub(super) const NEVER: &[(Invariant, &str)] = &[
    (
        Ours,
        "SELECT 'platform order ' || remote_id || ' is bound to ' || count(*) || ' dispatches of account '
            || account_id || ': orders ' || group_concat(order_no, ', ')
     FROM dispatch NOT INDEXED WHERE remote_id IS NOT NULL GROUP BY account_id, remote_id HAVING count(*) > 1",
    ),
    (
        One,
        "SELECT 'order ' || min(order_no) || ' is held by ' || count(*) || ' dispatches' FROM dispatch NOT INDEXED
     WHERE superseded = 0 AND state IN ('queued', 'sending', 'in_doubt', 'needs_review', 'dispatched', 'closed')
     GROUP BY order_id HAVING count(*) > 1",
    ),
    (
        One,
        "SELECT 'look-alikes ' || group_concat(order_no, ', ') || ' are under way at once' FROM dispatch NOT INDEXED
     WHERE superseded = 0 AND serialised = 1 AND state IN ('sending', 'in_doubt', 'needs_review')
     GROUP BY account_id, fingerprint HAVING count(*) > 1",
    ),
    (
        One,
        "SELECT 'reference ' || reference || ' stands in ' || count(*) || ' dispatches' FROM dispatch NOT INDEXED
     GROUP BY reference HAVING count(*) > 1",
    ),
    (
        One,
        "SELECT 'number ' || order_no || ' stands twice in account ' || account_id FROM orders NOT INDEXED
     WHERE deleted_ms IS NULL GROUP BY account_id, order_no HAVING count(*) > 1",
    ),
    (
        Told,
        "SELECT 'order ' || o.order_no || ' is ' || o.state || ', its dispatch ' || d.id || ' is ' || d.state
     FROM orders o JOIN dispatch d ON d.id = o.dispatch_id WHERE o.state <> d.state AND o.deleted_ms IS NULL",
    ),
    (
        Told,
        "SELECT 'order ' || o.order_no || ' points at dispatch ' || o.dispatch_id || ', which is not its own'
     FROM orders o LEFT JOIN dispatch d ON d.id = o.dispatch_id
     WHERE o.dispatch_id IS NOT NULL AND d.order_id IS NOT o.id",
    ),
    (
        Told,
        "SELECT 'order ' || o.order_no || ' is ' || o.state || ' without a dispatch' FROM orders o
     WHERE o.dispatch_id IS NULL AND o.state NOT IN ('draft', 'refused', 'cancelled')",
    ),
    (
        One,
        "SELECT 'dispatch ' || d.id || ' of order ' || d.order_no || ' is ' || d.state || ' and is not current'
     FROM dispatch d JOIN orders o ON o.id = d.order_id
     WHERE d.superseded = 0 AND d.id IS NOT o.dispatch_id
           AND d.state IN ('queued', 'sending', 'in_doubt', 'needs_review', 'dispatched', 'closed')",
    ),
    (
        Told,
        "SELECT 'dispatch ' || d.id || ' of order ' || d.order_no || ' is ' || d.state || ' without an attempt'
     FROM dispatch d WHERE d.state IN ('sending', 'in_doubt')
     AND NOT EXISTS (SELECT 1 FROM attempt t WHERE t.dispatch_id = d.id)",
    ),
    (
        Told,
        "SELECT 'dispatch ' || d.id || ' of order ' || d.order_no || ' is dispatched and not bound' FROM dispatch d
     WHERE d.state = 'dispatched' AND d.remote_id IS NULL",
    ),
    (
        Told,
        "SELECT 'attempts of dispatch ' || dispatch_id || ' are not numbered from 1' FROM attempt
     GROUP BY dispatch_id HAVING min(n) <> 1 OR max(n) <> count(*)",
    ),
    (
        Told,
        "SELECT 'order ' || o.order_no || ': its last generation is ' || o.generation || ', its dispatches end at '
            || max(d.generation)
     FROM orders o JOIN dispatch d ON d.order_id = o.id GROUP BY o.id HAVING o.generation <> max(d.generation)",
    ),
    (
        Told,
        "SELECT 'order ' || order_no || ': its generations are not gapless' FROM dispatch
     GROUP BY order_id HAVING max(generation) - min(generation) + 1 <> count(*)",
    ),
    (
        Told,
        "SELECT 'dispatch ' || d.id || ' of order ' || d.order_no || ' has ' || d.attempts || ' attempts and '
            || d.entries || ' send_started entries'
     FROM (SELECT d.id, d.order_no, (SELECT count(*) FROM attempt t WHERE t.dispatch_id = d.id) AS attempts,
                  (SELECT count(*) FROM log l WHERE l.order_id = d.order_id AND l.dispatch_id = d.id
                   AND l.kind = 'send_started') AS entries FROM dispatch d) d
     WHERE d.attempts <> d.entries",
    ),
    (
        Told,
        "SELECT 'dispatch ' || d.id || ' of order ' || d.order_no || ' has no reserved entry' FROM dispatch d
     WHERE NOT EXISTS (SELECT 1 FROM log l WHERE l.order_id = d.order_id AND l.dispatch_id = d.id
                       AND l.kind = 'reserved')",
    ),
    (
        Told,
        "SELECT 'dispatch ' || d.id || ' of order ' || d.order_no || ' is bound without a bound entry' FROM dispatch d
     WHERE d.remote_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM log l WHERE l.order_id = d.order_id
           AND l.dispatch_id = d.id AND l.kind = 'bound')",
    ),
    (
        Told,
        "SELECT 'entry ' || l.seq || ' binds order ' || l.order_no || ' to ' || l.remote || ', its dispatch says '
            || coalesce(d.remote_id, 'nothing')
     FROM (SELECT seq, order_no, dispatch_id,
                  coalesce(detail->>'$.platform_order_id', detail->>'$.remote_id') AS remote
           FROM log WHERE kind = 'bound') l LEFT JOIN dispatch d ON d.id = l.dispatch_id
     WHERE l.remote IS NOT NULL AND d.remote_id IS NOT l.remote",
    ),
    (
        Told,
        "SELECT 'account ' || t.account_id || ' counts ' || t.n || ' orders as ' || t.state || ', there are '
            || (SELECT count(*) FROM orders o WHERE o.account_id = t.account_id AND o.state = t.state
                AND o.deleted_ms IS NULL)
     FROM tally t WHERE t.n <> (SELECT count(*) FROM orders o WHERE o.account_id = t.account_id
                                AND o.state = t.state AND o.deleted_ms IS NULL)",
    ),
    (
        Told,
        "SELECT 'orders of account ' || o.account_id || ' that are ' || o.state || ' are not counted' FROM orders o
     WHERE o.deleted_ms IS NULL AND NOT EXISTS (SELECT 1 FROM tally t WHERE t.account_id = o.account_id
                                                AND t.state = o.state) GROUP BY o.account_id, o.state",
    ),
    (
        Told,
        "SELECT 'codes of item ' || c.item || ' stand at dispatch ' || c.dispatch_id || ', which is bound to nothing'
     FROM delivered_codes c LEFT JOIN dispatch d ON d.id = c.dispatch_id WHERE d.remote_id IS NULL",
    ),
    (
        Told,
        "SELECT 'codes of item ' || c.item || ' of order ' || d.order_no || ' are sealed with a key of another account'
     FROM delivered_codes c JOIN dispatch d ON d.id = c.dispatch_id LEFT JOIN codes_key k ON k.id = c.key_id
     WHERE k.account_id IS NOT d.account_id",
    ),
    (
        TrueEnd,
        "SELECT 'dispatch ' || d.id || ' of order ' || d.order_no || ' is ' || d.state || ' and bound to ' || d.remote_id
         FROM dispatch d WHERE d.state IN ('draft', 'queued', 'refused') AND d.remote_id IS NOT NULL",
    ),
    (
        ProofCounts,
        "SELECT 'entry ' || s.seq || ' sends order ' || s.order_no || ' again, which entry ' || min(b.seq) || ' bound'
         FROM log b JOIN log s ON s.order_id = b.order_id AND s.dispatch_id = b.dispatch_id AND s.seq > b.seq
         WHERE b.kind = 'bound' AND s.kind = 'send_started' GROUP BY s.seq",
    ),
    (
        CancelStops,
        "SELECT 'entry ' || s.seq || ' sends order ' || s.order_no || ', whose cancel entry ' || max(c.seq) || ' asked for'
         FROM log c JOIN log s ON s.order_id = c.order_id AND s.dispatch_id = c.dispatch_id AND s.seq > c.seq
         WHERE c.kind = 'cancel_asked' AND s.kind = 'send_started'
               AND NOT EXISTS (SELECT 1 FROM log p WHERE p.order_id = c.order_id AND p.dispatch_id = c.dispatch_id
                               AND p.kind = 'review_decided' AND p.seq BETWEEN c.seq AND s.seq)
         GROUP BY s.seq",
    ),
    (
        CancelCounts,
        "SELECT 'dispatch ' || d.id || ' of order ' || d.order_no || ' has forgotten the cancel of entry ' || c.seq
         FROM dispatch d JOIN (SELECT order_id, dispatch_id, max(seq) AS seq FROM log WHERE kind = 'cancel_asked'
                               GROUP BY order_id, dispatch_id) c ON c.dispatch_id = d.id AND c.order_id = d.order_id
         WHERE d.state = 'dispatched' AND coalesce(d.progress->>'$.cancel_asked', 0) = 0
               AND NOT EXISTS (SELECT 1 FROM log l WHERE l.order_id = d.order_id AND l.dispatch_id = d.id
                               AND l.kind IN ('cancel_finished', 'review_decided') AND l.seq > c.seq)",
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::domain::invariant::Judge;

    #[test]
    fn each_invariant_that_rows_can_break_has_its_query() {
        let asked: BTreeSet<Invariant> = NEVER.iter().map(|(invariant, _)| *invariant).collect();
        assert_eq!(asked, Invariant::judged_by(Judge::Verify).collect());
    }
}
