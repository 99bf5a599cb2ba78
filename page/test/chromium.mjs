// Debian's Chromium, or the one that CHROMIUM names; playwright-core brings none.
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

export function path() {
  const places = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
  return places.find((place) => place && existsSync(place));
}

export function launch() {
  // In a container, and as root, Chromium's sandbox is not to be had.
  return chromium.launch({ executablePath: path(), args: ["--no-sandbox", "--force-color-profile=srgb"] });
}
