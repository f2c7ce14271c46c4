import { type ReactNode, useEffect, useState } from 'react';
import { useStatus } from '@conclave/client/react';

/** Shorter absences are nobody's concern. */
const PATIENCE_MS = 1200;

/** Lies over the messages, so that nothing moves when it comes and goes. */
export function OfflineBanner(): ReactNode {
  const status = useStatus();
  const [isAway, setAway] = useState(false);
  useEffect(() => {
    if (status === 'online') return setAway(false);
    const timer = setTimeout(() => setAway(true), status === 'offline' ? 0 : PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [status]);
  return (
    <p role="status" className={isAway ? 'banner is-shown' : 'banner'}>
      {isAway && 'No connection. What you write is kept, and sent once it is back.'}
    </p>
  );
}
