//! `order`: templates, lists, one order, its fields, deletion.
//!
//! Import is in `import`, export in `export`, delivered codes in `reveal`.

use std::collections::BTreeMap;

use comfy_table::Cell;
use docket_core::api::Command;
use docket_core::api::views::{ActionView, CodesView, LogView, OrderDetail, OrderView};
use docket_core::domain::{Platform, RemoteOrder};
use serde::Serialize;
use serde_json::{Value, json};

use crate::args::{ListArgs, OneOrder, OrderVerb};
use crate::desk::{Desk, Need, execute, key};
use crate::exit::{Done, Status};
use crate::output::{Output, say};
use crate::{export, import, pages, reveal, table, words};

/// Carries out one of the `order` commands.
pub async fn run(desk: &Desk, verb: OrderVerb) -> Done {
    match verb {
        OrderVerb::Template { platform } => template(desk, platform).await,
        OrderVerb::Import(args) => import::run(desk, args).await,
        OrderVerb::List(args) => list(desk, &args).await,
        OrderVerb::Show(order) => show(desk, &order).await,
        OrderVerb::Edit { order, set, more } => edit(desk, &order, set.into_iter().chain(more).collect()).await,
        OrderVerb::Reveal { order, reason } => reveal::run(desk, &order, reason).await,
        OrderVerb::Delete(order) => delete(desk, &order).await,
        OrderVerb::Export { file, list } => export::run(desk, &file, &list).await,
    }
}

async fn template(desk: &Desk, platform: Platform) -> Done {
    let text = desk.with(Need::Read, async |core| Ok(core.template(platform).await?)).await?;
    if desk.out.is_json() {
        desk.out.object(&json!({ "platform": platform, "template": text }))?;
    } else {
        desk.out.line(text.trim_end())?;
    }
    desk.out.flush()?;
    Ok(Status::Done)
}

async fn list(desk: &Desk, args: &ListArgs) -> Done {
    let states: Vec<_> = args.state.into_iter().collect();
    desk.with(Need::Read, async |core| {
        let mut listed = 0;
        pages::each(core, &states, args.account.as_deref(), |page| {
            if desk.out.is_json() {
                page.iter().try_for_each(|order| desk.out.object(order))?;
            } else if !page.is_empty() {
                print_rows(&desk.out, page)?;
            }
            listed += page.len();
            Ok(!desk.out.is_closed())
        })
        .await?;
        if listed == 0 && !desk.out.is_json() {
            say("There is no such order. `docketctl order import FILE --account NAME` brings orders in.");
        }
        desk.out.flush()?;
        Ok(Status::Done)
    })
    .await
}

/// A table of orders.
pub fn print_rows(out: &Output, orders: &[OrderView]) -> std::io::Result<()> {
    let header = ["ORDER NO", "ACCOUNT", "STATE", "PLATFORM ORDER", "STATUS", "FEE", "RECIPIENT", "SINCE", "REASON"];
    let mut rows = table::table(out, &header);
    for order in orders {
        let reason = match &order.waits_for {
            Some(first) => format!("waits for {first}"),
            None => order.reason.clone().unwrap_or_default(),
        };
        let text = |text: &str| Cell::new(words::one_line(text));
        let account = if order.test { format!("{} (test)", order.account) } else { order.account.clone() };
        rows.add_row([
            text(order.order_no.as_str()),
            text(&account),
            table::state(out, order.state),
            text(order.platform_order_id.as_deref().unwrap_or_default()),
            text(order.platform_status.as_deref().unwrap_or_default()),
            text(&order.fee.as_ref().map_or_else(String::new, words::money)),
            text(&order.recipient),
            text(&order.since),
            text(&reason),
        ]);
    }
    table::print(out, &rows)
}

/// The order object, with everything else that is known beside it.
#[derive(Serialize)]
struct Whole<'a> {
    #[serde(flatten)]
    order: &'a OrderView,
    fields: &'a BTreeMap<String, String>,
    known: &'a str,
    next: &'a str,
    actions: &'a [ActionView],
    timeline: &'a [LogView],
    request: &'a Option<Value>,
    candidates: &'a [RemoteOrder],
    waiting_behind: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    codes: &'a Option<CodesView>,
}

