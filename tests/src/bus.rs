//! The session bus around a window: a tray that shows icons, and a daemon that shows notices. Both speak the real protocols
//! and only remember what they were told.
//!
//! For tests that run one after the other: a name on the bus has one owner.

use std::sync::{Arc, Mutex, PoisonError};

use zbus::{Connection, interface};

/// What was told, in order.
type Told<T> = Arc<Mutex<Vec<T>>>;

fn all<T: Clone>(told: &Told<T>) -> Vec<T> {
    told.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

fn tell<T>(told: &Told<T>, what: T) {
    told.lock().unwrap_or_else(PoisonError::into_inner).push(what);
}

struct Watcher(Told<Item>);

/// An icon: who put it up, and where it can be asked.
type Item = (String, String);

#[interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    async fn register_status_notifier_item(&self, item: String, #[zbus(header)] header: zbus::message::Header<'_>) {
        let sender = header.sender().map(ToString::to_string).unwrap_or_default();
        tell(&self.0, (sender, item));
    }

    async fn register_status_notifier_host(&self, _host: String) {}

    #[zbus(property)]
    async fn is_status_notifier_host_registered(&self) -> bool {
        true
    }

    #[zbus(property)]
    async fn registered_status_notifier_items(&self) -> Vec<String> {
        all(&self.0).into_iter().map(|(sender, item)| format!("{sender}{item}")).collect()
    }

    #[zbus(property)]
    async fn protocol_version(&self) -> i32 {
        0
    }
}

/// A tray. Dropped, it is gone from the bus.
pub struct TrayHost {
    items: Told<Item>,
    bus: Connection,
}

impl TrayHost {
    /// Comes up on the session bus.
    ///
    /// # Panics
    /// Where there is no session bus, or there is a tray already.
    pub async fn start() -> TrayHost {
        let items = Told::default();
        let builder = zbus::connection::Builder::session().expect("a session bus");
        let builder = builder.serve_at("/StatusNotifierWatcher", Watcher(items.clone())).expect("the object is served");
        let builder = builder.name("org.kde.StatusNotifierWatcher").expect("a name");
        TrayHost { items, bus: builder.build().await.expect("the name is free") }
    }

    /// How many icons were put up.
    pub fn icons(&self) -> usize {
        all(&self.items).len()
    }

    /// What stands beside the last icon; `None` where none was put up.
    pub async fn label(&self) -> Option<String> {
        let (sender, item) = all(&self.items).pop()?;
        let interface = "org.kde.StatusNotifierItem";
        let icon = zbus::proxy::Builder::<zbus::Proxy<'_>>::new(&self.bus).destination(sender).ok()?;
        let icon = icon.path(item).ok()?.interface(interface).ok()?;
        let icon = icon.cache_properties(zbus::proxy::CacheProperties::No).build().await.ok()?;
        icon.get_property("XAyatanaLabel").await.ok()
    }
}

/// A notice that was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownNotice {
    /// Its head.
    pub summary: String,
    /// What it says.
    pub body: String,
}

struct Daemon(Told<ShownNotice>);

#[interface(name = "org.freedesktop.Notifications")]
impl Daemon {
    #[expect(clippy::too_many_arguments, reason = "the protocol has that many")]
    async fn notify(
        &self,
        _app: String,
        _replaces: u32,
        _icon: String,
        summary: String,
        body: String,
        _actions: Vec<String>,
        _hints: std::collections::HashMap<String, zbus::zvariant::OwnedValue>,
        _expires: i32,
    ) -> u32 {
        tell(&self.0, ShownNotice { summary, body });
        all(&self.0).len() as u32
    }

    async fn close_notification(&self, _id: u32) {}

    async fn get_capabilities(&self) -> Vec<String> {
        vec!["body".into()]
    }

    async fn get_server_information(&self) -> (String, String, String, String) {
        ("test".into(), "Docket".into(), "1".into(), "1.2".into())
    }
}

/// A daemon for notices. Dropped, it is gone from the bus.
pub struct Notices {
    shown: Told<ShownNotice>,
    _bus: Connection,
}

impl Notices {
    /// Comes up on the session bus.
    ///
    /// # Panics
    /// Where there is no session bus, or there is a daemon already.
    pub async fn start() -> Notices {
        let shown = Told::default();
        let builder = zbus::connection::Builder::session().expect("a session bus");
        let builder = builder.serve_at("/org/freedesktop/Notifications", Daemon(shown.clone()));
        let builder = builder.expect("the object is served").name("org.freedesktop.Notifications").expect("a name");
        Notices { shown, _bus: builder.build().await.expect("the name is free") }
    }

    /// What was shown, in order.
    pub fn shown(&self) -> Vec<ShownNotice> {
        all(&self.shown)
    }
}
