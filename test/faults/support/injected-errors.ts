import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';

/** System calls of a running process that fail for a while; strace makes them. */
export class InjectedErrors {
  private constructor(private readonly strace: ChildProcess) {}

  /** Why this machine cannot inject errors. */
  static refusal(): string | undefined {
    if (spawnSync('strace', ['--version']).status !== 0) return 'there is no strace';
    const inject = ['-e', 'trace=getppid', '-e', 'inject=getppid:error=EIO'];
    const target = spawn('sleep', ['10'], { stdio: 'ignore' });
    const options = ['-f', '-o', '/dev/null', ...inject, '-p', String(target.pid)];
    // It is ended by `timeout` where it could attach, and fails at once where it could not.
    const { status } = spawnSync('timeout', ['--signal=INT', '2', 'strace', ...options]);
    target.kill('SIGKILL');
    return status === 124 ? undefined : 'strace may not attach to a process here';
  }

  /**
   * Resolves once the errors come.
   *
   * @param calls system calls, such as `fsync,fdatasync`
   * @param fault what strace injects, such as `error=EIO` or `error=EIO:when=1+3`
   */
  static async into(pid: number, calls: string, fault: string): Promise<InjectedErrors> {
    const inject = ['-e', `trace=${calls}`, '-e', `inject=${calls}:${fault}`];
    const options = ['-f', '-o', '/dev/null', ...inject, '-p', String(pid)];
    const strace = spawn('strace', options, { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    strace.stderr.setEncoding('utf8');
    for await (const text of strace.stderr.iterator({ destroyOnReturn: false })) {
      said += text;
      if (said.includes('attached')) break;
    }
    if (!said.includes('attached')) throw new Error(`strace does not attach: ${said}`);
    strace.stderr.resume();
    return new InjectedErrors(strace);
  }

  /** Resolves once no errors come any more. */
  async stop(): Promise<void> {
    this.strace.kill('SIGINT');
    if (this.strace.exitCode === null && this.strace.signalCode === null) {
      await once(this.strace, 'exit');
    }
  }
}
