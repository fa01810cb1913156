//! Answers that lie, drip or explode, over raw sockets: what the real `docketctl`, or its core in this process, makes of them,
//! in what time and memory.

#[path = "hostile/creates.rs"]
mod creates;
#[path = "hostile/memory.rs"]
mod memory;
#[path = "hostile/reads.rs"]
mod reads;
#[path = "hostile/tokens.rs"]
mod tokens;

use docket_practice::PracticePlatform;
use docket_tests::liar::{Liar, Lie};
use docket_tests::lies;
use docket_tests::shop::Shop;

/// Settings of a client that waits for nobody. The timeout is the clock of every lie that does not end.
pub const HURRIED: [(&str, &str); 7] = [
    ("timeout_ms", "400"),
    ("connect_timeout_ms", "400"),
    ("settle_ms", "50"),
    ("lookup_interval_ms", "20"),
    ("lookup_interval_max_ms", "80"),
    ("patience_s", "600"),
    ("exclusive", "true"),
];

/// A shop whose account `main` asks a liar, with `n` drafts.
pub fn lied_to(platform: PracticePlatform, n: usize, more: &[(&str, &str)]) -> (Shop, Liar) {
    let kept = HURRIED.iter().filter(|(key, _)| !more.iter().any(|(other, _)| other == key));
    let settings: Vec<_> = kept.chain(more).copied().collect();
    Shop::behind_liar(platform, n, &settings)
}

/// One scan is for all, and a replay would settle an order before each lie is told: where the list is scanned, these
/// settings leave no fence, so that nothing but a scan tells.
pub fn nothing_but_scans(platform: PracticePlatform) -> Vec<(&'static str, &'static str)> {
    match platform {
        PracticePlatform::UberDirect | PracticePlatform::Foxreload => {
            vec![("key_lifetime_s", "0"), ("fence_margin_s", "0")]
        }
        _ => Vec::new(),
    }
}

/// What any answer may be lied into.
pub fn about_anything(base_url: &str) -> Vec<Lie> {
    [lies::redirects(base_url), lies::floods(), lies::scraps(), lies::strangers()].concat()
}

/// Nobody followed a redirect, and nobody asked for an answer that unfolds.
pub fn was_not_led_on(liar: &Liar) {
    let astray: Vec<_> = liar.lines().into_iter().filter(|line| line.contains("elsewhere")).collect();
    assert!(astray.is_empty(), "{astray:?}");
    let heads = liar.heads();
    assert!(
        !heads.is_empty() && heads.iter().all(|head| !head.to_lowercase().contains("accept-encoding")),
        "{heads:?}"
    );
}
