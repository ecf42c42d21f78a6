// Open each page of a folder in Chromium, light, dark and printed, on a phone and a desktop screen.
// Prints one line of JSON for each: what axe-core finds, and how many pixels the page is too wide.
// Usage: node check.mjs FOLDER; a screenshot of each lies in the folder afterwards.
import chromium from "@sparticuz/chromium";
import fs from "node:fs";
import path from "node:path";
import puppeteer from "puppeteer-core";
import { fileURLToPath, pathToFileURL } from "node:url";

const folder = path.resolve(process.argv[2]);
const axe = fs.readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");
const browser = await puppeteer.launch({
  args: [...chromium.args, "--no-sandbox"],
  executablePath: await chromium.executablePath(),
  headless: "shell",
});

async function look(file, scheme, width) {
  const page = await browser.newPage();
  const refused = [];
  page.on("console", (message) => refused.push(message.text()));
  await page.setBypassCSP(true); // or axe-core itself would not run
  await page.setViewport({ width, height: 900 });
  const printed = scheme === "print";
  await page.emulateMediaType(printed ? "print" : "screen");
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: printed ? "light" : scheme }]);
  await page.goto(pathToFileURL(path.join(folder, file)).href);
  await page.evaluate(axe);
  const found = await page.evaluate(async () => {
    const { violations } = await window.axe.run();
    return {
      violations: violations.map((each) => `${each.id}: ${each.nodes[0].html.slice(0, 200)}`),
      overflow: document.documentElement.scrollWidth - window.innerWidth,
      text: document.body.innerText.length,
    };
  });
  await page.screenshot({ path: path.join(folder, `${file}-${scheme}-${width}.png`), fullPage: true });
  await page.close();
  console.log(JSON.stringify({ file, scheme, width, console: refused, ...found }));
}

try {
  for (const file of fs.readdirSync(folder).filter((name) => name.endsWith(".html"))) {
    for (const scheme of ["light", "dark", "print"]) {
      for (const width of [390, 1280]) await look(file, scheme, width);
    }
  }
} finally {
  await browser.close();
}
