/** What a reader of a trace wants to know first: what failed, what was tried again, where the time went. */
import { type Stretch, type Trace, criticalPath, mainRoot, push } from "./model";
import type { Span } from "./otlp";

export interface Retry {
  parent: Span;
  /** In order; at least one of them but the last failed. */
  attempts: Span[];
}
export interface Spent {
  span: Span;
  /** Nanoseconds on the critical path in which nothing below the span ran. */
  time: number;
  longest: Stretch;
  /** The children around the longest stretch. */
  after: Span | undefined;
  before: Span | undefined;
}
export interface Findings {
  /** Where errors began: spans that failed although nothing below them did. In order of their end. */
  failures: Span[];
  retries: Retry[];
  spent: Spent[];
  path: Map<Span, Stretch[]>;
}

export function findings(trace: Trace): Findings {
  const failing = new Set<Span>();
  for (let i = trace.spans.length - 1; i >= 0; i--) {
    const span = trace.spans[i]!;
    if (span.parent && (span.error || failing.has(span))) failing.add(span.parent);
  }
  const failures = trace.spans.filter((span) => span.error && !failing.has(span)).sort((a, b) => a.end - b.end);
  const path = criticalPath(mainRoot(trace));
  return { failures, retries: retries(trace), spent: spent(path), path };
}

/** Children of one span that have one name, each begun after the last had ended, after a failure. */
function retries(trace: Trace): Retry[] {
  const found: Retry[] = [];
  for (const parent of trace.spans) {
    if (parent.children.length < 2 || !parent.children.some((child) => child.error)) continue;
    const byName = new Map<string, Span[]>();
    for (const child of parent.children) push(byName, child.name, child);
    for (const same of byName.values()) {
      let attempts: Span[] = [];
      for (const span of same) {
        const last = attempts.at(-1);
        if (last && last.error && span.start >= last.end) attempts.push(span);
        else {
          if (attempts.length > 1) found.push({ parent, attempts });
          attempts = [span];
        }
      }
      if (attempts.length > 1) found.push({ parent, attempts });
    }
  }
  return found;
}

function spent(path: Map<Span, Stretch[]>): Spent[] {
  const all = [...path].map(([span, stretches]): Spent => {
    const time = stretches.reduce((sum, [from, to]) => sum + to - from, 0);
    const longest = stretches.reduce((a, b) => (b[1] - b[0] > a[1] - a[0] ? b : a));
    let after: Span | undefined;
    for (const child of span.children) {
      if (child.end <= longest[0] && (!after || child.end >= after.end)) after = child;
    }
    const before = span.children.find((child) => child.start >= longest[1]);
    return { span, time, longest, after, before };
  });
  return all.sort((a, b) => b.time - a.time);
}
