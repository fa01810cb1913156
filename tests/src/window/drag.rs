//! A file that is dragged over the window and dropped, as a file manager does it: the XDND protocol, version 5.
//!
//! WebDriver knows no drag from outside, so this talks to the display itself: it owns the selection, offers the file's
//! address, and serves whoever asks for it.

use std::path::Path;
use std::time::Duration;

use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    AtomEnum, ClientMessageEvent, ConnectionExt, CreateWindowAux, EventMask, PropMode, SELECTION_NOTIFY_EVENT,
    SelectionNotifyEvent, SelectionRequestEvent, WindowClass,
};
use x11rb::wrapper::ConnectionExt as _;

use super::screen::OnScreen;
use super::{Window, until, within};

/// The version of the protocol, where it stands in the first message.
const VERSION: u32 = 5 << 24;
/// A target that is still asking for the file has not answered.
const PATIENCE: Duration = Duration::from_millis(500);
/// Times are the display's own.
const NOW: u32 = x11rb::CURRENT_TIME;

/// A file held over the window.
pub struct Drag {
    on_screen: OnScreen,
    source: u32,
    /// The file's address, as `text/uri-list` has it.
    address: String,
    /// Where the pointer is, on the whole display.
    at: (i16, i16),
}

impl Window {
    /// Takes a file over the middle of the window, and holds it there.
    ///
    /// # Panics
    /// When the window does not take it.
    pub async fn drag_over(&self, file: &Path) -> Drag {
        let on_screen = OnScreen::of(self.app());
        let display = &on_screen.display;
        let root = on_screen.root;
        let source = display.generate_id().expect("an id");
        display
            .create_window(0, source, root, 0, 0, 1, 1, 0, WindowClass::INPUT_ONLY, 0, &CreateWindowAux::new())
            .expect("asked")
            .check()
            .expect("a window");
        let selection = on_screen.atom("XdndSelection");
        display.set_selection_owner(source, selection, NOW).expect("asked").check().expect("it is owned");
        let shape = display.get_geometry(on_screen.window).expect("asked").reply().expect("a shape");
        let middle = (i16::try_from(shape.width / 2).expect("a width"), i16::try_from(shape.height / 2).expect("one"));
        let there = display.translate_coordinates(on_screen.window, root, middle.0, middle.1);
        let there = there.expect("asked").reply().expect("a place");
        let address = format!("file://{}\r\n", file.display());
        let drag = Drag { source, address, at: (there.dst_x, there.dst_y), on_screen };
        let list = drag.on_screen.atom("text/uri-list");
        drag.tell("XdndEnter", [VERSION, list, 0, 0]);
        until("the window takes the file", async || drag.is_taken().await.then_some(())).await;
        drag
    }
}

impl Drag {
    /// Moves a little, and looks whether the window would take it.
    async fn is_taken(&self) -> bool {
        let copy = self.on_screen.atom("XdndActionCopy");
        let (x, y) = (u32::from(self.at.0.unsigned_abs()), u32::from(self.at.1.unsigned_abs()));
        self.tell("XdndPosition", [0, x << 16 | y, NOW, copy]);
        let status = self.on_screen.atom("XdndStatus");
        within(PATIENCE, async || self.heard(status)).await.is_some_and(|told| told[1] & 1 == 1)
    }

    /// Lets go of it.
    pub async fn drop_here(self) {
        self.tell("XdndDrop", [0, NOW, 0, 0]);
        let finished = self.on_screen.atom("XdndFinished");
        until("the window has taken the file", async || self.heard(finished)).await;
    }

    fn tell(&self, kind: &str, rest: [u32; 4]) {
        let data = [self.source, rest[0], rest[1], rest[2], rest[3]];
        let OnScreen { display, window, .. } = &self.on_screen;
        let message = ClientMessageEvent::new(32, *window, self.on_screen.atom(kind), data);
        display.send_event(false, *window, EventMask::NO_EVENT, message).expect("asked").check().expect("it is sent");
    }

    /// Serves what was asked meanwhile; what a message of that kind said, if one has come.
    fn heard(&self, kind: u32) -> Option<[u32; 5]> {
        while let Some(event) = self.on_screen.display.poll_for_event().expect("the display is there") {
            match event {
                Event::SelectionRequest(asked) => self.serve(&asked),
                Event::ClientMessage(message) if message.type_ == kind => return Some(message.data.as_data32()),
                _ => {}
            }
        }
        None
    }

    fn serve(&self, asked: &SelectionRequestEvent) {
        let OnScreen { display, .. } = &self.on_screen;
        let list = self.on_screen.atom("text/uri-list");
        let targets = self.on_screen.atom("TARGETS");
        let property = if asked.property == x11rb::NONE { asked.target } else { asked.property };
        let put = if asked.target == targets {
            display.change_property32(PropMode::REPLACE, asked.requestor, property, AtomEnum::ATOM, &[targets, list])
        } else {
            display.change_property8(PropMode::REPLACE, asked.requestor, property, list, self.address.as_bytes())
        };
        put.expect("asked").check().expect("it is put there");
        let told = SelectionNotifyEvent {
            response_type: SELECTION_NOTIFY_EVENT,
            sequence: 0,
            time: asked.time,
            requestor: asked.requestor,
            selection: asked.selection,
            target: asked.target,
            property,
        };
        display.send_event(false, asked.requestor, EventMask::NO_EVENT, told).expect("asked").check().expect("sent");
    }
}
