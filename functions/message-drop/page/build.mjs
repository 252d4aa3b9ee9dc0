// Writes ../assets/page.js and ../assets/licences.txt; with --check it only says whether they are what the sources give.

import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = new URL(".", import.meta.url);
const absent = ["@noble/post-quantum/hybrid.js", "@noble/curves/nist.js", "@noble/hashes/scrypt.js"];

const { outputFiles, metafile } = await build({
  absWorkingDir: fileURLToPath(here),
  entryPoints: ["page.js"],
  outfile: "bundle.js",
  alias: Object.fromEntries(absent.map((module) => [module, "./absent.js"])),
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  metafile: true,
  write: false,
});

const made = { "page.js": outputFiles[0].text, "licences.txt": await licences(Object.keys(metafile.inputs)) };
for (const [name, content] of Object.entries(made)) {
  const file = new URL(`../assets/${name}`, here);
  if (!process.argv.includes("--check")) {
    await writeFile(file, content);
  } else if ((await readFile(file, "utf8")) !== content) {
    console.error(`${name} is not what the sources give: just drop-page`);
    process.exitCode = 1;
  }
}

/** The licence of each package that the bundle has something of. */
async function licences(inputs) {
  const packages = new Set(inputs.map((path) => /^.*node_modules\/((@[^/]+\/)?[^/]+)\//.exec(path)?.[0]).filter(Boolean));
  const texts = [...packages].sort().map(async (folder) => {
    const { name, version, license } = JSON.parse(await readFile(new URL(`${folder}package.json`, here), "utf8"));
    const text = await readFile(new URL(`${folder}LICENSE`, here), "utf8");
    return `${name} ${version} (${license})\n\n${text.trim()}\n`;
  });
  return `page.js contains the following.\n\n${(await Promise.all(texts)).join(`\n${"-".repeat(80)}\n\n`)}`;
}
