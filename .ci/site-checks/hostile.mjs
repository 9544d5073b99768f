// Texts of rules stay texts: nothing of them runs, and nothing of them becomes an element or an address.

import { address, open } from "./browser.mjs";

/** Runs in a page: what is there that no template makes. */
function foreign() {
  const found = [];
  const allowed = new Set(["http:", "https:", "file:", "blob:"]);
  if ("hostile" in globalThis) found.push("a global of a rule");
  for (const element of document.querySelectorAll("*")) {
    const name = element.localName;
    if (/hostile/i.test(`${element.id} ${element.getAttribute("class") ?? ""} ${element.getAttribute("name") ?? ""}`)) found.push(`<${name}> with a name of a rule`);
    if (["iframe", "object", "embed", "svg", "math", "base", "img", "video", "audio", "style", "template"].includes(name)) found.push(`<${name}>`);
    for (const attribute of element.attributes) {
      if (/^on|^style$|^srcdoc$|^formaction$/i.test(attribute.name)) found.push(`<${name} ${attribute.name}>`);
      // A query that is saved from its link: plain text, and everything in it is encoded.
      const isSaved = name === "a" && element.hasAttribute("download") && /^data:text\/plain;charset=utf-8,[\w.~%\/-]*$/.test(attribute.value);
      if (/^(href|src|action)$/i.test(attribute.name) && !isSaved && !allowed.has(new URL(attribute.value, document.baseURI).protocol)) {
        found.push(`<${name} ${attribute.name}="${attribute.value}">`);
      }
    }
    if (name === "script" && !/(\/assets\/|\/data\/)/.test(element.src)) found.push("a script of its own");
    if (name === "a" && /^https?:/.test(element.href) && !/\bnoopener\b/.test(element.rel)) found.push(`a link without rel: ${element.href}`);
    if (name === "meta" && element.httpEquiv && element.httpEquiv.toLowerCase() !== "content-security-policy") found.push(`<meta http-equiv="${element.httpEquiv}">`);
  }
  // What cannot be seen is escaped wherever text is shown.
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const bad = node.data.match(/[\u0000-\u0008\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/);
    if (bad) found.push(`U+${bad[0].codePointAt(0).toString(16)} in <${node.parentElement?.localName}>`);
  }
  return [...new Set(found)];
}

/** Looks at every page, and searches for what is in the rules. */
export async function inert(browser, root, paths, problems) {
  const page = await open(browser, problems);
  const look = async (what) => {
    for (const own of await page.evaluate(foreign)) problems.push(`${what}: ${own}`);
  };
  for (const path of paths) {
    await page.goto(address(root, path));
    await look(path);
  }
  await page.goto(address(root, "index.html"));
  for (const query of ["<script", "onerror", "</script>", "{{", "]]>", "javascript:", "\u202e", "hostile", "__proto__"]) {
    await page.fill("#q", query);
    await page.waitForFunction(() => !document.getElementById("count").textContent.includes("being loaded"));
    if (!(await page.locator("#rows tr").count())) problems.push(`index.html: nothing is found for ${JSON.stringify(query)}`);
    await look(`index.html, searching ${JSON.stringify(query)}`);
  }
  for (const details of await page.locator("#facets details").all()) await details.locator("summary").click();
  await look("index.html, facets");
  // A fragment is somebody else's text too.
  for (const fragment of ["#q=%3Cimg%20src%3Dx%20onerror%3Dhostile%3D1%3E", "#level=%3Cscript%3E&__proto__=1&constructor=x", "#%", "#q=%ZZ"]) {
    await page.goto("about:blank");
    await page.goto(`${address(root, "index.html")}${fragment}`);
    await look(`index.html${fragment}`);
  }
  await page.context().close();
}
