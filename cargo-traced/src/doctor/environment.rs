//! The variables that a program has if it is started here, each with its source.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::Context;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::variable_names::is_about_telemetry;
use crate::sources::{Text, shown};

/// The sources of variables. If two have the same variable, the first counts.
pub(super) struct Environment {
    sources: Vec<Source>,
}

/// A file with variables, or the environment of this process.
pub(super) struct Source {
    /// The text as messages show it, with a `*` for each byte of a value that may be secret.
    pub(super) text: Text,
    pub(super) settings: Vec<Setting>,
}

/// One variable in a source.
#[derive(Debug)]
pub(super) struct Setting {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) name_range: Range<usize>,
    pub(super) value_range: Range<usize>,
    /// Whether it counts even where the process has the variable: `force = true`.
    is_forced: bool,
}

/// A variable that counts, and the text that it stands in.
#[derive(Clone, Copy)]
pub(super) struct Found<'e> {
    pub(super) text: &'e Text,
    pub(super) setting: &'e Setting,
}

impl Found<'_> {
    pub(super) fn value(&self) -> &str {
        self.setting.value.trim()
    }
}

impl Environment {
    /// Reads the variables of this process, of cargo's `[env]`, and of the files `.env`, for a program in this
    /// folder.
    pub(super) fn read(folder: &Path, root: &Path) -> anyhow::Result<Self> {
        let mut sources = vec![of_process()];
        for path in cargo_configurations(folder) {
            if let Some(written) = read(&path)? {
                sources.extend(of_configuration(&path, root, written));
            }
        }
        let above = folder
            .ancestors()
            .take_while(|above| above.starts_with(root));
        for folder in above {
            let path = folder.join(".env");
            if let Some(written) = read(&path)? {
                sources.push(of_lines(&path, root, written));
            }
        }
        Ok(Environment { sources })
    }

    pub(super) fn sources(&self) -> impl Iterator<Item = &Source> {
        self.sources.iter()
    }

    /// The variable. An empty variable counts as unset.
    pub(super) fn get(&self, name: &str) -> Option<Found<'_>> {
        let of = |is_wanted: &dyn Fn(&Setting) -> bool| {
            self.sources.iter().find_map(|source| {
                let mut settings = source.settings.iter();
                // If a file sets a variable twice, cargo rejects the file and dotenv takes the first line.
                let setting =
                    settings.find(|setting| setting.name == name && is_wanted(setting))?;
                Some(Found {
                    text: &source.text,
                    setting,
                })
            })
        };
        let found = of(&|setting| setting.is_forced).or_else(|| of(&|_| true))?;
        (!found.value().is_empty()).then_some(found)
    }

    pub(super) fn value(&self, name: &str) -> Option<&str> {
        let found = self.get(name)?;
        Some(found.setting.value.trim())
    }

    pub(super) fn is_true(&self, name: &str) -> bool {
        self.value(name)
            .is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }
}

fn read(path: &Path) -> anyhow::Result<Option<String>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        // `.env` may be a folder: a virtual environment of Python.
        Err(_) if path.is_dir() => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// Whether a message may show the value.
fn is_secret(name: &str, value: &str) -> bool {
    !is_about_telemetry(name) || name.contains("HEADERS") || value.contains(['@', '?'])
}

const PROXIES: [&str; 4] = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"];

fn of_process() -> Source {
    let mut variables: Vec<(String, String)> = env::vars_os()
        .filter_map(|(name, value)| {
            let name = name.into_string().ok()?;
            Some((name, value.to_string_lossy().into_owned()))
        })
        .filter(|(name, _)| {
            is_about_telemetry(name) || PROXIES.contains(&name.to_ascii_uppercase().as_str())
        })
        .collect();
    variables.sort();
    let (mut text, mut settings) = (String::new(), Vec::new());
    for (name, value) in variables {
        let start = text.len();
        text.push_str(&name);
        let name_range = start..text.len();
        text.push('=');
        let start = text.len();
        match is_secret(&name, &value) {
            true => text.push_str("***"),
            false => text.extend(value.chars().flat_map(char::escape_debug)),
        }
        settings.push(Setting {
            name,
            value,
            name_range,
            value_range: start..text.len(),
            is_forced: false,
        });
        text.push('\n');
    }
    Source {
        text: Text::without_file("environment", text),
        settings,
    }
}

/// The files of cargo's configuration, the nearest first.
fn cargo_configurations(folder: &Path) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = folder
        .ancestors()
        .map(|above| above.join(".cargo"))
        .collect();
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    folders.extend(home.or_else(|| env::home_dir().map(|home| home.join(".cargo"))));
    let mut paths = Vec::new();
    for folder in folders {
        // cargo takes the older name where there are both.
        let older = folder.join("config");
        let path = match older.is_file() {
            true => older,
            false => folder.join("config.toml"),
        };
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    paths
}

