//! `verify`: whether the ledger is sound.

use docket_core::api::views::Verification;

use crate::desk::{Desk, Need};
use crate::exit::{Done, Failure, Status};
use crate::words;

/// So many broken things stand in the error's line; all of them stand in the output.
const NAMED: usize = 3;

/// Checks the ledger.
pub async fn verify(desk: &Desk) -> Done {
    let found = desk.with(Need::Read, async |core| Ok(core.verify().await?)).await?;
    if desk.out.is_json() {
        desk.out.object(&found)?;
    } else if found.ok {
        desk.out.line(&format!("The ledger is sound: {} log entries, {} orders.", found.entries, found.orders))?;
    } else {
        found.broken.iter().try_for_each(|broken| desk.out.line(&words::one_line(&broken.what)))?;
    }
    desk.out.flush()?;
    if found.ok { Ok(Status::Done) } else { Err(Failure::Wrong(damage(&found))) }
}

fn damage(found: &Verification) -> String {
    let count = found.broken.len();
    let named: Vec<_> = found.broken.iter().take(NAMED).map(|broken| words::one_line(&broken.what)).collect();
    let more = if count > NAMED { " and more" } else { "" };
    let things = if count == 1 { "1 thing is".to_owned() } else { format!("{count} things are") };
    format!(
        "The ledger is damaged, {things} broken: {}{more}. Dispatch nothing with it; compare with the platforms, and \
         go back to a backup.",
        named.join("; ")
    )
}

#[cfg(test)]
mod tests {
    use docket_core::domain::{Broken, Invariant};

    use super::*;

    #[test]
    fn the_line_names_what_is_broken() {
        let broken = |what: String| Broken::new(Invariant::Told, what);
        let found = Verification { broken: vec![broken("entry 7 was changed".into())], ..Verification::default() };
        assert!(damage(&found).contains("1 thing is broken: entry 7 was changed."));
        let many =
            Verification { broken: (1..=5).map(|n| broken(format!("entry {n}"))).collect(), ..Verification::default() };
        assert!(damage(&many).contains("5 things are broken: entry 1; entry 2; entry 3 and more."));
    }
}
