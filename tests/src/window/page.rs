//! The page in the window: finding, reading and touching what is on it.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use thirtyfour::prelude::*;

use super::{LONGEST, within};

/// The selector of an element by its `data-testid`.
pub fn test_id(id: &str) -> String {
    format!("[data-testid=\"{id}\"]")
}

/// The page. Every look and every touch waits until it can be done, for a bounded time.
pub struct Page(Option<WebDriver>);

impl Page {
    pub(super) fn none() -> Page {
        Page(None)
    }

    pub(super) async fn open(port: u16, program: &Path, arguments: &[&str]) -> WebDriverResult<Page> {
        let mut capabilities = Capabilities::new();
        capabilities.set("webkitgtk:browserOptions", json!({ "binary": program, "args": arguments }))?;
        let builder = WebDriver::builder(format!("http://127.0.0.1:{port}"), capabilities);
        builder.request_timeout(Duration::from_secs(60)).await.map(|driver| Page(Some(driver)))
    }

    /// Lets go of a session whose app is about to end, or has ended.
    pub(super) fn leave(&mut self) {
        if let Some(driver) = self.0.take() {
            // An error means that it has been left already.
            let _ = driver.leak();
        }
    }

    fn driver(&self) -> &WebDriver {
        self.0.as_ref().expect("the session is open")
    }

    /// Looks until there is something.
    ///
    /// # Panics
    /// When it does not come; tells what the page shows instead.
    pub async fn until<T>(&self, what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
        if let Some(found) = within(LONGEST, look).await {
            return found;
        }
        let shown = self.script("return document.body.innerText.slice(0, 4000)", vec![]).await;
        panic!("not within {LONGEST:?}: {what}\nThe page shows:\n{}", shown.as_str().unwrap_or("nothing"))
    }

    /// The result of a script; null when it could not be run.
    pub async fn script(&self, script: &str, arguments: Vec<Value>) -> Value {
        match self.driver().execute(script, arguments).await {
            Ok(answer) => answer.json().clone(),
            Err(_) => Value::Null,
        }
    }

    /// The result of a script that gives a promise.
    pub async fn promise(&self, script: &str) -> Value {
        let script = format!("const told = arguments[arguments.length - 1]; (async () => {{ {script} }})().then(told)");
        self.driver().execute_async(&script, vec![]).await.expect("the script ends").json().clone()
    }

    /// The texts of everything that matches, in order.
    pub async fn texts(&self, css: &str) -> Vec<String> {
        let script = "return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent.trim().replace(/\\s+/g, ' '))";
        let found = self.script(script, vec![json!(css)]).await;
        serde_json::from_value(found).unwrap_or_default()
    }

    /// The text of the first that matches, when there is one.
    pub async fn text(&self, css: &str) -> Option<String> {
        self.texts(css).await.into_iter().next()
    }

    /// An attribute of the first that matches, when both are there.
    pub async fn attribute(&self, css: &str, name: &str) -> Option<String> {
        let script = "return document.querySelector(arguments[0])?.getAttribute(arguments[1]) ?? null";
        self.script(script, vec![json!(css), json!(name)]).await.as_str().map(str::to_owned)
    }

    /// Waits until an element is there.
    pub async fn seen(&self, id: &str) {
        let css = test_id(id);
        self.until(&format!("{id} is seen"), async || self.text(&css).await).await;
    }

    /// An element as WebDriver knows it.
    pub async fn element(&self, css: &str) -> WebElement {
        self.until(&format!("{css} is there"), async || self.driver().find(By::Css(css)).await.ok()).await
    }

    /// Clicks as a person does: where the element stands, and only if nothing lies over it.
    pub async fn click_css(&self, css: &str) {
        self.until(&format!("{css} can be clicked"), async || {
            let element = self.driver().find(By::Css(css)).await.ok()?;
            // A disabled element takes a click and does nothing.
            if !element.is_enabled().await.ok()? {
                return None;
            }
            element.click().await.ok()
        })
        .await;
    }

    /// Clicks the element with a `data-testid`.
    pub async fn click(&self, id: &str) {
        self.click_css(&test_id(id)).await;
    }

    /// Puts a text into a field, in place of what is there.
    pub async fn fill(&self, id: &str, text: &str) {
        let css = test_id(id);
        let field = self.element(&css).await;
        // Chosen whole and typed over, as a person does: clearing would skip the page's own events.
        self.script("document.querySelector(arguments[0]).select()", vec![json!(css)]).await;
        let typed = if text.is_empty() { field.send_keys(Key::Delete).await } else { field.send_keys(text).await };
        typed.expect("the field takes keys");
    }

    /// Chooses an option by its value.
    pub async fn choose(&self, id: &str, value: &str) {
        self.click_css(&format!("{} option[value=\"{value}\"]", test_id(id))).await;
    }

    /// Presses keys, one after the other, wherever the focus is.
    pub async fn keys(&self, keys: &str) {
        self.driver().action_chain().send_keys(keys).perform().await.expect("the keys are pressed");
    }

    /// Presses a key while another is held down.
    pub async fn chord(&self, held: Key, key: &str) {
        let chain = self.driver().action_chain().key_down(held.clone()).send_keys(key).key_up(held);
        chain.perform().await.expect("the keys are pressed");
    }

    /// Presses one key.
    pub async fn press(&self, key: Key) {
        self.keys(&String::from(char::from(key))).await;
    }

