import { readFileSync } from 'node:fs';

const manifest = new URL('../../package.json', import.meta.url); // from src as from dist

/** The one version: of the server, its documents and its metrics. */
export const { version: VERSION } = JSON.parse(readFileSync(manifest, 'utf8')) as {
  version: string;
};
