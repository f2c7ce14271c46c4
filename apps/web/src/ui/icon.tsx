import type { ReactNode } from 'react';

const PATHS = {
  back: 'M15 5l-7 7 7 7',
  next: 'M9 5l7 7-7 7',
  clip: 'M20 11.500l-8 8a5 5 0 0 1-7-7l8.500-8.500a3.300 3.300 0 0 1 4.700 4.700L9.700 17a1.600 1.600 0 0 1-2.300-2.300l7.300-7.300',
  file: 'M6 3h8l5 5v13H6zM14 3v5h5',
  download: 'M12 4v11M7 11l5 5 5-5M5 20h14',
  eye: 'M2.500 12S6 5.500 12 5.500 21.500 12 21.500 12 18 18.500 12 18.500 2.500 12 2.500 12zM12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z',
  close: 'M6 6l12 12M18 6L6 18',
  plus: 'M12 5v14M5 12h14',
  search: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM20 20l-4-4',
  rooms: 'M9 4L7 20M17 4l-2 16M4.500 9h16M3.500 15h16',
  send: 'M4 12l16-7-6 16-3-6.500zM11 14.500l4-4',
  down: 'M12 5v14M6 13l6 6 6-6',
  reply: 'M9 7l-5 5 5 5M4 12h10a6 6 0 0 1 6 6',
  edit: 'M4 20l1-4L16 5l3 3L8 19zM14 7l3 3',
  trash: 'M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13',
  smile: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM8.500 14a4 4 0 0 0 7 0M9 9.500v.500M15 9.500v.500',
  disk: 'M4 7c0-1.700 3.600-3 8-3s8 1.300 8 3v10c0 1.700-3.600 3-8 3s-8-1.300-8-3zM4 7c0 1.700 3.600 3 8 3s8-1.300 8-3M4 12c0 1.700 3.600 3 8 3s8-1.300 8-3',
  people:
    'M9 5a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7zM3 20a6 6 0 0 1 12 0M16 5.500a3.500 3.500 0 0 1 0 6.500M18 14.500a6 6 0 0 1 3 5.500',
  check: 'M5 13l4.500 4.500L19 7',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }): ReactNode {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

export function IconButton(props: {
  icon: IconName;
  label: string;
  onClick?: () => void;
  className?: string;
  type?: 'button' | 'submit';
  isDisabled?: boolean;
}): ReactNode {
  return (
    <button
      type={props.type ?? 'button'}
      className={`icon-button ${props.className ?? ''}`}
      aria-label={props.label}
      title={props.label}
      disabled={props.isDisabled}
      onClick={props.onClick}
    >
      <Icon name={props.icon} />
    </button>
  );
}
