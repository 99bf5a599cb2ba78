// Pictures of the page in both themes, from the sample of the shop or from the file that is named.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { bundle } from "./build-tests.mjs";
import { page as build } from "../build.mjs";
import { launch, slowed } from "./chromium.mjs";

await bundle("samples.ts", "samples.mjs");
const { shop, many, pageWith } = await import("../out/samples.mjs");
const out = new URL("../out/", import.meta.url).pathname;
mkdirSync(out, { recursive: true });
const template = await build();
const file = process.argv[2] ?? `${out}shop.html`;
if (!process.argv[2]) writeFileSync(file, pageWith(template, shop()));
writeFileSync(`${out}many.html`, pageWith(template, many(3000, true)));

const browser = await launch();
for (const colorScheme of ["light", "dark"]) {
  const context = await browser.newContext({ colorScheme, viewport: { width: 1440, height: 860 } });
  const page = await slowed(await context.newPage());
  const shot = async (name) => {
    await page.waitForTimeout(300);
    await page.screenshot({ path: `${out}${name}-${colorScheme}.png` });
  };
  await page.goto(`file://${file}`);
  await page.waitForSelector("[data-trace-id], [data-span-id]");
  await shot("list");
  await page.locator("[data-trace-id].failed").first().click();
  await page.waitForSelector("[data-span-id]");
  await shot("trace");
  await page.locator(".look.failed .link").first().click();
  await page.getByRole("complementary").waitFor();
  await shot("failed");
  await page.keyboard.press("2");
  await page.locator("main.names").waitFor();
  await shot("names");
  if (!process.argv[2]) {
    const ids = await page.evaluate(() => JSON.parse(document.getElementById("traced-data").textContent).resourceSpans[0].scopeSpans[0].spans.filter((s) => !s.parentSpanId).map((s) => s.traceId));
    await page.goto(`file://${file}#/compare?a=${ids[0]}&b=${ids[1]}`);
    await page.locator("main.compare [role=table]").waitFor();
    await shot("compare");
    await page.goto(`file://${out}many.html`);
    await page.waitForSelector("[data-span-id]");
    await shot("many");
    await page.setViewportSize({ width: 420, height: 800 });
    await shot("narrow");
  }
  await context.close();
}
await browser.close();
console.log(readFileSync(file).length, "bytes of page");
