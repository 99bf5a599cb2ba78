//! The packages that the command line chooses, as `cargo metadata` describes them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use cargo_metadata::{Dependency, MetadataCommand, TargetKind};

use crate::cli::Packages;
use crate::syntax::is_word_of_tests;

/// The chosen packages.
pub(crate) struct Selected {
    pub(crate) root: PathBuf,
    pub(crate) target_directory: PathBuf,
    pub(crate) packages: Vec<Package>,
}

/// A package whose sources are read.
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) manifest: PathBuf,
    pub(crate) roots: Vec<TargetRoot>,
    pub(crate) dependencies: Dependencies,
    /// Whether the manifest says that the package is for tests, benchmarks or profiles.
    pub(crate) is_for_tests: bool,
}

/// The root file of a target.
pub(crate) struct TargetRoot {
    pub(crate) path: PathBuf,
    /// A test, a bench or an example.
    pub(crate) is_test: bool,
    pub(crate) is_program: bool,
}

/// The names of a package's dependencies, and the names by which its sources know them.
pub(crate) struct Dependencies {
    names: BTreeMap<String, String>,
    /// Those of the packages that it depends on by a path, and of theirs.
    of_paths: BTreeSet<String>,
}

impl Dependencies {
    pub(crate) fn has(&self, package: &str) -> bool {
        self.names.contains_key(package)
    }

    /// Whether the package, or one that it depends on by a path, depends on this.
    pub(crate) fn reaches(&self, package: &str) -> bool {
        self.has(package) || self.of_paths.contains(package)
    }

    /// Whether a name in sources is that of a dependency's crate.
    pub(crate) fn has_crate(&self, name: &str) -> bool {
        self.names.values().any(|known| known == name)
    }

    /// The name of the package's crate in sources: `my_traced` of `my-traced = { package = "traced" }`.
    pub(crate) fn crate_name(&self, package: &str) -> Option<&str> {
        self.names.get(package).map(String::as_str)
    }
}

/// Asks `cargo metadata`, without resolving dependencies and without building anything.
pub(crate) fn select(chosen: &Packages) -> anyhow::Result<Selected> {
    let mut command = MetadataCommand::new();
    command.no_deps();
    if let Some(path) = &chosen.manifest_path {
        if !path.ends_with("Cargo.toml") {
            bail!(
                "the manifest path {} must be that of a Cargo.toml file",
                path.display()
            );
        }
        command.manifest_path(path);
    }
    let metadata = command.exec().context("`cargo metadata` failed")?;
    let found = chosen_packages(&metadata, chosen)?;
    let mut beside = Beside::of(&metadata);
    let packages = found
        .into_iter()
        .map(|package| read(package, chosen.all_targets, &mut beside));
    Ok(Selected {
        root: metadata.workspace_root.clone().into_std_path_buf(),
        target_directory: metadata.target_directory.clone().into_std_path_buf(),
        packages: packages.collect(),
    })
}

/// The packages that the options name; otherwise that of the manifest, the default members, or all.
fn chosen_packages<'m>(
    metadata: &'m cargo_metadata::Metadata,
    chosen: &Packages,
) -> anyhow::Result<Vec<&'m cargo_metadata::Package>> {
    let given = match &chosen.manifest_path {
        Some(path) => path.clone(),
        None => nearest_manifest()?,
    };
    let given = given.canonicalize().unwrap_or(given);
    let is_given = |package: &&cargo_metadata::Package| {
        package
            .manifest_path
            .as_std_path()
            .canonicalize()
            .is_ok_and(|path| path == given)
    };
    let all = metadata.workspace_packages();
    Ok(if !chosen.packages.is_empty() {
        let mut found = Vec::new();
        for name in &chosen.packages {
            let named = all.iter().find(|package| package.name.as_str() == name);
            found.push(*named.with_context(|| {
                format!(
                    "the workspace has no package `{name}`; `cargo metadata --no-deps` lists them"
                )
            })?);
        }
        found
    } else if chosen.workspace {
        all
    } else if let Some(package) = all.iter().find(|package| is_given(package)) {
        vec![*package]
    } else if metadata.workspace_default_members.is_available() {
        metadata.workspace_default_packages()
    } else {
        all
    })
}

fn nearest_manifest() -> anyhow::Result<PathBuf> {
    let current = std::env::current_dir().context("there is no current folder")?;
    let manifests = current.ancestors().map(|folder| folder.join("Cargo.toml"));
    let found = manifests.into_iter().find(|manifest| manifest.exists());
    found.with_context(|| {
        format!(
            "no Cargo.toml in {} or any folder above it",
            current.display()
        )
    })
}

/// The packages by a path that cargo was asked about, by their manifests.
struct Beside(HashMap<PathBuf, Manifest>);

/// What a package says of its dependencies.
#[derive(Default)]
struct Manifest {
    dependencies: Vec<Dependency>,
    features: BTreeMap<String, Vec<String>>,
}

