//! The packages of a program, as cargo resolves them.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::ffi::OsString;
use std::path::Path;

use cargo_metadata::{CargoOpt, DependencyKind, Metadata, MetadataCommand, Package, PackageId};

use crate::cli;

/// The resolved packages, each with the packages that it needs at run time.
pub(super) struct Tree {
    metadata: Metadata,
    needs: HashMap<PackageId, Vec<PackageId>>,
    features: HashMap<PackageId, BTreeSet<String>>,
}

/// The features of `traced` that a program turns on.
#[derive(Default)]
pub(super) struct Features {
    on: BTreeSet<String>,
    /// The features that a feature of the program would turn on.
    on_request: BTreeSet<String>,
    /// Whether everything that turns features on was read.
    are_known: bool,
}

impl Features {
    pub(super) fn new(on: BTreeSet<String>, on_request: BTreeSet<String>, are_known: bool) -> Self {
        Features {
            on,
            on_request,
            are_known,
        }
    }

    pub(super) fn has(&self, feature: &str) -> bool {
        self.on.contains(feature)
    }

    /// Whether the feature is certain to be off.
    pub(super) fn surely_lacks(&self, feature: &str) -> bool {
        self.are_known && !self.has(feature) && !self.on_request.contains(feature)
    }
}

impl Tree {
    /// Asks cargo. The error is a sentence for the user.
    ///
    /// Nothing is downloaded, and an existing `Cargo.lock` is not changed.
    pub(super) fn read(options: &cli::Doctor) -> Result<Self, String> {
        let mut command = MetadataCommand::new();
        if let Some(path) = &options.packages.manifest_path {
            command.manifest_path(path);
        }
        if options.all_features {
            command.features(CargoOpt::AllFeatures);
        }
        if options.no_default_features {
            command.features(CargoOpt::NoDefaultFeatures);
        }
        if !options.features.is_empty() {
            command.features(CargoOpt::SomeFeatures(options.features.clone()));
        }
        // cargo asks rustc for the platform. The configuration of the project may name another program, which belongs to
        // the code that is looked at; the variables come before it.
        command.env("RUSTC", rustc());
        command.env("RUSTC_WRAPPER", "");
        command.env("RUSTC_WORKSPACE_WRAPPER", "");
        let mut cargo_options = vec!["--offline".to_owned()];
        if let Some(host) = host() {
            cargo_options.extend(["--filter-platform".to_owned(), host]);
        }
        command.other_options(cargo_options);
        let metadata = command.exec().map_err(|error| match error {
            cargo_metadata::Error::CargoMetadata { stderr } => {
                let said = stderr.lines().find_map(|line| line.strip_prefix("error: "));
                format!(
                    "{}; `cargo fetch` gets what is missing",
                    said.unwrap_or(stderr.trim())
                )
            }
            other => other.to_string(),
        })?;
        Ok(Tree::new(metadata))
    }

    fn new(metadata: Metadata) -> Self {
        let mut needs = HashMap::new();
        let mut features = HashMap::new();
        for node in metadata.resolve.iter().flat_map(|resolve| &resolve.nodes) {
            let needed = node.deps.iter().filter(|dependency| {
                let mut kinds = dependency.dep_kinds.iter();
                kinds.any(|kind| kind.kind == DependencyKind::Normal)
            });
            needs.insert(
                node.id.clone(),
                needed.map(|needed| needed.pkg.clone()).collect(),
            );
            let names = node.features.iter().map(ToString::to_string);
            features.insert(node.id.clone(), names.collect());
        }
        Tree {
            metadata,
            needs,
            features,
        }
    }

    pub(super) fn package(&self, manifest: &Path) -> Option<&Package> {
        let is_it = |package: &&Package| package.manifest_path.as_std_path() == manifest;
        self.metadata.packages.iter().find(is_it)
    }

    /// The packages that a package directly needs at run time.
    pub(super) fn direct(&self, of: &PackageId) -> impl Iterator<Item = &Package> {
        let needed = self.needs.get(of).into_iter().flatten();
        needed.filter_map(|id| self.metadata.packages.iter().find(|found| found.id == *id))
    }

    /// The package and all that it needs, the nearest first.
    pub(super) fn all(&self, of: &PackageId) -> Vec<&Package> {
        self.walk(of, |_| false).0
    }

    /// The path from a package to the nearest wanted one, both included.
    pub(super) fn way(
        &self,
        from: &PackageId,
        is_wanted: impl Fn(&Package) -> bool,
    ) -> Option<Vec<&Package>> {
        let (seen, before) = self.walk(from, &is_wanted);
        let mut way = vec![*seen.last().filter(|last| is_wanted(last))?];
        while let Some(user) = way.last().and_then(|last| before.get(&last.id)) {
            way.push(user);
        }
        way.reverse();
        Some(way)
    }

    fn walk(
        &self,
        from: &PackageId,
        is_last: impl Fn(&Package) -> bool,
    ) -> (Vec<&Package>, HashMap<&PackageId, &Package>) {
        let first = self
            .metadata
            .packages
            .iter()
            .find(|found| found.id == *from);
        let mut waiting: VecDeque<&Package> = first.into_iter().collect();
        let mut known: HashSet<&PackageId> = waiting.iter().map(|package| &package.id).collect();
        let (mut seen, mut before) = (Vec::new(), HashMap::new());
        while let Some(package) = waiting.pop_front() {
            seen.push(package);
            if is_last(package) {
                break;
            }
            for needed in self.direct(&package.id) {
                if known.insert(&needed.id) {
                    before.insert(&needed.id, package);
                    waiting.push_back(needed);
                }
            }
        }
        (seen, before)
    }

    /// The features with which a program has `traced`.
    pub(super) fn features_of_traced(&self, manifest: &Path) -> Features {
        let Some(program) = self.package(manifest) else {
            return Features::default();
        };
        let all = self.all(&program.id);
        let Some(traced) = all.iter().find(|package| package.name.as_str() == "traced") else {
            return Features::default();
        };
        let on = self.features.get(&traced.id).cloned().unwrap_or_default();
        let values = program.features.values().flatten();
        Features::new(on, on_request(values.map(String::as_str)), true)
    }
}

/// The features of `traced` among the values of a package's features: `traced/tls`, `traced?/tls`.
pub(super) fn on_request<'a>(values: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    let named = values.filter_map(|value| value.split_once('/'));
    named
        .filter(|(package, _)| package.trim_end_matches('?') == "traced")
        .map(|(_, feature)| feature.to_owned())
        .collect()
}

fn rustc() -> OsString {
    std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())
}

/// The platform that rustc builds for here.
fn host() -> Option<String> {
    let output = std::process::Command::new(rustc()).arg("-vV").output();
    let output = output.ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.lines()
        .find_map(|line| line.strip_prefix("host: "))
        .map(str::to_owned)
}
