//! A client of Uber Direct in the pure state machine.

use docket_practice::{PracticePlatform::UberDirect, Request, World};
use serde_json::{Value, json};

use super::{T0, answered, ask_token, direct_order, json_of, set, token_form, world};

/// A world, and a client that has an access token of it.
pub struct Direct {
    pub world: World,
    pub token: String,
}

/// A new world without a rate limit, and a client of it.
pub fn open() -> Direct {
    let mut world = world();
    let form = token_form(&world);
    let (status, body) = ask_token(&mut world, &form, T0);
    assert_eq!(status, 200, "{body}");
    set(&mut world, UberDirect, json!({"rate_limit_per_minute": 0}), T0);
    Direct { world, token: body["access_token"].as_str().unwrap().to_owned() }
}

impl Direct {
    /// Changes switches.
    pub fn set(&mut self, change: Value, now: i64) {
        set(&mut self.world, UberDirect, change, now);
    }

    /// A request with the token; `target` begins behind the customer.
    pub fn request(&self, method: &str, target: &str, body: &str) -> Request {
        super::direct(&self.world, &self.token, method, target, body)
    }

    /// Status and body of a call.
    pub fn call(&mut self, method: &str, target: &str, body: &str, now: i64) -> (u16, Value) {
        let request = self.request(method, target, body);
        let reply = answered(&mut self.world, &request, now);
        (reply.status, json_of(&reply))
    }

    /// Status and body of a create.
    pub fn create(&mut self, body: &Value, now: i64) -> (u16, Value) {
        self.call("POST", "/deliveries", &body.to_string(), now)
    }

    /// How many deliveries really exist.
    pub fn orders(&mut self, now: i64) -> usize {
        self.world.truth(now).len()
    }

    /// The references that a list shows.
    pub fn list(&mut self, query: &str, now: i64) -> Vec<String> {
        let (status, body) = self.call("GET", &format!("/deliveries?{query}"), "", now);
        assert_eq!((status, &body["total_count"]), (200, &json!(-1)), "{query}: {body}");
        body["data"].as_array().unwrap().iter().map(|row| row["external_id"].as_str().unwrap().to_owned()).collect()
    }
}

/// A create with a key, for `reference` in both fields.
pub fn order(reference: &str, key: &str) -> Value {
    direct_order(reference, Some(key), "R. Diaz")
}
