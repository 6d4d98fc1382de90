// Shared by the client scripts. OPS = folder with ops.graphql, live/, relay.ts and run.json (default ../ops).
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
export * from '../lib.mjs';

export const here = dirname(fileURLToPath(import.meta.url));
export const opsDir = resolve(process.env.OPS || join(here, '../ops'));
export const opsText = () => ['ops.graphql', 'live/heartbeat.graphql'].map((name) => readFileSync(join(opsDir, name), 'utf8')).join('\n');
export const runPlan = () => JSON.parse(readFileSync(join(opsDir, 'run.json'), 'utf8'));
export const at = (data, path) => path.split('.').reduce((value, key) => value?.[key], data);

// A throw-away project folder inside clients/ (so node_modules resolves), removed at the end unless KEEP=1.
export function scratch(name) {
  const dir = mkdtempSync(join(here, `.tmp-${name}-`));
  process.on('exit', () => { if (!process.env.KEEP) rmSync(dir, { recursive: true, force: true }); });
  return dir;
}

export function bin(name, args, options = {}) {
  const run = spawnSync(process.execPath, [join(here, 'node_modules', name), ...args],
    { cwd: here, encoding: 'utf8', timeout: 120_000, env: { ...process.env, CI: 'true', NO_COLOR: '1' }, ...options });
  return { code: run.status ?? 1, out: (run.stdout + run.stderr).trim() };
}

export function finish(name, ok, summary, detail = '') {
  if (!ok && detail) console.error(detail.slice(0, 4000));
  console.log(`${name}: ${ok ? 'ok' : 'FAIL'} ${summary}`);
  process.exit(ok ? 0 : 1);
}
