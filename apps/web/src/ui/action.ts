import { Problem } from '@conclave/client';
import { useState } from 'react';

export interface Action {
  isBusy: boolean;
  problem: Problem | null;
  /** @returns whether it went well */
  run: (work: () => Promise<unknown>) => Promise<boolean>;
}

/** Something that a user has the server do: that it is under way, and what was wrong with it. */
export function useAction(): Action {
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  return {
    isBusy,
    problem,
    async run(work) {
      setBusy(true);
      setProblem(null);
      try {
        await work();
        return true;
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        setProblem(error);
        return false;
      } finally {
        setBusy(false);
      }
    },
  };
}
