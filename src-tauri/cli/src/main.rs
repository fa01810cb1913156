//! `docketctl`: the terminal face of Docket, for scripts, for cron and for a machine without a screen.
//!
//! It asks the core and prints what the core says. Not here: any rule about orders, SQL or HTTP.

mod account;
mod args;
mod check;
mod desk;
mod dispatch;
mod exit;
mod export;
mod import;
mod log;
mod order;
mod output;
mod pages;
mod practice;
mod probe;
mod progress;
mod question;
mod restore;
mod reveal;
mod review;
mod stop;
mod sweep;
mod table;
mod time;
mod words;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;
use tracing_subscriber::EnvFilter;

use args::{Cli, Verb};
use desk::Desk;
use exit::{Done, Status};
use stop::Stop;

/// What is still running when the answer is known may not hold the program up for longer.
const LAST_WAIT: Duration = Duration::from_millis(200);

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help goes to a pipe that may be closed; there is nobody left to tell.
            let _ = error.print();
            return if error.use_stderr() { Status::Usage.into() } else { Status::Done.into() };
        }
    };
    log_to_stderr();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            output::say(&format!("docketctl: it cannot start: {error}. Close other programs and try again."));
            return Status::Error.into();
        }
    };
    let status = runtime.block_on(run(cli));
    runtime.shutdown_timeout(LAST_WAIT);
    status.into()
}

async fn run(cli: Cli) -> Status {
    let done = match Stop::listen() {
        Ok(stop) => carry_out(Desk::new(&cli, stop), cli.verb).await,
        Err(error) => Err(error.into()),
    };
    done.unwrap_or_else(|failure| {
        output::say(&format!("docketctl: {}", failure.line()));
        failure.status()
    })
}

async fn carry_out(desk: Desk, verb: Verb) -> Done {
    match verb {
        Verb::Account(verb) => account::run(&desk, verb).await,
        Verb::Order(verb) => order::run(&desk, verb).await,
        Verb::Dispatch(args) => dispatch::dispatch(&desk, args).await,
        Verb::Withdraw(orders) => dispatch::withdraw(&desk, &orders).await,
        Verb::Reconcile { wait } => dispatch::reconcile(&desk, wait).await,
        Verb::Review(verb) => review::run(&desk, verb).await,
        Verb::Cancel(order) => review::cancel(&desk, &order).await,
        Verb::Track { order_nos, account } => dispatch::track(&desk, &order_nos, account.as_deref()).await,
        Verb::Quote(orders) => question::quote(&desk, &orders).await,
        Verb::Sweep(args) => sweep::run(&desk, &args).await,
        Verb::Log(args) => log::run(&desk, args).await,
        Verb::Restore(verb) => restore::run(&desk, verb).await,
        Verb::Verify => check::verify(&desk).await,
        Verb::Practice(args) => practice::run(&desk, args).await,
    }
}

/// Logs are for whoever looks for a fault: on stderr, warnings only, unless `DOCKET_LOG` asks for more.
fn log_to_stderr() {
    let filter = EnvFilter::try_from_env("DOCKET_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(output::colour_on_stderr())
        .init();
}
