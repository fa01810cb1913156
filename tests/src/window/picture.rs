//! Pictures of the window as the display shows it, and sheets of many for the eye.
//!
//! Not through WebDriver: its pictures wait for a frame that a page at rest never draws, and the session is lost.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use x11rb::protocol::xproto::{ConnectionExt, ImageFormat};

use super::Window;
use super::screen::OnScreen;

/// What stands between two pictures of a sheet.
const GAP: usize = 12;

/// Red, green and blue, row by row from the top.
#[derive(Clone, Debug)]
pub struct Picture {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
}

impl Window {
    /// What the display shows of the window now. All of it has to be on the display.
    ///
    /// # Panics
    /// When it is not.
    pub async fn picture(&self) -> Picture {
        // What was changed last has been drawn by the second frame.
        let drawn = "await new Promise(requestAnimationFrame); await new Promise(requestAnimationFrame); return 0";
        self.page.promise(drawn).await;
        let OnScreen { display, window, .. } = OnScreen::of(self.app());
        let shape = display.get_geometry(window).expect("asked").reply().expect("a shape");
        let (width, height) = (shape.width, shape.height);
        let image = display.get_image(ImageFormat::Z_PIXMAP, window, 0, 0, width, height, u32::MAX);
        let image = image.expect("asked").reply().expect("the whole window is on the display");
        assert!(matches!(image.depth, 24 | 32), "a display of true colour: {}", image.depth);
        // Four bytes a pixel: blue, green, red, and one that says nothing.
        let rgb = image.data.chunks_exact(4).flat_map(|pixel| [pixel[2], pixel[1], pixel[0]]).collect();
        Picture { width: width.into(), height: height.into(), rgb }
    }
}

impl Picture {
    /// Writes it as a PNG.
    pub fn write(&self, file: &Path) {
        let written = File::create(file).map_err(png::EncodingError::from).and_then(|to| {
            let size = |pixels: usize| u32::try_from(pixels).expect("a size");
            let mut encoder = png::Encoder::new(BufWriter::new(to), size(self.width), size(self.height));
            encoder.set_color(png::ColorType::Rgb);
            encoder.set_depth(png::BitDepth::Eight);
            encoder.write_header()?.write_image_data(&self.rgb)
        });
        written.unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }

    /// How many colours are in it, up to a hundred: a page that was not drawn has one or two.
    pub fn colours(&self) -> usize {
        let mut seen = std::collections::BTreeSet::new();
        for pixel in self.rgb.chunks_exact(3) {
            seen.insert([pixel[0], pixel[1], pixel[2]]);
            if seen.len() == 100 {
                break;
            }
        }
        seen.len()
    }

    /// Half as wide and half as high: each pixel is the mean of four.
    #[must_use]
    pub fn half(&self) -> Picture {
        let (width, height) = (self.width / 2, self.height / 2);
        let at = |x: usize, y: usize, c: usize| u16::from(self.rgb[(y * self.width + x) * 3 + c]);
        let mean = |x: usize, y: usize, c: usize| {
            let sum =
                at(2 * x, 2 * y, c) + at(2 * x + 1, 2 * y, c) + at(2 * x, 2 * y + 1, c) + at(2 * x + 1, 2 * y + 1, c);
            u8::try_from(sum / 4).expect("a mean of bytes")
        };
        let rgb = (0..height).flat_map(|y| (0..width).flat_map(move |x| (0..3).map(move |c| (x, y, c))));
        Picture { width, height, rgb: rgb.map(|(x, y, c)| mean(x, y, c)).collect() }
    }

    /// Rows of pictures on grey, as wide as the widest row.
    pub fn sheet(rows: &[Vec<Picture>]) -> Picture {
        let wide = |row: &Vec<Picture>| row.iter().map(|each| each.width + GAP).sum::<usize>() + GAP;
        let high = |row: &Vec<Picture>| row.iter().map(|each| each.height).max().unwrap_or(0) + GAP;
        let width = rows.iter().map(wide).max().unwrap_or(GAP);
        let height = rows.iter().map(high).sum::<usize>() + GAP;
        let mut sheet = Picture { width, height, rgb: vec![128; width * height * 3] };
        let mut top = GAP;
        for row in rows {
            let mut left = GAP;
            for each in row {
                sheet.put(each, left, top);
                left += each.width + GAP;
            }
            top += high(row);
        }
        sheet
    }

    fn put(&mut self, other: &Picture, left: usize, top: usize) {
        for (y, line) in other.rgb.chunks_exact(other.width * 3).enumerate() {
            let from = ((top + y) * self.width + left) * 3;
            self.rgb[from..from + line.len()].copy_from_slice(line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(width: usize, height: usize, value: u8) -> Picture {
        Picture { width, height, rgb: vec![value; width * height * 3] }
    }

    #[test]
    fn a_half_has_the_mean_of_what_it_stands_for() {
        let mut four = plain(2, 2, 0);
        four.rgb[..3].copy_from_slice(&[200, 100, 40]);
        assert_eq!(four.half().rgb, [50, 25, 10]);
    }

    #[test]
    fn a_sheet_holds_every_picture_where_it_belongs() {
        let sheet = Picture::sheet(&[vec![plain(4, 2, 1), plain(2, 2, 2)], vec![plain(3, 5, 3)]]);
        assert_eq!((sheet.width, sheet.height), (4 + 2 + 3 * GAP, 2 + 5 + 3 * GAP));
        for (value, pixels) in [(1, 8), (2, 4), (3, 15)] {
            assert_eq!(sheet.rgb.iter().filter(|byte| **byte == value).count(), pixels * 3);
        }
        assert_eq!(sheet.colours(), 4);
    }
}
