//! What can be wrong with a value of an order, each as a sentence with values in it: said in English here, and by the window
//! in its languages, from the message `flaw_` and the id.
//!
//! Not here: who finds it (`adapters`, `import`).

use std::fmt::Display;

/// One thing that can be wrong with a value. `{name}` in the text stands for a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// What it is known by, for good.
    pub id: &'static str,
    /// It in English: what is wrong, and what would be right.
    pub english: &'static str,
}

impl Wrong {
    /// The sentence with its values.
    pub fn with(self, values: &[(&str, &dyn Display)]) -> String {
        let value = |name: &str| values.iter().find(|(of, _)| *of == name).map(|(_, value)| value.to_string());
        filled(self.english, |name| value(name).unwrap_or_default())
    }

    /// A sentence without values.
    pub fn plain(self) -> String {
        self.english.to_owned()
    }
}

/// A sentence with values in the place of the names that stand in it in braces. A value is never read for names.
pub fn filled(template: &str, value: impl Fn(&str) -> String) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, from)) = rest.split_once('{') {
        let (name, after) = from.split_once('}').unwrap_or((from, ""));
        text.push_str(before);
        text.push_str(&value(name));
        rest = after;
    }
    text.push_str(rest);
    text
}

macro_rules! wrongs {
    ($($name:ident $id:literal $english:literal)*) => {
        /// Every one of them: what a catalogue of messages must have.
        pub const WRONGS: &[Wrong] = &[$($name),*];
        $(#[doc = $english] pub const $name: Wrong = Wrong { id: $id, english: $english };)*
    };
}

wrongs! {
    MISSING "missing" "is missing; give a value such as {example}"
    MISSING_NUMBER "missing_number" "is missing; every order needs a number of its own"
    MISSING_SENDER "missing_sender"
        "is missing; a sender needs name, street, postal code, city and country, or none of it"
    NO_SUCH_FIELD "no_such_field" "there is no such field; known are {known}"
    TAKEN "taken" "is taken: the account has an order of this number ({state})"
    CONTROL "control" "holds a control character; type the value again"
    UNREADABLE "unreadable" "holds a character that cannot be read; type the value again"
    UNREADABLE_NUMBER "unreadable_number" "holds a character that cannot be read; type the number again"
    NOT_ENCODED "not_encoded" "holds bytes that are not {encoding}; save the file again as UTF-8"
    TOO_LONG "too_long" "is {length} characters long; {most} is the most, so shorten it"
    NOT_TRUTH "not_truth" "{value} is not true or false"
    NONE_OF "none_of" "{value} is none of {known}"
    NOT_PAIR "not_pair" "{value} is not key=value; write it like {example}"
    TWICE "twice" "{value} stands in it twice; give each key once"
    NOT_WHOLE "not_whole" "{value} is not a whole number from {least} to {most}"
    NO_NUMBER "no_number" "is not a whole number"
    NOT_DEGREES "not_degrees" "{value} is not a number of degrees; write it like {example}"
    DECIMALS "decimals" "has more than 12 decimals; 6 are enough"
    SWAPPED "swapped" "{value} is the other coordinate: latitude and longitude look swapped"
    OUTSIDE "outside" "{value} is outside the area served, {low} to {high}"
    NOT_AMOUNT "not_amount" "{value} is not an amount; write it like {example}"
    TOO_MUCH "too_much" "{value} is more than {platform} takes"
    NOT_TIME "not_time" "{value} is not a time with its zone; write it like {example}"
    NOT_DAY "not_day" "{value} is not a day; write it like 2026-03-03"
    BEFORE_PICKUP "before_pickup" "{value} is not after the pickup time; give a later one"
    MINUTES_AFTER "minutes_after" "must be at least {minutes} minutes after {other}"
    NOT_AFTER "not_after" "must not be after {other}"
    NOT_BEFORE "not_before" "must not be before {other}"
    PHONE_US "phone_us" "{value} is not a United States phone number; write it like 415-555-0100"
    PHONE_DOORDASH "phone_doordash"
        "{value} is not a phone number of the United States, Canada, Australia or New Zealand; write it like \
         +14155550100, with +61 or +64 for the last two"
    PHONE_BANGLADESH "phone_bangladesh" "{value} is not a Bangladeshi mobile number; write it like 01700000001"
    PHONE_WITH_CODE "phone_with_code"
        "{value} is not a phone number with its country code; write it like +14155550100"
    NOT_PARCEL "not_parcel" "{value} is not 1 (document), 2 (small), 3 (medium) or 4 (large)"
    NO_ITEM "no_item" "names no item; write it like Box of candles*2*small"
    NOT_ITEM "not_item" "{value} is not name*quantity*size; write it like Box of candles*2*small"
    NAMELESS_ITEM "nameless_item" "{value} has no name; write it like Card*1"
    ITEM_NAME "item_name" "an item's name {why}"
    MANY_ITEMS "many_items" "holds {count} items; {most} is the most"
    MANY_IN_ALL "many_in_all" "holds {count} items; an order has at most {most} in all"
    NOT_PRODUCT "not_product" "{value} is not a product id; write it like product_01abc"
    NOT_TEMPLATE "not_template" "{value} is not a template id; copy it from Print.one, it looks like tmpl_5d"
    LACKS "lacks" "lacks {missing}, which the template {template} asks for; add {added}"
    NOT_UK "not_uk" "\"UK\" is not a country code; write GB"
    NOT_COUNTRY "not_country" "{value} is not a country's two-letter code; write it like NL"
    COLUMNS "columns"
        "the row has {count} columns and the header {header}; put quotation marks around a value that holds the \
         delimiter"
    TWICE_IN_HEADER "twice_in_header" "stands in the header twice; leave one out"
    NO_SUCH_COLUMN "no_such_column" "is to come from the column {value}, which the file does not have"
    NO_COLUMN "no_column" "this column is missing; add it, or say which column holds it"
    QUOTE_IN_HEADER "quote_in_header"
        "a quotation mark in the header is not closed at the column's end; close it or leave it out, and import the file \
         again"
    ROW_TOO_LONG "row_too_long" "the row is longer than {most} bytes; shorten it"
    QUOTE_WITHIN "quote_within"
        "a quotation mark stands within a value in quotation marks; write it twice there, or leave it out"
    QUOTE_OPEN "quote_open"
        "a quotation mark is opened here and not closed at the value's end; close it or leave it out (a value may span \
         {most} lines, but no other rows). The lines after this one are read as rows of their own"
    EMPTY_FILE "empty_file" "the file is empty; begin with a header such as `order template` prints"
    JSON_ARRAY "json_array" "this is a JSON array; write one object a line, without the brackets"
    NO_HEADER "no_header" "the file has no header"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_never_read_for_names() {
        let said = NOT_WHOLE.with(&[("value", &"{least}"), ("least", &1), ("most", &4)]);
        assert_eq!(said, "{least} is not a whole number from 1 to 4");
    }

    #[test]
    fn each_has_an_id_of_its_own() {
        let ids: std::collections::BTreeSet<&str> = WRONGS.iter().map(|wrong| wrong.id).collect();
        assert_eq!(ids.len(), WRONGS.len());
    }
}
