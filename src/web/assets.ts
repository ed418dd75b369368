import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** A file that pages refer to, under a name that changes with its content. */
export interface Asset {
  /** Path on the site: `/assets/site.1a2b3c4d5e6f.css`. */
  path: string;
  type: string;
  body: Buffer;
  gzipped: Buffer;
}

const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml; charset=utf-8',
};

function readAsset(folder: string, name: string): Asset {
  const body = readFileSync(join(folder, name));
  const [stem = '', extension = ''] = name.split('.');
  // 48 bits tell versions of one file apart.
  const hash = createHash('sha256').update(body).digest('hex').slice(0, 12);
  return {
    path: `/assets/${stem}.${hash}.${extension}`,
    type: TYPES[extension] ?? 'application/octet-stream',
    body,
    gzipped: gzipSync(body, { level: 9 }),
  };
}

/** All there are: one style sheet, one script, one icon. Read once. */
export function readAssets(folder: string): { css: Asset; js: Asset; icon: Asset } {
  return {
    css: readAsset(folder, 'site.css'),
    js: readAsset(folder, 'site.js'),
    icon: readAsset(folder, 'icon.svg'),
  };
}
