//! The window as the display has it: asked to close, as a window manager asks, and whether it is to be seen.

use rustix::process::Pid;
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{AtomEnum, ClientMessageEvent, ConnectionExt, EventMask, MapState};
use x11rb::rust_connection::RustConnection;

use super::Window;

/// The display, and the app's window on it.
pub(super) struct OnScreen {
    pub(super) display: RustConnection,
    pub(super) root: u32,
    pub(super) window: u32,
}

impl OnScreen {
    /// The window of a process that takes the request to close and bears the app's name.
    pub(super) fn of(app: Pid) -> OnScreen {
        let (display, screen) = x11rb::connect(None).expect("a display");
        let root = display.setup().roots[screen].root;
        let pid = display.intern_atom(false, b"_NET_WM_PID").expect("asked").reply().expect("an atom").atom;
        let children = display.query_tree(root).expect("asked").reply().expect("windows").children;
        let wanted = app.as_raw_nonzero().get().unsigned_abs();
        let window = children.into_iter().find(|window| {
            let owner = display.get_property(false, *window, pid, AtomEnum::CARDINAL, 0, 1).expect("asked").reply();
            let name =
                display.get_property(false, *window, AtomEnum::WM_NAME, AtomEnum::ANY, 0, 64).expect("asked").reply();
            let owned = owner.is_ok_and(|owner| owner.value32().and_then(|mut v| v.next()) == Some(wanted));
            owned && name.is_ok_and(|name| name.value == b"Docket")
        });
        OnScreen { window: window.expect("the app has a window"), root, display }
    }

    pub(super) fn atom(&self, name: &str) -> u32 {
        self.display.intern_atom(false, name.as_bytes()).expect("asked").reply().expect("an atom").atom
    }
}

impl Window {
    /// Asks the window to close, as the cross in its frame does.
    pub fn ask_to_close(&self) {
        let on_screen = OnScreen::of(self.app());
        let (protocols, delete) = (on_screen.atom("WM_PROTOCOLS"), on_screen.atom("WM_DELETE_WINDOW"));
        let message = ClientMessageEvent::new(32, on_screen.window, protocols, [delete, 0, 0, 0, 0]);
        let sent = on_screen.display.send_event(false, on_screen.window, EventMask::NO_EVENT, message);
        sent.expect("asked").check().expect("the display takes it");
    }

    /// Whether the display shows the window.
    pub fn is_shown(&self) -> bool {
        let on_screen = OnScreen::of(self.app());
        let attributes = on_screen.display.get_window_attributes(on_screen.window).expect("asked").reply();
        attributes.expect("it is there").map_state == MapState::VIEWABLE
    }
}
