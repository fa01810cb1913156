//! The control face under `/_practice/`: the same operations as [`crate::Served`] has, as JSON over HTTP.
//!
//! | call | body | answer |
//! |---|---|---|
//! | `GET /_practice/truth` | | every order that exists |
//! | `GET /_practice/state` | | switches, queued faults, counters, held answers |
//! | `PUT /_practice/switches` | `{"platform": "pathao", "key_lifetime_ms": 2000}`; all platforms without `platform` | state |
//! | `POST /_practice/faults` | `{"kind": "lose_response", "platform": "pathao", "ms": 500, "applies_to": "create", "times": 1}` | state |
//! | `DELETE /_practice/faults` | | state |
//! | `PUT /_practice/plan` | a fault plan, or `null` | state |
//! | `POST /_practice/stranger` | `{"platform": "foxreload", "order_id": "..."}` or with `body` | `{"platform_order_id": "..."}` |
//! | `POST /_practice/release` | | `{"released": 1}` |
//! | `POST /_practice/advance` | `{"platform": "postmates", "order_id": "...", "status": "delivered"}` | `{}` |
//!
//! A wrong call is answered 400 with `{"error": "..."}`. Browsers are refused: a web page has no business here.

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{
    PracticePlatform,
    faults::{FaultPlan, OneShot},
    state::StrangerOrder,
    wire::{Reply, Request},
    world::World,
};

/// Where the control face lies.
pub(crate) const PREFIX: &str = "/_practice/";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    platform: PracticePlatform,
    order_id: String,
    status: String,
}

/// Carries out one call at `wall`.
pub(crate) fn answer(world: &mut World, request: &Request, wall: i64) -> Reply {
    if request.header("origin").is_some() {
        return Reply::json(403, &json!({"error": "calls from web pages are refused"}));
    }
    let call = request.path.strip_prefix(PREFIX).unwrap_or_default();
    let done = match (request.method.as_str(), call) {
        ("GET", "truth") => to_json(&world.truth(wall)),
        ("GET", "state") => to_json(&world.state(wall)),
        ("PUT", "switches") => switches(world, request, wall).and_then(|()| to_json(&world.state(wall))),
        ("POST", "faults") => {
            read::<OneShot>(request).and_then(|shot| world.queue_fault(shot)).and_then(|()| to_json(&world.state(wall)))
        }
        ("DELETE", "faults") => {
            world.clear_faults();
            to_json(&world.state(wall))
        }
        ("PUT", "plan") => read::<Option<FaultPlan>>(request)
            .and_then(|plan| world.set_plan(plan, wall))
            .and_then(|()| to_json(&world.state(wall))),
        ("POST", "stranger") => read::<StrangerOrder>(request)
            .and_then(|order| world.place_stranger(&order, wall))
            .map(|id| json!({"platform_order_id": id})),
        ("POST", "release") => Ok(json!({"released": world.release()})),
        ("POST", "advance") => read::<Advance>(request)
            .and_then(|to| world.advance(to.platform, &to.order_id, &to.status, wall))
            .map(|()| json!({})),
        _ => return Reply::json(404, &json!({"error": format!("no call {} {}", request.method, request.path)})),
    };
    done.map_or_else(|error| Reply::json(400, &json!({"error": error})), |body| Reply::json(200, &body))
}

fn to_json(value: &impl serde::Serialize) -> Result<Value, String> {
    serde_json::to_value(value).map_err(|error| error.to_string())
}

fn read<T: DeserializeOwned>(request: &Request) -> Result<T, String> {
    serde_json::from_slice(&request.body).map_err(|error| format!("body: {error}"))
}

fn switches(world: &mut World, request: &Request, wall: i64) -> Result<(), String> {
    let mut change = request.object().ok_or("body: must be a JSON object of switches")?;
    let platforms: Vec<PracticePlatform> = match change.remove("platform") {
        Some(name) => vec![serde_json::from_value(name).map_err(|error| format!("platform: {error}"))?],
        None => world.merchants().map(|merchant| merchant.platform).collect(),
    };
    let changed: Vec<_> = platforms
        .into_iter()
        .map(|platform| Ok((platform, world.switches(platform)?.changed(&change)?)))
        .collect::<Result<_, String>>()?;
    changed.into_iter().try_for_each(|(platform, switches)| world.set_switches(platform, switches, wall))
}
