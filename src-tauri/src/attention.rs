//! What needs a person, read from the log as it grows: a case to decide, a batch that is refused, an account that cannot go
//! on. Each entry of the log is read once, so nothing is told twice.
//!
//! Pure. Not here: showing it (`notices`), and what a person can do about it (the page).

use docket_core::api::views::LogView;
use docket_core::domain::{LogKind, Seq};

/// The entries that are read. All others tell nothing that needs a person.
pub const KINDS: [LogKind; 5] =
    [LogKind::Reserved, LogKind::Bound, LogKind::Refused, LogKind::ReviewAsked, LogKind::Paused];

/// So many refusals, and nothing else, say that a batch is wrong as a whole: it is told before its end.
const ALL_REFUSED: u32 = 5;

/// Something that needs a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Orders that wait for a decision.
    Review {
        /// Their numbers, in the log's order.
        orders: Vec<String>,
    },
    /// Orders of a batch that their platform refused.
    Refused {
        /// How many.
        refused: u32,
        /// Of how many that were asked for.
        of: u32,
    },
    /// An account of which nothing is sent.
    Paused {
        /// Its name.
        account: String,
    },
}

/// Orders that are dispatched together: from the first one until none is open.
#[derive(Debug, Default)]
struct Batch {
    asked: u32,
    bound: u32,
    refused: u32,
    told: bool,
}

/// What was read so far.
#[derive(Debug)]
pub struct Attention {
    seen: Seq,
    batch: Batch,
}

impl Attention {
    /// Nothing before that entry is told: a start says by itself what waits.
    pub fn after(seen: Seq) -> Attention {
        Attention { seen, batch: Batch::default() }
    }

    /// The last entry that was read.
    pub fn seen(&self) -> Seq {
        self.seen
    }

    /// Reads on. `open` is how many orders were queued, sending or in doubt before the entries were read; with more entries
    /// to come, more than none.
    pub fn read(&mut self, entries: &[LogView], open: u32) -> Vec<Notice> {
        let mut notices = Vec::new();
        let mut cases = Vec::new();
        for entry in entries.iter().filter(|entry| entry.seq > self.seen) {
            match entry.kind {
                LogKind::Reserved => self.batch.asked += 1,
                LogKind::Bound => self.batch.bound += 1,
                LogKind::Refused => self.batch.refused += 1,
                LogKind::ReviewAsked => cases.extend(entry.order_no.as_ref().map(ToString::to_string)),
                LogKind::Paused if entry.detail["paused"] != false => {
                    notices.extend(entry.account.clone().map(|account| Notice::Paused { account }));
                }
                _ => {}
            }
        }
        if let Some(last) = entries.last() {
            self.seen = self.seen.max(last.seq);
        }
        if !cases.is_empty() {
            notices.push(Notice::Review { orders: cases });
        }
        notices.extend(self.refused(open));
        notices
    }

    /// A single order that is refused was just clicked: whoever did it sees the answer.
    fn refused(&mut self, open: u32) -> Option<Notice> {
        let Batch { asked, bound, refused, told } = self.batch;
        let over = open == 0;
        let wrong_as_a_whole = bound == 0 && refused >= ALL_REFUSED;
        let tell = !told && asked > 1 && refused > 0 && (over || wrong_as_a_whole);
        if over {
            self.batch = Batch::default();
        } else if tell {
            self.batch.told = true;
        }
        tell.then_some(Notice::Refused { refused, of: asked })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use docket_core::domain::OrderNo;
    use serde_json::json;

    fn entry(seq: i64, kind: LogKind) -> LogView {
        LogView {
            seq: Seq(seq),
            at: "2026-03-02T10:00:00Z".into(),
            order_no: Some(OrderNo(format!("SO-{seq}"))),
            account: Some("main".into()),
            generation: 1,
            reference: None,
            kind,
            detail: json!({}),
            evidence: None,
            hash: "ab".into(),
        }
    }

    fn entries(from: i64, kinds: &[LogKind]) -> Vec<LogView> {
        kinds.iter().zip(from..).map(|(kind, seq)| entry(seq, *kind)).collect()
    }

    #[test]
    fn cases_are_told_together_and_each_once() {
        let mut attention = Attention::after(Seq(1));
        let page = entries(1, &[LogKind::ReviewAsked, LogKind::ReviewAsked, LogKind::ReviewAsked]);
        let orders = vec!["SO-2".to_owned(), "SO-3".to_owned()];
        assert_eq!(attention.read(&page, 0), [Notice::Review { orders }], "what was there at the start is not told");
        assert_eq!(attention.read(&page, 0), [], "and nothing is told twice");
    }

    #[test]
    fn a_batch_is_told_of_when_it_is_over() {
        use LogKind::{Bound, Refused, Reserved};
        let mut attention = Attention::after(Seq(0));
        assert_eq!(attention.read(&entries(1, &[Reserved, Reserved, Reserved, Bound, Refused]), 1), []);
        let told = attention.read(&entries(6, &[Refused]), 0);
        assert_eq!(told, [Notice::Refused { refused: 2, of: 3 }]);
        assert_eq!(attention.read(&entries(7, &[Reserved, Refused]), 0), [], "a lone order's click is answered there");
        assert_eq!(attention.read(&entries(9, &[Reserved, Reserved, Bound, Bound]), 0), [], "nothing was refused");
    }

    #[test]
    fn a_batch_that_is_wrong_as_a_whole_is_told_of_before_its_end_and_not_again() {
        use LogKind::{Refused, Reserved};
        let mut attention = Attention::after(Seq(0));
        assert_eq!(attention.read(&entries(1, &[Reserved; 9]), 9), []);
        assert_eq!(attention.read(&entries(10, &[Refused; 4]), 5), []);
        assert_eq!(attention.read(&entries(14, &[Refused]), 4), [Notice::Refused { refused: 5, of: 9 }]);
        assert_eq!(attention.read(&entries(15, &[Refused; 4]), 0), []);
    }

    #[test]
    fn an_account_that_stops_is_told_of_and_one_that_goes_on_is_not() {
        let mut attention = Attention::after(Seq(0));
        let mut resumed = entry(2, LogKind::Paused);
        resumed.detail = json!({ "paused": false });
        let told = attention.read(&[entry(1, LogKind::Paused), resumed], 0);
        assert_eq!(told, [Notice::Paused { account: "main".into() }]);
    }
}
