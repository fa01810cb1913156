//! How long it takes until every order in doubt is settled, and how many requests: each platform, each way to go wrong,
//! with the settings that an account has by itself. Hours pass in seconds here, on clocks that the test moves.
//!
//! `docs/settling.md` is this test's table:
//! `DOCKET_SETTLING_PAGE=docs/settling.md cargo nextest run -p docket-tests -E 'binary(settling)'`.

#[path = "settling/course.rs"]
mod course;
#[path = "settling/page.rs"]
mod page;
#[path = "settling/scene.rs"]
mod scene;

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use docket_practice::PracticePlatform;
use docket_tests::chance::say;
use scene::{Place, Scene, Settled};

/// Runs at once.
const AT_ONCE: usize = 3;

/// Each platform as it is; and FoxReload where a person has said that nobody else orders there.
fn places() -> Vec<Place> {
    let mut places: Vec<Place> =
        PracticePlatform::ALL.into_iter().map(|platform| Place { platform, exclusive: false }).collect();
    places.push(Place { platform: PracticePlatform::Foxreload, exclusive: true });
    places
}

/// Every run, in order. Each has a runtime of its own.
fn all() -> Vec<Settled> {
    let runs: Vec<(Place, Scene)> =
        places().into_iter().flat_map(|place| Scene::ALL.into_iter().map(move |scene| (place, scene))).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::SeqCst);
            let Some((place, scene)) = runs.get(at).copied() else { return done };
            let runtime = tokio::runtime::Runtime::new().expect("a runtime");
            done.push((at, runtime.block_on(scene::run(place, scene))));
        }
    };
    let mut done: Vec<(usize, Settled)> = std::thread::scope(|scope| {
        let workers = [(); AT_ONCE].map(|()| scope.spawn(work));
        workers.into_iter().flat_map(|worker| worker.join().expect("every run settles")).collect()
    });
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, settled)| settled).collect()
}

/// The most requests for each order in doubt, on average, where the lookup is exact.
const EACH: f64 = 6.0;
/// The most requests that read where a list is read, whether forty orders are in doubt or two hundred.
const READS: u32 = 150;

/// Whether a person may have to be asked at all: where the fence can die within the run, or where there is none.
fn may_ask(run: &Settled) -> bool {
    match run.platform {
        PracticePlatform::Pathao | PracticePlatform::PrintOne | PracticePlatform::Doordash => false,
        PracticePlatform::Postmates => matches!(run.scene, Scene::Down | Scene::Asleep),
        PracticePlatform::UberDirect => run.scene == Scene::Asleep,
        PracticePlatform::Foxreload => true,
    }
}

#[test]
fn every_order_in_doubt_is_settled_and_it_takes_few_requests() {
    let all = all();
    let table = page::table(&all);
    say(&table);
    for run in &all {
        let lists = matches!(run.platform, PracticePlatform::Foxreload | PracticePlatform::UberDirect);
        if lists && matches!(run.scene, Scene::Killed(_)) {
            assert!(run.reads() <= READS, "pages, not orders: {} in {run:?}", run.reads());
        }
        if run.platform != PracticePlatform::Foxreload {
            assert!(run.requests_for_each() <= EACH, "{:.2} requests for each: {run:?}", run.requests_for_each());
        }
        assert!(may_ask(run) || run.reviews.is_empty(), "nobody has to be asked: {run:?}");
    }
    if let Some(path) = std::env::var_os("DOCKET_SETTLING_PAGE") {
        // Tests run in their package's folder; the page's path is told from the workspace.
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
        std::fs::write(root.join(path), page::page(&table)).expect("the page is written");
    }
}
