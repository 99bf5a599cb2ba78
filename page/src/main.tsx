/** The page: reads its data, and shows the view that its address names. */
import { render } from "preact";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { colorsOf } from "./colors";
import { Compare } from "./compare";
import { count, visible } from "./format";
import { List } from "./list";
import { follow } from "./live";
import { type Model, load } from "./model";
import { Names } from "./names";
import { type Document, readDocument } from "./otlp";
import { type Route, useRoute } from "./route";
import { TraceView } from "./trace";

type Theme = "light" | "dark";

function App({ first }: { first: Document[] }) {
  const [documents, setDocuments] = useState(first);
  const model = useMemo(() => load(documents), [documents]);
  const colors = useMemo(() => colorsOf(model), [model]);
  const [route, go, adjust] = useRoute();
  const [theme, toggleTheme] = useTheme();
  const [help, setHelp] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const trace = route.view === "trace" ? model.byId.get(route.id) : undefined;

  // A file with one trace is about that trace, from the first paint on.
  useLayoutEffect(() => {
    if (location.hash === "" && model.traces.length === 1) go({ view: "trace", id: model.traces[0]!.id });
  }, []);
  const addFiles = useCallback(async (files: Iterable<File>) => {
    const read = await Promise.all([...files].map(async (file) => readDocument(file.name, await file.text())));
    setDocuments((old) => [...old.filter((document) => isLive(document) || document.resourceSpans.length > 0), ...read]);
  }, []);
  useEffect(() => {
    if (first.some(isLive)) follow((received) => setDocuments((old) => [...received, ...old.filter((document) => !isLive(document))]));
  }, []);
  useDrop(addFiles);
  const openFiles = () => input.current?.click();

  // Before the first paint: a key that is pressed as soon as the page is seen counts.
  useLayoutEffect(() => {
    const listener = (event: KeyboardEvent) => {
      const typing = /^(INPUT|SELECT|TEXTAREA)$/.test((event.target as HTMLElement).tagName);
      if (event.ctrlKey || event.metaKey || event.altKey || typing) return;
      const actions: Record<string, () => void> = {
        "/": () => {
          const search = document.getElementById("search") as HTMLInputElement | null;
          search?.focus();
          search?.select();
        },
        "?": () => setHelp((on) => !on),
        t: toggleTheme,
        1: () => go({ view: "traces" }),
        2: () => go({ view: "names" }),
        3: () => go({ view: "compare" }),
      };
      const action = actions[event.key];
      if (action) {
        event.preventDefault();
        action();
      }
    };
    addEventListener("keydown", listener);
    return () => removeEventListener("keydown", listener);
  }, [toggleTheme]);
  useEffect(() => {
    const name = trace ? (trace.roots[0]?.name ?? "") : route.view;
    document.title = `${visible(name, 60)} · traced`;
  }, [trace, route.view]);

  const tab = (view: Route["view"], label: string) => (
    <button
      type="button"
      aria-current={route.view === view || (view === "traces" && route.view === "trace") ? "page" : undefined}
      onClick={() => go({ view, params: view === "names" && trace ? { trace: trace.id } : {} })}
    >
      {label}
    </button>
  );
  return (
    <>
      <header class="top">
        <b class="brand">traced</b>
        <nav aria-label="Views">
          {tab("traces", "Traces")}
          {tab("names", "Statistics")}
          {tab("compare", "Compare")}
        </nav>
        <span class="grow" />
        {documents.some(isLive) && <span title="spans are shown as they come">live</span>}
        <button type="button" onClick={openFiles} title="add OTLP JSON, lines of it, or another page">
          Open files
        </button>
        <button type="button" onClick={toggleTheme} aria-label={`Use the ${theme === "dark" ? "light" : "dark"} theme`} title="light or dark (t)">
          {theme === "dark" ? "☀" : "☾"}
        </button>
        <button type="button" onClick={() => setHelp(true)} aria-label="Keys and signs" title="keys and signs (?)">
          ?
        </button>
        <input
          ref={input}
          type="file"
          multiple
          hidden
          aria-label="Files"
          accept=".json,.jsonl,.ndjson,.html"
          onChange={(event) => {
            addFiles([...(event.currentTarget.files ?? [])]);
            event.currentTarget.value = "";
          }}
        />
      </header>
      <FactsOf model={model} />
      {route.view === "names" ? (
        <Names model={model} colors={colors} route={route} go={go} adjust={adjust} />
      ) : route.view === "compare" ? (
        <Compare model={model} colors={colors} route={route} go={go} openFiles={openFiles} />
      ) : trace ? (
        <TraceView key={trace.id} model={model} trace={trace} colors={colors} route={route} go={go} adjust={adjust} />
      ) : (
        <>
          {route.view === "trace" && (
            <p class="banner" role="alert">
              This file has no trace <code>{visible(route.id, 40)}</code>.
            </p>
          )}
          <List model={model} colors={colors} route={route} go={go} adjust={adjust} />
        </>
      )}
      {help && <Help onClose={() => setHelp(false)} />}
    </>
  );
}

/** Served by a receiver, which is asked for what comes. */
function isLive(document: Document): boolean {
  return document.facts.reason === "live";
}

