//! The documentation as docs.rs builds it: does each item say which feature it needs?

use std::collections::BTreeSet;
use std::path::Path;
use std::{fs, io};

use super::{Outcome, nightly, no_nightly, ran};
use crate::cargo::{cargo, output};
use crate::features::features_of;
use crate::paths;

/// Features that add no public item, so that no page can show them.
const WITHOUT_ITEMS: &[&str] = &["default", "sdk"];

pub(super) fn check() -> anyhow::Result<Outcome> {
    let Some(mut nightly) = nightly() else {
        return Ok(no_nightly("docs"));
    };
    // What `package.metadata.docs.rs` says.
    nightly
        .args(["doc", "--no-deps", "--all-features", "--quiet"])
        .args(["-p", "traced"])
        .env("RUSTDOCFLAGS", "--cfg docsrs -D warnings");
    if ran(&mut nightly)? == Outcome::Failed {
        return Ok(Outcome::Failed);
    }
    let mut shown = BTreeSet::new();
    read(&paths::target().join("doc/traced"), &mut shown)?;
    let metadata = output(cargo().args(["metadata", "--no-deps", "--format-version", "1"]))?;
    let features = features_of("traced", &metadata)?;
    let mut unshown = features
        .iter()
        .filter(|name| !shown.contains(*name) && !WITHOUT_ITEMS.contains(&name.as_str()))
        .peekable();
    if unshown.peek().is_none() {
        return Ok(Outcome::Passed);
    }
    for feature in unshown {
        println!("no page says that something needs the feature `{feature}`");
    }
    Ok(Outcome::Failed)
}

/// The features that the pages of a folder name in their badges.
fn read(folder: &Path, shown: &mut BTreeSet<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            read(&path, shown)?;
        } else if path
            .extension()
            .is_some_and(|extension| extension == "html")
        {
            shown.extend(badges(&fs::read_to_string(path)?));
        }
    }
    Ok(())
}

/// The features in the badges of a page.
fn badges(page: &str) -> impl Iterator<Item = String> {
    let badges = page.split("Available on ").skip(1);
    let names = badges.flat_map(|rest| {
        let badge = rest.split("</div>").next().unwrap_or_default();
        badge.split("<code>").skip(1)
    });
    names.filter_map(|name| Some(name.split_once("</code>")?.0.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_badge_names_its_features() {
        let page = "<code>other</code><div class=\"stab portability\">Available on <strong>crate features \
                    <code>init</code> and <code>signals</code></strong> only.</div><code>none</code>";
        assert_eq!(badges(page).collect::<Vec<_>>(), ["init", "signals"]);
    }
}
