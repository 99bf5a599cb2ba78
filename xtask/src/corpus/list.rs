//! The list of crates: a line each, with name, exact version and options.

use anyhow::{Context, bail, ensure};

/// A line of tests/corpus/crates.txt, whose README says what each option does.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Crate {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) ci: bool,
    pub(super) doc: bool,
    /// Its tests cannot be built from what was published.
    pub(super) lib: bool,
    /// It begins with the Cargo.lock that was published with it: without it, its dependencies cannot be had any more.
    pub(super) published_lock: bool,
    /// It is a service: annotated too, and audited before and after.
    pub(super) service: bool,
    /// It is only audited: nobody judged what `doctor` says of it.
    pub(super) only_audit: bool,
    pub(super) serial: bool,
    /// Arguments of cargo that choose features.
    pub(super) flags: Vec<String>,
    pub(super) without: Vec<String>,
    pub(super) leave: Vec<String>,
    pub(super) skip: Vec<String>,
    pub(super) unfit: Vec<String>,
    /// Dev-dependencies that its published manifest lacks.
    pub(super) with: Vec<Package>,
    /// Packages into whose folder its tests reach.
    pub(super) beside: Vec<Package>,
    /// Files and folders that its tests name and that were not published.
    pub(super) empty: Vec<String>,
}

/// `zbus_xml@5.1.0`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) version: String,
}

impl Package {
    fn read(word: &str) -> anyhow::Result<Self> {
        let (name, version) = word
            .split_once('@')
            .with_context(|| format!("expected `NAME@VERSION`, found `{word}`"))?;
        Ok(Self {
            name: name.to_owned(),
            version: version.to_owned(),
        })
    }
}

pub(super) fn read(list: &str) -> anyhow::Result<Vec<Crate>> {
    let lines = list
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default());
    lines
        .filter(|line| !line.trim().is_empty())
        .map(|line| read_line(line).with_context(|| format!("crates.txt: `{}`", line.trim())))
        .collect()
}

/// The crates of a list that are asked for: those of `names`; without names all, or those for CI.
pub(super) fn choose(
    crates: Vec<Crate>,
    list: &str,
    names: &[String],
    ci: bool,
) -> anyhow::Result<Vec<Crate>> {
    for name in names {
        let is_listed = crates.iter().any(|listed| listed.is_called(name));
        ensure!(is_listed, "`{name}` is not in tests/corpus/{list}");
    }
    let is_chosen = |listed: &Crate| match names {
        [] => listed.ci || !ci,
        names => names.iter().any(|name| listed.is_called(name)),
    };
    let chosen: Vec<Crate> = crates.into_iter().filter(is_chosen).collect();
    ensure!(
        !chosen.is_empty(),
        "no crate of tests/corpus/{list} is marked `ci`"
    );
    Ok(chosen)
}

fn read_line(line: &str) -> anyhow::Result<Crate> {
    let mut words = line.split_whitespace();
    let (Some(name), Some(version)) = (words.next(), words.next()) else {
        bail!("expected a name and a version");
    };
    let mut read = Crate {
        name: name.to_owned(),
        version: version.to_owned(),
        ..Crate::default()
    };
    for option in words {
        read.add(option)?;
    }
    Ok(read)
}

impl Crate {
    /// `openraft`, or `openraft@0.9.25` where the list has several versions.
    fn is_called(&self, name: &str) -> bool {
        match name.split_once('@') {
            Some((name, version)) => self.name == name && self.version == version,
            None => self.name == name,
        }
    }

