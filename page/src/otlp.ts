/** Reads OTLP JSON, as files and `traced-data` hold it, into spans and log records. */

/** The parts of OTLP JSON that the page reads. Nothing guarantees that a file keeps to it. */
export interface RawValue {
  stringValue?: string;
  boolValue?: boolean;
  intValue?: string | number;
  doubleValue?: number | string;
  arrayValue?: { values?: RawValue[] };
  kvlistValue?: { values?: RawAttribute[] };
  bytesValue?: string;
}
export interface RawAttribute {
  key?: string;
  value?: RawValue;
}
export interface RawEvent {
  timeUnixNano?: string | number;
  name?: string;
  attributes?: RawAttribute[];
}
export interface RawLink {
  traceId?: string;
  spanId?: string;
  attributes?: RawAttribute[];
}
export interface RawSpan {
  traceId?: string;
  spanId?: string;
  parentSpanId?: string;
  traceState?: string;
  name?: string;
  kind?: number | string;
  startTimeUnixNano?: string | number;
  endTimeUnixNano?: string | number;
  attributes?: RawAttribute[];
  events?: RawEvent[];
  links?: RawLink[];
  status?: { code?: number | string; message?: string };
  droppedAttributesCount?: number;
  droppedEventsCount?: number;
  droppedLinksCount?: number;
}
export interface RawLog {
  timeUnixNano?: string | number;
  observedTimeUnixNano?: string | number;
  severityNumber?: number;
  severityText?: string;
  body?: RawValue;
  attributes?: RawAttribute[];
  traceId?: string;
  spanId?: string;
}

/** A decoded attribute value; integers past 2^53 and bytes stay text. */
export type Value = string | number | boolean | null | Value[] | Pairs;
export interface Pairs {
  pairs: [string, Value][];
}

export function decode(raw: RawValue | undefined): Value {
  if (raw == null) return null;
  if (raw.stringValue !== undefined) return String(raw.stringValue);
  if (raw.intValue !== undefined) {
    const number = Number(raw.intValue);
    return Number.isSafeInteger(number) ? number : String(raw.intValue);
  }
  if (raw.boolValue !== undefined) return Boolean(raw.boolValue);
  if (raw.doubleValue !== undefined) {
    const number = Number(raw.doubleValue);
    return Number.isFinite(number) ? number : String(raw.doubleValue);
  }
  if (raw.arrayValue !== undefined) return list(raw.arrayValue?.values).map(decode);
  if (raw.kvlistValue !== undefined) {
    return { pairs: list(raw.kvlistValue?.values).map((pair): [string, Value] => [text(pair?.key), decode(pair?.value)]) };
  }
  if (raw.bytesValue !== undefined) return `base64:${raw.bytesValue}`;
  return null;
}

/** A value as text: strings as they are, everything else as programs write it. */
export function valueText(value: Value): string {
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return `[${value.map(valueText).join(", ")}]`;
  return `{${value.pairs.map(([key, inner]) => `${key}: ${valueText(inner)}`).join(", ")}}`;
}

export function attribute(attributes: RawAttribute[] | undefined, key: string): Value | undefined {
  const found = list(attributes).find((a) => a?.key === key);
  return found && decode(found.value);
}

export interface Resource {
  service: string;
  attributes: RawAttribute[];
  file: number;
}
export interface Scope {
  name: string;
  version: string;
}
export interface Log {
  time: number;
  severity: string;
  level: "error" | "warn" | "info" | "debug";
  body: string;
  raw: RawLog;
  resource: Resource;
}

export interface Span {
  /** The position in `Model.spans`. */
  index: number;
  id: string;
  traceId: string;
  parentId: string;
  name: string;
  kind: Kind;
  /** Nanoseconds after `Model.base`. */
  start: number;
  end: number;
  /** The file was written before the span ended. */
  open: boolean;
  error: boolean;
  panicked: boolean;
  cancelled: boolean;
  message: string;
  /** `traced.busy_ns` and `traced.idle_ns`, where the program measured polls. */
  busy: number | undefined;
  idle: number | undefined;
  raw: RawSpan;
  resource: Resource;
  scope: Scope;
  logs: Log[];
  linkedFrom: Span[];
  parent: Span | undefined;
  children: Span[];
  depth: number;
  /** The position in `Trace.spans`. */
  order: number;
  /** How many spans are below this one. */
  below: number;
  /** Nanoseconds in which no child ran. */
  self: number;
}

