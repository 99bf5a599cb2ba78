//! Checks `traced` with each of its features alone, and with none: rustc's errors, and clippy's warnings.

use anyhow::Context;
use serde_json::Value;

use crate::Verdict;
use crate::cargo::{cargo, output, succeed};

pub(crate) const USAGE: &str = "\
Checks the library with each of its features alone, and with none: errors of rustc, and warnings of clippy.

    cargo xtask features
";

pub(crate) fn run(mut arguments: lexopt::Parser) -> anyhow::Result<Verdict> {
    if let Some(argument) = arguments.next()? {
        return Err(argument.unexpected().into());
    }
    let metadata = output(cargo().args(["metadata", "--no-deps", "--format-version", "1"]))?;
    let features = features_of("traced", &metadata)?;
    for feature in std::iter::once("").chain(features.iter().map(String::as_str)) {
        succeed(
            cargo()
                .args(["clippy", "--quiet", "-p", "traced", "--no-default-features"])
                .args(["--features", feature, "--", "-D", "warnings"]),
        )
        .with_context(|| format!("fails with the feature `{feature}` alone"))?;
    }
    Ok(Verdict::Passed)
}

/// The names of a package's features, by cargo's metadata.
pub(crate) fn features_of(package: &str, metadata: &str) -> anyhow::Result<Vec<String>> {
    let metadata: Value = serde_json::from_str(metadata)?;
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let features = packages
        .filter(|candidate| candidate["name"] == package)
        .find_map(|found| found["features"].as_object())
        .with_context(|| format!("the workspace has no package `{package}`"))?;
    Ok(features.keys().cloned().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_those_of_the_package() {
        let metadata = r#"{"packages": [
            {"name": "traced-macros", "features": {"fuzz": []}},
            {"name": "traced", "features": {"sdk": [], "console": ["sdk"], "default": []}}
        ]}"#;
        assert_eq!(
            features_of("traced", metadata).unwrap(),
            ["console", "default", "sdk"]
        );
        assert!(features_of("untraced", metadata).is_err());
    }
}