    fn add(&mut self, option: &str) -> anyhow::Result<()> {
        let (key, value) = option.split_once('=').unwrap_or((option, ""));
        let names = || value.split(',').map(str::to_owned).collect();
        let packages =
            || -> anyhow::Result<Vec<Package>> { value.split(',').map(Package::read).collect() };
        match key {
            "ci" => self.ci = true,
            "doc" => self.doc = true,
            "lib" => self.lib = true,
            "only-audit" => self.only_audit = true,
            "published-lock" => self.published_lock = true,
            "service" => self.service = true,
            "serial" => self.serial = true,
            "features" => self
                .flags
                .extend(["--features".to_owned(), value.to_owned()]),
            "all-features" | "no-default-features" => self.flags.push(format!("--{key}")),
            "without" => self.without = names(),
            "leave" => self.leave = names(),
            "skip" => self.skip = names(),
            "unfit" => self.unfit = names(),
            "with" => self.with = packages()?,
            "beside" => self.beside = packages()?,
            "empty" => self.empty = names(),
            _ => bail!("unknown option `{option}`"),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_stand_behind_name_and_version() {
        let line = "tokio-util 0.7.20 ci doc lib only-audit published-lock service serial features=full,rt no-default-features \
                    without=criterion leave=tests/a.rs skip=b,c unfit=d:: \
                    with=e@1.0.0,f@2.0.0 beside=g@3.0.0 empty=../h/,i.json";
        let package = |name: &str, version: &str| Package {
            name: name.to_owned(),
            version: version.to_owned(),
        };
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let expected = Crate {
            name: "tokio-util".to_owned(),
            version: "0.7.20".to_owned(),
            ci: true,
            doc: true,
            lib: true,
            only_audit: true,
            published_lock: true,
            service: true,
            serial: true,
            flags: owned(&["--features", "full,rt", "--no-default-features"]),
            without: owned(&["criterion"]),
            leave: owned(&["tests/a.rs"]),
            skip: owned(&["b", "c"]),
            unfit: owned(&["d::"]),
            with: vec![package("e", "1.0.0"), package("f", "2.0.0")],
            beside: vec![package("g", "3.0.0")],
            empty: owned(&["../h/", "i.json"]),
        };
        assert_eq!(read_line(line).unwrap(), expected);
    }

    #[test]
    fn a_version_chooses_between_the_lines_of_a_crate() {
        let crates = || read("openraft 0.9.25\nopenraft 0.10.0\n").unwrap();
        let chosen = |name: &str| choose(crates(), "crates.txt", &[name.to_owned()], false);
        assert_eq!(chosen("openraft").unwrap().len(), 2);
        let one = chosen("openraft@0.10.0").unwrap();
        assert_eq!((one.len(), &*one[0].version), (1, "0.10.0"));
        assert!(chosen("openraft@0.11.0").is_err());
    }

    /// A check of nothing would pass.
    #[test]
    fn a_list_without_a_crate_for_ci_is_an_error() {
        let crates = |list| choose(read(list).unwrap(), "read.txt", &[], true);
        assert_eq!(crates("http 1.5.0 ci\nbytes 1.0.0\n").unwrap().len(), 1);
        let error = crates("bytes 1.0.0\n").unwrap_err().to_string();
        assert_eq!(error, "no crate of tests/corpus/read.txt is marked `ci`");
    }

    #[test]
    fn comments_and_empty_lines_are_skipped() {
        let crates = read("# The corpus.\n\nhttp 1.5.0 ci # one of three\n").unwrap();
        assert_eq!(crates.len(), 1);
        assert!(crates[0].ci);
    }

    #[test]
    fn a_wrong_line_is_named() {
        let error = |list| format!("{:#}", read(list).unwrap_err());
        assert_eq!(
            error("http\n"),
            "crates.txt: `http`: expected a name and a version"
        );
        assert_eq!(
            error("http 1.5.0 cli\n"),
            "crates.txt: `http 1.5.0 cli`: unknown option `cli`"
        );
        assert_eq!(
            error("http 1.5.0 with=url\n"),
            "crates.txt: `http 1.5.0 with=url`: expected `NAME@VERSION`, found `url`"
        );
    }

    #[test]
    fn the_committed_list_can_be_read() {
        let crates = read(include_str!("../../../tests/corpus/crates.txt")).unwrap();
        assert_eq!(crates.iter().filter(|listed| listed.ci).count(), 3);
    }
}
