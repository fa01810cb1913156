//! What the page may ask of the core. One line each: nothing is decided here.

use std::collections::BTreeMap;

use docket_core::api::views::{
    AccountView, CaseView, Counts, DayView, LogQuery, LogView, OrderDetail, OrderPage, OrderQuery, PlatformView,
    Verification,
};
use docket_core::api::{ApiError, NewAccount, OrderKey, Reply, Request};
use docket_core::domain::FieldError;
use tauri::{AppHandle, State};

use crate::shell::{OpeningStep, Shell, Startup};
use crate::start;

type Answer<T> = Result<T, ApiError>;

/// How far the start has come.
#[tauri::command]
#[specta::specta]
pub fn startup(shell: State<'_, Shell>) -> Startup {
    shell.startup()
}

/// The platforms that have an adapter.
#[tauri::command]
#[specta::specta]
pub async fn platforms(shell: State<'_, Shell>) -> Answer<Vec<PlatformView>> {
    Ok(shell.core()?.platforms().await)
}

/// Every account.
#[tauri::command]
#[specta::specta]
pub async fn accounts(shell: State<'_, Shell>) -> Answer<Vec<AccountView>> {
    shell.core()?.accounts().await
}

/// How many orders stand where.
#[tauri::command]
#[specta::specta]
pub async fn counts(shell: State<'_, Shell>, account: Option<String>) -> Answer<Counts> {
    shell.core()?.counts(account).await
}

/// A page of orders.
#[tauri::command]
#[specta::specta]
pub async fn orders(shell: State<'_, Shell>, query: OrderQuery) -> Answer<OrderPage> {
    shell.core()?.orders(query).await
}

/// One order with everything known of it.
#[tauri::command]
#[specta::specta]
pub async fn order(shell: State<'_, Shell>, key: OrderKey) -> Answer<OrderDetail> {
    shell.core()?.order(key).await
}

/// Entries of the reconciliation log.
#[tauri::command]
#[specta::specta]
pub async fn log(shell: State<'_, Shell>, query: LogQuery) -> Answer<Vec<LogView>> {
    shell.core()?.log(query).await
}

/// The cases that wait for a person.
#[tauri::command]
#[specta::specta]
pub async fn cases(shell: State<'_, Shell>) -> Answer<Vec<CaseView>> {
    shell.core()?.cases().await
}

/// Checks the ledger.
#[tauri::command]
#[specta::specta]
pub async fn verify(shell: State<'_, Shell>) -> Answer<Verification> {
    shell.core()?.verify().await
}

/// What is wrong with an order as it is being written, field by field; its number under `order_no`.
#[tauri::command]
#[specta::specta]
pub async fn check_order(
    shell: State<'_, Shell>,
    account: String,
    order_no: String,
    values: BTreeMap<String, String>,
) -> Answer<Vec<FieldError>> {
    shell.core()?.check_order(&account, &order_no, &values).await
}

/// What was settled since then, hour by hour, and how long certainty took.
#[tauri::command]
#[specta::specta]
pub async fn day(shell: State<'_, Shell>, since_ms: i64) -> Answer<DayView> {
    shell.core()?.day(since_ms).await
}

/// Carries out a command; the same id twice is one command.
#[tauri::command]
#[specta::specta]
pub async fn run(shell: State<'_, Shell>, request: Request) -> Answer<Reply> {
    shell.core()?.execute(request).await
}

/// Adds an account with its secrets, tried on its platform first unless `untried`; how many orders that showed. `in_file`
/// is for a system without a key store: the person has seen what a file means, and wants it.
#[tauri::command]
#[specta::specta]
pub async fn add_account(
    shell: State<'_, Shell>,
    id: String,
    account: NewAccount,
    secrets: BTreeMap<String, String>,
    in_file: bool,
    untried: bool,
) -> Answer<Option<u32>> {
    let secrets_file = in_file.then(|| shell.paths.secrets().display().to_string());
    shell.core()?.add_account(id, NewAccount { secrets_file, ..account }, secrets, untried).await
}

/// Gives an account new credentials, tried first unless `untried`; how many orders that showed.
#[tauri::command]
#[specta::specta]
pub async fn change_credentials(
    shell: State<'_, Shell>,
    id: String,
    account_name: String,
    secrets: BTreeMap<String, String>,
    untried: bool,
) -> Answer<Option<u32>> {
    shell.core()?.change_credentials(id, &account_name, secrets, untried).await
}

/// Opens the ledger once more after it could not be opened, for when whoever held it is gone.
#[tauri::command]
#[specta::specta]
pub fn try_again(app: AppHandle, shell: State<'_, Shell>) {
    if matches!(shell.startup(), Startup::Failed { .. }) {
        shell.reached(Startup::Opening { step: OpeningStep::Practice });
        tauri::async_runtime::spawn(start::open(app));
    }
}

/// The last committed place in the log.
#[tauri::command]
#[specta::specta]
pub async fn last_seq(shell: State<'_, Shell>) -> Answer<i64> {
    Ok(*shell.core()?.changes().borrow())
}
