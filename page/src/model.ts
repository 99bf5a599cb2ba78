/** Traces as trees: what is below what, self time, the critical path. */
import { type Document, type Log, type Parsed, type Span, list, parse, text } from "./otlp";

export interface Trace {
  id: string;
  /** Every span, parents before their children, siblings by start. */
  spans: Span[];
  roots: Span[];
  start: number;
  end: number;
  errors: number;
  services: string[];
  /** Log records of the trace that name no span of it. */
  logs: Log[];
  /** Spans whose parent is not among the spans: the start of the trace is elsewhere, or was lost. */
  orphans: number;
}

export interface Model {
  documents: Document[];
  spans: Span[];
  traces: Trace[];
  byId: Map<string, Trace>;
  base: number;
  services: string[];
}

export function load(documents: Document[]): Model {
  const parsed = parse(documents);
  const groups = new Map<string, Span[]>();
  for (const span of parsed.spans) push(groups, span.traceId, span);
  const loose = attachLogs(parsed, groups);
  attachLinks(parsed, groups);
  const traces = [...groups].map(([id, spans]) => traceOf(id, spans));
  traces.sort((a, b) => a.start - b.start);
  const byId = new Map(traces.map((trace) => [trace.id, trace]));
  for (const log of loose) byId.get(text(log.raw.traceId))?.logs.push(log);
  const services = [...new Set(parsed.spans.map((span) => span.resource.service))].sort();
  return { documents, spans: parsed.spans, traces, byId, base: parsed.base, services };
}

/** Gives spans their log records; returns the records that name no span of the file. */
function attachLogs(parsed: Parsed, groups: Map<string, Span[]>): Log[] {
  const named = new Set(parsed.logs.map((log) => keyOf(log.raw.traceId, log.raw.spanId)));
  const found = find(groups, named);
  const loose: Log[] = [];
  for (const log of parsed.logs) {
    const span = found.get(keyOf(log.raw.traceId, log.raw.spanId));
    if (!span) loose.push(log);
    else if (span.logs.length === 0) span.logs = [log];
    else span.logs.push(log);
  }
  for (const span of found.values()) span.logs.sort((a, b) => a.time - b.time);
  return loose;
}

/** Tells spans who links to them. */
function attachLinks(parsed: Parsed, groups: Map<string, Span[]>) {
  const named = new Set<string>();
  for (const span of parsed.spans) for (const link of list(span.raw.links)) named.add(keyOf(link?.traceId, link?.spanId));
  const found = find(groups, named);
  for (const span of parsed.spans) {
    for (const link of list(span.raw.links)) {
      const target = found.get(keyOf(link?.traceId, link?.spanId));
      if (!target) continue;
      if (target.linkedFrom.length === 0) target.linkedFrom = [span];
      else target.linkedFrom.push(span);
    }
  }
}

function keyOf(traceId: unknown, spanId: unknown): string {
  return `${text(traceId)}:${text(spanId)}`;
}

function find(groups: Map<string, Span[]>, named: ReadonlySet<string>): Map<string, Span> {
  const found = new Map<string, Span>();
  if (named.size === 0) return found;
  for (const spans of groups.values()) {
    for (const span of spans) {
      const key = keyOf(span.traceId, span.id);
      if (named.has(key) && !found.has(key)) found.set(key, span);
    }
  }
  return found;
}

function traceOf(id: string, all: Span[]): Trace {
  const byId = new Map<string, Span>();
  for (const span of all) if (!byId.has(span.id)) byId.set(span.id, span);
  let start = Infinity;
  let end = -Infinity;
  let errors = 0;
  for (const span of all) {
    start = Math.min(start, span.start);
    end = Math.max(end, span.end);
    errors += Number(span.error);
  }
  for (const span of all) {
    // A span without an end is drawn up to the last moment that the file knows.
    if (span.open) span.end = end;
    const parent = span.parentId === "" ? undefined : byId.get(span.parentId);
    if (parent && parent !== span) span.parent = parent;
  }
  breakCircles(all);
  const roots: Span[] = [];
  const children = new Map<Span, Span[]>();
  for (const span of all) {
    if (span.parent) push(children, span.parent, span);
    else roots.push(span);
  }
  const byStart = (a: Span, b: Span) => a.start - b.start || b.end - a.end || a.index - b.index;
  roots.sort(byStart);
  for (const [parent, below] of children) parent.children = below.sort(byStart);
  const spans = preorder(roots);
  for (let i = spans.length - 1; i >= 0; i--) {
    const span = spans[i]!;
    if (span.parent) span.parent.below += span.below + 1;
    span.self = selfStretches(span).reduce((sum, [from, to]) => sum + to - from, 0);
  }
  const services = [...new Set(spans.map((span) => span.resource.service))];
  const orphans = roots.filter((root) => root.parentId !== "").length;
  return { id, spans, roots, start, end, errors, services, logs: [], orphans };
}

