//! `practice`: serving the practice platforms in the foreground, and reading what they really hold.

use std::path::{Path, PathBuf};

use comfy_table::Cell;
use docket_practice::{Endpoint, FaultPlan, PracticeOptions, PracticePlatform, TruthOrder, read_truth, serve};

use crate::args::{PracticeArgs, PracticeVerb};
use crate::desk::{Desk, data};
use crate::exit::{Done, Failure, Status};
use crate::output::{Output, say};
use crate::{table, words};

/// Serves until a signal comes, or prints the truth.
pub async fn run(desk: &Desk, args: PracticeArgs) -> Done {
    match args.verb {
        Some(PracticeVerb::Truth { truth, platform }) => {
            let file = truth.or(args.truth).unwrap_or_else(truth_file);
            let platforms = if platform.is_empty() { args.platform } else { platform };
            print_truth(&desk.out, &file, &platforms)
        }
        None => foreground(desk, args).await,
    }
}

/// Where the app's own practice platforms keep what they hold.
fn truth_file() -> PathBuf {
    data().join("practice").join("truth.jsonl")
}

async fn foreground(desk: &Desk, args: PracticeArgs) -> Done {
    let plan = args.faults.as_deref().map(fault_plan).transpose()?;
    let truth = args.truth.unwrap_or_else(truth_file);
    let options = PracticeOptions { truth: truth.clone(), port: args.port, platforms: args.platform, plan };
    let served = serve(options).await?;
    for endpoint in served.endpoints() {
        if desk.out.is_json() { desk.out.object(&endpoint)? } else { print_endpoint(&desk.out, &endpoint)? }
    }
    // Whoever started this reads the addresses from a pipe and waits for them.
    desk.out.flush()?;
    say(&format!("Serving until Ctrl-C. What the platforms hold is kept in {}.", truth.display()));
    desk.stop.asked().await;
    served.stop().await;
    Ok(Status::Done)
}

fn fault_plan(file: &Path) -> Result<FaultPlan, Failure> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::Wrong(format!("{}: {error}. Give another --faults file.", file.display())))?;
    FaultPlan::parse(&text).map_err(|error| Failure::Wrong(format!("{}: {error}", file.display())))
}

fn print_endpoint(out: &Output, endpoint: &Endpoint) -> std::io::Result<()> {
    out.line(endpoint.platform.name())?;
    out.line(&format!("  base url     {}", endpoint.base_url))?;
    out.line(&format!("  merchant id  {}", endpoint.merchant_id))?;
    out.line(&format!("  secrets      {}", endpoint.secrets))
}

fn print_truth(out: &Output, file: &Path, platforms: &[PracticePlatform]) -> Done {
    let mut orders = read_truth(file)?;
    orders.retain(|order| platforms.is_empty() || platforms.contains(&order.platform));
    if out.is_json() {
        orders.iter().try_for_each(|order| out.object(order))?;
    } else {
        for platform in PracticePlatform::ALL {
            let there: Vec<_> = orders.iter().filter(|order| order.platform == platform).collect();
            if !there.is_empty() {
                print_orders(out, platform, &there)?;
            }
        }
        if orders.is_empty() {
            say(&format!("{} holds no order.", file.display()));
        }
    }
    out.flush()?;
    Ok(Status::Done)
}

fn print_orders(out: &Output, platform: PracticePlatform, orders: &[&TruthOrder]) -> std::io::Result<()> {
    let word = if orders.len() == 1 { "order" } else { "orders" };
    out.line(&format!("{platform}: {} {word}", orders.len()))?;
    let mut rows = table::table(out, &["PLATFORM ORDER", "REFERENCE", "STATUS", "CREATED", "BY", "WHAT"]);
    for order in orders {
        let created = docket_core::clock::rfc3339(order.created_at_ms);
        let by = if order.by_stranger { "a stranger" } else { "us" };
        let reference = order.reference.as_deref().unwrap_or("-");
        let texts = [&order.platform_order_id, reference, &order.status, &created, by, &order.summary];
        rows.add_row(texts.map(|text| Cell::new(words::one_line(text))));
    }
    table::print(out, &rows)
}
