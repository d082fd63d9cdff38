// Opens a notebook in Jupyter Notebook's own page in headless Chromium, as a person would: run all, see the figure, stop a loop,
// go on with the variables. node browser.mjs URL NOTEBOOK SCREENSHOTS — the server runs at URL in the notebook's folder.
// The notebook ends with a cell that loops for ever and, after it, one that shows what a variable kept. Needs playwright-core.
import { chromium } from "playwright-core";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import assert from "node:assert/strict";

const [url, notebook, shots] = process.argv.slice(2);
mkdirSync(shots, { recursive: true });
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
try {
    const page = await browser.newPage({ viewport: { width: 1200, height: 1600 } });
    page.setDefaultTimeout(90_000);
    await page.goto(`${url}/notebooks/${encodeURIComponent(notebook)}`);
    await page.waitForFunction(() => window.Jupyter?.notebook?.kernel?.is_connected());
    assert.equal(await page.evaluate(() => Jupyter.notebook.kernel.name), ".net-csharp");
    await page.waitForFunction(() => document.querySelector("#kernel_indicator_icon")?.className === "kernel_idle_icon");

    await page.evaluate(() => Jupyter.notebook.clear_all_output());
    await page.click("#menus a.dropdown-toggle:text-is(\"Cell\")");
    await page.click("#run_all_cells");
    // Run all reaches the endless cell; the figure above it is there by then.
    await page.waitForSelector(".output_area svg");
    await page.screenshot({ path: join(shots, "figure.png"), fullPage: true });
    await page.waitForFunction(() => document.querySelector("#kernel_indicator_icon").className === "kernel_busy_icon" && document.body.innerText.includes("looping"));
    await page.screenshot({ path: join(shots, "busy.png"), fullPage: true });

    const began = Date.now();
    await page.click("button[data-jupyter-action='jupyter-notebook:interrupt-kernel']");
    await page.waitForFunction(() => document.querySelector("#kernel_indicator_icon").className === "kernel_idle_icon");
    console.log(`the loop ended ${Date.now() - began} ms after the button was pressed`);
    await page.evaluate(() => { const n = Jupyter.notebook; n.select(n.ncells() - 1); n.execute_cell(); });
    await page.waitForFunction(() => Jupyter.notebook.get_cell(Jupyter.notebook.ncells() - 1).output_area.outputs.length > 0);
    const kept = await page.evaluate(() => Jupyter.notebook.get_cell(Jupyter.notebook.ncells() - 1).output_area.outputs[0].data["text/plain"]);
    assert.equal(String(kept), "42");

    // Completion as typed: Tab behind a prefix.
    await page.evaluate(() => { const n = Jupyter.notebook; n.insert_cell_below("code"); n.select(n.ncells() - 1); n.edit_mode(); });
    await page.keyboard.type("Console.WriteL");
    await page.keyboard.press("Tab");
    await page.waitForFunction(() => document.querySelector("#complete") || Jupyter.notebook.get_selected_cell().get_text() === "Console.WriteLine");
    await page.screenshot({ path: join(shots, "completion.png") });
    console.log("the page does as expected");
} finally {
    await browser.close();
}
