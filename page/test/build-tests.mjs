// Tests and samples are TypeScript; bundles of them run on any node from 20 on.
import { build } from "esbuild";

export async function bundle(entry, out, external = []) {
  await build({
    entryPoints: [new URL(entry, import.meta.url).pathname],
    outfile: new URL(`../out/${out}`, import.meta.url).pathname,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    jsx: "automatic",
    jsxImportSource: "preact",
    sourcemap: "inline",
    external,
    logLevel: "warning",
  });
}
