// Walks through docs/finding_a_fault.md with the spans of the shop's broken run, and looks at what each click shows.
//
//   node test/finding.mjs           fails where a click does not show what the page of the docs says
//   node test/finding.mjs --write   takes the pictures of that page too, in both themes
//
// The spans are test/shop-retry.jsonl: lines that the shop's four processes wrote (`TRACED_FILE`), of one trace and of
// the trace that links to it.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { page as build } from "../build.mjs";
import { bundle } from "./build-tests.mjs";
import { launch, slowed } from "./chromium.mjs";

const here = new URL(".", import.meta.url);
const path = (name) => new URL(name, here).pathname;
const lines = path("shop-retry.jsonl");
const docs = readFileSync(path("../../docs/finding_a_fault.md"), "utf8");
const pictures = path("../../docs/pictures/");
const writes = process.argv.includes("--write");
const MOST_BYTES = 200_000;

// Each sentence of the docs in which something is clicked, or found, is said here too; so neither is without the other.
const said = (words) => assert.ok(docs.includes(words), `docs/finding_a_fault.md does not say: ${words}`);

await bundle("samples.ts", "samples.mjs");
await bundle("sees.ts", "sees.mjs");
const { pageWith } = await import("../out/samples.mjs");
const { DEADLINE, sees } = await import("../out/sees.mjs");
// The page of one process, as `TRACED_HTML` writes it; the lines of all four are opened in it.
const own = readFileSync(lines, "utf8").split("\n").filter((line) => line.includes('"stringValue":"customer"'));
assert.ok(own.length > 0);
const traces = new Set(readFileSync(lines, "utf8").match(/(?<="traceId":")\w+/g));
const spansOf = own.flatMap((line) => JSON.parse(line).resourceSpans);
const customer = path("../out/customer.html");
writeFileSync(customer, pageWith(await build(), { resourceSpans: spansOf }));

const browser = await launch();
for (const colorScheme of ["light", "dark"]) {
  const context = await browser.newContext({ colorScheme, viewport: { width: 1280, height: 800 } });
  const page = await slowed(await context.newPage());
  page.setDefaultTimeout(DEADLINE);
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  const picture = async (name) => {
    if (!writes) return;
    await page.waitForTimeout(300);
    mkdirSync(pictures, { recursive: true });
    const file = `${pictures}${name}-${colorScheme}.png`;
    await page.screenshot({ path: file });
    assert.ok(statSync(file).size < MOST_BYTES, `${file} has ${statSync(file).size} bytes`);
    said(`pictures/${name}-${colorScheme}.png`);
  };
  const region = (name) => page.getByRole("region", { name });
  const details = page.getByRole("complementary");
  const text = async (locator) => (await locator.allTextContents()).join(" | ");

  await page.goto(`file://${customer}`);
  said("**Open files**");
  await page.getByRole("button", { name: "Open files" }).first().waitFor();
  await page.getByLabel("Files").setInputFiles(lines);
  await page.keyboard.press("1");
  // The first ones are of the page's own process.
  await sees(() => page.locator("[data-trace-id]").count(), traces.size);
  await picture("shop-list");

  // 1. Which statement failed?
  said("click the trace with a red ✗");
  await page.locator("[data-trace-id].failed").first().click();
  await sees(() => text(region("What failed")), /UPDATE products in orders/);
  await sees(() => text(region("What failed")), /UPDATE products SET stock = stock - \$\d WHERE/);
  await picture("shop-trace");
  said("click **UPDATE products** under *What failed*");
  await region("What failed").getByRole("button", { name: "UPDATE products" }).click();
  await sees(() => text(details), /55P03/);
  said("55P03");
  await sees(() => text(details), /somebody else holds the lock/);
  said("somebody else holds the lock");
  await picture("shop-failed");

  // 2. What tried it again?
  said("*Tried again*");
  await sees(() => text(region("What was tried again")), /POST \/orders tried shop\.v1\.Orders\/Place 2 times: ✗✓/);
  said("`POST /orders`");
  said("`shop.v1.Orders/Place`");

  // 3. Where did the time go?
  const parts = /([\d.]+) ms \(\d+ %\) in POST \/orders itself.*?waiting ([\d.]+) ms between shop/;
  await sees(() => text(region("Where the time went")), parts);
  const time = await text(region("Where the time went"));
  const [, spent, waited] = time.match(parts);
  assert.ok(Number(spent) >= 40 && Number(waited) >= 40, time);
  said("click the duration under *Where the time went*");
  await region("Where the time went").getByRole("button", { name: /ms$/ }).first().click();
  await sees(() => page.evaluate(() => location.hash), /from=/);
  await sees(() => text(details), /retry/);
  await sees(() => text(details), /wait\.ms/);
  said("`wait.ms`");
  await picture("shop-time");
  assert.deepEqual(errors, []);
  await context.close();
}
await browser.close();
console.log("docs/finding_a_fault.md: every click shows what it says");
