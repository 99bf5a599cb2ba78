//! The manifests of the copies, and of the workspaces around them.

use std::path::Path;

use super::kind::Kind;
use super::list::Crate;

/// A workspace's manifest.
pub(super) fn workspace(kind: Kind, members: &[&str]) -> String {
    let members: Vec<String> = members
        .iter()
        .map(|member| format!("\"{member}\""))
        .collect();
    let mut manifest = format!(
        "[workspace]
resolver = \"2\"
members = [{}]

# Thousands of test binaries' worth of debug information would help nobody.
[profile.dev]
debug = false
incremental = false
",
        members.join(", ")
    );
    if kind == Kind::Annotated {
        manifest += OPTIMISED_TRACED;
    }
    manifest
}

/// The manifest of a package that is a workspace of its own. Cargo takes a resolver in one of the two tables only.
pub(super) fn with_workspace(package: &str) -> String {
    let has_resolver = tables(package).iter().any(|table| {
        table.starts_with("[package]") && table.lines().any(|line| key(line) == Some("resolver"))
    });
    let mut root = workspace(Kind::Plain, &[]);
    if has_resolver {
        root = root.replace("resolver = \"2\"\n", "");
    }
    format!("{package}\n{root}")
}

/// `resolver` of `resolver = "2"`.
fn key(line: &str) -> Option<&str> {
    let (key, _) = line.split_once('=')?;
    Some(key.trim())
}

/// The check is of meaning, not of speed: suites that call a small function a million times should
/// not wait for an unoptimised `traced` each time.
const OPTIMISED_TRACED: &str = "
[profile.dev.package]
traced.opt-level = 2
opentelemetry.opt-level = 2
";

/// A package that depends on all the crates, for cargo to download them.
pub(super) fn sources(crates: &[Crate]) -> String {
    let mut manifest = workspace(Kind::Plain, &[]);
    manifest += "[package]\nname = \"sources\"\nedition = \"2024\"\n[dependencies]\n";
    for Crate { name, version, .. } in crates {
        manifest += &format!("{name} = {{ version = \"={version}\", default-features = false }}\n");
    }
    manifest
}

/// The manifest of a copy: without what only benchmarks need, what the line in the list names, and
/// the profiles and the workspace, which belong to the root.
pub(super) fn adapted(manifest: &str, listed: &Crate) -> String {
    let is_wanted = |table: &&str| !is_unwanted(table, listed) && !is_skipped_test(table, listed);
    tables(manifest).into_iter().filter(is_wanted).collect()
}

/// The lines that make the macro's crate known to an annotated copy.
pub(super) fn dependency_on(traced: &Path) -> String {
    // A basic string of TOML escapes as a string of JSON does.
    let path = serde_json::Value::from(traced.to_string_lossy());
    format!("\n[dependencies.traced]\npath = {path}\n")
}

/// The parts of a manifest that begin with a header, behind what comes before the first header.
fn tables(manifest: &str) -> Vec<&str> {
    let headers = manifest
        .match_indices("\n[")
        .map(|(end_of_line, _)| end_of_line + 1);
    let mut begin = 0;
    let mut tables = Vec::new();
    for end in headers.chain([manifest.len()]) {
        tables.push(&manifest[begin..end]);
        begin = end;
    }
    tables
}

fn is_unwanted(table: &str, listed: &Crate) -> bool {
    let header = table.lines().next().unwrap_or_default();
    ["[[bench]]", "[profile.", "[workspace]", "[workspace."]
        .iter()
        .any(|unwanted| header.starts_with(unwanted))
        || listed
            .without
            .iter()
            .any(|name| is_dev_dependency(header, name))
}

/// For all targets or for some. The name `*` stands for all dependencies.
fn is_dev_dependency(header: &str, name: &str) -> bool {
    let dependency = match name {
        "*" => "dev-dependencies.".to_owned(),
        name => format!("dev-dependencies.{name}]"),
    };
    header.starts_with(&format!("[{dependency}"))
        || header.starts_with("[target.") && header.contains(&format!(".{dependency}"))
}

