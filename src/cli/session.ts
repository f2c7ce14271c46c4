import type { Command } from 'commander';
import { MasterKeyMissingError } from '../encryption/encryption.errors.js';
import { takeEnvironment } from '../config/take-environment.js';
import { EXIT } from './exit-codes.js';
import { dataDirOf, requireOwner } from './place.js';
import { askServer } from './socket/ask-server.js';

/** What a server has for most of what is asked of it. */
const PATIENCE_MS = 60_000;

/** What the server refused, or what could not be done. */
export class RefusedError extends Error {}

/** One call of the command: asks the server or does it itself, and prints what comes of it. */
export class Session {
  private constructor(
    readonly env: NodeJS.ProcessEnv,
    private readonly isJson: boolean,
  ) {}

  /** Turns what is to be done into what commander calls, with the arguments before the options. */
  static action<O extends object>(
    work: (session: Session, args: string[], options: O) => Promise<void>,
  ): (...given: unknown[]) => Promise<void> {
    return async (...given) => {
      const command = given.at(-1) as Command;
      const options = command.optsWithGlobals<O & { json?: boolean }>();
      const session = new Session(takeEnvironment(), options.json === true);
      try {
        requireOwner(dataDirOf(session.env));
        await work(session, command.args, options);
      } catch (error) {
        session.fail(error);
      }
    };
  }

  /** @throws RefusedError in words for whoever asks */
  async ask<T extends object>(
    operation: string,
    given: Record<string, unknown>,
    patienceMs = PATIENCE_MS,
  ): Promise<T> {
    const request = { operation, given };
    const answer =
      (await askServer(dataDirOf(this.env), request, patienceMs)) ??
      (await (await import('./here/answer-here.js')).answerHere(request, this.env));
    if ('error' in answer) throw new RefusedError(answer.error);
    return answer.result as T;
  }

  /** @param text for people; with `--json` the result is printed instead */
  print(result: object, text: string): void {
    console.log(this.isJson ? JSON.stringify(result, null, 2) : text);
  }

  private fail(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    process.exitCode = error instanceof MasterKeyMissingError ? EXIT.keyMissing : EXIT.failed;
    if (this.isJson) console.log(JSON.stringify({ error: message }, null, 2));
    else console.error(`Not done. ${message}`);
  }
}
