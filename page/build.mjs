// Builds the page: one file that needs nothing else. `--check` compares it with the committed one instead.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

// In the packages that write pages, which are published without this folder, and each for itself.
const TARGETS = ["runtime/src/html/page.html", "cargo-traced/src/view/page.html"];
const MOST_BYTES = 150_000;

const target = (path) => new URL(`../${path}`, import.meta.url);
const here = (path) => new URL(path, import.meta.url).pathname;

export async function page() {
  const common = { bundle: true, minify: true, write: false, charset: "utf8", legalComments: "none" };
  const browsers = { target: ["chrome115", "firefox115", "safari16.4"] };
  const code = await build({
    ...common,
    ...browsers,
    entryPoints: [here("src/main.tsx")],
    format: "iife",
    jsx: "automatic",
    jsxImportSource: "preact",
  });
  const css = await build({ ...common, ...browsers, entryPoints: [here("src/style.css")] });
  const script = code.outputFiles[0].text.trim();
  const style = css.outputFiles[0].text.trim();
  if (/<\/script|<!--/i.test(script) || /<\/style/i.test(style)) throw new Error("the page would end early");
  const hash = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
  const policy = [
    "default-src 'none'",
    `script-src ${hash(script)}`,
    `style-src ${hash(style)}`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
  ].join("; ");
  const parts = { policy, style, script };
  // `{{data}}` stays: the writer puts the spans there.
  return readFileSync(here("src/template.html"), "utf8").replace(/\{\{(policy|style|script)\}\}/g, (_, name) => parts[name]);
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const built = await page();
  const bytes = Buffer.byteLength(built);
  if (bytes > MOST_BYTES) throw new Error(`the page has ${bytes} bytes, more than ${MOST_BYTES}`);
  if (process.argv.includes("--check")) {
    const other = TARGETS.filter((path) => built !== readFileSync(target(path), "utf8"));
    if (other.length > 0) {
      console.error(`${other.join(" and ")}: not the build of page/src: run \`npm run build\` in page/ and commit it`);
      process.exit(1);
    }
    console.log(`the committed pages are the build of their source, ${bytes} bytes`);
  } else {
    for (const path of TARGETS) writeFileSync(target(path), built);
    console.log(`${TARGETS.join(", ")}: ${bytes} bytes`);
  }
}
