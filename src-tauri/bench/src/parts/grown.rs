//! What work costs in a ledger of many settled orders.

use std::path::Path;

use docket_core::api::views::OrderQuery;
use docket_core::api::{Command, Core, DispatchRequest, OrderKey};
use docket_core::domain::OrderNo;
use docket_practice::PracticePlatform;
use docket_tests::waiting::Stopwatch;
use serde::{Deserialize, Serialize};

use super::usage;
use crate::shop;

/// How often each read is made; the median counts.
const TIMES: usize = 15;
/// Rows of a page, as the window asks for.
const PAGE: u32 = 100;

/// What it took, in milliseconds where nothing else is said.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Grown {
    /// From the start of the core until the first page is read.
    pub first_rows_ms: f64,
    /// A page in the middle of the list.
    pub page_ms: f64,
    /// The last page of the list.
    pub last_page_ms: f64,
    /// A search for a part of one number.
    pub search_ms: f64,
    /// A search for a part of very many names.
    pub wide_search_ms: f64,
    /// A click, until its request is on disk. Nobody answers it.
    pub click_ms: f64,
    /// `verify`, in seconds.
    pub verify_s: f64,
    /// Memory once the first page is read, in MiB.
    pub memory_mib: f64,
    /// Bytes of the ledger's file.
    pub file_bytes: u64,
}

async fn timed(core: &Core, query: &OrderQuery) -> Result<f64, String> {
    let mut took = Vec::new();
    for _ in 0..TIMES {
        let watch = Stopwatch::start();
        let page = core.orders(query.clone()).await.map_err(|e| e.to_string())?;
        took.push(watch.elapsed().as_secs_f64() * 1e3);
        if page.rows.is_empty() {
            return Err(format!("an empty page: {query:?}"));
        }
    }
    crate::figures::quantile(&took, 0.5).ok_or_else(|| "nothing was timed".into())
}

/// Measures, in a ledger that `settle` made.
pub async fn grow(folder: &Path, orders: usize) -> Result<Grown, String> {
    let wrong = |e: docket_core::api::ApiError| e.to_string();
    let all = u32::try_from(orders).map_err(|e| e.to_string())?;
    let first = OrderQuery { limit: PAGE, descending: true, ..OrderQuery::default() };
    let watch = Stopwatch::start();
    let core = Core::attach_to_change(shop::options(folder)).await.map_err(wrong)?;
    core.orders(first.clone()).await.map_err(wrong)?;
    let first_rows_ms = watch.elapsed().as_secs_f64() * 1e3;
    let memory_mib = usage::memory_mib();
    let page_ms = timed(&core, &OrderQuery { offset: all / 2, ..first.clone() }).await?;
    let last_page_ms = timed(&core, &OrderQuery { offset: all - PAGE, ..first.clone() }).await?;
    let one = Some(format!("SO-{}", orders / 3));
    let search_ms = timed(&core, &OrderQuery { search: one, ..first.clone() }).await?;
    let wide = Some("Das".to_owned());
    let wide_search_ms = timed(&core, &OrderQuery { search: wide, ..first.clone() }).await?;
    let click_ms = click(&core, folder).await?;
    let watch = Stopwatch::start();
    let verified = core.verify().await.map_err(wrong)?;
    let verify_s = watch.elapsed().as_secs_f64();
    if !verified.ok {
        return Err(format!("verify: {:?}", verified.broken));
    }
    core.stop().await;
    let file_bytes = std::fs::metadata(shop::ledger(folder)).map_err(|e| e.to_string())?.len();
    Ok(Grown {
        first_rows_ms,
        page_ms,
        last_page_ms,
        search_ms,
        wide_search_ms,
        click_ms,
        verify_s,
        memory_mib,
        file_bytes,
    })
}

/// Reserves new orders one by one: this face works on nothing, so each stays queued.
async fn click(core: &Core, folder: &Path) -> Result<f64, String> {
    let (n, mut took) = (TIMES, Vec::new());
    let file = shop::csv(folder, PracticePlatform::Pathao, n);
    let text = std::fs::read_to_string(&file).map_err(|e| e.to_string())?;
    std::fs::write(&file, text.replace("SO-", "NEW-")).map_err(|e| e.to_string())?;
    shop::import(core, &file, n).await?;
    for i in 1..=n {
        let order = OrderKey { order_no: OrderNo::from(format!("NEW-{i}").as_str()), account: None };
        let request = DispatchRequest { orders: vec![order], ..Default::default() };
        let watch = Stopwatch::start();
        shop::run(core, Command::Dispatch(request)).await?;
        took.push(watch.elapsed().as_secs_f64() * 1e3);
    }
    crate::figures::quantile(&took, 0.5).ok_or_else(|| "nothing was timed".into())
}
