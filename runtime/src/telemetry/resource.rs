//! The resource: the attributes that all spans of the process have in common.
//!
//! Its sources, of which a later one overrides the attributes of an earlier one: the package and the executable,
//! detectors, `OTEL_RESOURCE_ATTRIBUTES`, `OTEL_SERVICE_NAME`, code.
//!
//! Specification: OpenTelemetry, *Resource SDK*.

use std::env;

use opentelemetry::KeyValue;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::resource::{ResourceDetector, TelemetryResourceDetector};

use super::environment::Environment;
use super::pairs::{self, Member};
use super::variables::{RESOURCE_ATTRIBUTES, SERVICE_NAME as SERVICE_NAME_VARIABLE};

pub(super) const SERVICE_NAME: &str = "service.name";
pub(super) const SERVICE_VERSION: &str = "service.version";
pub(super) const SERVICE_NAMESPACE: &str = "service.namespace";
pub(super) const SERVICE_INSTANCE_ID: &str = "service.instance.id";
pub(super) const DEPLOYMENT_ENVIRONMENT: &str = "deployment.environment.name";

/// The resource as code sets it.
#[derive(Default)]
pub(super) struct Described {
    /// Name and version of the program's package.
    pub(super) package: Option<(&'static str, &'static str)>,
    pub(super) detectors: Vec<Box<dyn ResourceDetector>>,
    pub(super) attributes: Vec<KeyValue>,
}

impl Described {
    pub(super) fn resource(self, environment: &mut Environment) -> Resource {
        let package = self
            .package
            .map(|(name, version)| (name.to_owned(), version.to_owned()));
        let package = package.or_else(|| package_of_cargo(environment));
        let mut resource = Resource::builder_empty()
            .with_attributes(of_package(package))
            .with_detector(Box::new(TelemetryResourceDetector));
        for detector in self.detectors {
            resource = resource.with_detector(detector);
        }
        resource
            .with_attributes(of_environment(environment))
            .with_attributes(self.attributes)
            .build()
    }
}

/// The package in the variables that `cargo run` and `cargo test` set: `init` cannot see the package of its caller.
fn package_of_cargo(environment: &Environment) -> Option<(String, String)> {
    let name = environment.raw("CARGO_PKG_NAME")?;
    let version = environment.raw("CARGO_PKG_VERSION")?;
    Some((name, version))
}

fn of_package(package: Option<(String, String)>) -> Vec<KeyValue> {
    match package {
        Some((name, version)) => {
            let name = KeyValue::new(SERVICE_NAME, name);
            let version = (!version.is_empty()).then(|| KeyValue::new(SERVICE_VERSION, version));
            [name].into_iter().chain(version).collect()
        }
        None => vec![KeyValue::new(SERVICE_NAME, unknown_service())],
    }
}

/// Specification: OpenTelemetry semantic conventions, *Service*, `service.name`.
fn unknown_service() -> String {
    let executable = env::current_exe().ok();
    let name = executable.as_deref().and_then(|path| path.file_name());
    match name {
        Some(name) => format!("unknown_service:{}", name.to_string_lossy()),
        None => "unknown_service".to_owned(),
    }
}

fn of_environment(environment: &mut Environment) -> Vec<KeyValue> {
    let mut attributes = listed(environment).unwrap_or_default();
    if let Some(name) = environment.text(&SERVICE_NAME_VARIABLE) {
        attributes.push(KeyValue::new(SERVICE_NAME, name));
    }
    attributes
}

/// A single mistake discards the whole value, as the specification demands.
fn listed(environment: &mut Environment) -> Option<Vec<KeyValue>> {
    let text = environment.text(&RESOURCE_ATTRIBUTES)?;
    let mut attributes = Vec::new();
    for (index, member) in pairs::members(&text).enumerate() {
        match member {
            Member::Pair(key, value) => attributes.push(KeyValue::new(key, value)),
            Member::Empty => environment.warn(&RESOURCE_ATTRIBUTES, pairs::STRAY_COMMA),
            Member::Malformed(wrong) => {
                let place = index + 1;
                environment.reject(&RESOURCE_ATTRIBUTES, format_args!("pair {place} {wrong}"));
                return None;
            }
        }
    }
    Some(attributes)
}

/// Detectors that a configuration file names.
#[cfg(feature = "config-file")]
#[derive(Default)]
pub(super) struct Detectors(Vec<Box<dyn ResourceDetector>>);

#[cfg(feature = "config-file")]
impl Detectors {
    /// Adds these detectors before those in code, which override them.
    pub(super) fn add_to(self, described: &mut Described) {
        described.detectors.splice(..0, self.0);
    }

    #[cfg(feature = "detectors")]
    pub(super) fn add(&mut self, name: &str) -> Result<(), String> {
        use opentelemetry_resource_detectors::{
            ContainerResourceDetector, HostResourceDetector, ProcessResourceDetector,
            ServiceInstanceIdResourceDetector,
        };

        self.0.push(match name {
            "container" => Box::new(ContainerResourceDetector),
            "host" => Box::<HostResourceDetector>::default(),
            "process" => Box::new(Without("process.command_args", ProcessResourceDetector)),
            "service" => Box::new(ServiceInstanceIdResourceDetector),
            unknown => {
                return Err(format!(
                    "`{unknown}` is not a detector; expected `container`, `host`, `process` or `service`"
                ));
            }
        });
        Ok(())
    }

    #[cfg(not(feature = "detectors"))]
    #[expect(clippy::unused_self, reason = "as with the feature")]
    pub(super) fn add(&mut self, name: &str) -> Result<(), String> {
        Err(format!(
            "`{name}` is not supported, as the feature `detectors` of `traced` is off"
        ))
    }
}

#[cfg(feature = "config-file")]
impl std::fmt::Debug for Detectors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Detectors").field(&self.0.len()).finish()
    }
}

/// All detectors of `opentelemetry-resource-detectors`.
#[cfg(feature = "detectors")]
pub(super) fn all_detectors() -> Vec<Box<dyn ResourceDetector>> {
    use opentelemetry_resource_detectors::{
        ContainerResourceDetector, HostResourceDetector, K8sResourceDetector, OsResourceDetector,
        ProcessResourceDetector, ServiceInstanceIdResourceDetector,
    };

    vec![
        Box::new(OsResourceDetector),
        Box::<HostResourceDetector>::default(),
        Box::new(Without("process.command_args", ProcessResourceDetector)),
        Box::new(ContainerResourceDetector),
        Box::new(K8sResourceDetector),
        Box::new(ServiceInstanceIdResourceDetector),
    ]
}

/// A detector without the attribute of one key, such as command arguments, which may be passwords.
#[cfg(feature = "detectors")]
struct Without<D>(&'static str, D);

#[cfg(feature = "detectors")]
impl<D: ResourceDetector> ResourceDetector for Without<D> {
    fn detect(&self) -> Resource {
        let found = self.1.detect();
        let kept = found.iter().filter(|(key, _)| key.as_str() != self.0);
        let kept = kept.map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
        Resource::builder_empty().with_attributes(kept).build()
    }
}