    /// Presses a key and holds it, until it has repeated itself so often.
    pub async fn hold(&self, key: char, repeats: usize) {
        let mut chain = self.driver().action_chain_with_delay(Some(Duration::ZERO), Some(Duration::ZERO));
        for _ in 0..=repeats {
            chain = chain.key_down(key);
        }
        chain.key_up(key).perform().await.expect("the key is held");
    }

    /// What has the focus, by its `data-testid`.
    pub async fn focused(&self) -> Option<String> {
        let script = "return document.activeElement?.dataset.testid ?? null";
        self.script(script, vec![]).await.as_str().map(str::to_owned)
    }

    /// Presses Tab until an element has the focus, as one who has no pointer.
    pub async fn tab_to(&self, id: &str) {
        self.seen(id).await;
        self.until(&format!("Tab reaches {id}"), async || {
            self.press(Key::Tab).await;
            (self.focused().await.as_deref() == Some(id)).then_some(())
        })
        .await;
    }

    /// Clicks twice and presses Enter, all at once, on one element.
    pub async fn double_click_and_enter(&self, css: &str) {
        let element = self.element(css).await;
        let chain = self.driver().action_chain_with_delay(Some(Duration::ZERO), Some(Duration::ZERO));
        let chain = chain.move_to_element_center(&element).click().key_down(Key::Enter).click().key_up(Key::Enter);
        chain.send_keys(Key::Enter).perform().await.expect("the actions are done");
    }

    /// Takes the pointer to an element, and so away from everything else.
    pub async fn point_at(&self, id: &str) {
        let element = self.element(&test_id(id)).await;
        self.driver().action_chain().move_to_element_center(&element).perform().await.expect("the pointer moves");
    }

    /// Brings the first that matches to the top of what is seen.
    pub async fn scroll_to(&self, css: &str) {
        self.element(css).await;
        self.script("document.querySelector(arguments[0]).scrollIntoView()", vec![json!(css)]).await;
    }

    /// Loads the page anew.
    pub async fn reload(&self) {
        self.driver().refresh().await.expect("the page is loaded again");
    }

    /// Makes the window this large, in pixels.
    pub async fn resize(&self, width: u32, height: u32) {
        self.driver().set_window_rect(0, 0, width, height).await.expect("the window changes its size");
        self.until(&format!("the page is {width} wide"), async || {
            (self.script("return innerWidth", vec![]).await.as_u64() == Some(u64::from(width))).then_some(())
        })
        .await;
    }

    /// Wears a theme.
    pub async fn wear(&self, theme: &str) {
        self.command(&format!("theme-{theme}")).await;
        self.until(&format!("the page is {theme}"), async || {
            (self.attribute("html", "data-theme").await.as_deref() == Some(theme)).then_some(())
        })
        .await;
    }

    /// Runs a command of the palette, which leaves the screen as it is.
    pub async fn command(&self, id: &str) {
        self.chord(Key::Control, "k").await;
        self.click(&format!("palette-{id}")).await;
    }

    /// Speaks a language.
    pub async fn speak(&self, language: &str) {
        self.command(&format!("speak-{language}")).await;
        self.until(&format!("the page speaks {language}"), async || {
            (self.attribute("html", "lang").await.as_deref() == Some(language)).then_some(())
        })
        .await;
    }
}

/// The Orders screen.
impl Page {
    /// The selector of an order's row.
    pub fn row(order_no: &str) -> String {
        format!("[data-testid=\"order-row\"][data-order-no=\"{order_no}\"]")
    }

    /// Shows one order and no other.
    pub async fn search(&self, order_no: &str) {
        self.click("nav-orders").await;
        self.fill("search", order_no).await;
        self.until(&format!("{order_no} is found, alone"), async || {
            let rows = self.texts(&test_id("order-row")).await;
            let alone = rows.len() == 1 && self.text(&Page::row(order_no)).await.is_some();
            alone.then_some(())
        })
        .await;
    }

    /// Chooses an order by its box.
    pub async fn pick(&self, order_no: &str) {
        let row = Page::row(order_no);
        self.click_css(&format!("{row} .box")).await;
        self.until(&format!("{order_no} is chosen"), async || {
            (self.attribute(&row, "aria-selected").await.as_deref() == Some("true")).then_some(())
        })
        .await;
    }

    /// Finds an order, chooses it and clicks Dispatch.
    pub async fn dispatch(&self, order_no: &str) {
        self.search(order_no).await;
        self.pick(order_no).await;
        self.click("dispatch-button").await;
    }

    /// Waits until an order's row is in a state.
    pub async fn reaches(&self, order_no: &str, state: &str) {
        let row = Page::row(order_no);
        self.until(&format!("{order_no} is {state}"), async || {
            (self.attribute(&row, "data-state").await.as_deref() == Some(state)).then_some(())
        })
        .await;
    }

    /// Opens an order's panel.
    pub async fn open_panel(&self, order_no: &str) {
        let panel = format!("{}[data-order-no=\"{order_no}\"]", test_id("order-panel"));
        if self.text(&panel).await.is_none() {
            self.click_css(&format!("{} .no", Page::row(order_no))).await;
        }
        self.until(&format!("{order_no} is open"), async || {
            self.text(&format!("{panel} {}", test_id("timeline-entry"))).await
        })
        .await;
    }

    /// The entries of the open panel's timeline of one kind, as they are read.
    pub async fn entries(&self, kind: &str) -> Vec<String> {
        self.texts(&format!("{}[data-kind=\"{kind}\"] summary", test_id("timeline-entry"))).await
    }
}
