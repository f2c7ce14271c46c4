import type { ReactNode } from 'react';
import { useWireCut, wire } from '../wire';

/** For those who build on Conclave: what happens when the network fails. */
export function Developer(): ReactNode {
  const isCut = useWireCut();
  return (
    <button
      type="button"
      role="switch"
      className="switch"
      aria-checked={isCut}
      title="For developers: nothing reaches the server until it is switched back"
      onClick={() => wire.set(!isCut)}
    >
      <span className="switch-knob" aria-hidden="true" />
      Cut the wire
    </button>
  );
}