/** A file may say that two spans are each other's parents; the first of a circle becomes a root. */
function breakCircles(all: Span[]) {
  const state = new Map<Span, "open" | "done">();
  for (const first of all) {
    const path: Span[] = [];
    let span: Span | undefined = first;
    while (span && !state.has(span)) {
      state.set(span, "open");
      path.push(span);
      span = span.parent;
    }
    if (span && state.get(span) === "open") span.parent = undefined;
    for (const walked of path) state.set(walked, "done");
  }
}

/** Without recursion: a chain of 100,000 spans would overflow the stack. */
function preorder(roots: Span[]): Span[] {
  const spans: Span[] = [];
  const stack = [...roots].reverse();
  for (let span = stack.pop(); span; span = stack.pop()) {
    span.depth = span.parent ? span.parent.depth + 1 : 0;
    span.below = 0;
    span.order = spans.length;
    spans.push(span);
    for (let i = span.children.length - 1; i >= 0; i--) stack.push(span.children[i]!);
  }
  return spans;
}

export type Stretch = [from: number, to: number];

/** The stretches of a span in which none of its children ran. */
export function selfStretches(span: Span): Stretch[] {
  const stretches: Stretch[] = [];
  let cursor = span.start;
  // Children are in order of their start.
  for (const child of span.children) {
    if (child.start >= span.end) break;
    if (child.start > cursor) stretches.push([cursor, child.start]);
    cursor = Math.max(cursor, child.end);
  }
  if (cursor < span.end) stretches.push([cursor, span.end]);
  return stretches;
}

/** Whether a child ran on after its parent: spawned work. Clocks of two machines disagree about a microsecond. */
export function outlivesParent(span: Span): boolean {
  return span.parent !== undefined && !span.parent.open && span.end > span.parent.end;
}

/**
 * The spans, and the stretches of each, that the end of the root waited for. From the end backwards: the child that
 * ended last was waited for; before its start, the one that ended last before that. A child that outlives its parent
 * was not waited for, unless it is the far side of the parent's request and only the clocks disagree.
 */
export function criticalPath(root: Span): Map<Span, Stretch[]> {
  const path = new Map<Span, Stretch[]>();
  const stack: [Span, number, number][] = [[root, root.start, root.end]];
  for (let item = stack.pop(); item; item = stack.pop()) {
    const [span, from, until] = item;
    let cursor = until;
    const waited = span.children.filter(
      (child) => child.end <= span.end || (child.kind === "server" && span.kind === "client"),
    );
    waited.sort((a, b) => b.end - a.end || b.start - a.start);
    for (const child of waited) {
      const end = Math.min(child.end, span.end);
      const start = Math.max(child.start, from);
      if (end > cursor || start >= end) continue;
      if (end < cursor) push(path, span, [end, cursor]);
      stack.push([child, start, end]);
      cursor = start;
    }
    if (cursor > from) push(path, span, [from, cursor]);
  }
  for (const stretches of path.values()) stretches.sort((a, b) => a[0] - b[0]);
  return path;
}

/** The span that a trace is named after. */
export function mainRoot(trace: Trace): Span {
  // A root that has no parent anywhere says more than one whose parent is in another process.
  return trace.roots.find((root) => root.parentId === "") ?? trace.roots[0]!;
}

/** The rows that are shown: spans below a collapsed one are left out. */
export function visibleSpans(trace: Trace, collapsed: ReadonlySet<Span>, shown?: (span: Span) => boolean): Span[] {
  const rows: Span[] = [];
  for (let i = 0; i < trace.spans.length; i++) {
    const span = trace.spans[i]!;
    if (shown && !shown(span)) continue;
    rows.push(span);
    if (collapsed.has(span)) i += span.below;
  }
  return rows;
}

export function push<K, V>(map: Map<K, V[]>, key: K, value: V) {
  const values = map.get(key);
  if (values) values.push(value);
  else map.set(key, [value]);
}
