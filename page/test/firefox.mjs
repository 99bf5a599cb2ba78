// Debian's Firefox, or the one that FIREFOX names. playwright-core drives only builds of its own; puppeteer-core drives
// any Firefox, by WebDriver BiDi.
import { existsSync } from "node:fs";
import puppeteer from "puppeteer-core";

export function path() {
  const places = [process.env.FIREFOX, "/usr/bin/firefox-esr", "/usr/bin/firefox"];
  return places.find((place) => place && existsSync(place));
}

export function launch(preferences = {}) {
  return puppeteer.launch({
    browser: "firefox",
    executablePath: path(),
    headless: true,
    timeout: 120_000,
    extraPrefsFirefox: {
      // No service of Mozilla's is asked for anything.
      "app.update.auto": false,
      "browser.safebrowsing.malware.enabled": false,
      "browser.safebrowsing.phishing.enabled": false,
      ...preferences,
    },
  });
}
