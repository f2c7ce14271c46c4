import { readSecretFile } from './secret-file.js';

/** Every faulty setting at once. Values are never shown: some are secrets. */
export class SettingsError extends Error {
  constructor(readonly faults: string[]) {
    super(`The configuration has faults:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
  }
}

const SECONDS_IN: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Reads settings from environment variables and collects what is wrong with them. */
export class EnvReader {
  private readonly faults: string[] = [];
  private readonly env: NodeJS.ProcessEnv;

  /** @param fromFiles settings whose value may lie in a file instead, the path of which is `NAME_FILE` */
  constructor(env: NodeJS.ProcessEnv, fromFiles: readonly string[] = []) {
    this.env = { ...env };
    for (const name of fromFiles) this.readFile(name, `${name}_FILE`);
  }

  /** Text; unset and empty are the same. */
  text(name: string): string | undefined;
  text(name: string, fallback: string): string;
  text(name: string, fallback?: string): string | undefined {
    return this.env[name]?.trim() || fallback;
  }

  list(name: string): string[] {
    const items = this.text(name, '').split(',');
    return items.map((item) => item.trim()).filter((item) => item !== '');
  }

  oneOf<T extends string>(name: string, allowed: readonly T[], fallback: T): T {
    const value = this.text(name, fallback);
    const found = allowed.find((item) => item === value);
    return found ?? this.fault(`${name} must be one of ${allowed.join(', ')}`, fallback);
  }

  integer(name: string, range: { min: number; max: number }, fallback: number): number {
    const value = this.text(name, String(fallback));
    const number = Number(value);
    if (/^\d+$/.test(value) && number >= range.min && number <= range.max) return number;
    return this.fault(`${name} must be a whole number from ${range.min} to ${range.max}`, fallback);
  }

  /** A length of time such as `30s`, `15m`, `12h` or `30d`, in seconds. */
  seconds(name: string, range: { min: number; max: number }, fallback: string): number {
    const value = /^(\d+)([smhd])$/.exec(this.text(name, fallback));
    const seconds = value ? Number(value[1]) * SECONDS_IN[value[2]] : NaN;
    if (seconds >= range.min && seconds <= range.max) return seconds;
    return this.fault(
      `${name} must be a time such as 30s, 15m, 12h or 30d, from ${range.min} s to ${range.max} s`,
      0,
    );
  }

  /** Notes a fault and goes on with a stand-in, so that all faults are found. */
  fault<T>(message: string, standIn: T): T {
    this.faults.push(message);
    return standIn;
  }

  private readFile(name: string, nameOfFile: string): void {
    const path = this.text(nameOfFile);
    if (path === undefined) return;
    if (this.text(name) !== undefined) {
      return this.fault(`${name} and ${nameOfFile} are both set: set one of them`, undefined);
    }
    try {
      this.env[name] = readSecretFile(path);
    } catch (error) {
      this.fault(`${nameOfFile} names a file that ${(error as Error).message}`, undefined);
    }
  }

  throwFaults(): void {
    if (this.faults.length > 0) throw new SettingsError(this.faults);
  }
}