async fn show(desk: &Desk, order: &OneOrder) -> Done {
    let wanted = key(&order.order_no, order.account.as_deref());
    let detail = desk.with(Need::Read, async |core| Ok(core.order(wanted).await?)).await?;
    if desk.out.is_json() {
        // The sentences stand there in English; their codes are for a face with a language of its own. A slip is the window's.
        let OrderDetail {
            order,
            fields,
            known,
            next,
            actions,
            timeline,
            request,
            candidates,
            waiting_behind,
            codes,
            facts: _,
            steps: _,
            slips: _,
        } = &detail;
        let waiting_behind = *waiting_behind;
        desk.out.object(&Whole {
            order,
            fields,
            known,
            next,
            actions,
            timeline,
            request,
            candidates,
            waiting_behind,
            codes,
        })?;
    } else {
        print_detail(&desk.out, &detail)?;
    }
    desk.out.flush()?;
    Ok(Status::Done)
}

fn print_detail(out: &Output, detail: &OrderDetail) -> std::io::Result<()> {
    let order = &detail.order;
    out.line(&format!("{}  {}", order.order_no, words::standing(order)))?;
    let mode = if order.test { "test" } else { "live" };
    let optional = |text: &Option<String>| text.clone().unwrap_or_default();
    let facts = [
        ("known", detail.known.clone()),
        ("next", detail.next.clone()),
        ("account", format!("{} ({}, {mode})", order.account, order.platform.title())),
        ("recipient", order.recipient.clone()),
        ("what", order.what.clone()),
        ("platform order", optional(&order.platform_order_id)),
        ("platform status", optional(&order.platform_status)),
        ("fee", order.fee.as_ref().map_or_else(String::new, words::money)),
        ("tracking", optional(&order.tracking_url)),
        ("codes", detail.codes.map_or_else(String::new, |codes| words::codes(order, codes))),
        ("slips", if detail.slips == 0 { String::new() } else { format!("{} asked for", detail.slips) }),
        ("reference", optional(&order.reference)),
        ("effort", format!("generation {}, attempts {}, lookups {}", order.generation, order.attempts, order.lookups)),
        ("waits behind it", if detail.waiting_behind == 0 { String::new() } else { detail.waiting_behind.to_string() }),
    ];
    for (name, fact) in facts.iter().filter(|(_, fact)| !fact.is_empty()) {
        out.line(&format!("  {name:<16} {}", words::one_line(fact)))?;
    }
    out.line("fields")?;
    for (name, value) in &detail.fields {
        out.line(&format!("  {name}={}", words::one_line(value)))?;
    }
    if !detail.candidates.is_empty() {
        out.line("at the platform, perhaps ours")?;
        for candidate in &detail.candidates {
            out.line(&format!("  {}", candidate_line(candidate)))?;
        }
    }
    out.line("log")?;
    detail.timeline.iter().try_for_each(|entry| out.line(&words::log_line(entry)))
}

/// A platform order that a person may take for ours, on one line.
pub fn candidate_line(candidate: &RemoteOrder) -> String {
    let created = candidate.created_ms.map(docket_core::clock::rfc3339).map(|at| format!("created {at}"));
    let fee = candidate.fee.as_ref().map(words::money);
    let reference = candidate.reference.as_ref().map(|reference| format!("reference {reference}"));
    let parts = [Some(candidate.id.to_string()), candidate.status.clone(), created, fee, reference];
    words::one_line(&parts.into_iter().flatten().collect::<Vec<_>>().join("  "))
}

async fn edit(desk: &Desk, order: &OneOrder, set: Vec<(String, String)>) -> Done {
    let wanted = key(&order.order_no, order.account.as_deref());
    let command = Command::Edit { order: wanted.clone(), set: set.into_iter().collect() };
    let detail = desk
        .with(Need::Change, async |core| {
            execute(core, command).await?;
            Ok(core.order(wanted).await?)
        })
        .await?;
    if desk.out.is_json() {
        desk.out.object(&detail.order)?;
    } else {
        desk.out.line(&format!("{} was changed", detail.order.order_no))?;
    }
    desk.out.flush()?;
    Ok(Status::Done)
}

async fn delete(desk: &Desk, order: &OneOrder) -> Done {
    let command = Command::Delete { order: key(&order.order_no, order.account.as_deref()) };
    desk.with(Need::Change, async |core| Ok(execute(core, command).await?)).await?;
    if desk.out.is_json() {
        desk.out.object(&json!({ "order_no": order.order_no, "deleted": true }))?;
    } else {
        desk.out.line(&format!("{} was deleted", order.order_no))?;
    }
    desk.out.flush()?;
    Ok(Status::Done)
}
