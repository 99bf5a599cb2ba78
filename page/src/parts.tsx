/** Small parts that several views have in common. */
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Colors } from "./colors";
import { toClipboard } from "./copy";
import { duration, line } from "./format";
import { outlivesParent } from "./model";
import { type Span, attribute } from "./otlp";

export function Service({ name, colors }: { name: string; colors: Colors }) {
  return (
    <span class={`service c${colors.ofService(name)}`}>
      <i class="dot" aria-hidden="true" />
      <bdi>{line(name, 60)}</bdi>
    </span>
  );
}

export function Name({ text, limit = 200 }: { text: string; limit?: number }) {
  return <bdi class="name">{line(text, limit)}</bdi>;
}

/** What is special about a span, in words: a sign alone explains nothing to a newcomer. */
export function Badges({ span }: { span: Span }) {
  const parts: JSX.Element[] = [];
  const badge = (word: string, title: string, kind = "") =>
    parts.push(
      <span class={`badge ${kind}`} title={title} key={word}>
        {word}
      </span>,
    );
  if (span.kind !== "internal") badge(span.kind, `kind: ${span.kind}`, "kind");
  if (span.panicked) badge("panic", "a panic went through this span", "bad");
  if (span.cancelled) badge("cancelled", "the future was dropped before it finished", "warn");
  if (span.open) badge("running", "this span had not ended when the file was written", "warn");
  if (outlivesParent(span)) badge("outlives parent", "spawned work that went on after its parent ended");
  else if (attribute(span.raw.attributes, "traced.spawned") === true) badge("spawned", "ran as a task or thread of its own");
  if (span.parentId !== "" && !span.parent) badge("parent elsewhere", "its parent is not in this file");
  return <>{parts}</>;
}

export function CopyButton({ what, children }: { what: () => string; children: ComponentChildren }) {
  const [state, setState] = useState<"" | "copied" | "failed">("");
  const timer = useRef(0);
  useEffect(() => () => clearTimeout(timer.current), []);
  const copy = async () => {
    setState((await toClipboard(what())) ? "copied" : "failed");
    timer.current = setTimeout(() => setState(""), 1500) as unknown as number;
  };
  return (
    <button type="button" onClick={copy} aria-live="polite">
      {state === "copied" ? "Copied ✓" : state === "failed" ? "Not allowed" : children}
    </button>
  );
}

/** A duration beside others: its length, and the number. */
export function Length({ ns, of, bad }: { ns: number; of: number; bad?: boolean }) {
  return (
    <span class="length">
      <i class={bad ? "bad" : ""} style={{ width: `${of > 0 ? Math.max(0.5, (100 * ns) / of) : 0}%` }} />
      <b>{duration(ns)}</b>
    </span>
  );
}

export function SpanLink({ span, onOpen }: { span: Span; onOpen: (span: Span) => void }) {
  return (
    <button type="button" class="link" onClick={() => onOpen(span)} title="show this span">
      <Name text={span.name} limit={100} />
    </button>
  );
}
