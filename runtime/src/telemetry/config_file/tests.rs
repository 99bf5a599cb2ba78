//! Does a file give the same settings as variables, and are mistakes reported with their line?

mod equivalence;
mod mistakes;

use std::collections::HashMap;

use super::*;
use crate::telemetry::batch::Batch;
use crate::telemetry::builder::ExporterConfig;

type Variables = HashMap<String, String>;

fn parse_with(text: &str, variables: &Variables) -> Result<ConfigFile, String> {
    let path = Path::new("file.yaml");
    let file = ConfigFile::parse(path, text, &|name| variables.get(name).cloned());
    file.map_err(|wrong| ConfigFileError::new(path, wrong).to_string())
}

#[test]
fn examples_are_read_or_refused_at_the_line_that_they_name() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/config_file");
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let first = text.lines().next().unwrap();
        let result = parse_with(&text, &Variables::new());
        match first.strip_prefix("# Refused at ") {
            None => assert!(result.is_ok(), "{}: {:?}", path.display(), result.err()),
            Some(expected) => {
                let error = result.err().unwrap_or_default();
                let start = format!("file.yaml:{expected}");
                assert!(error.starts_with(&start), "{}: {error}", path.display());
            }
        }
        count += 1;
    }
    assert!(count >= 17, "{count}");
}

#[test]
fn the_page_links_every_example_with_its_result() {
    const PAGE: &str = include_str!("../../../../docs/config_file.md");

    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/config_file");
    let mut unlinked: BTreeSet<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let (_, examples) = PAGE.split_once("| theirs |").unwrap();
    for line in examples.lines() {
        for (at, start) in line.match_indices("(config_file/") {
            let name = line[at + start.len()..].split(')').next().unwrap();
            let text = fs::read_to_string(folder.join(name)).expect(name);
            assert_eq!(
                text.starts_with("# Refused at "),
                line.contains("refused"),
                "{name}: {line}"
            );
            unlinked.remove(name);
        }
    }
    // This link is about the types of values, which have no example.
    assert_eq!(unlinked, BTreeSet::from(["resource.yaml".to_owned()]));
}

#[test]
fn a_missing_section_sets_nothing() {
    let mut builder = TelemetryBuilder::default();
    let file = parse_with("file_format: \"1.0\"", &Variables::new()).unwrap();
    file.apply(&mut builder);
    assert_eq!(builder.exporters.map(|exporters| exporters.len()), Some(0));
    assert_eq!(
        builder.propagators.map(|propagators| propagators.len()),
        Some(0)
    );
    assert!(format!("{:?}", builder.sampling).contains("AlwaysOff"));
}

#[test]
fn code_takes_precedence_over_the_file() {
    let text = "file_format: '1.0'\n\
        resource: { attributes: [ { name: a, value: file }, { name: b, value: file } ] }\n\
        attribute_limits: { attribute_count_limit: 7, attribute_value_length_limit: 7 }\n\
        tracer_provider: { processors: [ batch: { max_queue_size: 700, schedule_delay: 7, exporter: { otlp_http: } } ] }";
    let mut builder = TelemetryBuilder::default()
        .resource_attribute("a", "code")
        .limits(Limits::new().attributes(3))
        .span_batch(Batch::new().max_queue_size(300));
    parse_with(text, &Variables::new())
        .unwrap()
        .apply(&mut builder);
    let nothing = &mut Environment::new(|_| None);
    let resource = builder.described.resource(nothing);
    let value = |key: &'static str| {
        let value = resource.get(&opentelemetry::Key::from_static_str(key));
        value.map(|value| value.to_string())
    };
    assert_eq!(value("a").as_deref(), Some("code"));
    assert_eq!(value("b").as_deref(), Some("file"));
    let limits = builder.limits.settings(nothing);
    assert_eq!((limits.attributes, limits.value_length), (3, Some(7)));
    let exporters = builder.exporters.unwrap();
    let [ExporterConfig::Batched(_, batch)] = &*exporters else {
        panic!("{} exporters", exporters.len());
    };
    let batch = batch.of_spans(nothing);
    assert_eq!(batch.max_queue_size, 300);
    assert_eq!(batch.schedule_delay.as_millis(), 7);
}
