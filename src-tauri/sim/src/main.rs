//! The simulator as a program: worlds until the time is over, or one world again.
//!
//! Several processes share the worlds of a seed: one plays one world at a time. Not here: what a world is (`docket_sim`).
#![expect(clippy::print_stdout, reason = "it speaks to the person who started it")]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, ExitCode, Stdio};

use clap::Parser;
use docket_practice::PracticePlatform;
use docket_sim::{Pin, Tally, Worlds};
use docket_tests::waiting::Stopwatch;

/// How the line begins in which a process tells another what it has counted.
const COUNTED: &str = "counted ";

#[derive(Parser)]
#[command(about = "Plays order lives in worlds of a seed, and holds each end against what really exists")]
struct Arguments {
    /// How long; without it, and without --worlds, one minute
    #[arg(long)]
    minutes: Option<f64>,
    /// How many worlds each process plays at most
    #[arg(long)]
    worlds: Option<u64>,
    /// Just this world, and tell what happened in it
    #[arg(long)]
    world: Option<u64>,
    /// The seed
    #[arg(long, default_value_t = 20_260_302)]
    seed: u64,
    /// At this platform only
    #[arg(long)]
    platform: Option<PracticePlatform>,
    /// One of the platform's switches that stays in one position, as in `list_unsorted=true`
    #[arg(long, requires = "platform")]
    pin: Option<Pin>,
    /// How many processes
    #[arg(long, default_value_t = 1)]
    jobs: u64,
    /// The first world
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Every so many-th world
    #[arg(long, default_value_t = 1)]
    every: u64,
    /// Print what two runs of one seed have in common, world by world
    #[arg(long)]
    digests: bool,
    /// Go on after a failure
    #[arg(long)]
    go_on: bool,
    /// Tell another process what was counted
    #[arg(long, hide = true)]
    tell: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(number) = arguments.world {
        let world = Worlds::new(arguments.seed, arguments.platform).pinned(arguments.pin.clone()).play(number);
        println!("{}\n{}\n{:#?}", world.told, world.log.join("\n"), world.findings);
        return if world.findings.wrong().is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    let tally = if arguments.jobs > 1 { together(&arguments) } else { alone(&arguments) };
    if arguments.tell {
        println!("{COUNTED}{}", serde_json::to_string(&tally).unwrap_or_default());
    } else {
        println!("{tally}\nseed {}, {} worlds failed", arguments.seed, tally.failed);
    }
    if tally.failed == 0 && tally.worlds() > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Plays worlds in this process.
fn alone(arguments: &Arguments) -> Tally {
    let worlds = Worlds::new(arguments.seed, arguments.platform).pinned(arguments.pin.clone());
    let (watch, mut tally) = (Stopwatch::start(), Tally::default());
    let most = arguments.worlds.unwrap_or(u64::MAX);
    let minutes = arguments.minutes.or(arguments.worlds.is_none().then_some(1.0));
    let seconds = minutes.map_or(f64::MAX, |minutes| minutes * 60.0);
    let mut number = arguments.from;
    while tally.worlds() < most && watch.elapsed().as_secs_f64() < seconds {
        let world = worlds.play(number);
        tally.add(&world);
        if arguments.digests {
            println!("{number} {} {}", world.platform, world.findings.digest);
        }
        let wrong = world.findings.wrong();
        if !wrong.is_empty() {
            println!("world {number}: {}\n{}", wrong.join("\n  "), worlds.again(number));
            if !arguments.go_on {
                println!("{}", world.told);
                break;
            }
        }
        number += arguments.every;
    }
    tally.seconds = watch.elapsed().as_secs_f64();
    tally
}

/// Lets several processes play, and adds up what they tell.
fn together(arguments: &Arguments) -> Tally {
    let children: Vec<Child> = (0..arguments.jobs).map(|job| child(arguments, job)).collect();
    let read = |mut child: Child| {
        let mut counted = Tally::default();
        for line in child.stdout.take().into_iter().flat_map(|out| BufReader::new(out).lines()).map_while(Result::ok) {
            match line.strip_prefix(COUNTED).and_then(|text| serde_json::from_str(text).ok()) {
                Some(tally) => counted = tally,
                None => println!("{line}"),
            }
        }
        // One that ended without a word has failed.
        let well = child.wait().is_ok_and(|status| status.success());
        counted.failed += u64::from(!well && counted.failed == 0);
        counted
    };
    let readers: Vec<_> = children.into_iter().map(|child| std::thread::spawn(move || read(child))).collect();
    let mut tally = Tally::default();
    for reader in readers {
        match reader.join() {
            Ok(counted) => tally.join(counted),
            Err(_) => tally.failed += 1,
        }
    }
    tally
}

fn child(arguments: &Arguments, job: u64) -> Child {
    let mut command = Command::new(std::env::current_exe().expect("this program has a path"));
    command.args(["--tell", "--seed", &arguments.seed.to_string()]);
    command.args(["--from", &(arguments.from + job).to_string(), "--every", &arguments.jobs.to_string()]);
    let given = [
        ("--minutes", arguments.minutes.map(|minutes| minutes.to_string())),
        ("--worlds", arguments.worlds.map(|worlds| worlds.to_string())),
        ("--platform", arguments.platform.map(|platform| platform.to_string())),
        ("--pin", arguments.pin.as_ref().map(|pin| pin.to_string())),
    ];
    for (name, value) in given.into_iter().filter_map(|(name, value)| Some((name, value?))) {
        command.args([name, &value]);
    }
    for (name, _) in [("--digests", arguments.digests), ("--go-on", arguments.go_on)].iter().filter(|(_, given)| *given)
    {
        command.arg(name);
    }
    command.stdout(Stdio::piped()).spawn().expect("this program can be started once more")
}
