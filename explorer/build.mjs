// node build.mjs OUT   bundles the explorer into OUT, every file gzipped: about 7 MB of script, 2.2 MB as stored.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { argv } from 'node:process';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const out = argv[2];
const common = {
  bundle: true,
  minify: true,
  outdir: out,
  target: 'es2022',
  logLevel: 'warning',
  legalComments: 'none',
  define: { 'process.env.NODE_ENV': '"production"' },
};

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
await build({
  ...common,
  entryPoints: { app: 'src/main.jsx' },
  format: 'esm',
  splitting: true, // graphql-ws, prettier and the like are fetched when first needed
  jsx: 'automatic',
  loader: { '.graphql': 'text', '.ttf': 'dataurl' },
});
await build({
  ...common,
  entryPoints: {
    'editor.worker': 'monaco-editor/esm/vs/editor/editor.worker.js',
    'json.worker': 'monaco-editor/esm/vs/language/json/json.worker.js',
    'graphql.worker': 'monaco-graphql/esm/graphql.worker.js',
  },
  format: 'iife',
});
await writeFile(join(out, 'favicon.svg'), await readFile('src/favicon.svg'));

for (const name of await readdir(out)) {
  const file = join(out, name);
  await writeFile(`${file}.gz`, gzipSync(await readFile(file), { level: 9 }));
  await rm(file);
}
