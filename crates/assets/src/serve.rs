//! What a function does.

use std::io::{self, Read};

use flate2::read::GzDecoder;
use gateway::Response;
use lambda_http::http::{HeaderValue, header};

/// A file of a page.
#[derive(Debug)]
pub struct Asset {
    name: &'static str,
    content_type: &'static str,
    gzip: &'static [u8],
}

impl Asset {
    /// For the list that [`crate::build::Embed`] writes.
    #[must_use]
    pub const fn embedded(
        name: &'static str,
        content_type: &'static str,
        gzip: &'static [u8],
    ) -> Self {
        Self {
            name,
            content_type,
            gzip,
        }
    }

    /// Its name, which is the last part of its address.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The file in an encoding that the client accepts. Nobody may keep it, unless the function says so (`Response::with_header`).
    ///
    /// # Errors
    /// When the file can't be decompressed.
    pub fn response(&self, accept_encoding: Option<&str>) -> io::Result<Response> {
        let content_type = HeaderValue::from_static(self.content_type);
        let response = if accepts_gzip(accept_encoding.unwrap_or_default()) {
            Response::content(content_type, self.gzip)
                .with_header(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"))
        } else {
            Response::content(content_type, self.content()?)
        };
        let negotiated = HeaderValue::from_static("accept-encoding");
        Ok(response.with_header(header::VARY, negotiated))
    }

    fn content(&self) -> io::Result<Vec<u8>> {
        let mut content = Vec::new();
        GzDecoder::new(self.gzip).read_to_end(&mut content)?;
        Ok(content)
    }
}

/// Whether a client takes gzip (RFC 9110, section 12.5.3): what it says of gzip goes before what it says of all the rest.
fn accepts_gzip(accept_encoding: &str) -> bool {
    let weight_of = |coding: &str| {
        accept_encoding.split(',').find_map(|item| {
            let (name, weight) = item.split_once(';').unwrap_or((item, "q=1"));
            let is_it = name.trim().eq_ignore_ascii_case(coding);
            is_it.then(|| weight_value(weight))
        })
    };
    weight_of("gzip")
        .or_else(|| weight_of("*"))
        .is_some_and(|weight| weight > 0.0)
}

/// A weight that can't be read counts as a refusal: the plain file suits everybody.
fn weight_value(weight: &str) -> f32 {
    weight
        .split_once('=')
        .filter(|(name, _)| name.trim().eq_ignore_ascii_case("q"))
        .and_then(|(_, value)| value.trim().parse().ok())
        .unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_where_it_is_accepted() {
        #[track_caller]
        fn check(accept_encoding: &str, expected: bool) {
            assert_eq!(
                accepts_gzip(accept_encoding),
                expected,
                "{accept_encoding:?}"
            );
        }
        check("gzip", true);
        check("gzip, deflate, br, zstd", true);
        check("br;q=1.0, GZIP;q=0.5", true);
        check("br , gzip ; q=0.001", true);
        check("*", true);
        check("gzip;q=1, *;q=0", true);

        check("", false);
        check("identity", false);
        check("br, deflate", false);
        check("gzip;q=0", false);
        check("gzip; q=0.000", false);
        check("gzip;q=0, *", false);
        check("*;q=0", false);
        check("gzip;q=much", false);
        check("gzipped", false);
    }
}
