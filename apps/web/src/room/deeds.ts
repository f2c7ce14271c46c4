import { Problem, type Room, type RoomMessage } from '@conclave/client';
import { useState } from 'react';
import { wordsOf } from '../words';

export interface Fault {
  words: string;
  again: () => void;
  dismiss: () => void;
}

export interface Deeds {
  /** What has not gone through last. */
  fault: Fault | null;
  delete: () => Promise<boolean>;
  /** @returns whether it went well */
  react: (emoji: string, me?: boolean) => Promise<boolean>;
}

/** What is done to a message by a click, and shown at once: if it fails, that has to be told. */
export function useDeeds(room: Room, { id }: RoomMessage): Deeds {
  const [fault, setFault] = useState<Fault | null>(null);
  const run = async (failed: string, work: () => Promise<void>): Promise<boolean> => {
    setFault(null);
    try {
      await work();
      return true;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setFault({
        words: `${failed} ${wordsOf(error)}`,
        again: () => void run(failed, work),
        dismiss: () => setFault(null),
      });
      return false;
    }
  };
  return {
    fault,
    delete: () => run('Not deleted.', () => room.delete(id)),
    react: (emoji, me = true) =>
      run(`${emoji} not ${me ? 'added' : 'taken back'}.`, () => room.react(id, emoji, me)),
  };
}
