/** What the page shows is in the part of its address behind `#`, so that an address can be sent to somebody. */
import { useCallback, useLayoutEffect, useRef, useState } from "preact/hooks";

export interface Route {
  view: "traces" | "trace" | "names" | "compare";
  /** Of the trace, where `view` is `trace`. */
  id: string;
  params: Readonly<Record<string, string>>;
}

export type Go = (to: Partial<Route> & { view: Route["view"] }) => void;
/** Changes parameters without a step in the browser's history; `undefined` takes one out. */
export type Adjust = (params: Record<string, string | undefined>) => void;

export function readRoute(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const [view = "", id = ""] = path.split("/");
  const params: Record<string, string> = Object.create(null);
  for (const [key, value] of new URLSearchParams(query)) params[key] = value;
  const known = view === "trace" || view === "names" || view === "compare";
  return { view: known ? view : "traces", id: known ? safeDecode(id) : "", params };
}

export function writeRoute(route: Route): string {
  const query = new URLSearchParams(route.params).toString();
  const id = route.id ? `/${encodeURIComponent(route.id)}` : "";
  return `#/${route.view}${id}${query ? `?${query}` : ""}`;
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function useRoute(): [Route, Go, Adjust] {
  const [route, setRoute] = useState(() => readRoute(location.hash));
  const latest = useRef(route);
  // The address as it was last read or written here: another one is a step in the browser's history, or typed.
  const known = useRef(location.hash);
  const timer = useRef<number | undefined>(undefined);

  const set = useCallback((next: Route) => {
    latest.current = next;
    setRoute(next);
  }, []);
  const flush = useCallback(() => {
    clearTimeout(timer.current);
    timer.current = undefined;
    // Of a step in the history the event is still to come, and the entry that it leads to is not to be overwritten.
    if (location.hash !== known.current) return;
    const hash = writeRoute(latest.current);
    if (hash !== location.hash) history.replaceState(null, "", hash);
    known.current = location.hash;
  }, []);

  useLayoutEffect(() => {
    const onChange = () => {
      // The event of our own change comes later, and what was pressed until then is newer than the address.
      if (location.hash === known.current) return;
      known.current = location.hash;
      set(readRoute(location.hash));
    };
    addEventListener("hashchange", onChange);
    return () => removeEventListener("hashchange", onChange);
  }, []);

  const go = useCallback<Go>((to) => {
    if (timer.current !== undefined) flush();
    set({ id: "", params: {}, ...to });
    location.hash = writeRoute(latest.current);
    known.current = location.hash;
  }, []);
  const adjust = useCallback<Adjust>((changes) => {
    const params: Record<string, string> = Object.create(null);
    for (const [key, value] of Object.entries({ ...latest.current.params, ...changes })) {
      if (value !== undefined && value !== "") params[key] = value;
    }
    set({ ...latest.current, params });
    // Browsers refuse hundreds of changes in a few seconds, which a drag would make.
    clearTimeout(timer.current);
    timer.current = setTimeout(flush, 150) as unknown as number;
  }, []);
  return [route, go, adjust];
}
