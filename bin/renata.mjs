#!/usr/bin/env node
/**
 * Starts the command line on a Node that can run it: this one when it is new enough, else the one that
 * npm installed beside Renata. Plain JavaScript that any Node from 18 on understands.
 */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const LEAST_NODE = 24;
const root = dirname(dirname(fileURLToPath(import.meta.url)));

const entry = findEntry();
const [major] = process.versions.node.split('.');
if (entry === undefined) {
  fail('the program is incomplete (no out/main/cli.js); run "npm ci", or install Renata again.');
} else if (Number(major) >= LEAST_NODE) {
  await import(pathToFileURL(entry).href);
} else {
  const node = findNode();
  if (node === undefined) {
    fail(
      `Node ${process.versions.node} is too old; install Node ${LEAST_NODE} or newer, or run "npm ci" in ${root}, which brings one.`,
    );
  } else {
    runWith(node, entry);
  }
}

function fail(message) {
  process.stderr.write(`renata: ${message}\n`);
  process.exitCode = 1;
}

/** The bundle, unless this is a checkout whose sources are newer or that was never built. */
function findEntry() {
  const bundle = join(root, 'out', 'main', 'cli.js');
  const source = join(root, 'electron', 'cli', 'main.ts');
  if (!existsSync(source)) return existsSync(bundle) ? bundle : undefined;
  if (!existsSync(bundle)) return source;
  const builtAt = statSync(bundle).mtimeMs;
  const parts = ['electron', 'engine', 'workers', 'package-lock.json'];
  return parts.some((part) => isNewer(join(root, part), builtAt)) ? source : bundle;
}

function isNewer(path, time) {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return false;
  // A folder's own time tells of files that were added or taken away.
  if (found.mtimeMs > time) return true;
  return found.isDirectory() && readdirSync(path).some((name) => isNewer(join(path, name), time));
}

/** The `node` package's program, in the nearest node_modules that has one. */
function findNode() {
  const program = process.platform === 'win32' ? 'node.exe' : 'node';
  for (let folder = root; ; folder = dirname(folder)) {
    const path = join(folder, 'node_modules', 'node', 'bin', program);
    if (existsSync(path)) return path;
    if (dirname(folder) === folder) return undefined;
  }
}

function runWith(node, file) {
  const child = spawn(node, [file, ...process.argv.slice(2)], { stdio: 'inherit' });
  // A terminal sends Ctrl+C to both; the command line takes two at once for one.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => child.kill(signal));
  }
  child.on('error', (error) => fail(`${node} cannot be started (${error.message}); run "npm ci".`));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (constants.signals[signal] ?? 1);
  });
}
