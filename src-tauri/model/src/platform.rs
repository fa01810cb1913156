//! What the platform does with one create request, by its true contract.

use docket_core::domain::{CreateReply, Enforced, Fence, Observed};

use crate::scene::{LIFE, Scene};
use crate::world::{Flight, Made, StoredFailure, World, remote_id};

/// How the platform takes a create request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// As its contract says.
    Carry,
    /// Carried out, and answered 500.
    FailAfter,
    /// Not carried out, and answered 500.
    FailBefore,
    /// Carried out, and answered 201 without an id.
    NoId,
    /// Refused before executing.
    Refuse,
    /// 429.
    Busy,
    /// 401.
    Unauthorised,
}

impl Verdict {
    /// All that cost a fault.
    pub const TROUBLES: [Verdict; 6] =
        [Verdict::FailAfter, Verdict::FailBefore, Verdict::NoId, Verdict::Refuse, Verdict::Busy, Verdict::Unauthorised];

    /// Whether the platform says that it did not carry the request out.
    pub fn is_no(self) -> bool {
        matches!(self, Verdict::Refuse | Verdict::Busy | Verdict::Unauthorised)
    }
}

/// Carries one request out, and says what its client would observe.
pub fn land(scene: &Scene, world: &mut World, flight: &Flight, verdict: Verdict) -> Observed {
    let key = (flight.order, flight.generation);
    // That one copy of a doubled request is carried out and the other refused is residue, either way round.
    let carried = world.made.iter().any(|made| made.owner == Some(key) && made.n == flight.n);
    let verdict = if carried && verdict.is_no() { Verdict::Carry } else { verdict };
    let answered = |status, reply| Observed::Answered { status, reply };
    let failure = || answered(500, CreateReply::Unclear { why: "http 500".into(), failure: Some("500".into()) });
    match verdict {
        Verdict::Busy => return answered(429, CreateReply::Busy { retry_after_ms: None }),
        Verdict::Unauthorised => return answered(401, CreateReply::Unauthorised { code: "401".into() }),
        // Whether a request is looked at before its key is, no platform says. What time has made wrong is refused, though
        // its elder was carried out.
        Verdict::Refuse => {
            return answered(422, CreateReply::Rejected { code: "bad_address".into(), message: "no".into() });
        }
        Verdict::Carry | Verdict::FailAfter | Verdict::FailBefore | Verdict::NoId => {}
    }
    let keyed = matches!(scene.shape.fence(), Fence::Key { .. });
    let now = world.clock.truth;
    let known = |s: &StoredFailure| s.key == key && s.credential == flight.credential && now - s.at < LIFE;
    if keyed && world.stored.iter().any(known) {
        return failure();
    }
    let mut made = world.made.iter().enumerate();
    let standing = made.find(|(_, made)| !flight.beside && holds(scene, made, key, flight.credential, now));
    if let Some((at, made)) = standing {
        let ours = made.owner == Some(key);
        return match (keyed, ours) {
            (true, true) => answered(201, CreateReply::Created(world.row(at, scene.shape.lookup().is_exact()))),
            (true, false) | (false, _) => {
                let pointer = Some(remote_id(at));
                answered(409, CreateReply::Exists { pointer, why: "duplicate".into() })
            }
        };
    }
    if verdict == Verdict::FailBefore {
        store(world, keyed, flight);
        return failure();
    }
    let credential = flight.credential;
    let made = Made { owner: Some(key), n: flight.n, bears: key, credential, at: now, ended: false, replaced: false };
    world.made.push(made);
    let same = world.flying.iter_mut().filter(|f| (f.order, f.generation) == key && f.n != flight.n);
    same.for_each(|f| f.beside = true);
    match verdict {
        Verdict::FailAfter => {
            store(world, keyed, flight);
            failure()
        }
        Verdict::NoId => answered(201, CreateReply::Exists { pointer: None, why: "success without an id".into() }),
        Verdict::Carry | Verdict::FailBefore | Verdict::Refuse | Verdict::Busy | Verdict::Unauthorised => {
            let row = world.row(world.made.len() - 1, scene.shape.lookup().is_exact());
            answered(201, CreateReply::Created(row))
        }
    }
}

/// Whether the platform makes no second order beside this one.
fn holds(scene: &Scene, made: &Made, key: (usize, u32), credential: u8, now: i64) -> bool {
    made.bears == key
        && match scene.shape.fence() {
            Fence::None => false,
            Fence::Key { .. } => made.credential == credential && made.owner.is_some() && now - made.at < LIFE,
            Fence::Reference { enforced: Enforced::Active { .. } } => !made.ended,
            Fence::Reference { enforced: Enforced::Forever } => true,
        }
}

fn store(world: &mut World, keyed: bool, flight: &Flight) {
    if keyed {
        let (key, at) = ((flight.order, flight.generation), world.clock.truth);
        world.stored.push(StoredFailure { key, credential: flight.credential, at });
    }
}
