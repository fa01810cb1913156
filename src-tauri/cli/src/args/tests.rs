//! The manual's lines are understood, and wrong ones are not.

use clap::{CommandFactory as _, Parser as _};

use super::Cli;

fn parsed(line: &str) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(std::iter::once("docketctl").chain(line.split_whitespace()))
}

#[test]
fn the_definition_holds_together() {
    Cli::command().debug_assert();
}

#[test]
fn every_command_of_the_manual_is_understood() {
    let lines = [
        "account add main --platform pathao --base-url http://127.0.0.1:1 --test --set settle_ms=10 --set exclusive=true",
        "account add main --platform print-one",
        "account add main --platform pathao --secrets-file s.json",
        "account list",
        "account set main --set on_absent=resend",
        "account set main --set on_absent=resend settle_ms=10 --set exclusive=true patience_s=9",
        "account credentials main",
        "account test main",
        "account remove main",
        "order template --platform foxreload",
        "order import o.csv --account main --dry-run --update",
        "order list --state in_doubt --account main",
        "order show SO-1 --account main",
        "order edit SO-1 --set receiver_name=Anik",
        "order edit SO-1 --set receiver_name=Anik receiver_phone=01700000000",
        "order delete SO-1",
        "order reveal SO-1",
        "order reveal SO-1 --account main --reason asked",
        "order export out.csv",
        "dispatch SO-1 SO-2 --account main --wait 2.5 --again --despite other --despite third",
        "dispatch SO-1 --max-fee 120.00",
        "quote SO-1 SO-2 --account main",
        "account products main --search steam",
        "account templates main",
        "--ledger l.db --json dispatch --all",
        "dispatch --all --json --ledger l.db",
        "withdraw SO-1 SO-2",
        "reconcile --wait 10",
        "review list",
        "review adopt SO-1 PB-88 --reason seen",
        "review release SO-1",
        "review close SO-1 --reason gone --account main",
        "cancel SO-1",
        "track",
        "track SO-1 SO-2",
        "log --order SO-1 --account main --since 2026-03-02 --follow --format csv",
        "verify",
        "practice --platform pathao --port 0 --faults f.json --truth t.jsonl",
        "practice --platform postmates --platform uber-direct --platform foxreload",
        "practice --platform print-one --platform pathao --platform doordash",
        "practice truth",
        "practice truth --truth t.jsonl --platform foxreload",
    ];
    for line in lines {
        if let Err(error) = parsed(line) {
            panic!("{line}: {error}");
        }
    }
}

#[test]
fn wrong_usage_is_refused_before_anything_is_done() {
    let lines = [
        "",
        "dispatch",
        "dispatch SO-1 --all",
        "dispatch --all --max-fee 120",
        "dispatch SO-1 --max-fee cheap",
        "dispatch SO-1 --max-fee -1",
        "dispatch SO-1 --max-fee 1.005",
        "quote",
        "account products",
        "dispatch --all --wait soon",
        "dispatch --all --wait -1",
        "withdraw",
        "account add main",
        "account add main --platform grab",
        "account set main",
        "account set main --set settle=1",
        "account set main --set settle_ms=soon",
        "order edit SO-1",
        "order edit SO-1 --set name",
        "order list --state lost",
        "order import o.csv",
        "practice --platform grab",
        "log --since yesterday-ish",
    ];
    for line in lines {
        let error = parsed(line).expect_err(line);
        assert_eq!(error.exit_code(), 2, "{line}");
    }
}
