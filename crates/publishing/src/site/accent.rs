//! The colour of links, readable on a light and on a dark page.

/// Where a tenant has chosen none.
const DEFAULT: Rgb = [0x1f, 0x5f, 0xbf];
/// The theme's backgrounds: `--back` and the darker `--raised` in light, the lighter `--raised` in dark.
const LIGHT: Rgb = [0xf4, 0xf4, 0xf1];
const DARK: Rgb = [0x20, 0x24, 0x2a];
/// The least contrast of text (WCAG 2.2, 1.4.3), with a little to spare for rounding.
const CONTRAST: f64 = 4.6;

type Rgb = [u8; 3];

/// The rules of the style sheet that set the accent.
pub(crate) fn css(chosen: Option<&str>) -> String {
    let chosen = chosen.and_then(parse).unwrap_or(DEFAULT);
    let light = readable(chosen, LIGHT, 0);
    let dark = readable(chosen, DARK, 255);
    format!(
        ":root{{--accent:{}}}\n@media (prefers-color-scheme:dark){{:root{{--accent:{}}}}}\n",
        hex(light),
        hex(dark)
    )
}

fn parse(text: &str) -> Option<Rgb> {
    let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6)?;
    let part = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    Some([part(0)?, part(2)?, part(4)?])
}

fn hex([red, green, blue]: Rgb) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// The colour, mixed with black (0) or white (255) until it can be read on `back`.
fn readable(color: Rgb, back: Rgb, toward: u8) -> Rgb {
    (0..=100u16)
        .map(|part| color.map(|value| mix(value, toward, part)))
        .find(|mixed| contrast(*mixed, back) >= CONTRAST)
        .unwrap_or([toward; 3])
}

fn mix(value: u8, toward: u8, percent: u16) -> u8 {
    let sum = u16::from(value) * (100 - percent) + u16::from(toward) * percent;
    u8::try_from(sum / 100).unwrap_or(toward)
}

/// <https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio>
fn contrast(one: Rgb, other: Rgb) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// <https://www.w3.org/TR/WCAG22/#dfn-relative-luminance>
fn luminance(color: Rgb) -> f64 {
    let [red, green, blue] = color.map(|value| {
        let value = f64::from(value) / 255.0;
        if value <= 0.04045 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_colour_can_be_read_on_both_pages() {
        for step in 0..512u16 {
            let value = |shift: u16| u8::try_from(((step >> shift) & 7) * 36).unwrap();
            let color = [value(0), value(3), value(6)];
            assert!(contrast(readable(color, LIGHT, 0), LIGHT) >= 4.5);
            assert!(contrast(readable(color, DARK, 255), DARK) >= 4.5);
        }
    }

    #[test]
    fn a_readable_colour_stays() {
        assert!(css(Some("#1a5fb4")).contains("--accent:#1a5fb4"));
        assert_eq!(css(None), css(Some("nonsense")));
    }
}
