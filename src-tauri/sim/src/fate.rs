//! What becomes of one request on its way: drawn from the seed, from what the request says and from how often the same
//! was said before, and from nothing else. So a fate is the same in whatever order requests leave.
//!
//! Two kinds strike: the network's own here, and those of the practice platforms, which are only named here. Not here:
//! what a platform does with a request (`scene`), or how long faults last (`weather`).

use docket_practice::FaultKind;
use docket_tests::chance::chance;
use rand::Rng as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;

/// How bad it is, and what the account's settings say it may be at most.
#[derive(Clone, Debug)]
pub struct Strength {
    /// The share of requests that something happens to.
    pub rate: f64,
    /// A request may still be carried out so long after it was given up.
    pub late_ms: i64,
    /// A new order may stay out of lists for so long.
    pub lag_ms: u32,
    /// How long a client waits for an answer.
    pub timeout_ms: i64,
    /// A middle box may send a request twice.
    pub doubles: bool,
    /// Strangers may order the same at the same moment.
    pub strangers: bool,
}

/// One copy of a request that reaches the platform.
#[derive(Clone, Copy, Debug)]
pub struct Copy {
    /// After so many milliseconds.
    pub after_ms: i64,
    /// What its practice platform does to it.
    pub fault: Option<(FaultKind, u32)>,
}

/// What the client sees.
#[derive(Clone, Copy, Debug)]
pub enum Back {
    /// The first copy's answer, so many milliseconds after it was made.
    Answer(i64),
    /// The connection breaks off after so many milliseconds.
    Broken(i64),
    /// A page of a box in between, with this status, after so many milliseconds.
    Page(u16, i64),
    /// Nothing at all.
    Silence,
}

/// The fate of a request.
#[derive(Clone, Debug)]
pub struct Fate {
    /// Its copies, the first one first.
    pub copies: Vec<Copy>,
    /// What comes back.
    pub back: Back,
}

/// What becomes of connecting.
#[derive(Clone, Copy, Debug)]
pub enum Reach {
    /// The host is reached after so many milliseconds, possibly none.
    After(i64),
    /// It is not, which is known after so many milliseconds.
    Never(i64, &'static str),
}

/// What the platforms themselves can do.
const PLATFORMS: [FaultKind; 17] = [
    FaultKind::LoseResponse,
    FaultKind::LoseRequest,
    FaultKind::HalfBody,
    FaultKind::Error500Before,
    FaultKind::Error500After,
    FaultKind::BadGatewayBefore,
    FaultKind::BadGatewayAfter,
    FaultKind::GatewayTimeoutAfter,
    FaultKind::UnavailableBefore,
    FaultKind::RequestTimeoutAfter,
    FaultKind::Slow,
    FaultKind::RateLimited,
    FaultKind::HtmlPage,
    FaultKind::Redirect,
    FaultKind::EmptySuccess,
    FaultKind::GarbledAfter,
    FaultKind::ListLag,
];

/// Why a host is not reached.
const UNREACHED: [&str; 4] =
    ["connection refused", "the host name was not found", "network unreachable", "cannot connect: a bad certificate"];

/// The fate of a request that has left.
pub fn of(seed: u64, says: &str, times: u32, strength: &Strength) -> Fate {
    let mut chance = chance(seed, &format!("request {says} {times}"));
    let (out, back) = (chance.random_range(5..200), chance.random_range(5..200));
    let plain = |fault| Fate { copies: vec![Copy { after_ms: out, fault }], back: Back::Answer(back) };
    if !chance.random_bool(strength.rate) {
        return plain(None);
    }
    let reset = Back::Broken(chance.random_range(5..strength.timeout_ms.max(6)));
    let late = chance.random_range(0..=strength.late_ms);
    let copies = |after_ms| vec![Copy { after_ms, fault: None }];
    match chance.random_range(0..20) {
        0 => Fate { copies: Vec::new(), back: Back::Silence },
        1 => Fate { copies: Vec::new(), back: reset },
        // The request goes on after the connection broke: a proxy or the kernel holds it.
        2 | 3 => Fate { copies: copies(out + late), back: Back::Broken(out.min(50)) },
        4 => Fate { copies: copies(out), back: Back::Silence },
        5 => Fate { copies: copies(out), back: reset },
        6 => Fate { copies: copies(out), back: Back::Answer(chance.random_range(1..strength.timeout_ms * 2 + 2)) },
        7 => Fate { copies: Vec::new(), back: page(&mut chance, back) },
        8 => Fate { copies: copies(out), back: page(&mut chance, out + back) },
        9 | 10 if strength.doubles => {
            let copies = [out, out + late].map(|after_ms| Copy { after_ms, fault: None });
            let back = if chance.random_bool(0.5) { Back::Answer(back) } else { reset };
            Fate { copies: copies.to_vec(), back }
        }
        11 if strength.strangers => plain(Some((FaultKind::StrangerTwin, 0))),
        _ => plain(Some(platform_fault(&mut chance, strength))),
    }
}

fn page(chance: &mut StdRng, after: i64) -> Back {
    let status = [200, 302, 307, 401, 403, 502, 503, 504].choose(chance).copied().unwrap_or(502);
    Back::Page(status, after)
}

fn platform_fault(chance: &mut StdRng, strength: &Strength) -> (FaultKind, u32) {
    let kind = PLATFORMS.choose(chance).copied().unwrap_or(FaultKind::LoseResponse);
    let most = match kind {
        FaultKind::ListLag => strength.lag_ms,
        FaultKind::RateLimited => 20_000,
        _ => u32::try_from(strength.timeout_ms * 2).unwrap_or(u32::MAX),
    };
    (kind, chance.random_range(0..=most))
}

/// What becomes of connecting at a moment.
pub fn reach(seed: u64, at: i64, path: &str, strength: &Strength) -> Reach {
    let mut chance = chance(seed, &format!("reach {at} {path}"));
    if !chance.random_bool(strength.rate / 4.0) {
        return Reach::After(0);
    }
    let most = strength.timeout_ms.max(2);
    if chance.random_bool(0.5) {
        Reach::After(chance.random_range(1..most))
    } else {
        Reach::Never(chance.random_range(1..most), UNREACHED.choose(&mut chance).copied().unwrap_or_default())
    }
}