impl Beside {
    /// Those of the workspace.
    fn of(metadata: &cargo_metadata::Metadata) -> Self {
        let packages = metadata.packages.iter().map(|package| {
            let path = package.manifest_path.clone().into_std_path_buf();
            (path, Manifest::of(package))
        });
        Beside(packages.collect())
    }

    /// The names of what the packages that these lead to by paths depend on. One that cannot be read has none.
    fn names(&mut self, dependencies: &[Dependency]) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        let mut seen = HashSet::new();
        let mut left = dependencies.to_vec();
        while let Some(dependency) = left.pop() {
            let Some(path) = &dependency.path else {
                continue;
            };
            let path = path.join("Cargo.toml").into_std_path_buf();
            let features = features_of(&dependency);
            if !seen.insert((path.clone(), features.clone())) {
                continue;
            }
            let manifest = self.0.entry(path);
            let manifest = manifest.or_insert_with_key(|path| Manifest::read(path));
            for next in manifest.enabled(features) {
                names.insert(next.name.clone());
                left.push(next.clone());
            }
        }
        names
    }
}

/// The features that a dependency asks for.
fn features_of(dependency: &Dependency) -> Vec<String> {
    let default = dependency
        .uses_default_features
        .then(|| "default".to_owned());
    dependency.features.iter().cloned().chain(default).collect()
}

impl Manifest {
    fn of(package: &cargo_metadata::Package) -> Self {
        Manifest {
            dependencies: package.dependencies.clone(),
            features: package.features.clone().into_iter().collect(),
        }
    }

    /// That of a package outside the workspace.
    fn read(path: &Path) -> Self {
        let mut command = MetadataCommand::new();
        let metadata = command.no_deps().manifest_path(path).exec();
        let packages = metadata.map(|metadata| metadata.packages);
        let mut packages = packages.unwrap_or_default().into_iter();
        let found = packages.find(|package| package.manifest_path == path);
        found.map_or_else(Manifest::default, |package| Manifest::of(&package))
    }

    /// The dependencies without the optional ones that none of these features enables.
    fn enabled(&self, mut features: Vec<String>) -> impl Iterator<Item = &Dependency> {
        let mut enabled = BTreeSet::new();
        while let Some(feature) = features.pop() {
            let name = feature.strip_prefix("dep:").unwrap_or(&feature);
            // `tracing/log` enables the dependency too, and `tracing?/log` does not.
            let name = name.split_once('/').map_or(name, |(name, _)| name);
            if enabled.insert(name.to_owned()) {
                features.extend(self.features.get(name).into_iter().flatten().cloned());
            }
        }
        self.dependencies.iter().filter(move |dependency| {
            let name = dependency.rename.as_ref().unwrap_or(&dependency.name);
            !dependency.optional || enabled.contains(name)
        })
    }
}

fn read(package: &cargo_metadata::Package, all_targets: bool, beside: &mut Beside) -> Package {
    let mut roots = Vec::new();
    for target in &package.targets {
        let is = |kind: TargetKind| target.kind.contains(&kind);
        let is_test = is(TargetKind::Test) || is(TargetKind::Bench) || is(TargetKind::Example);
        // Code that runs inside the compiler has no traces.
        let is_of_build = is(TargetKind::CustomBuild) || is(TargetKind::ProcMacro);
        if is_of_build || (is_test && !all_targets) {
            continue;
        }
        roots.push(TargetRoot {
            path: target.src_path.clone().into_std_path_buf(),
            is_test: is(TargetKind::Test) || is(TargetKind::Bench),
            is_program: is(TargetKind::Bin) || is(TargetKind::Example),
        });
    }
    // Libraries first: a file that several targets share is read as part of the library.
    roots.sort_by_key(|root| (root.is_test, root.is_program));
    let names = package.dependencies.iter().map(|dependency| {
        let name = dependency.rename.as_ref().unwrap_or(&dependency.name);
        (dependency.name.clone(), name.replace('-', "_"))
    });
    Package {
        name: package.name.to_string(),
        manifest: package.manifest_path.clone().into_std_path_buf(),
        dependencies: Dependencies {
            names: names.collect(),
            of_paths: beside.names(&package.dependencies),
        },
        is_for_tests: is_for_tests(package),
        roots,
    }
}

impl Package {
    /// The folder of the package.
    pub(crate) fn folder(&self) -> &Path {
        self.manifest.parent().unwrap_or(Path::new("."))
    }
}

/// Whether the categories or keywords of a package say that it is a tool for tests, benchmarks or profiles.
fn is_for_tests(package: &cargo_metadata::Package) -> bool {
    let is_category = |category: &String| {
        matches!(
            category.as_str(),
            "development-tools::testing" | "development-tools::profiling" | "simulation"
        )
    };
    let is_keyword = |keyword: &String| is_word_of_tests(&keyword.to_ascii_lowercase());
    package.categories.iter().any(is_category) || package.keywords.iter().any(is_keyword)
}