/// The table `[env]`; `None` if there is none, or if the file does not parse, which cargo reports itself.
fn of_configuration(path: &Path, root: &Path, mut written: String) -> Option<Source> {
    let mut settings = Vec::new();
    {
        let table = DeTable::parse(&written).ok()?;
        let table = table.get_ref();
        let (_, variables) = table.iter().find(|(key, _)| key.get_ref() == "env")?;
        let DeValue::Table(variables) = variables.get_ref() else {
            return None;
        };
        for (name, value) in variables {
            let DeValue::Table(long) = value.get_ref() else {
                settings.extend(setting(name, value, false));
                continue;
            };
            let of = |key: &str| {
                let found = long.iter().find(|(name, _)| name.get_ref() == key);
                found.map(|(_, value)| value)
            };
            let is_forced =
                of("force").is_some_and(|value| matches!(value.get_ref(), DeValue::Boolean(true)));
            settings.extend(of("value").and_then(|value| setting(name, value, is_forced)));
        }
    }
    hide_secrets(&mut written, &settings);
    Some(Source {
        text: Text::of_file(path, shown(path, root), written),
        settings,
    })
}

fn setting(
    name: &Spanned<std::borrow::Cow<'_, str>>,
    value: &Spanned<DeValue<'_>>,
    is_forced: bool,
) -> Option<Setting> {
    let DeValue::String(text) = value.get_ref() else {
        return None;
    };
    Some(Setting {
        name: name.get_ref().to_string(),
        value: text.to_string(),
        name_range: name.span(),
        value_range: value.span(),
        is_forced,
    })
}

/// `NAME=value`, also after `export`, with and without quotes, as dotenv's crates read it.
fn of_lines(path: &Path, root: &Path, mut written: String) -> Source {
    let mut settings = Vec::new();
    let mut start = 0;
    for line in written.split_inclusive('\n') {
        settings.extend(of_line(line, start));
        start += line.len();
    }
    hide_secrets(&mut written, &settings);
    Source {
        text: Text::of_file(path, shown(path, root), written),
        settings,
    }
}

fn of_line(line: &str, start: usize) -> Option<Setting> {
    let at = |part: &str| {
        let offset = part.as_ptr() as usize - line.as_ptr() as usize;
        start + offset..start + offset + part.len()
    };
    let declaration = line.trim();
    let declaration = declaration
        .strip_prefix("export ")
        .unwrap_or(declaration)
        .trim_start();
    let (name, value) = declaration.split_once('=')?;
    let (name, value) = (name.trim(), value.trim());
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if name.is_empty() || !name.chars().all(is_name) {
        return None;
    }
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
    let value = match quote {
        Some(quote) => {
            let inner = &value[1..];
            &inner[..inner.find(quote).unwrap_or(inner.len())]
        }
        None => value.split(" #").next().unwrap_or_default().trim_end(),
    };
    Some(Setting {
        name: name.to_owned(),
        value: value.to_owned(),
        name_range: at(name),
        value_range: at(value),
        is_forced: false,
    })
}

/// Replaces every byte of a secret value by a `*`, so that all places in the text stay the same.
fn hide_secrets(text: &mut String, settings: &[Setting]) {
    let secret = settings
        .iter()
        .filter(|setting| is_secret(&setting.name, &setting.value));
    for setting in secret {
        let range = setting.value_range.clone();
        let stars: String = text[range.clone()]
            .bytes()
            .map(|byte| if byte == b'\n' { '\n' } else { '*' })
            .collect();
        text.replace_range(range, &stars);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_their_names_and_values() {
        let text = "# a comment\nexport OTEL_A = \"x y\" # why\n\nOTEL_B=http://c:1 # why\nPASSWORD='se same'\nnot a line\nOTEL_HEADERS=k=é\n";
        let source = of_lines(Path::new("/p/.env"), Path::new("/p"), text.to_owned());
        let read: Vec<(&str, &str)> = source
            .settings
            .iter()
            .map(|setting| (setting.name.as_str(), setting.value.as_str()))
            .collect();
        let expected = [
            ("OTEL_A", "x y"),
            ("OTEL_B", "http://c:1"),
            ("PASSWORD", "se same"),
            ("OTEL_HEADERS", "k=é"),
        ];
        assert_eq!(read, expected);
        for setting in &source.settings {
            assert_eq!(&text[setting.name_range.clone()], setting.name);
            assert_eq!(&text[setting.value_range.clone()], setting.value);
        }
        assert_eq!(source.text.shown, ".env");
        assert!(source.text.text.contains("PASSWORD='*******'"));
        assert!(source.text.text.ends_with("OTEL_HEADERS=****\n"));
        assert_eq!(source.text.text.len(), text.len());
    }

    #[test]
    fn a_forced_variable_counts_first() {
        let text = "[env]\nOTEL_A = \"config\"\nOTEL_B = { value = \"forced\", force = true }\n";
        let configuration = of_configuration(
            Path::new("/p/.cargo/config.toml"),
            Path::new("/p"),
            text.to_owned(),
        );
        let process = of_lines(
            Path::new("/p/process"),
            Path::new("/p"),
            "OTEL_A=\nOTEL_B=process\n".to_owned(),
        );
        let environment = Environment {
            sources: vec![process, configuration.unwrap()],
        };
        // Set, and empty: nothing else is looked at.
        assert_eq!(environment.value("OTEL_A"), None);
        assert_eq!(environment.value("OTEL_B"), Some("forced"));
    }
}
