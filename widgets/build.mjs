// Bundles one JavaScript and one style sheet a panel into the Python package.
// With --check: builds to memory and compares with the committed files instead.
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { scoped } from "./scope.mjs";

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
  write: false,
});

const bundles = await Promise.all(
  result.outputFiles.map(async ({ path, contents }) => {
    if (!path.endsWith(".css")) return { path, contents: Buffer.from(contents) };
    const source = await readFile(join(here, "src", basename(path).replace(/css$/, "ts")), "utf8");
    const root = /class: "wb (wb-[a-z-]+)"/.exec(source)?.[1];
    if (!root) throw new Error(`${basename(path)}: its source names no root such as class: "wb wb-..."`);
    return { path, contents: Buffer.from(scoped(Buffer.from(contents).toString(), root)) };
  }),
);

if (!check) {
  await mkdir(out, { recursive: true });
  await Promise.all(bundles.map(({ path, contents }) => writeFile(path, contents)));
} else {
  const stale = [];
  for (const file of bundles) {
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
