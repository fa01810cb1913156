//! A position that a switch keeps through a whole world, whatever the weather draws: what a platform's documents leave open
//! is one thing or the other there, not now this and now that. Not here: which positions there are (`tests/open_points.rs`).

use std::fmt;
use std::str::FromStr;

use docket_practice::Switches;
use serde_json::Value;

/// One switch by its name, and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Pin {
    /// The switch.
    pub switch: String,
    /// Its position, as the practice platforms' own pages take it.
    pub position: Value,
}

impl Pin {
    /// These switches with this one in its position.
    ///
    /// # Panics
    /// If there is no such switch, or it has no such position.
    pub fn held(&self, switches: &Switches) -> Switches {
        let change = [(self.switch.clone(), self.position.clone())].into_iter().collect();
        switches.changed(&change).unwrap_or_else(|error| panic!("{self}: {error}"))
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.switch, self.position)
    }
}

impl FromStr for Pin {
    type Err = String;

    fn from_str(text: &str) -> Result<Pin, String> {
        let (switch, position) = text.split_once('=').ok_or("give switch=position")?;
        let position = serde_json::from_str(position).unwrap_or_else(|_| Value::from(position));
        Ok(Pin { switch: switch.to_owned(), position })
    }
}
