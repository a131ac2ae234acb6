//! Chooses a content coding for a client: RFC 9110, section 12.5.3.

/// A content coding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    Brotli,
    Zstd,
    Gzip,
}

impl Coding {
    /// All of them; where a client likes several equally, the first is used.
    pub const ALL: [Self; 3] = [Self::Brotli, Self::Zstd, Self::Gzip];

    /// The name in headers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Zstd => "zstd",
            Self::Gzip => "gzip",
        }
    }
}

/// The codings that a client accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The coding to use; `None`: the client prefers the plain bytes, or takes no coding that we have.
    pub coding: Option<Coding>,
    /// True if it accepts the plain bytes as well.
    pub takes_plain: bool,
}

impl Accepted {
    /// Reads the values of `Accept-Encoding`. Members that cannot be read are skipped. Without the header a client takes
    /// everything, but nothing shows that it understands more than the plain bytes.
    pub fn read<'h>(values: impl Iterator<Item = &'h str>) -> Self {
        let (mut codings, mut plain, mut others) = ([None; 3], None, None);
        for member in values.flat_map(|value| value.split(',')) {
            let (name, parameters) = member.split_once(';').unwrap_or((member, ""));
            let Some(weight) = weight(parameters) else { continue };
            let name = name.trim();
            let is = |other: &str| name.eq_ignore_ascii_case(other);
            if is("identity") {
                plain = Some(weight);
            } else if is("*") {
                others = Some(weight);
            } else if let Some(n) = Coding::ALL.iter().position(|coding| is(coding.name()) || (*coding == Coding::Gzip && is("x-gzip"))) {
                codings[n] = Some(weight);
            }
        }
        let mut best: Option<(Coding, u16)> = None;
        for (coding, weight) in Coding::ALL.into_iter().zip(codings) {
            let weight = weight.or(others).unwrap_or(0);
            if weight > best.map_or(0, |(_, best)| best) {
                best = Some((coding, weight));
            }
        }
        let prefers_plain = plain > best.map(|(_, weight)| weight);
        Self { coding: best.map(|(coding, _)| coding).filter(|_| !prefers_plain), takes_plain: plain.or(others) != Some(0) }
    }
}

/// The weight among the parameters of a member, in thousandths; 1000 where there is none.
fn weight(parameters: &str) -> Option<u16> {
    let mut weight = 1_000;
    for parameter in parameters.split(';').map(str::trim).filter(|it| !it.is_empty()) {
        let (name, value) = parameter.split_once('=')?;
        if name.trim().eq_ignore_ascii_case("q") {
            weight = thousandths(value.trim())?;
        }
    }
    Some(weight)
}

/// `0`, `1`, and up to three digits after a point.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    if !matches!(whole, "0" | "1") || rest.len() > 3 || !rest.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let value: u16 = format!("{whole}{rest:0<3}").parse().ok()?;
    (value <= 1_000).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_gets_the_coding_that_it_likes_best() {
        for (header, coding, takes_plain) in [
            ("", None, true),
            ("gzip", Some(Coding::Gzip), true),
            ("x-gzip", Some(Coding::Gzip), true),
            ("GZIP , Br", Some(Coding::Brotli), true),
            ("gzip, deflate, br, zstd", Some(Coding::Brotli), true),
            ("gzip, deflate, zstd", Some(Coding::Zstd), true),
            ("deflate", None, true),
            ("br;q=0.5, gzip;q=0.8", Some(Coding::Gzip), true),
            ("br;q=0.001, zstd ; q=0.002", Some(Coding::Zstd), true),
            ("br;q=0, gzip;q=0.000", None, true),
            ("*", Some(Coding::Brotli), true),
            ("*;q=0.5, br;q=0", Some(Coding::Zstd), true),
            ("gzip, *;q=0", Some(Coding::Gzip), false),
            ("*;q=0", None, false),
            ("identity;q=0", None, false),
            ("identity;q=0, gzip;q=0.1", Some(Coding::Gzip), false),
            ("identity;q=0, *", Some(Coding::Brotli), false),
            ("identity, *;q=0", None, true),
            ("identity;q=1, gzip;q=0.5", None, true),
            ("identity;q=0.5, gzip;q=0.5", Some(Coding::Gzip), true),
            // Parts that cannot be read do not count.
            ("br;q=2, gzip", Some(Coding::Gzip), true),
            ("br;q=0.1234, br;q=x, br;q=-1, br;x, br;q=1.001", None, true),
            (",,;q=1, gzip;", Some(Coding::Gzip), true),
        ] {
            assert_eq!(Accepted::read([header].into_iter()), Accepted { coding, takes_plain }, "{header}");
        }
        assert_eq!(Accepted::read(std::iter::empty()), Accepted { coding: None, takes_plain: true });
        assert_eq!(Accepted::read(["gzip;q=0", "br"].into_iter()).coding, Some(Coding::Brotli));
    }
}
