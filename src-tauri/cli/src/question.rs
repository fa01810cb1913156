//! `quote`, `account products`, `account templates`: what a merchant asks a platform before sending.

use std::collections::BTreeMap;

use comfy_table::Cell;
use docket_core::api::{ApiError, ChoiceView, Command, QuoteView, Reply};

use crate::args::OrderArgs;
use crate::desk::{Desk, Need, execute, keys};
use crate::exit::{Done, Failure, Status};
use crate::output::say;
use crate::{table, words};

/// Asks what orders would cost: a line, or an object, for each that has a price.
pub async fn quote(desk: &Desk, args: &OrderArgs) -> Done {
    let without = desk
        .with(Need::Change, async |core| {
            let mut without: Vec<(String, ApiError)> = Vec::new();
            for key in keys(&args.order_nos, args.account.as_deref()) {
                let order_no = key.order_no.to_string();
                match execute(core, Command::Quote { order: key }).await {
                    Ok(Reply::Quoted(quote)) if desk.out.is_json() => desk.out.object(&quote)?,
                    Ok(Reply::Quoted(quote)) => desk.out.line(&price_line(&quote))?,
                    Ok(_) => {}
                    Err(error) => without.push((order_no, error)),
                }
            }
            desk.out.flush()?;
            Ok(without)
        })
        .await?;
    match without.as_slice() {
        [] => Ok(Status::Done),
        [(order_no, error)] => Err(Failure::Wrong(format!("{order_no} has no price: {error}"))),
        several => {
            several.iter().for_each(|(order_no, error)| say(&words::one_line(&format!("{order_no}: {error}"))));
            Err(Failure::Wrong(format!("{} orders have no price; the lines above say why", several.len())))
        }
    }
}

/// Such as `SO-1 USD 9.75, until 2026-03-02T10:05:00.000Z (dqt_9), takes 45 min`.
fn price_line(quote: &QuoteView) -> String {
    let until = quote.expires_at.as_ref().map(|at| format!(", until {at}"));
    let id = quote.quote_id.as_ref().map(|id| format!(" ({id})"));
    let takes = quote.takes_min.map(|minutes| format!(", takes {minutes} min"));
    let arrives = quote.arrives_at.as_ref().map(|at| format!(", there at {at}"));
    let more: String = [until, id, takes, arrives].into_iter().flatten().collect();
    words::one_line(&format!("{} {}{more}", quote.order_no, words::money(&quote.fee)))
}

/// Lists what a field may hold at an account's platform.
pub async fn choices(desk: &Desk, account: &str, field: &str, search: &str) -> Done {
    let command = Command::Choices {
        account: account.to_owned(),
        field: field.to_owned(),
        search: search.to_owned(),
        values: BTreeMap::new(),
    };
    let reply = desk.with(Need::Change, async |core| Ok(execute(core, command).await?)).await?;
    let Reply::Choices { choices, total } = reply else { return Ok(Status::Done) };
    if desk.out.is_json() {
        choices.iter().try_for_each(|row| desk.out.object(&row.choice))?;
    } else {
        tell(desk, &choices)?;
    }
    desk.out.flush()?;
    let shown = u32::try_from(choices.len()).unwrap_or(u32::MAX);
    if total > shown {
        say(&format!("{shown} of {total}; narrow them with --search"));
    }
    Ok(Status::Done)
}

fn tell(desk: &Desk, choices: &[ChoiceView]) -> std::io::Result<()> {
    if choices.is_empty() {
        return desk.out.line("none");
    }
    let mut rows = table::table(&desk.out, &["ID", "NAME", "PRICE", "STOCK", "ASKS FOR"]);
    for ChoiceView { choice, .. } in choices {
        let asks = choice.variables.as_deref().map(|names| names.join(", "));
        let stock = choice.stock.map(|count| count.to_string());
        let cells = [Some(choice.id.clone()), Some(choice.name.clone()), choice.price.clone(), stock, asks];
        rows.add_row(cells.map(|text| Cell::new(words::one_line(&text.unwrap_or_default()))));
    }
    table::print(&desk.out, &rows)
}
