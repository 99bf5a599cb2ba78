//! The headers of each export.

use http::{HeaderName, HeaderValue};

use crate::telemetry::environment::Environment;
use crate::telemetry::pairs::{self, Member};
use crate::telemetry::settings::Secret;
use crate::telemetry::variables::Variable;

/// The valid pairs. The warnings about the others never show any part of them.
pub(super) fn headers(
    environment: &mut Environment,
    variable: &'static Variable,
) -> Option<Vec<(HeaderName, Secret)>> {
    let text = environment.text(variable)?;
    let mut headers = Vec::new();
    for (index, member) in pairs::members(&text).enumerate() {
        let wrong = match member {
            Member::Empty => {
                environment.warn(variable, pairs::STRAY_COMMA);
                continue;
            }
            Member::Malformed(wrong) => wrong,
            Member::Pair(name, value) => match header(&name, &value) {
                Ok(header) => {
                    set(&mut headers, header);
                    continue;
                }
                Err(wrong) => wrong,
            },
        };
        let place = index + 1;
        environment.warn(
            variable,
            format_args!(
                "pair {place} {wrong}; it is left out, write `name=value,name=value`, percent-encoded"
            ),
        );
    }
    Some(headers)
}

pub(super) fn header(name: &str, value: &str) -> Result<(HeaderName, Secret), &'static str> {
    let name = name
        .trim()
        .parse()
        .map_err(|_| "has a name that no header can have")?;
    let value = HeaderValue::from_str(value).map_err(|_| "has a value that no header can have")?;
    Ok((name, Secret::new(value)))
}

/// Sets a header; the last value of a name counts.
pub(super) fn set(headers: &mut Vec<(HeaderName, Secret)>, header: (HeaderName, Secret)) {
    headers.retain(|(name, _)| *name != header.0);
    headers.push(header);
}
