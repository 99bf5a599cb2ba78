//! `Cargo.toml`, with the places of its dependencies.

use std::collections::BTreeSet;
use std::fs;
use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::dependencies::{Features, on_request};
use crate::sources::{Text, shown};

pub(super) struct Manifest {
    pub(super) text: Text,
    dependencies: Vec<Dependency>,
    features: Vec<String>,
}

/// A dependency as it is written.
pub(super) struct Dependency {
    pub(super) package: String,
    pub(super) name: Range<usize>,
    /// The quoted version, where there is one.
    pub(super) version: Option<Range<usize>>,
    features: Vec<String>,
    /// The list of features, to insert another one.
    list: Option<Range<usize>>,
}

impl Manifest {
    /// Reads the file; `None` if it cannot be read, which cargo reports itself.
    pub(super) fn read(path: &Path, root: &Path) -> Option<Self> {
        let written = fs::read_to_string(path).ok()?;
        let (dependencies, features) = parsed(&written)?;
        Some(Manifest {
            text: Text::of_file(path, shown(path, root), written),
            dependencies,
            features,
        })
    }

    pub(super) fn dependency(&self, package: &str) -> Option<&Dependency> {
        self.dependencies
            .iter()
            .find(|dependency| dependency.package == package)
    }

    /// The features that the file names, for packages that cargo did not resolve.
    pub(super) fn features_of_traced(&self) -> Features {
        let written = self.dependency("traced");
        let on: BTreeSet<String> = written
            .into_iter()
            .flat_map(|traced| traced.features.iter().cloned())
            .collect();
        Features::new(
            on,
            on_request(self.features.iter().map(String::as_str)),
            false,
        )
    }

    /// The edit that turns a feature of a dependency on.
    pub(super) fn with_feature(
        &self,
        package: &str,
        feature: &str,
    ) -> Option<(Range<usize>, String)> {
        let dependency = self.dependency(package)?;
        if let Some(list) = &dependency.list {
            let at = list.end - 1;
            let comma = if dependency.features.is_empty() {
                ""
            } else {
                ", "
            };
            let before = self.text.text[list.start..at].trim_end();
            if before.ends_with(',') || self.text.text[list.clone()].contains('\n') {
                return None;
            }
            return Some((at..at, format!("{comma}\"{feature}\"")));
        }
        let version = dependency.version.clone()?;
        // `traced = "0.1"`: the version alone.
        let line = self.text.line(self.text.place(version.start).line);
        let written = &self.text.text[version.clone()];
        let is_alone = line
            .split_once('=')
            .is_some_and(|(_, value)| value.trim() == written);
        is_alone.then(|| {
            (
                version.clone(),
                format!("{{ version = {written}, features = [\"{feature}\"] }}"),
            )
        })
    }
}

/// The dependencies, and the values of the features.
fn parsed(written: &str) -> Option<(Vec<Dependency>, Vec<String>)> {
    let table = DeTable::parse(written).ok()?;
    let table = table.get_ref();
    let mut dependencies = in_table(table);
    let targets = get(table, "target").and_then(as_table);
    for target in targets.iter().flat_map(|targets| targets.values()) {
        dependencies.extend(as_table(target).iter().flat_map(|table| in_table(table)));
    }
    let features = get(table, "features").and_then(as_table);
    let lists = features.iter().flat_map(|features| features.values());
    Some((dependencies, lists.flat_map(texts).collect()))
}

fn get<'a, 'i>(table: &'a DeTable<'i>, key: &str) -> Option<&'a Spanned<DeValue<'i>>> {
    let found = table.iter().find(|(name, _)| name.get_ref() == key);
    found.map(|(_, value)| value)
}

fn as_table<'a, 'i>(value: &'a Spanned<DeValue<'i>>) -> Option<&'a DeTable<'i>> {
    match value.get_ref() {
        DeValue::Table(table) => Some(table),
        _ => None,
    }
}

fn text_of(value: &Spanned<DeValue<'_>>) -> Option<String> {
    match value.get_ref() {
        DeValue::String(text) => Some(text.to_string()),
        _ => None,
    }
}

fn texts(value: &Spanned<DeValue<'_>>) -> Vec<String> {
    match value.get_ref() {
        DeValue::Array(values) => values.iter().filter_map(text_of).collect(),
        _ => Vec::new(),
    }
}

fn in_table(table: &DeTable<'_>) -> Vec<Dependency> {
    let dependencies = get(table, "dependencies").and_then(as_table);
    let written = dependencies.iter().flat_map(|table| table.iter());
    written
        .map(|(name, value)| {
            let table = as_table(value);
            let of = |key| table.and_then(|table| get(table, key));
            let package = of("package").and_then(text_of);
            let version = match value.get_ref() {
                DeValue::String(_) => Some(value.span()),
                _ => of("version").map(Spanned::span),
            };
            Dependency {
                package: package.unwrap_or_else(|| name.get_ref().to_string()),
                name: name.span(),
                version,
                features: of("features").map(texts).unwrap_or_default(),
                list: of("features").map(Spanned::span),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(text: &str) -> Manifest {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("Cargo.toml");
        fs::write(&path, text).unwrap();
        Manifest::read(&path, folder.path()).unwrap()
    }

    fn with_tls(text: &str) -> Option<String> {
        let manifest = manifest(text);
        let (range, new) = manifest.with_feature("traced", "tls")?;
        let mut text = manifest.text.text.clone();
        text.replace_range(range, &new);
        Some(text)
    }

    #[test]
    fn a_feature_is_added_where_a_line_has_room_for_it() {
        for (before, after) in [
            (
                "traced = \"0.1\"\n",
                Some("traced = { version = \"0.1\", features = [\"tls\"] }\n"),
            ),
            (
                "traced = { version = \"0.1\", features = [\"init\"] }\n",
                Some("traced = { version = \"0.1\", features = [\"init\", \"tls\"] }\n"),
            ),
            (
                "t = { package = \"traced\", path = \"../traced\", features = [] }\n",
                Some("t = { package = \"traced\", path = \"../traced\", features = [\"tls\"] }\n"),
            ),
            ("traced = { workspace = true }\n", None),
            (
                "traced.features = [\n  \"init\",\n]\ntraced.version = \"1\"\n",
                None,
            ),
        ] {
            let manifest = format!("[dependencies]\n{before}");
            let after = after.map(|after| format!("[dependencies]\n{after}"));
            assert_eq!(with_tls(&manifest), after);
        }
    }

    #[test]
    fn dependencies_of_targets_and_renamed_ones_have_places() {
        let text = "[target.'cfg(unix)'.dependencies]\nold = { package = \"opentelemetry\", version = \"0.30\" }\n[dev-dependencies]\nx = \"1\"\n";
        let manifest = manifest(text);
        let old = manifest.dependency("opentelemetry").unwrap();
        assert_eq!(&text[old.name.clone()], "old");
        assert_eq!(&text[old.version.clone().unwrap()], "\"0.30\"");
        assert!(manifest.dependency("x").is_none());
    }
}
