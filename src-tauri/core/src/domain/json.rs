//! Reading JSON that somebody else wrote, within bounds.
//!
//! Not here: what any member means; the adapters know.

use serde_json::Value;

/// A document of more values is none: in memory each takes some seventy bytes, however short it is on the wire. The
/// longest list that is asked for has 1,600 rows.
const VALUES_MAX: usize = 400_000;

/// The document in `body`. `None` for what is not UTF-8 or not JSON, for what is nested deeper than 128 levels, for
/// what holds too many values, and for an object that names a member twice: which of the two counts is not defined
/// (RFC 8259, section 4), so it says neither.
pub fn document(body: &[u8]) -> Option<Value> {
    let text = std::str::from_utf8(body).ok()?;
    let shape = Shape::of(text);
    if shape.values > VALUES_MAX {
        return None;
    }
    let value: Value = text.parse().ok()?;
    (members(&value) == shape.members).then_some(value)
}

/// What a text has, as far as its punctuation tells. Exact for JSON; for anything else it does not matter.
#[derive(Debug, Default, PartialEq, Eq)]
struct Shape {
    /// Members of all objects.
    members: usize,
    /// At most so many values of any kind.
    values: usize,
}

impl Shape {
    fn of(text: &str) -> Shape {
        let mut shape = Shape { members: 0, values: 1 };
        let mut quoted = false;
        for part in text.split('"') {
            if !quoted {
                for byte in part.bytes() {
                    shape.members += usize::from(byte == b':');
                    shape.values += usize::from(matches!(byte, b',' | b'[' | b'{'));
                }
            } else if (part.len() - part.trim_end_matches('\\').len()) % 2 == 1 {
                // This quotation mark belongs to the text.
                continue;
            }
            quoted = !quoted;
        }
        shape
    }
}

/// Members of all objects in a document.
fn members(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(members).sum(),
        Value::Object(object) => object.len() + object.values().map(members).sum::<usize>(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_that_stands_twice_says_nothing() {
        assert!(document(br#"{"id":"a","id":"b"}"#).is_none());
        assert!(document(br#"{"id":"a","id":"a"}"#).is_none());
        assert!(document(br#"[{"id":"a"},{"x":{"y":1,"y":2}}]"#).is_none());
        assert!(document("{\"id\":1,\"i\\u0064\":2}".as_bytes()).is_none(), "however it is written");
        let plain = document(br#"{"a:b":"c:d\":e","x":[{"a":1},{"a":2}],"z":{}}"#).unwrap();
        assert_eq!(plain["a:b"], "c:d\":e");
    }

    #[test]
    fn punctuation_inside_texts_is_not_counted() {
        let shape = |text: &str| (Shape::of(text).members, Shape::of(text).values);
        assert_eq!(shape(r#"{"a":"b:\\","c":[1,2]}"#), (2, 5));
        assert_eq!(shape(r#"{"a":"\",:[{","c":0}"#), (2, 3));
        assert_eq!(shape(r#""\\\":" "#), (0, 1));
        assert_eq!(shape("[]"), (0, 2));
    }

    #[test]
    fn what_is_too_deep_or_too_much_is_no_document() {
        let nested = |n: usize| [vec![b'['; n], vec![b']'; n]].concat();
        assert!(document(&nested(100)).is_some());
        assert!(document(&nested(100_000)).is_none());
        let list = |n: usize| format!("[{}0]", "0,".repeat(n));
        assert!(document(list(VALUES_MAX - 2).as_bytes()).is_some());
        assert!(document(list(VALUES_MAX).as_bytes()).is_none());
        assert!(document(format!("{{\"note\":\"{}\"}}", ",".repeat(VALUES_MAX)).as_bytes()).is_some());
    }

    #[test]
    fn what_is_not_json_is_no_document() {
        for body in [&b""[..], b"{", b"\xff", b"{\"a\":\"\xc3\"}", b"{\"a\":1}x", b"\"", b"\\", b"{\"a\":\"\\ud800\"}"]
        {
            assert!(document(body).is_none(), "{body:?}");
        }
    }
}
