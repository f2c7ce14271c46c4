import type { ReactNode } from 'react';
import { useStatus } from '@conclave/client/react';

const WORDS = { online: 'Online', connecting: 'Connecting …', offline: 'Offline' };

export function Connection(): ReactNode {
  const status = useStatus();
  return (
    <span className={`connection is-${status}`} role="status">
      {WORDS[status]}
    </span>
  );
}
