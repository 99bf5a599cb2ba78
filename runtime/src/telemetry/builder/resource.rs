//! The resource: what all spans of a process have in common.

use opentelemetry::{Key, KeyValue, Value};
use opentelemetry_sdk::resource::ResourceDetector;

use super::super::resource;
use super::TelemetryBuilder;

impl TelemetryBuilder {
    /// `service.name`: `OTEL_SERVICE_NAME`, or that of `OTEL_RESOURCE_ATTRIBUTES`, unless set. Where
    /// those are not set either: [`package`](Self::package), else the package that `cargo run` and
    /// `cargo test` name, else `unknown_service:` and the executable's name.
    pub fn service_name(self, name: impl Into<String>) -> Self {
        self.resource_attribute(resource::SERVICE_NAME, name.into())
    }

    /// `service.version`; unless set, that of the package, if it is known.
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

    /// `service.namespace`: a name for services that belong together.
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

    /// `service.instance.id`: which of several processes of the service this is.
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

    /// `deployment.environment.name`: `staging`, `production`.
    pub fn deployment_environment(self, name: impl Into<String>) -> Self {
        self.resource_attribute(resource::DEPLOYMENT_ENVIRONMENT, name.into())
    }

    /// What all spans of this process have in common.
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

    /// The program's package, for `service.name` and `service.version` where nothing else names
    /// them: weaker than the environment. [`init!`](crate::init!) calls it.
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

    /// Attributes of the resource that are found out when the process starts; weaker than the
    /// environment, and the later of two is the stronger.
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

    /// What `opentelemetry-resource-detectors` finds of operating system, host, process, container,
    /// Kubernetes, and an id for this instance.
    ///
    /// Without `process.command_args`, which may hold passwords; for that, add
    /// `opentelemetry_resource_detectors::ProcessResourceDetector` as a [`detector`](Self::detector).
    /// Runs `hostname` once.
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