/** What the writer says of the file, where it is more than that the program ended. */
function FactsOf({ model }: { model: Model }) {
  const notes: string[] = [];
  for (const { facts, name, skipped } of model.documents) {
    const where = model.documents.length > 1 ? `${visible(name, 60)}: ` : "";
    if (facts.reason === "panic") notes.push(`${where}There was a panic: ${visible(String(facts.message ?? ""), 300)}`);
    if (facts.reason === "test") notes.push(`${where}Written by a failed test: ${visible(String(facts.message ?? ""), 300)}`);
    const keeper = facts.reason === "live" ? "the receiver" : "the file";
    if (Number(facts.dropped) > 0) notes.push(`${where}${count(Number(facts.dropped), "older span")} left out: ${keeper} keeps the latest.`);
    if (facts.reason === "live" && facts.message === "lost") notes.push("The receiver does not answer: nothing new is shown until it is started again.");
    if (skipped > 0) notes.push(`${where}${count(skipped, "line")} could not be read.`);
  }
  const open = useMemo(() => model.spans.reduce((n, span) => n + Number(span.open), 0), [model]);
  if (open > 0) notes.push(`${count(open, "span")} had not ended when the file was written.`);
  return notes.length === 0 ? null : (
    <div class="notes" role="note">
      {notes.map((note) => (
        <p key={note}>{note}</p>
      ))}
    </div>
  );
}

const KEYS: [string, string][] = [
  ["/", "search"],
  ["↑ ↓, k j", "walk through the rows"],
  ["← →", "collapse and expand, to the parent and the first child"],
  ["*", "collapse or expand all below (or Shift and click)"],
  ["e E", "next and previous error"],
  ["n N", "next and previous match"],
  ["z", "zoom to the span (or double click)"],
  ["+ −, 0", "zoom in and out, the whole trace (or Ctrl and wheel)"],
  ["[ ]", "move to the left and right (or Shift and wheel)"],
  ["c", "critical path"],
  ["1 2 3", "traces, statistics, compare"],
  ["t", "light or dark"],
  ["Esc", "close the details, back to the list"],
];

const SIGNS: [string, string][] = [
  ["full colour", "the span itself: none of its children ran"],
  ["pale", "its children ran"],
  ["line under the bar", "the critical path: the end of the trace waited for this"],
  ["outlives parent", "spawned work that went on after its parent had ended; a dashed line shows when"],
  ["cancelled", "a future that was dropped before it finished"],
  ["⇢ ⇠", "the span links to others, others link to it"],
];

function Help({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  // Before the first paint: a key that follows at once is for the dialog.
  useLayoutEffect(() => dialog.current?.showModal(), []);
  // The element goes at once with what it shows: until the event of its closing, it would swallow the next key.
  const shut = () => {
    dialog.current?.close();
    onClose();
  };
  const rows = (pairs: [string, string][], key: boolean) => (
    <table>
      <tbody>
        {pairs.map(([name, meaning]) => (
          <tr key={name}>
            <th scope="row">{key ? <kbd>{name}</kbd> : name}</th>
            <td>{meaning}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
  return (
    <dialog
      ref={dialog}
      onClose={onClose}
      aria-label="Keys and signs"
      onClick={(event) => event.target === dialog.current && shut()}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key !== "Escape") return;
        event.preventDefault();
        shut();
      }}
    >
      <h2>Keys</h2>
      {rows(KEYS, true)}
      <h2>Signs</h2>
      {rows(SIGNS, false)}
      <p>
        The page of a file makes no request: what it shows is in the file. That of a receiver asks it alone. Its data is OTLP JSON, which
        other tools can read.
      </p>
      <button type="button" onClick={shut}>
        Close
      </button>
    </dialog>
  );
}

function useTheme(): [Theme, () => void] {
  const query = useMemo(() => matchMedia("(prefers-color-scheme: dark)"), []);
  const [theme, setTheme] = useState<Theme>(() => stored() ?? (query.matches ? "dark" : "light"));
  // Before the first paint, which would be a flash of the other theme.
  useLayoutEffect(() => {
    document.documentElement.dataset.theme = theme;
    dispatchEvent(new Event("themechange"));
  }, [theme]);
  useEffect(() => {
    const follow = () => stored() === undefined && setTheme(query.matches ? "dark" : "light");
    query.addEventListener("change", follow);
    return () => query.removeEventListener("change", follow);
  }, []);
  const toggle = useCallback(() => {
    setTheme((old) => {
      const next = old === "dark" ? "light" : "dark";
      try {
        localStorage.setItem("traced-theme", next);
      } catch {
        // Storage may be forbidden; the theme then lasts as long as the page.
      }
      return next;
    });
  }, []);
  return [theme, toggle];
}

function stored(): Theme | undefined {
  try {
    const theme = localStorage.getItem("traced-theme");
    return theme === "dark" || theme === "light" ? theme : undefined;
  } catch {
    return undefined;
  }
}

/** Files that are dropped anywhere on the page. */
function useDrop(add: (files: Iterable<File>) => void) {
  useEffect(() => {
    const over = (event: DragEvent) => event.preventDefault();
    const drop = (event: DragEvent) => {
      event.preventDefault();
      if (event.dataTransfer?.files.length) add(event.dataTransfer.files);
    };
    addEventListener("dragover", over);
    addEventListener("drop", drop);
    return () => {
      removeEventListener("dragover", over);
      removeEventListener("drop", drop);
    };
  }, [add]);
}

function start() {
  const data = document.getElementById("traced-data");
  const own = readDocument(decodeURIComponent(location.pathname.split("/").pop() || "this page"), data?.textContent ?? "");
  render(<App first={[own]} />, document.getElementById("app")!);
}

document.addEventListener("DOMContentLoaded", start);
