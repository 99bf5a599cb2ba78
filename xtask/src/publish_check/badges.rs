//! Builds the documentation like docs.rs and checks that it shows every feature in the badge of an item.

use std::collections::BTreeSet;
use std::path::Path;
use std::{fs, io};

use super::{Outcome, nightly, no_nightly, ran};
use crate::cargo::{cargo, output};
use crate::features::features_of;
use crate::paths;

/// Features that no user turns on by themselves.
const OF_OTHERS: &[&str] = &["default", "sdk"];

/// Features that add no public item, so that no page has a badge for them: what the other features have does more
/// with these. The table of the first page says what.
const WITHOUT_ITEMS: &[&str] = &["rayon", "tls", "tls-webpki-roots"];

pub(super) fn check() -> anyhow::Result<Outcome> {
    let Some(mut nightly) = nightly() else {
        return Ok(no_nightly("docs"));
    };
    // The same options as in `package.metadata.docs.rs`.
    nightly
        .args(["doc", "--no-deps", "--all-features", "--quiet"])
        .args(["-p", "traced"])
        .env("RUSTDOCFLAGS", "--cfg docsrs -D warnings");
    if ran(&mut nightly)? == Outcome::Failed {
        return Ok(Outcome::Failed);
    }
    let mut shown = BTreeSet::new();
    let pages = paths::target().join("doc/traced");
    read(&pages, &mut shown)?;
    let first = fs::read_to_string(pages.join("index.html"))?;
    let without_items = WITHOUT_ITEMS.iter();
    let listed = without_items.filter(|name| first.contains(&row(name)));
    shown.extend(listed.map(ToString::to_string));
    let metadata = output(cargo().args(["metadata", "--no-deps", "--format-version", "1"]))?;
    let features = features_of("traced", &metadata)?;
    let mut unshown = features
        .iter()
        .filter(|name| !shown.contains(*name) && !OF_OTHERS.contains(&name.as_str()))
        .peekable();
    if unshown.peek().is_none() {
        return Ok(Outcome::Passed);
    }
    for feature in unshown {
        println!("no page says that something needs the feature `{feature}`");
    }
    Ok(Outcome::Failed)
}

/// How a row of the table of features begins.
fn row(feature: &str) -> String {
    format!("<td><code>{feature}</code></td>")
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
