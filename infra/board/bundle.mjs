// Bundles the board's scripts, and the licences of what is in them, into functions/serve_board.
//
//   node infra/board/bundle.mjs        called by infra/bootstrap.sh; versions are pinned in package-lock.json
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const into = join(here, "../../functions/serve_board");
const ALLOWED = new Set(["MIT", "ISC", "0BSD", "BSD-0-Clause", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0"]);

const result = await build({
  absWorkingDir: here,
  entryPoints: ["board.js", "charts.js", "map.js"],
  entryNames: "assets.[name]",
  outdir: into,
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2020",
  legalComments: "none", // whole licences are in assets.licences.txt
  metafile: true,
});

// Every package of which a file is in a bundle: `node_modules/chart.js/...`, `node_modules/@scope/name/...`.
const packages = new Set();
for (const file of Object.keys(result.metafile.inputs)) {
  const match = file.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)\//);
  if (match) packages.add(match[1]);
}

// What a package came with may be in its file already, as dagre's graphlib is: a Set grows while it is walked.
const manifest = (name) => JSON.parse(readFileSync(join(here, "node_modules", name, "package.json"), "utf8"));
for (const name of packages) {
  for (const needed of Object.keys(manifest(name).dependencies ?? {})) packages.add(needed);
}

const parts = [...packages].sort().map((name) => {
  const folder = join(here, "node_modules", name);
  const { version, license } = manifest(name);
  if (!ALLOWED.has(license)) throw new Error(`${name}: the licence ${license} is none of those that we may ship`);
  const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
  if (!file) throw new Error(`${name}: no licence file`);
  return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
});
const head = "The scripts of this board contain the following packages.\n\n";
writeFileSync(join(into, "assets.licences.txt"), head + parts.join(`\n${"-".repeat(72)}\n\n`));
