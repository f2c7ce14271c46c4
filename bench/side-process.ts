import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

interface Outcome<Answer> {
  answer?: Answer;
  error?: string;
}

/** A program apart from the servers and from whoever measures, which does one job after another. */
export class SideProcess<Job extends object, Answer> {
  private readonly child: ChildProcess;

  /** @param program its file here, which calls `takeJobs` */
  constructor(program: string) {
    this.child = fork(fileURLToPath(new URL(program, import.meta.url)));
  }

  /** @throws Error what the job fails by */
  async run(job: Job): Promise<Answer> {
    this.child.send(job);
    const [{ answer, error }] = (await once(this.child, 'message')) as [Outcome<Answer>];
    if (error !== undefined) throw new Error(error);
    return answer!;
  }

  stop(): void {
    this.child.kill();
  }
}

/** What such a program does. */
export function takeJobs<Job, Answer>(run: (job: Job) => Promise<Answer>): void {
  process.on('message', (job: Job) => {
    run(job).then(
      (answer) => process.send!({ answer }),
      (error: unknown) => process.send!({ error: String(error) }),
    );
  });
}