export const KINDS = ["internal", "server", "client", "producer", "consumer"] as const;
export type Kind = (typeof KINDS)[number];

/** What the writer says of the file: why it was written, and what is missing. */
export interface Facts {
  reason?: string;
  message?: string;
  dropped?: number;
  writtenUnixNano?: string;
}

export interface Document {
  name: string;
  resourceSpans: RawResourceSpans[];
  resourceLogs: RawResourceLogs[];
  facts: Facts;
  /** Lines that are not JSON. */
  skipped: number;
}
export interface RawResourceSpans {
  resource?: { attributes?: RawAttribute[] };
  scopeSpans?: { scope?: { name?: string; version?: string }; spans?: RawSpan[] }[];
}
export interface RawResourceLogs {
  resource?: { attributes?: RawAttribute[] };
  scopeLogs?: { scope?: { name?: string; version?: string }; logRecords?: RawLog[] }[];
}

// The data is the last element of a page, and has no `<` in it.
const DATA = '<script type="application/json" id="traced-data">';

export function emptyDocument(name: string): Document {
  return { name, resourceSpans: [], resourceLogs: [], facts: {}, skipped: 0 };
}

/** Reads what a file holds: OTLP JSON, lines of it, or a page with such data. */
export function readDocument(name: string, content: string): Document {
  const document = emptyDocument(name);
  const page = content.slice(0, 200).trimStart().startsWith("<") ? content.lastIndexOf(DATA) : -1;
  const json = (page < 0 ? content : content.slice(page + DATA.length).split("<", 1)[0]!).trim();
  if (json === "") return document;
  try {
    add(document, JSON.parse(json));
  } catch {
    for (const line of json.split("\n")) {
      if (line.trim() === "") continue;
      try {
        add(document, JSON.parse(line));
      } catch {
        document.skipped += 1;
      }
    }
  }
  return document;
}

/** Adds what a JSON value of OTLP has. */
export function add(document: Document, json: unknown) {
  for (const part of Array.isArray(json) ? json : [json]) {
    if (typeof part !== "object" || part === null) {
      document.skipped += 1;
      continue;
    }
    // One at a time: an array of 100,000 spread into arguments would overflow the stack.
    for (const spans of list(part.resourceSpans as RawResourceSpans[])) document.resourceSpans.push(spans);
    for (const logs of list(part.resourceLogs as RawResourceLogs[])) document.resourceLogs.push(logs);
    if (typeof part.traced === "object" && part.traced !== null) document.facts = part.traced as Facts;
  }
}

export interface Parsed {
  spans: Span[];
  logs: Log[];
  /** Seconds since 1970 that `start`, `end` and `time` count from. */
  base: number;
}

const NONE: never[] = [];

export function parse(documents: Document[]): Parsed {
  const base = earliest(documents);
  const spans: Span[] = [];
  const seen = new Map<string, number>();
  documents.forEach((document, file) => {
    for (const group of document.resourceSpans) {
      const resource = resourceOf(group?.resource?.attributes, file);
      for (const scoped of list(group?.scopeSpans)) {
        const scope = { name: text(scoped?.scope?.name), version: text(scoped?.scope?.version) };
        for (const raw of list(scoped?.spans)) {
          if (typeof raw !== "object" || raw === null) continue;
          const span = spanOf(raw, base, resource, scope);
          // The same trace in two files is one trace; the same span in both is one span.
          const key = `${span.traceId}:${span.id}`;
          const first = seen.get(key);
          if (first !== undefined && first !== file) continue;
          seen.set(key, file);
          span.index = spans.length;
          spans.push(span);
        }
      }
    }
  });
  const logs: Log[] = [];
  documents.forEach((document, file) => {
    for (const group of document.resourceLogs) {
      const resource = resourceOf(group?.resource?.attributes, file);
      for (const scoped of list(group?.scopeLogs)) {
        for (const raw of list(scoped?.logRecords)) {
          if (typeof raw === "object" && raw !== null) logs.push(logOf(raw, base, resource));
        }
      }
    }
  });
  return { spans, logs, base };
}

