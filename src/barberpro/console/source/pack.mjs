/** Turns Vite's `dist/` into what is committed: `../static/`, gzipped, with a manifest of sources and assets. */

import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

import { gzip } from 'pako';

const source = dirname(fileURLToPath(import.meta.url));
const built = join(source, 'dist');
const packed = join(source, '..', 'static');
const NOT_SOURCE = ['node_modules', 'dist'];
// Vite's list of licenses leaves out what only the worker holds.
const WORKER_ONLY = ['picomatch-browser'];

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

function filesUnder(folder, skipped = []) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((name) => !skipped.includes(name.split('/')[0]))
    .sort();
}

for (const name of WORKER_ONLY) {
  const home = join(source, 'node_modules', name);
  const { version, license } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
  const text = readFileSync(join(home, 'LICENSE'), 'utf8').trim();
  const entry = `\n## ${name} - ${version} (${license})\n\n${text}\n`;
  appendFileSync(join(built, 'licenses.md'), entry);
}

rmSync(packed, { recursive: true, force: true });
const manifest = { sources: {}, assets: {} };
for (const name of filesUnder(source, NOT_SOURCE)) {
  manifest.sources[name] = sha256(readFileSync(join(source, name)));
}
for (const name of filesUnder(built)) {
  const bytes = readFileSync(join(built, name));
  const target = join(packed, `${name}.gz`);
  mkdirSync(dirname(target), { recursive: true });
  // Pako and not node:zlib, whose bytes depend on Node's version and on the processor.
  const smaller = gzip(bytes, { level: 9, header: { time: 0, os: 255 } });
  writeFileSync(target, smaller);
  manifest.assets[name] = { sha256: sha256(bytes), bytes: bytes.length, gzip: smaller.length };
}
writeFileSync(join(packed, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);

const total = Object.values(manifest.assets).reduce((sum, asset) => sum + asset.gzip, 0);
console.log(`${Object.keys(manifest.assets).length} assets, ${(total / 1000).toFixed(0)} kB gzipped`);