fn is_skipped_test(table: &str, listed: &Crate) -> bool {
    let is_named = |name: &String| table.contains(&format!("name = \"{name}\""));
    table.starts_with("[[test]]") && listed.skip.iter().any(is_named)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = r#"# Normalised.

[package]
name = "a"

[profile.release]
lto = true

[workspace]

[dependencies.criterion]
version = "1"

[dev-dependencies.criterion]
version = "1"

[target."cfg(unix)".dev-dependencies.criterion]
version = "1"

[dev-dependencies.criterion-plot]
version = "1"

[[bench]]
name = "b"

[[test]]
name = "c"

[[test]]
name = "d"
"#;

    fn listed() -> Crate {
        Crate {
            without: vec!["criterion".to_owned()],
            skip: vec!["c".to_owned()],
            ..Crate::default()
        }
    }

    #[test]
    fn tables_are_the_whole_manifest() {
        assert_eq!(tables(MANIFEST).concat(), MANIFEST);
        assert_eq!(tables("[a]\n[b]\n"), ["[a]\n", "[b]\n"]);
    }

    #[test]
    fn what_a_copy_does_not_need_is_left_out() {
        assert_eq!(
            adapted(MANIFEST, &listed()),
            "# Normalised.\n\n[package]\nname = \"a\"\n\n\
             [dependencies.criterion]\nversion = \"1\"\n\n\
             [dev-dependencies.criterion-plot]\nversion = \"1\"\n\n\
             [[test]]\nname = \"d\"\n"
        );
    }

    #[test]
    fn a_line_that_names_nothing_leaves_dependencies_and_tests() {
        let manifest = adapted(MANIFEST, &Crate::default());
        assert_eq!(manifest.matches("dev-dependencies.criterion]").count(), 2);
        assert_eq!(manifest.matches("[[test]]").count(), 2);
    }

    #[test]
    fn a_star_drops_the_dependencies_of_all_tests() {
        let listed = Crate {
            without: vec!["*".to_owned()],
            ..Crate::default()
        };
        let manifest = adapted(MANIFEST, &listed);
        assert!(!manifest.contains("dev-dependencies"), "{manifest}");
        assert!(manifest.contains("[dependencies.criterion]"), "{manifest}");
    }

    #[test]
    fn workspaces_differ_by_how_they_build_traced() {
        let plain = workspace(Kind::Plain, &["http", "bytes"]);
        assert!(plain.contains("members = [\"http\", \"bytes\"]\n"));
        assert_eq!(
            workspace(Kind::Annotated, &["http", "bytes"]),
            plain + OPTIMISED_TRACED
        );
    }

    #[test]
    fn a_package_keeps_its_resolver_as_a_workspace() {
        let own = "[package]\nname = \"a\"\nresolver = \"1\"\n";
        let manifest = with_workspace(own);
        assert!(manifest.starts_with(own), "{manifest}");
        assert_eq!(manifest.matches("resolver").count(), 1, "{manifest}");
        assert!(manifest.contains("[profile.dev]"), "{manifest}");
        // A dependency of this name is none.
        let without = "[package]\nname = \"a\"\n\n[dependencies]\nresolver = \"1\"\n";
        let manifest = with_workspace(without);
        assert!(
            manifest.contains("[workspace]\nresolver = \"2\"\n"),
            "{manifest}"
        );
    }

    #[test]
    fn sources_are_of_the_exact_version() {
        let http = Crate {
            name: "http".to_owned(),
            version: "1.5.0".to_owned(),
            ..Crate::default()
        };
        let line = "http = { version = \"=1.5.0\", default-features = false }\n";
        assert!(sources(&[http]).ends_with(&format!("[dependencies]\n{line}")));
    }

    #[test]
    fn the_path_of_traced_is_quoted() {
        assert_eq!(
            dependency_on(Path::new("/a \"b\"/runtime")),
            "\n[dependencies.traced]\npath = \"/a \\\"b\\\"/runtime\"\n"
        );
    }
}
