import { readFileSync } from 'node:fs';

const guide = readFileSync('docs/operations.md', 'utf8');

/** What docs/operations.md has under a heading, up to the next one. */
export function section(title: string): string {
  const found = new RegExp(`^###? ${title}\\n([^]*?)^##`, 'm').exec(guide);
  if (!found) throw new Error(`docs/operations.md has no section ${title}`);
  return found[1];
}

/** The code in it, of one language. */
export function blocksOf(title: string, language: string): string[] {
  const fenced = new RegExp(`^ *\`\`\`${language}\\n([^]*?)^ *\`\`\`$`, 'gm');
  return [...section(title).matchAll(fenced)].map(([, body]) => body);
}
