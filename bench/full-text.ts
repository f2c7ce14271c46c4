import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpuUsage } from 'node:process';
import Sqlite from 'better-sqlite3';

const AT_ONCE = 2000;
const PAGE = 50;
const REPEATS = 20;

const cpuMs = (): number => {
  const { user, system } = cpuUsage();
  return (user + system) / 1000;
};

/** The same texts in SQLite's FTS5, readable by whoever has the file: what sealing costs. */
export class FullText {
  private readonly dir = mkdtempSync(join(tmpdir(), 'conclave-bench-'));
  private readonly path = join(this.dir, 'texts.sqlite');
  private readonly db = new Sqlite(this.path);
  private waiting: string[] = [];
  private count = 0;
  private makingMs = 0;

  constructor() {
    this.db.pragma('journal_mode = WAL');
    this.db.exec(`CREATE VIRTUAL TABLE said USING fts5(text, content = '')`);
  }

  add(text: string): string {
    if (this.waiting.push(text) === AT_ONCE) this.insert();
    return text;
  }

  private insert(): void {
    const before = cpuMs();
    const one = this.db.prepare('INSERT INTO said (rowid, text) VALUES (?, ?)');
    this.db.transaction(() => this.waiting.forEach((text) => one.run(++this.count, text)))();
    this.waiting = [];
    this.makingMs += cpuMs() - before;
  }

  /** What it costs. */
  ask(absent: string, common: string): string[] {
    this.insert();
    this.db.pragma('wal_checkpoint(TRUNCATE)');
    const found = this.db.prepare(
      `SELECT rowid FROM said WHERE said MATCH ? ORDER BY rowid DESC LIMIT ${PAGE}`,
    );
    const cost = (word: string): string => {
      const before = cpuMs();
      for (let n = 0; n < REPEATS; n++) found.all(word);
      return ((cpuMs() - before) / REPEATS).toFixed(2);
    };
    const bytes = (statSync(this.path).size / this.count).toFixed(1);
    const making = this.makingMs / 1000;
    const scaled = ((making * 1_000_000) / this.count).toFixed(1);
    return [
      `| FTS5 of plain texts: making, CPU; of a million | ${making.toFixed(1)} s; ${scaled} s |`,
      `| FTS5: bytes a message, without the texts | ${bytes} |`,
      `| FTS5: a word that is not there, a common one's first ${PAGE} places, CPU | ${cost(absent)} ms, ${cost(common)} ms |`,
    ];
  }

  close(): void {
    this.db.close();
    rmSync(this.dir, { recursive: true });
  }
}
