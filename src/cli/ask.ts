import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';

/** The password: asked for at a terminal, which does not show it, else all of standard input but its last newline. */
export function readPassword(): Promise<string> {
  return ask('Password: ', new Writable({ write: (_chunk, _encoding, done) => done() }));
}

/** A line typed at a terminal, else all of standard input but its last newline. */
export function readLine(question: string): Promise<string> {
  return ask(question, process.stderr);
}

async function ask(question: string, echo: NodeJS.WritableStream): Promise<string> {
  if (!process.stdin.isTTY) return (await text(process.stdin)).replace(/\r?\n$/, '');
  const terminal = createInterface({ input: process.stdin, output: echo, terminal: true });
  terminal.on('SIGINT', () => process.exit(130));
  const ended = new Promise<never>((_, reject) => {
    terminal.once('close', () => reject(new Error('The input has ended.')));
  });
  const isShown = echo === process.stderr;
  if (!isShown) process.stderr.write(question);
  try {
    return await Promise.race([terminal.question(isShown ? question : ''), ended]);
  } finally {
    terminal.close();
    if (!isShown) process.stderr.write('\n');
  }
}
