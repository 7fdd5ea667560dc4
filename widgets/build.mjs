// Bundles one JavaScript and one style sheet a panel into the Python package.
// With --check: builds to memory and compares with the committed files instead.
import { readFile, readdir } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "..", "workbench", "widgets", "static");
// A panel is a source with a style sheet of its own.
const sources = new Set(await readdir(join(here, "src")));
const panels = [...sources]
  .filter((name) => name.endsWith(".css") && sources.has(name.replace(/css$/, "ts")))
  .map((name) => name.slice(0, -".css".length))
  .sort();
const check = process.argv.includes("--check");

const result = await build({
  absWorkingDir: here,
  entryPoints: panels.flatMap((panel) => [`src/${panel}.ts`, `src/${panel}.css`]),
  outdir: out,
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  charset: "utf8",
  loader: { ".woff2": "dataurl" },
  legalComments: "none",
  logLevel: "warning",
  write: !check,
});

if (check) {
  const stale = [];
  for (const file of result.outputFiles) {
    const committed = await readFile(file.path).catch(() => null);
    if (committed === null || !committed.equals(file.contents)) {
      stale.push(relative(join(here, ".."), file.path));
    }
  }
  if (stale.length > 0) {
    console.error(
      `These bundles differ from what the sources in ${basename(here)}/src build:\n` +
        stale.map((name) => `  ${name}\n`).join("") +
        "Run `make widgets` and commit the result.",
    );
    process.exit(1);
  }
}
