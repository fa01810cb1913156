//! `order reveal`: delivered codes in plain text, on stdout and nowhere else.

use docket_core::api::Revealed;
use docket_core::domain::Code;
use serde_json::json;

use crate::args::OneOrder;
use crate::desk::{Desk, Need, key};
use crate::exit::{Done, Failure, Status};
use crate::output::{Output, say};

/// Shows the codes of one order, once it is in the log that they were asked for.
pub async fn run(desk: &Desk, order: &OneOrder, reason: Option<String>) -> Done {
    let wanted = key(&order.order_no, order.account.as_deref());
    let revealed = desk.with(Need::Change, async |core| Ok(core.reveal(wanted, reason).await?)).await?;
    if desk.out.is_json() {
        print_json(&desk.out, order, &revealed)?
    } else {
        print_text(&desk.out, order, &revealed)?
    }
    desk.out.flush()?;
    say(&format!("Written into the log as entry {}.", revealed.seq.0));
    match revealed.items.iter().find_map(|item| item.problem.as_ref()) {
        Some(why) => Err(Failure::Wrong(format!(
            "some codes cannot be read: {why}. `docketctl track {}` fetches them once more.",
            order.order_no
        ))),
        None => Ok(Status::Done),
    }
}

fn print_json(out: &Output, order: &OneOrder, revealed: &Revealed) -> std::io::Result<()> {
    let items: Vec<_> = revealed
        .items
        .iter()
        .map(|item| {
            let codes: Vec<&str> = item.codes.iter().map(Code::expose).collect();
            json!({ "platform_order_id": item.platform_order_id, "generation": item.generation, "item": item.item,
                    "codes": codes, "problem": item.problem })
        })
        .collect();
    out.object(&json!({ "order_no": order.order_no, "account": revealed.account, "logged_as": revealed.seq,
                        "items": items }))
}

fn print_text(out: &Output, order: &OneOrder, revealed: &Revealed) -> std::io::Result<()> {
    for item in &revealed.items {
        let problem = item.problem.as_ref().map_or_else(String::new, |why| format!(": {why}"));
        out.line(&format!("{}  {} item {}{problem}", order.order_no, item.platform_order_id, item.item))?;
        item.codes.iter().try_for_each(|code| out.line(&format!("  {}", printable(code.expose()))))?;
    }
    Ok(())
}

/// A code as it is, but for what would move the cursor: that is written as an escape.
fn printable(code: &str) -> String {
    code.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_printed_as_it_is_without_moving_the_cursor() {
        assert_eq!(printable("AB-\\১২ \"x\""), "AB-\\১২ \"x\"");
        assert_eq!(printable("A\u{1b}[2J\nB"), "A\\u{1b}[2J\\nB");
    }
}
