import type { ReactNode } from 'react';
import { Icon } from './icon';

/** What stands above a view, with the way back on a narrow screen. */
export function PageHead({ children }: { children: ReactNode }): ReactNode {
  return (
    <header className="page-head">
      <a className="icon-button back" href="#/" aria-label="Back to the rooms">
        <Icon name="back" />
      </a>
      {children}
    </header>
  );
}
