/** Statistics by name, and two traces or two files beside each other. */
import { type Trace, push } from "./model";
import type { Span } from "./otlp";

export interface Row {
  key: string;
  service: string;
  name: string;
  count: number;
  errors: number;
  p50: number;
  p95: number;
  max: number;
  self: number;
  /** The longest of them. */
  slowest: Span;
}

export function statistics(spans: Iterable<Span>): Row[] {
  const groups = new Map<string, Span[]>();
  for (const span of spans) {
    const key = `${span.resource.service}\n${span.name}`;
    const group = groups.get(key);
    if (group) group.push(span);
    else groups.set(key, [span]);
  }
  return [...groups].map(([key, group]) => {
    const first = group[0]!;
    const durations = Float64Array.from(group, (span) => span.end - span.start).sort();
    return {
      key,
      service: first.resource.service,
      name: first.name,
      count: group.length,
      errors: group.reduce((n, span) => n + Number(span.error), 0),
      p50: quantile(durations, 0.5),
      p95: quantile(durations, 0.95),
      max: durations[durations.length - 1]!,
      self: group.reduce((sum, span) => sum + span.self, 0),
      slowest: group.reduce((a, b) => (b.end - b.start > a.end - a.start ? b : a)),
    };
  });
}

/** The nearest rank: a duration that was measured, not one between two. */
export function quantile(sorted: Float64Array, q: number): number {
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? 0;
}

export interface Pair {
  depth: number;
  a: Span | undefined;
  b: Span | undefined;
}

/** Two trees as one: children of one name belong together in the order of their start. */
export function compareTraces(a: Trace, b: Trace): Pair[] {
  const pairs: Pair[] = [];
  const stack: Pair[] = align(a.roots, b.roots, 0).reverse();
  for (let pair = stack.pop(); pair; pair = stack.pop()) {
    pairs.push(pair);
    const below = align(pair.a?.children ?? [], pair.b?.children ?? [], pair.depth + 1);
    for (let i = below.length - 1; i >= 0; i--) stack.push(below[i]!);
  }
  return pairs;
}

function align(a: Span[], b: Span[], depth: number): Pair[] {
  // A trace has one beginning or few; they belong together whatever their names.
  if (depth === 0 && a.length === 1 && b.length === 1) return [{ depth, a: a[0], b: b[0] }];
  const partners = new Map<Span, Span>();
  // An attempt that failed is rather no partner of one that did not, if there are others of the name.
  for (const key of [(span: Span) => `${span.error} ${span.name}`, (span: Span) => span.name]) {
    const waiting = new Map<string, Span[]>();
    for (const span of [...b].reverse()) if (!partners.has(span)) push(waiting, key(span), span);
    for (const span of a) {
      if (partners.has(span)) continue;
      const partner = waiting.get(key(span))?.pop();
      if (!partner) continue;
      partners.set(span, partner);
      partners.set(partner, span);
    }
  }
  // Both in their own order: what only `b` has stands before the next that both have.
  const pairs: Pair[] = [];
  let next = 0;
  const onlyInB = (until: Span | undefined) => {
    const end = until ? b.indexOf(until, next) : b.length;
    for (; next < end; next++) {
      const span = b[next]!;
      if (!partners.has(span)) pairs.push({ depth, a: undefined, b: span });
    }
  };
  for (const span of a) {
    const partner = partners.get(span);
    if (partner) onlyInB(partner);
    pairs.push({ depth, a: span, b: partner });
  }
  onlyInB(undefined);
  return pairs;
}

export interface RowPair {
  key: string;
  a: Row | undefined;
  b: Row | undefined;
}

export function compareRows(a: Row[], b: Row[]): RowPair[] {
  const others = new Map(b.map((row) => [row.key, row]));
  const pairs: RowPair[] = a.map((row) => ({ key: row.key, a: row, b: others.get(row.key) }));
  const known = new Set(a.map((row) => row.key));
  for (const row of b) if (!known.has(row.key)) pairs.push({ key: row.key, a: undefined, b: row });
  return pairs;
}
