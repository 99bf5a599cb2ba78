// Debian's Chromium, or the one that CHROMIUM names; playwright-core brings none.
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

export function path() {
  const places = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
  return places.find((place) => place && existsSync(place));
}

export function launch(args = []) {
  // In a container, and as root, Chromium's sandbox is not to be had.
  return chromium.launch({ executablePath: path(), timeout: 120_000, args: ["--no-sandbox", "--force-color-profile=srgb", ...args] });
}

/** With TRACED_SLOWER=10 the processor of this page is ten times slower, to see whether a test depends on it. */
export async function slowed(page) {
  const rate = Number(process.env.TRACED_SLOWER ?? 1);
  if (rate > 1) await (await page.context().newCDPSession(page)).send("Emulation.setCPUThrottlingRate", { rate });
  return page;
}
