/** In the order of danger. */
const PARTS = [
  'settings',
  'database',
  'keys',
  'disk',
  'files',
  'attachments',
  'clock',
  'redis',
  'jobs',
  'backup',
  'versions',
] as const;

export interface Finding {
  /** Data, secrets or service are at stake; advice is what can wait. */
  severity: 'danger' | 'advice';
  part: (typeof PARTS)[number];
  /** What is wrong. */
  what: string;
  /** What to do about it. */
  advice: string;
}

/** Makes findings of one part. */
export function findingsOf(part: Finding['part']): {
  danger: (what: string, advice: string) => Finding;
  advice: (what: string, advice: string) => Finding;
} {
  return {
    danger: (what, advice) => ({ severity: 'danger', part, what, advice }),
    advice: (what, advice) => ({ severity: 'advice', part, what, advice }),
  };
}

/** The dangers first. */
export function inOrder(findings: Finding[]): Finding[] {
  const place = ({ severity, part }: Finding): number =>
    PARTS.indexOf(part) + (severity === 'danger' ? 0 : PARTS.length);
  return [...findings].sort((one, other) => place(one) - place(other));
}
