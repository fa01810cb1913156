//! Named points at which a debug build kills itself, as far as two tests share them.

use docket_core::crash::Point;

/// Those that only a probe reaches: `probe` strikes them, `crash` all others.
pub const IN_A_PROBE: [Point; 2] = [Point::Probed, Point::ProbedAnswered];
