// node bundle.mjs DIST BUNDLE: all built files as one file that the program embeds (src/serve/console/bundle.h has the
// format), each also compressed where that makes it smaller.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
};

const [dist, bundle] = process.argv.slice(2);
const names = readdirSync(dist, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => relative(dist, join(entry.parentPath, entry.name)))
  .sort();

let index = 'artery-console 1\n';
const parts = [];
for (const name of names) {
  const plain = readFileSync(join(dist, name));
  const type = TYPES[extname(name)];
  if (!type) throw new Error(`${name}: of which type is it? Add it to bundle.mjs`);
  const forms = {
    br: brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: plain.length } }),
    gzip: gzipSync(plain, { level: 9 }),
  };
  const sizes = [`identity=${plain.length}`];
  parts.push(plain);
  for (const [coding, packed] of Object.entries(forms)) {
    if (packed.length >= plain.length) continue;
    sizes.push(`${coding}=${packed.length}`);
    parts.push(packed);
  }
  const hash = createHash('sha256').update(plain).digest('hex').slice(0, 16);
  index += ['/' + name, type, hash, name.startsWith('static/') ? 'immutable' : 'no-cache', ...sizes].join('\t') + '\n';
}
writeFileSync(bundle, Buffer.concat([Buffer.from(index + '\n'), ...parts]));
