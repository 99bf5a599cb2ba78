//! The setters for the resource: the attributes that all spans of a process have in common.

use opentelemetry::{Key, KeyValue, Value};
use opentelemetry_sdk::resource::ResourceDetector;

use super::super::resource;
use super::TelemetryBuilder;

impl TelemetryBuilder {
    /// Sets `service.name`. Otherwise it is the value of `OTEL_SERVICE_NAME`, or the one in `OTEL_RESOURCE_ATTRIBUTES`.
    /// If neither is set, it is the name of the [`package`](Self::package), or else the name that `cargo run`
    /// and `cargo test` set, or else `unknown_service:` and the name of the executable.
    ///
    /// ```
    /// use traced::telemetry::TelemetryBuilder;
    ///
    /// let builder = TelemetryBuilder::default().service_name("shop");
    /// # drop(builder);
    /// ```
    pub fn service_name(self, name: impl Into<String>) -> Self {
        self.resource_attribute(resource::SERVICE_NAME, name.into())
    }

    /// Sets `service.version`; by default it is the version of the package, if that is known.
    ///
    /// ```
    /// use traced::telemetry::TelemetryBuilder;
    ///
    /// let builder = TelemetryBuilder::default().service_version("1.2.0");
    /// # drop(builder);
    /// ```
    pub fn service_version(self, version: impl Into<String>) -> Self {
        self.resource_attribute(resource::SERVICE_VERSION, version.into())
    }

    /// Sets `service.namespace`, a name for services that belong together.
    ///
    /// ```
    /// use traced::telemetry::TelemetryBuilder;
    ///
    /// let builder = TelemetryBuilder::default().service_namespace("shops");
    /// # drop(builder);
    /// ```
    pub fn service_namespace(self, namespace: impl Into<String>) -> Self {
        self.resource_attribute(resource::SERVICE_NAMESPACE, namespace.into())
    }

    /// Sets `service.instance.id`, which distinguishes the processes of a service.
    ///
    /// ```
    /// use traced::telemetry::TelemetryBuilder;
    ///
    /// let builder = TelemetryBuilder::default().service_instance_id("till-3");
    /// # drop(builder);
    /// ```
    pub fn service_instance_id(self, id: impl Into<String>) -> Self {
        self.resource_attribute(resource::SERVICE_INSTANCE_ID, id.into())
    }

    /// Sets `deployment.environment.name`, such as `staging` or `production`.
    ///
    /// ```
    /// use traced::telemetry::TelemetryBuilder;
    ///
    /// let builder = TelemetryBuilder::default().deployment_environment("staging");
    /// # drop(builder);
    /// ```
    pub fn deployment_environment(self, name: impl Into<String>) -> Self {
        self.resource_attribute(resource::DEPLOYMENT_ENVIRONMENT, name.into())
    }

    /// Adds an attribute of the resource, which all spans of this process have in common.
    ///
    /// ```
    /// use traced::telemetry::TelemetryBuilder;
    ///
    /// let builder = TelemetryBuilder::default().resource_attribute("cloud.region", "eu-central-1");
    /// # drop(builder);
    /// ```
    pub fn resource_attribute(mut self, key: impl Into<Key>, value: impl Into<Value>) -> Self {
        self.described.attributes.push(KeyValue::new(key, value));
        self
    }

    /// Sets the program's package, whose name and version become `service.name` and `service.version` if neither code
    /// nor the environment sets them. [`init!`](crate::init!) calls it.
    ///
    /// ```
    /// use traced::telemetry::TelemetryBuilder;
    ///
    /// let builder = TelemetryBuilder::default().package(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    /// # drop(builder);
    /// ```
    pub fn package(mut self, name: &'static str, version: &'static str) -> Self {
        self.described.package = Some((name, version));
        self
    }

    /// Adds a detector of resource attributes, which runs in [`init`](Self::init). The environment takes precedence
    /// over detectors, and a later detector over an earlier one.
    ///
    /// ```
    /// use opentelemetry::KeyValue;
    /// use opentelemetry_sdk::Resource;
    /// use opentelemetry_sdk::resource::ResourceDetector;
    /// use traced::telemetry::TelemetryBuilder;
    ///
    /// struct Region;
    ///
    /// impl ResourceDetector for Region {
    ///     fn detect(&self) -> Resource {
    ///         let region = std::env::var("REGION").unwrap_or_default();
    ///         Resource::builder_empty().with_attribute(KeyValue::new("cloud.region", region)).build()
    ///     }
    /// }
    ///
    /// let builder = TelemetryBuilder::default().detector(Region);
    /// # drop(builder);
    /// ```
    pub fn detector(mut self, detector: impl ResourceDetector + 'static) -> Self {
        self.described.detectors.push(Box::new(detector));
        self
    }

    /// Adds the detectors of `opentelemetry-resource-detectors`: for the operating system, the host, the process,
    /// the container and Kubernetes, and an id for this instance.
    ///
    /// They leave out `process.command_args`, which may contain passwords; to include it, add
    /// `opentelemetry_resource_detectors::ProcessResourceDetector` as a [`detector`](Self::detector).
    /// The command `hostname` is run once.
    ///
    /// ```
    /// use traced::telemetry::TelemetryBuilder;
    ///
    /// let builder = TelemetryBuilder::default().detectors();
    /// # drop(builder);
    /// ```
    #[cfg(feature = "detectors")]
    pub fn detectors(mut self) -> Self {
        self.described.detectors.extend(resource::all_detectors());
        self
    }
}