function spanOf(raw: RawSpan, base: number, resource: Resource, scope: Scope): Span {
  const start = nanos(raw.startTimeUnixNano, base) ?? 0;
  const end = nanos(raw.endTimeUnixNano, base);
  let panicked = false;
  let cancelled = false;
  let busy: number | undefined;
  let idle: number | undefined;
  for (const pair of list(raw.attributes)) {
    switch (pair?.key) {
      case "error.type":
        panicked = pair.value?.stringValue === "panic";
        break;
      case "traced.cancelled":
        cancelled = pair.value?.boolValue === true;
        break;
      case "traced.busy_ns":
        busy = Number(pair.value?.intValue);
        break;
      case "traced.idle_ns":
        idle = Number(pair.value?.intValue);
        break;
    }
  }
  const code = raw.status?.code;
  return {
    index: 0,
    id: text(raw.spanId),
    traceId: text(raw.traceId),
    parentId: text(raw.parentSpanId).replace(/^0+$/, ""),
    name: text(raw.name),
    kind: kindOf(raw.kind),
    start,
    end: end === undefined ? start : Math.max(end, start),
    open: end === undefined,
    error: code === 2 || code === "STATUS_CODE_ERROR",
    panicked,
    cancelled,
    message: text(raw.status?.message),
    busy,
    idle,
    raw,
    resource,
    scope,
    logs: NONE,
    linkedFrom: NONE,
    parent: undefined,
    children: NONE,
    depth: 0,
    order: 0,
    below: 0,
    self: 0,
  };
}

function kindOf(kind: number | string | undefined): Kind {
  if (typeof kind === "number") return KINDS[kind - 1] ?? "internal";
  const named = text(kind).replace("SPAN_KIND_", "").toLowerCase();
  return KINDS.find((known) => known === named) ?? "internal";
}

function logOf(raw: RawLog, base: number, resource: Resource): Log {
  const number = Number(raw.severityNumber ?? 0);
  return {
    time: nanos(raw.timeUnixNano, base) ?? nanos(raw.observedTimeUnixNano, base) ?? 0,
    severity: text(raw.severityText) || ["", "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"][Math.ceil(number / 4)] || "",
    level: number >= 17 ? "error" : number >= 13 ? "warn" : number >= 9 || number === 0 ? "info" : "debug",
    body: valueText(decode(raw.body) ?? text((raw as { eventName?: string }).eventName)),
    raw,
    resource,
  };
}

function resourceOf(attributes: RawAttribute[] | undefined, file: number): Resource {
  const service = attribute(attributes, "service.name");
  return { service: service == null ? "unknown service" : valueText(service), attributes: list(attributes), file };
}

/**
 * Nanoseconds after `base` seconds. A double holds nanoseconds of three months, but not those since 1970, so the
 * seconds and the rest of the text are read apart.
 */
export function nanos(unix: string | number | undefined, base: number): number | undefined {
  if (unix === undefined || unix === null) return undefined;
  const digits = typeof unix === "number" ? BigInt(Math.trunc(unix) || 0).toString() : String(unix);
  if (!/^\d+$/.test(digits) || /^0+$/.test(digits)) return undefined;
  const seconds = Number(digits.slice(0, -9));
  return (seconds - base) * 1e9 + Number(digits.slice(-9));
}

function earliest(documents: Document[]): number {
  let least = Infinity;
  for (const document of documents) {
    for (const group of document.resourceSpans) {
      for (const scoped of list(group?.scopeSpans)) {
        for (const raw of list(scoped?.spans)) {
          const start = raw && nanos(raw.startTimeUnixNano, 0);
          if (start !== undefined && start < least) least = start;
        }
      }
    }
  }
  return Number.isFinite(least) ? Math.floor(least / 1e9) : 0;
}

export function list<T>(items: T[] | undefined | null): T[] {
  return Array.isArray(items) ? items : NONE;
}

export function text(value: unknown): string {
  return value === undefined || value === null ? "" : String(value);
}
